package engine

import (
	"go/constant"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// The interpreter makes a closure of each operation, which gets at its operands
// by other closures and by reflection, and goes through many that do nothing.
// That is most of the time that a loop takes. So the commonest operations, those
// on numbers and slices, get closures of ours, which reach into the frame
// themselves, and those that do nothing are left out.

// improve improves the functions of a program that was compiled and has not run.
func (e *Engine) improve(top *node) {
	if top == nil {
		return
	}
	seen := map[*node]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		if n.is("funcDecl") || n.is("funcLit") {
			n.dropResets()
		}
		n.exec = nil // function literals have theirs already
		n.start, n.tnext, n.fnext = effective(n.start), effective(n.tnext), effective(n.fnext)
		if own := e.special(n); own != nil {
			original := n.gen
			n.gen = func(n *node) {
				original(n)
				if x := own(n.exec); x != nil {
					n.exec = x
				}
			}
		}
		for _, c := range n.child {
			walk(c)
		}
	}
	walk(top)
}

// dropResets makes the declarations of variables that begin a function do
// nothing. They would allocate what is there already.
func (n *node) dropResets() {
	body := n.child[len(n.child)-1]
	if !body.is("blockStmt") || body.operation() != "nop" {
		return
	}
	for _, statement := range body.child {
		if !statement.is("declStmt") {
			return
		}
		for _, decl := range statement.child {
			for _, spec := range decl.child {
				if spec.operation() == "reset" {
					spec.gen = body.gen
				}
			}
		}
	}
}

// effective returns the first operation from n on that does anything, or the last
// before the end of the function: that has no exec, and the interpreter takes it
// for one that leads to itself if it comes to it in two ways.
func effective(n *node) *node {
	first := n
	for range 100 {
		switch {
		case n == nil:
			return first // the end of a function, which first leads to
		case n.operation() != "nop", n.tnext != nil && n.tnext.operation() == "_return":
			return n
		}
		n = n.tnext
	}
	return first
}

// special returns a function that makes the exec of n, given the interpreter's
// own, or nil if there is nothing to be had.
func (e *Engine) special(n *node) func(slow exec) exec {
	op := n.operation()
	switch op {
	case "branch":
		return e.branch(n)
	case "not":
		if len(n.child) == 1 && isKind(n, reflect.Bool) && isKind(n.child[0], reflect.Bool) {
			d, ok1 := n.slot()
			a, ok2 := n.child[0].operand(reflect.TypeFor[bool]())
			if ok1 && ok2 {
				yes, no := n.successors()
				return func(exec) exec {
					return func(f *frame) exec {
						if !*(*bool)(a.at(f)) {
							*(*bool)(d.at(f)) = true
							return *yes
						}
						*(*bool)(d.at(f)) = false
						return *no
					}
				}
			}
		}
	case "add", "sub", "mul", "quo", "rem", "and", "or", "xor", "andNot":
		if len(n.child) == 2 && n.fnext == nil && !n.wrapped() {
			return n.arithmetic(op, n, n.child[0], n.child[1])
		}
	case "addAssign", "subAssign", "mulAssign", "quoAssign", "remAssign", "andAssign", "orAssign", "xorAssign", "andNotAssign":
		if len(n.child) == 2 && !n.child[0].isMapEntry() {
			return n.arithmetic(op[:len(op)-len("Assign")], n.child[0], n.child[0], n.child[1])
		}
	case "inc", "dec":
		if len(n.child) == 1 && !n.child[0].isMapEntry() {
			return n.arithmetic(map[string]string{"inc": "add", "dec": "sub"}[op], n.child[0], n.child[0], nil)
		}
	case "lower", "lowerEqual", "greater", "greaterEqual", "equal", "notEqual":
		if len(n.child) == 2 && isKind(n, reflect.Bool) && !n.wrapped() {
			return n.comparison(op)
		}
	case "assign":
		if hold := e.holding(n); hold != nil {
			return hold
		}
		return n.assignment()
	case "deref":
		return n.dereference()
	case "getIndexArray":
		return n.indexing()
	case "getIndexSeqField":
		return n.field()
	case "typeAssertShort":
		return n.assertion(n, nil)
	case "typeAssertLong":
		return n.assertion(n.anc.child[0], n.anc.child[1])
	case "typeAssertStatus":
		return n.assertion(nil, n.anc.child[1])
	case "lor":
		return n.logical(func(a, b bool) bool { return a || b })
	case "land":
		return n.logical(func(a, b bool) bool { return a && b })
	case "_len":
		return n.length()
	case "_return":
		return n.returning()
	case "call":
		return e.call(n)
	case "getFunc":
		return e.literal(n)
	case "send":
		return n.send()
	case "recv":
		return n.receive(n, nil)
	case "recv2":
		return n.receive(n.anc.child[0], n.anc.child[1])
	case "callBin":
		return n.hook()
	}
	return nil
}

// An operand is a place in a frame, or a constant.
type operand struct {
	local  bool // of the running function
	global bool
	index  int
	level  int
	fixed  unsafe.Pointer
}

