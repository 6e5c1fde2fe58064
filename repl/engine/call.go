package engine

import (
	"reflect"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/asyncrepl/asyncrepl/repl/rt"
)

// The interpreter allocates each variable of a call by itself. Calls of declared
// functions, once it turns out that they are made often, get all of a frame in
// one piece.

// often is how many calls a place makes before it is worth an own frame layout.
const often = 50

// A blueprint is how the frames of a function are laid out in memory.
type blueprint struct {
	typ     reflect.Type // a frame, its values, and the variables that these point to
	vars    []value      // the values, without their pointers
	offsets []uintptr    // where the variables are
	results int          // how many of the values are results, which are variables of the caller's
	pool    *sync.Pool   // of *record, or nil if frames may be in use after their call
}

// A record is a frame in memory.
type record struct {
	of        *blueprint // nil if it has none
	frame     *frame
	data      []value
	fresh     []value // the values as they are at the beginning of a call
	variables reflect.Value
}

// newBlueprint returns the layout for the function that def, a declaration or a
// literal, is.
func newBlueprint(def *node, results int) *blueprint {
	b := &blueprint{vars: make([]value, len(def.types)), results: results}
	var fields []reflect.StructField
	for i, t := range def.types[results:] {
		fields = append(fields, reflect.StructField{Name: "V" + strconv.Itoa(i), Type: t})
	}
	b.typ = reflect.StructOf([]reflect.StructField{
		{Name: "Frame", Type: reflect.TypeFor[frame]()},
		{Name: "Data", Type: reflect.ArrayOf(len(def.types), reflect.TypeFor[value]())},
		{Name: "Variables", Type: reflect.StructOf(fields)},
	})
	for i, t := range def.types[results:] {
		v := reflect.New(t).Elem()
		b.vars[results+i] = *(*value)(unsafe.Pointer(&v))
		b.vars[results+i].ptr = nil
		b.offsets = append(b.offsets, b.typ.Field(2).Offset+b.typ.Field(2).Type.Field(i).Offset)
	}
	if !slices.ContainsFunc(def.child, (*node).lends) {
		b.pool = &sync.Pool{New: func() any {
			r := b.make()
			r.fresh = slices.Clone(r.data)
			return r
		}}
	}
	return b
}

// make makes a frame.
func (b *blueprint) make() *record {
	v := reflect.New(b.typ)
	p := v.UnsafePointer()
	r := &record{of: b, frame: (*frame)(p), variables: v.Elem().Field(2)}
	r.data = unsafe.Slice((*value)(unsafe.Add(p, b.typ.Field(1).Offset)), len(b.vars))
	r.frame.data = r.data
	for i, offset := range b.offsets {
		v := &r.data[b.results+i]
		*v = b.vars[b.results+i]
		v.ptr = unsafe.Add(p, offset)
	}
	return r
}

// get returns a frame whose variables are zero.
func (b *blueprint) get() *record {
	if b.pool == nil {
		return b.make()
	}
	return b.pool.Get().(*record)
}

// release gives back the frame of a call that has returned.
func (r *record) release() {
	if r.of == nil || r.of.pool == nil {
		return
	}
	copy(r.data, r.fresh)
	r.variables.SetZero()
	r.frame.anc, r.frame.recovered = nil, nil
	r.of.pool.Put(r)
}

// lends reports whether n, a part of a function, may have a frame of it be in
// use after the call, by a closure, or through the address of a variable.
func (n *node) lends() bool {
	switch {
	case n.is("funcLit"), n.is("deferStmt"), n.is("goStmt"), n.is("selectStmt"):
		return true
	case n.is("addressExpr"), n.is("sliceExpr"):
		if n.is("sliceExpr") && !isKind(n.child[0], reflect.Array) {
			break
		}
		base := n.child[0]
		for base.is("selectorExpr") && !isKind(base.child[0], reflect.Pointer) ||
			base.is("indexExpr") && isKind(base.child[0], reflect.Array) {
			base = base.child[0]
		}
		if !base.is("selectorExpr") && !base.is("indexExpr") && !base.is("starExpr") {
			return true
		}
	}
	return slices.ContainsFunc(n.child, (*node).lends)
}

