package engine

import (
	"reflect"
	"strconv"
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
	data    uintptr      // the offset of the values
	vars    []value      // the values, without their pointers
	offsets []uintptr    // where the variables are
}

// newBlueprint returns the layout for a function with variables of the given
// types. Its results are variables of the caller's.
func newBlueprint(types []reflect.Type, results int) *blueprint {
	fields := []reflect.StructField{
		{Name: "Frame", Type: reflect.TypeFor[frame]()},
		{Name: "Data", Type: reflect.ArrayOf(len(types), reflect.TypeFor[value]())},
	}
	for i, t := range types[results:] {
		fields = append(fields, reflect.StructField{Name: "V" + strconv.Itoa(i), Type: t})
	}
	b := &blueprint{typ: reflect.StructOf(fields), vars: make([]value, len(types))}
	b.data = b.typ.Field(1).Offset
	for i, t := range types[results:] {
		v := reflect.New(t).Elem()
		b.vars[results+i] = *(*value)(unsafe.Pointer(&v))
		b.vars[results+i].ptr = nil
		b.offsets = append(b.offsets, b.typ.Field(2+i).Offset)
	}
	return b
}

// call is for calls of declared functions with a fixed number of parameters
// that are neither functions nor interfaces of the host.
func (e *Engine) call(n *node) func(exec) exec {
	if len(n.child) == 0 || n.anc.is("goStmt") || n.anc.is("deferStmt") {
		return nil
	}
	c0, args := n.child[0], n.child[1:]
	if c0.isConstant() || c0.sym == nil || c0.sym.index >= 0 || c0.sym.node == nil || !c0.sym.node.is("funcDecl") {
		return nil
	}
	def, t := c0.sym.node, c0.goType()
	if t == nil || t.Kind() != reflect.Func || t.IsVariadic() || t.NumIn() != len(args) || len(def.child) < 4 {
		return nil
	}
	if n.anc.is("assignXStmt") || n.anc.is("defineXStmt") {
		for _, c := range n.anc.child {
			if c.ident == "_" {
				return nil
			}
		}
	}
	result := operand{global: n.level < 0, level: n.level, index: n.findex}
	if n.anc.is("returnStmt") {
		result.level = 0
	}
	results := t.NumOut()
	params := make([]param, len(args))
	wait := int32(often)
	for i, c := range args {
		p := t.In(i)
		if hasSignedZero(p) {
			wait = 0 // the interpreter passes no zeros, and takes -0 for one
		}
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
	name := def.child[1].ident
	var calls atomic.Int32
	var plan atomic.Pointer[blueprint]
	return func(slow exec) exec {
		return func(f *frame) exec {
			b := plan.Load()
			if b == nil {
				if calls.Add(1) < wait || def.child[3].start == nil {
					return slow(f)
				}
				b = newBlueprint(def.types, results)
				plan.Store(b)
			}
			callee, data := b.make()
			callee.id, callee.root, callee.anc = atomic.LoadUint64(&f.id), f.root, f
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
			e.runFrame(name, def.child[3].start.exec, callee)
			if conditional && !*(*bool)(data[0].ptr) {
				return *no
			}
			return *yes
		}
	}
}

// hasSignedZero reports whether reflection takes values of type t that are not
// the zero value for it.
func hasSignedZero(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Array:
		return hasSignedZero(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasSignedZero(t.Field(i).Type) {
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

// make makes a frame.
func (b *blueprint) make() (*frame, []value) {
	p := reflect.New(b.typ).UnsafePointer()
	f := (*frame)(p)
	f.data = unsafe.Slice((*value)(unsafe.Add(p, b.data)), len(b.vars))
	results := len(b.vars) - len(b.offsets)
	for i, offset := range b.offsets {
		v := &f.data[results+i]
		*v = b.vars[results+i]
		v.ptr = unsafe.Add(p, offset)
	}
	return f, f.data
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

// hook is for calls of the hooks that loops call most often, which are made
// without reflection.
func (n *node) hook() func(exec) exec {
	fn := n.child[0].rval
	if fn.Kind() != reflect.Func || n.anc.is("goStmt") || n.anc.is("deferStmt") || n.anc.is("assignXStmt") || n.anc.is("defineXStmt") || n.anc.is("returnStmt") {
		return nil
	}
	var args []operand
	for _, c := range n.child[1:] {
		a, ok := c.slot()
		if !ok || c.isConstant() || !isKind(c, reflect.Pointer) && !isKind(c, reflect.Chan) {
			return nil
		}
		args = append(args, a)
	}
	yes, no := n.successors()
	result := operand{global: n.level < 0, level: n.level, index: n.findex}
	switch fn := fn.Interface().(type) {
	case func(any, any):
		return func(exec) exec {
			return func(f *frame) exec {
				fn(args[0].value(f), args[1].value(f))
				return *yes
			}
		}
	case func(any, any) bool:
		return func(exec) exec {
			return func(f *frame) exec {
				return choose(f, fn(args[0].value(f), args[1].value(f)), &result, yes, no)
			}
		}
	case func(*rt.Iter) bool:
		return func(exec) exec {
			return func(f *frame) exec {
				it, _ := args[0].value(f).(*rt.Iter)
				return choose(f, fn(it), &result, yes, no)
			}
		}
	}
	return nil
}

// value returns the operand's value.
func (o *operand) value(f *frame) any {
	return (*reflect.Value)(unsafe.Pointer(&o.frame(f).data[o.index])).Interface()
}