// variable returns the operand at an index of the frame that is so many levels
// above the running function's, or that of the global variables for a negative
// level.
func variable(level, index int) operand {
	return operand{local: level == 0, global: level < 0, index: index, level: level}
}

// at returns a pointer to the operand's value.
func (o *operand) at(f *frame) unsafe.Pointer {
	if o.local {
		return f.data[o.index].ptr
	}
	return o.elsewhere(f)
}

func (o *operand) elsewhere(f *frame) unsafe.Pointer {
	if o.fixed != nil {
		return o.fixed
	}
	return o.frame(f).data[o.index].ptr
}

// frame returns the frame that the operand is in.
func (o *operand) frame(f *frame) *frame {
	if o.global {
		return f.root
	}
	for range o.level {
		f = f.anc
	}
	return f
}

// slot returns the place in the frame of n's value.
func (n *node) slot() (operand, bool) {
	index, level := n.findex, n.level
	if n.sym != nil {
		if n.sym.index < 0 {
			return operand{}, false
		}
		index = n.sym.index
		if n.sym.global {
			level = -1
		}
	}
	return variable(level, index), index >= 0
}

// operand returns the operand that n stands for, a value of the type t.
func (n *node) operand(t reflect.Type) (operand, bool) {
	if !n.rval.IsValid() {
		if own := n.goType(); own == nil || own.Kind() != t.Kind() {
			return operand{}, false
		}
		return n.slot()
	}
	v := n.rval
	if c, ok := v.Interface().(constant.Value); ok {
		switch c.Kind() {
		case constant.Int:
			i, exact := constant.Int64Val(c)
			if !exact {
				return operand{}, false
			}
			v = reflect.ValueOf(i)
		case constant.Float:
			x, _ := constant.Float64Val(c)
			v = reflect.ValueOf(x)
		case constant.Bool:
			v = reflect.ValueOf(constant.BoolVal(c))
		case constant.String:
			v = reflect.ValueOf(constant.StringVal(c))
		default:
			return operand{}, false
		}
	}
	if !v.CanConvert(t) || v.Kind() != t.Kind() && (v.Kind() == reflect.String || t.Kind() == reflect.String) {
		return operand{}, false
	}
	p := reflect.New(t)
	p.Elem().Set(v.Convert(t))
	return operand{fixed: p.UnsafePointer()}, true
}

func (n *node) isConstant() bool { return n.rval.IsValid() }

func isKind(n *node, k reflect.Kind) bool {
	t := n.goType()
	return t != nil && t.Kind() == k
}

// isMapEntry reports whether n is an element of a map.
func (n *node) isMapEntry() bool {
	if len(n.child) != 2 {
		return false
	}
	t := n.child[0].goType()
	return t == nil || t.Kind() == reflect.Map
}

// wrapped reports whether n's value becomes an interface where it is.
func (n *node) wrapped() bool {
	if f, ok := n.enclosing(); ok {
		t := f.goType()
		return t == nil || t.Kind() != reflect.Func || t.NumOut() == 0 || t.Out(0).Kind() == reflect.Interface
	}
	t := n.goType()
	return t == nil || t.Kind() == reflect.Interface || n.anc.typ != nil && isKind(n.anc, reflect.Interface)
}

// enclosing returns the function of which n is a result that is returned.
func (n *node) enclosing() (*node, bool) { return n.anc.returnedFrom() }

// returnedFrom returns the function from which n, a return, returns.
func (n *node) returnedFrom() (*node, bool) {
	if n.val == nil || n.operation() != "_return" {
		return nil, false
	}
	v := reflect.ValueOf(n.val)
	if v.Kind() != reflect.Pointer || v.Type().Elem() != realNode {
		return nil, false
	}
	return (*node)(v.UnsafePointer()), true
}

var end exec

// successors returns where the operations are that follow n.
func (n *node) successors() (yes, no *exec) {
	yes = &end
	if n.tnext != nil {
		yes = &n.tnext.exec
	}
	if no = yes; n.fnext != nil {
		no = &n.fnext.exec
	}
	return yes, no
}

// branch is for conditions that are variables, among them the stop flag.
func (e *Engine) branch(n *node) func(exec) exec {
	if !isKind(n, reflect.Bool) || n.isConstant() {
		return nil
	}
	yes, no := n.successors()
	if n.ident == "stop" && n.sym != nil && n.sym.global {
		word, bit := e.stopWord()
		return func(exec) exec {
			return func(*frame) exec {
				if atomic.LoadUint32(word)&bit != 0 {
					return *yes
				}
				return *no
			}
		}
	}
	c, ok := n.slot()
	if !ok {
		return nil
	}
	return func(exec) exec {
		return func(f *frame) exec {
			if *(*bool)(c.at(f)) {
				return *yes
			}
			return *no
		}
	}
}