// call is for calls of functions, declared ones and closures, with a fixed
// number of parameters that are neither functions nor interfaces of the host.
func (e *Engine) call(n *node) func(exec) exec {
	if len(n.child) == 0 || n.anc.is("goStmt") || n.anc.is("deferStmt") {
		return nil
	}
	c0, args := n.child[0], n.child[1:]
	t := c0.goType()
	if c0.isConstant() || t == nil || t.Kind() != reflect.Func || t.IsVariadic() || t.NumIn() != len(args) {
		return nil
	}
	target, ok := e.target(c0, t)
	if !ok {
		return nil
	}
	if n.anc.is("assignXStmt") || n.anc.is("defineXStmt") {
		for _, c := range n.anc.child {
			if c.ident == "_" {
				return nil
			}
		}
	}
	result := variable(n.level, n.findex)
	if n.anc.is("returnStmt") {
		result = variable(0, n.findex)
	}
	results := t.NumOut()
	params := make([]param, len(args))
	for i, c := range args {
		p := t.In(i)
		if p.Kind() == reflect.Func || p.Kind() == reflect.Interface && p.NumMethod() > 0 {
			return nil
		}
		kind, basic := kinds[p.Kind()]
		if basic {
			from, ok := c.operand(p)
			if !ok {
				return nil
			}
			params[i] = param{from: from, copy: kind.copy}
			continue
		}
		own := c.goType()
		from, ok := c.slot()
		if !ok || c.isConstant() || own == nil || p.Kind() != reflect.Interface && own != p {
			return nil
		}
		params[i] = param{from: from}
	}
	yes, no := n.successors()
	conditional := n.fnext != nil
	return func(slow exec) exec {
		return func(f *frame) exec {
			r, name, first := target(f)
			if r == nil {
				return slow(f)
			}
			callee, data := r.frame, r.data
			callee.id = atomic.LoadUint64(&f.id)
			if results > 0 {
				copy(data[:results], result.frame(f).data[result.index:])
			}
			for i := range params {
				p := &params[i]
				to := &data[results+i]
				if p.copy != nil {
					p.copy(to.ptr, p.from.at(f))
				} else {
					from := &p.from.frame(f).data[p.from.index]
					(*reflect.Value)(unsafe.Pointer(to)).Set(*(*reflect.Value)(unsafe.Pointer(from)))
				}
			}
			e.runFrame(name, first, callee)
			holds := !conditional || *(*bool)(data[0].ptr)
			r.release()
			if !holds {
				return *no
			}
			return *yes
		}
	}
}

// target returns what finds the function that fun, of type t, stands for: a
// frame for a call of it, its name, and its first operation. There is no frame
// if the interpreter has to make the call.
func (e *Engine) target(fun *node, t reflect.Type) (func(f *frame) (*record, string, exec), bool) {
	if fun.sym == nil || fun.sym.index >= 0 {
		from, ok := fun.slot()
		if !ok || madeAt < 0 {
			return nil, false
		}
		return func(f *frame) (*record, string, exec) {
			c := closureOf(&from.frame(f).data[from.index])
			if c == nil || c.literal.e != e {
				return nil, "", nil
			}
			r := c.literal.get()
			r.frame.root, r.frame.anc = c.frame.root, c.frame
			return r, c.literal.name, c.literal.node.child[3].start.exec
		}, true
	}
	def := fun.sym.node
	if def == nil || !def.is("funcDecl") || len(def.child) < 4 {
		return nil, false
	}
	name := def.child[1].ident
	patience := int32(often)
	for i := range t.NumIn() {
		if hasFloat(t.In(i)) {
			patience = 1 // the interpreter takes a negative zero for one that it need not pass
		}
	}
	var calls atomic.Int32
	var plan atomic.Pointer[blueprint]
	return func(f *frame) (*record, string, exec) {
		b := plan.Load()
		if b == nil {
			if calls.Add(1) < patience || def.child[3].start == nil {
				return nil, "", nil
			}
			b = newBlueprint(def, t.NumOut())
			plan.Store(b)
		}
		r := b.get()
		r.frame.root, r.frame.anc = f.root, f
		return r, name, def.child[3].start.exec
	}, true
}

