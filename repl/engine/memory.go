package engine

import (
	"fmt"
	"reflect"
	"unsafe"
)

// The interpreter keeps the syntax tree of everything it ever loaded, for a
// debugger that is not used here, and the declaration of every function; and it
// copies all variables whenever there is a new one. What follows keeps a long
// session small and fast; a test sees to it that the interpreter still has the
// fields that this relies on.

// release drops the syntax trees of what has been loaded.
func (e *Engine) release() {
	if f := e.field("roots"); f.IsValid() {
		f.SetZero()
	}
	if main := e.scope(); main.IsValid() {
		if f := main.FieldByName("child"); f.IsValid() {
			settable(f).SetZero()
		}
	}
}

// separate cuts the functions of a unit that was compiled loose from each other,
// so that none is kept because another is.
func (e *Engine) separate(top *node) {
	if top == nil {
		return
	}
	for _, c := range top.child {
		c.anc = e.elsewhere()
	}
}

// elsewhere returns a piece of syntax that is part of an empty tree.
func (e *Engine) elsewhere() *node {
	if e.nowhere == nil {
		e.nowhere = (*node)(reflect.New(realNode).UnsafePointer())
		e.nowhere.anc = (*node)(reflect.New(realNode).UnsafePointer())
	}
	return e.nowhere
}

// grow makes room for the variables of a unit that was compiled. The interpreter
// would do it itself when it executes the unit, but by copying them all.
func (e *Engine) grow() {
	universe, frame := e.field("universe"), e.field("frame")
	if !universe.IsValid() || !frame.IsValid() {
		return
	}
	t, d := universe.Elem().FieldByName("types"), frame.Elem().FieldByName("data")
	if !t.IsValid() || !d.IsValid() {
		return
	}
	kinds, ok1 := settable(t).Interface().([]reflect.Type)
	data, ok2 := settable(d).Addr().Interface().(*[]reflect.Value)
	if !ok1 || !ok2 {
		return
	}
	values := *data
	for len(values) < len(kinds) {
		values = append(values, reflect.New(kinds[len(values)]).Elem())
	}
	*data = values
}

// Drop forgets a loaded function that nothing will ask for by name any more;
// it may still run.
func (e *Engine) Drop(name string) {
	if syms := e.symbols(); syms.IsValid() {
		syms.SetMapIndex(reflect.ValueOf(name), reflect.Value{})
	}
}

// Detach cuts loaded variables loose from the syntax trees that declare them.
func (e *Engine) Detach(names ...string) {
	syms := e.symbols()
	if !syms.IsValid() {
		return
	}
	for _, n := range names {
		sym := syms.MapIndex(reflect.ValueOf(n))
		if !sym.IsValid() || sym.Kind() != reflect.Pointer || sym.IsNil() {
			continue
		}
		if node := sym.Elem().FieldByName("node"); node.IsValid() && node.CanAddr() {
			settable(node).SetZero()
		}
		if typ := sym.Elem().FieldByName("typ"); typ.IsValid() {
			e.detachType(typ, map[unsafe.Pointer]bool{})
		}
	}
}

// detachType cuts the interpreter's type t, and those that it is made of, loose
// from the syntax tree that spells it. A type needs none that is neither
// compiled nor generic, but the interpreter looks at what is around a function
// type's.
func (e *Engine) detachType(t reflect.Value, seen map[unsafe.Pointer]bool) {
	if t.Kind() != reflect.Pointer || t.IsNil() || seen[t.UnsafePointer()] {
		return
	}
	seen[t.UnsafePointer()] = true
	cat, n := t.Elem().FieldByName("cat"), t.Elem().FieldByName("node")
	if !cat.IsValid() || !n.IsValid() || n.Type() != reflect.PointerTo(realNode) {
		return
	}
	switch fmt.Sprint(settable(cat)) {
	case "arrayT", "chanT", "chanRecvT", "chanSendT", "funcT", "mapT", "ptrT", "sliceT", "structT", "variadicT":
		settable(n).Set(reflect.NewAt(realNode, unsafe.Pointer(e.elsewhere())))
	default:
		return
	}
	for _, part := range []string{"key", "val"} {
		e.detachType(t.Elem().FieldByName(part), seen)
	}
	for _, list := range []string{"arg", "ret"} {
		for _, part := range t.Elem().FieldByName(list).Seq2() {
			e.detachType(part, seen)
		}
	}
	for _, field := range t.Elem().FieldByName("field").Seq2() {
		e.detachType(field.FieldByName("typ"), seen)
	}
}

// symbols returns the map of what is declared in the engine's package main, or
// the zero Value.
func (e *Engine) symbols() reflect.Value {
	main := e.scope()
	if !main.IsValid() {
		return main
	}
	sym := main.FieldByName("sym")
	if !sym.IsValid() || sym.Kind() != reflect.Map || !sym.CanAddr() {
		return reflect.Value{}
	}
	return settable(sym)
}

// scope returns the engine's record of its package main, or the zero Value.
func (e *Engine) scope() reflect.Value {
	scopes := e.field("scopes")
	if !scopes.IsValid() || scopes.Kind() != reflect.Map {
		return reflect.Value{}
	}
	main := scopes.MapIndex(reflect.ValueOf("main"))
	if !main.IsValid() || main.Kind() != reflect.Pointer || main.IsNil() {
		return reflect.Value{}
	}
	return main.Elem()
}

// field returns an unexported field of the interpreter, or the zero Value if it
// has none of that name.
func (e *Engine) field(name string) reflect.Value {
	f := reflect.ValueOf(e.i).Elem().FieldByName(name)
	if !f.IsValid() {
		return f
	}
	return settable(f)
}

// settable returns v, an addressable field that is not exported, such that it
// can be set.
func settable(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}