// arithmetic is for dest = x op y. With no y, it stands for 1.
func (n *node) arithmetic(op string, dest, x, y *node) func(exec) exec {
	t := dest.goType()
	if t == nil {
		return nil
	}
	kind, ok := kinds[t.Kind()]
	if !ok || kind.arithmetic == nil {
		return nil
	}
	d, ok1 := dest.slot()
	a, ok2 := x.operand(t)
	b, ok3 := operand{}, true
	if y != nil {
		b, ok3 = y.operand(t)
	} else {
		one := reflect.New(t)
		one.Elem().Set(reflect.ValueOf(1).Convert(t))
		b.fixed = one.UnsafePointer()
	}
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	next, _ := n.successors()
	return func(exec) exec { return kind.arithmetic(op, next, d, a, b) }
}

// comparison is for comparisons of numbers and strings.
func (n *node) comparison(op string) func(exec) exec {
	x, y := n.child[0], n.child[1]
	t := x.goType()
	if x.isConstant() {
		t = y.goType()
	}
	if t == nil || x.isConstant() && y.isConstant() {
		return nil
	}
	kind, ok := kinds[t.Kind()]
	if !ok || kind.comparison == nil {
		return nil
	}
	d, ok1 := n.slot()
	a, ok2 := x.operand(t)
	b, ok3 := y.operand(t)
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	yes, no := n.successors()
	return func(exec) exec { return kind.comparison(op, yes, no, d, a, b) }
}

// assignment is for assignments of basic values to variables and elements.
func (n *node) assignment() func(exec) exec {
	if len(n.child) != 2 || n.nleft != 1 || n.nright != 1 {
		return nil
	}
	dest, src := n.child[0], n.child[1]
	t := dest.goType()
	if t == nil || dest.ident == "_" || dest.isMapEntry() || n.is("defineStmt") {
		return nil
	}
	kind, ok := kinds[t.Kind()]
	d, ok1 := dest.slot()
	next, _ := n.successors()
	if !ok {
		if a, ok2 := src.slot(); ok1 && ok2 && !src.isConstant() && src.goType() == t {
			return assignmentLike(t, next, d, a)
		}
		return nil
	}
	a, ok2 := src.operand(t)
	if !ok1 || !ok2 {
		return nil
	}
	return func(exec) exec { return kind.assignment(next, d, a) }
}

// assignmentLike is for assignments of references.
func assignmentLike(t reflect.Type, next *exec, d, a operand) func(exec) exec {
	switch t.Kind() {
	case reflect.Slice:
		return func(exec) exec { return assignment[[]byte](next, d, a) }
	case reflect.Pointer, reflect.Chan, reflect.Map:
		return func(slow exec) exec {
			return func(f *frame) exec {
				to, from := &d.frame(f).data[d.index], &a.frame(f).data[a.index]
				if to.flag&indirect == 0 || from.flag == 0 { // what a nil pointer points to has no flags
					return slow(f)
				}
				*(*unsafe.Pointer)(to.ptr) = from.pointer()
				return *next
			}
		}
	}
	return nil
}

// dereference is for pointers that are not nil.
func (n *node) dereference() func(exec) exec {
	if n.fnext != nil || n.level != 0 || n.findex < 0 || !isKind(n.child[0], reflect.Pointer) {
		return nil
	}
	p, ok := n.child[0].slot()
	if !ok || n.child[0].isConstant() {
		return nil
	}
	element := reflect.New(n.child[0].goType().Elem()).Elem()
	v, dest := *(*value)(unsafe.Pointer(&element)), n.findex
	next, _ := n.successors()
	return func(slow exec) exec {
		return func(f *frame) exec {
			at := p.frame(f).data[p.index].pointer()
			if at == nil {
				return slow(f)
			}
			f.data[dest] = value{v.typ_, at, v.flag}
			return *next
		}
	}
}

// indexing is for elements of slices and bytes of strings. An index out of
// range is left to the interpreter.
func (n *node) indexing() func(exec) exec {
	if len(n.child) != 2 || n.fnext != nil || n.level != 0 || n.findex < 0 {
		return nil
	}
	base, index := n.child[0], n.child[1]
	t := base.goType()
	if t == nil || base.isConstant() || !index.isConstant() && !isKind(index, reflect.Int) {
		return nil
	}
	var element reflect.Value
	switch t.Kind() {
	case reflect.Slice:
		element = reflect.New(t.Elem()).Elem()
	case reflect.String:
		element = reflect.ValueOf(byte(0))
	default:
		return nil
	}
	b, ok1 := base.slot()
	i, ok2 := index.operand(reflect.TypeFor[int]())
	if !ok1 || !ok2 {
		return nil
	}
	next, _ := n.successors()
	size, dest := element.Type().Size(), n.findex
	v := *(*value)(unsafe.Pointer(&element))
	return func(slow exec) exec {
		return func(f *frame) exec {
			// A string begins as a slice does.
			s, i := (*struct {
				data unsafe.Pointer
				len  int
			})(b.at(f)), *(*int)(i.at(f))
			if uint(i) >= uint(s.len) {
				return slow(f)
			}
			f.data[dest] = value{v.typ_, unsafe.Add(s.data, uintptr(i)*size), v.flag}
			return *next
		}
	}
}