// hasFloat reports whether a value of type t has a floating-point number in it.
func hasFloat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Array:
		return hasFloat(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			if hasFloat(f.Type) {
				return true
			}
		}
	}
	return false
}

// param is how a parameter gets its value.
type param struct {
	from operand
	copy func(to, from unsafe.Pointer) // or nil for a copy by reflection
}

// runFrame runs a function from its first operation on, as the interpreter does.
func (e *Engine) runFrame(name string, first exec, f *frame) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			e.left(name)
			panic(v)
		}
	}()
	for x := first; x != nil && atomic.LoadUint64(&f.id) == atomic.LoadUint64(e.run); {
		x = x(f)
	}
	returned = true
}

// returning is for returns of one basic value or reference.
func (n *node) returning() func(exec) exec {
	def, ok := n.returnedFrom()
	if !ok || len(n.child) != 1 {
		return nil
	}
	t := def.goType()
	if t == nil || t.Kind() != reflect.Func || t.NumOut() != 1 {
		return nil
	}
	t = t.Out(0)
	c := n.child[0]
	switch kind, basic := kinds[t.Kind()]; {
	case basic:
		a, ok := c.operand(t)
		if !ok {
			return nil
		}
		return n.returned(func(f *frame, to *value) bool { kind.copy(to.ptr, a.at(f)); return true })
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Map, t.Kind() == reflect.Chan:
		a, ok := c.slot()
		if !ok || c.isConstant() || c.goType() != t {
			return nil
		}
		return n.returned(func(f *frame, to *value) bool {
			from := &a.frame(f).data[a.index]
			if from.flag == 0 { // what a nil pointer points to has no flags
				return false
			}
			*(*unsafe.Pointer)(to.ptr) = from.pointer()
			return true
		})
	}
	return nil
}

// returned is for returns whose value copy puts into the result, if it can.
func (n *node) returned(copy func(f *frame, to *value) bool) func(exec) exec {
	return func(slow exec) exec {
		if slow == nil {
			return nil // the value is where it has to be
		}
		return func(f *frame) exec {
			to := &f.data[0]
			if to.flag&indirect == 0 || !copy(f, to) {
				return slow(f)
			}
			return nil
		}
	}
}

// hook is for calls of the hooks that loops call most often, which are made
// without reflection.
func (n *node) hook() func(exec) exec {
	fn := n.child[0].rval
	if fn.Kind() != reflect.Func || n.anc.is("goStmt") || n.anc.is("deferStmt") || n.anc.is("defineXStmt") {
		return nil
	}
	switch fn := fn.Interface().(type) {
	case func(*rt.Type, any) any:
		if t, ok := n.typeArgument(1, 2); ok {
			return n.yielding(n.child[2], func(x any) any { return fn(t, x) })
		}
		return nil
	case func(any, *rt.Type, *rt.Type) any:
		t, ok1 := n.typeArgument(2, 4)
		static, ok2 := n.typeArgument(3, 4)
		if ok1 && ok2 {
			return n.yielding(n.child[1], func(x any) any { return fn(x, t, static) })
		}
		return nil
	case func(any, *rt.Type) (any, bool):
		if t, ok := n.typeArgument(2, 3); ok {
			return n.telling(n.child[1], func(x any) (any, bool) { return fn(x, t) })
		}
		return nil
	}
	if n.anc.is("assignXStmt") || n.anc.is("returnStmt") {
		return nil
	}
	var args []argument
	for _, c := range n.child[1:] {
		a, ok := c.argument()
		if !ok {
			return nil
		}
		args = append(args, a)
	}
	yes, no := n.successors()
	result := variable(n.level, n.findex)
	switch fn := fn.Interface().(type) {
	case func(any, any):
		return func(slow exec) exec {
			return func(f *frame) exec {
				x, ok1 := args[0].value(f)
				y, ok2 := args[1].value(f)
				if !ok1 || !ok2 {
					return slow(f)
				}
				fn(x, y)
				return *yes
			}
		}
	case func(any, any) bool:
		return func(slow exec) exec {
			return func(f *frame) exec {
				x, ok1 := args[0].value(f)
				y, ok2 := args[1].value(f)
				if !ok1 || !ok2 {
					return slow(f)
				}
				return choose(f, fn(x, y), &result, yes, no)
			}
		}
	case func(*rt.Iter) bool:
		return func(exec) exec {
			return func(f *frame) exec {
				x, _ := args[0].value(f)
				it, _ := x.(*rt.Iter)
				return choose(f, fn(it), &result, yes, no)
			}
		}
	}
	return nil
}

// typeArgument returns the type that n, a call of so many nodes, passes as the
// child at index i.
func (n *node) typeArgument(i, nodes int) (*rt.Type, bool) {
	if len(n.child) != nodes || !n.child[i].isConstant() {
		return nil, false
	}
	t, ok := n.child[i].rval.Interface().(*rt.Type)
	return t, ok
}

// yielding is for n, a call that makes one interface value of the argument x.
func (n *node) yielding(x *node, make func(any) any) func(exec) exec {
	a, ok := x.argument()
	if !ok || n.anc.is("assignXStmt") || n.fnext != nil {
		return nil
	}
	result := variable(n.level, n.findex)
	if n.anc.is("returnStmt") {
		result = variable(0, slices.Index(n.anc.child, n))
	}
	next, _ := n.successors()
	return func(slow exec) exec {
		return func(f *frame) exec {
			to := result.empty(f)
			v, ok := a.value(f)
			if !ok || to == nil {
				return slow(f)
			}
			*to = make(v)
			return *next
		}
	}
}

// telling is for n, a call that makes of the argument x an interface value and
// tells something of it, assigned to two variables.
func (n *node) telling(x *node, make func(any) (any, bool)) func(exec) exec {
	a, ok := x.argument()
	if !ok || !n.anc.is("assignXStmt") || len(n.anc.child) != 3 {
		return nil
	}
	dest, status := n.anc.child[0], n.anc.child[1]
	d, ok1 := dest.slot()
	s, ok2 := status.slot()
	if !ok1 || !ok2 || dest.ident == "_" || status.ident == "_" || !isKind(status, reflect.Bool) {
		return nil
	}
	next, _ := n.successors()
	return func(slow exec) exec {
		return func(f *frame) exec {
			to := d.empty(f)
			v, ok := a.value(f)
			if !ok || to == nil {
				return slow(f)
			}
			*to, *(*bool)(s.at(f)) = make(v)
			return *next
		}
	}
}

// An argument is one of the type any.
type argument struct {
	operand
	isEmpty bool // already an interface
}

// argument returns what n, a variable, is as an argument of the type any.
func (n *node) argument() (argument, bool) {
	t := n.goType()
	a, ok := n.slot()
	if !ok || t == nil || n.isConstant() {
		return argument{}, false
	}
	if t == reflect.TypeFor[any]() {
		return argument{a, true}, true
	}
	switch t.Kind() {
	case reflect.Func, reflect.Interface:
		return argument{}, false
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Interface {
			return argument{}, false
		}
	}
	return argument{a, false}, true
}

// value returns the argument, if its variable is as it was expected to be.
func (a *argument) value(f *frame) (any, bool) {
	if !a.isEmpty {
		return a.operand.value(f), true
	}
	if p := a.empty(f); p != nil {
		return *p, true
	}
	return nil, false
}

// empty returns the variable of type any that the operand is, or nil if it is
// none.
func (o *operand) empty(f *frame) *any {
	if v := &o.frame(f).data[o.index]; v.flag&indirect != 0 && v.typ_ == emptyInterface {
		return (*any)(v.ptr)
	}
	return nil
}

// value returns the operand's value.
func (o *operand) value(f *frame) any {
	return (*reflect.Value)(unsafe.Pointer(&o.frame(f).data[o.index])).Interface()
}
