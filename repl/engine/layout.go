package engine

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// What follows are the beginnings of the interpreter's own types, by which
// package engine improves what it has compiled. There is no engine if the real
// ones turn out to be different; a test sees to it that they are not.

// node is an operation of a compiled function: when it has run, that of tnext is
// next, or that of fnext where it was a condition that does not hold.
type node struct {
	debug                        unsafe.Pointer
	child                        []*node
	anc                          *node
	param                        []unsafe.Pointer
	start, tnext, fnext          *node
	interp                       unsafe.Pointer
	index                        int64
	findex, level, nleft, nright int
	kind                         uint
	pos                          int
	sym                          *symbol
	typ                          unsafe.Pointer
	recv                         unsafe.Pointer
	types                        []reflect.Type
	scope                        unsafe.Pointer
	action                       uint
	exec                         exec
	gen                          func(*node)
	val                          any
	rval                         reflect.Value
	ident                        string
}

// exec does an operation and returns the next.
type exec func(*frame) exec

// symbol is what a name stands for.
type symbol struct {
	kind    uint
	typ     unsafe.Pointer
	node    *node
	from    []*node
	recv    unsafe.Pointer
	index   int
	rval    reflect.Value
	builtin func(*node)
	global  bool
}

// frame holds the variables of a call.
type frame struct {
	id        uint64
	debug     unsafe.Pointer
	root, anc *frame
	data      []value
	mutex     sync.RWMutex
	deferred  [][]reflect.Value
	recovered any
	done      reflect.SelectCase
}

// value is a reflect.Value.
type value struct {
	typ_ unsafe.Pointer
	ptr  unsafe.Pointer
	flag uintptr
}

// pointer returns v's value, which is a pointer, channel or map.
func (v *value) pointer() unsafe.Pointer {
	if v.flag&indirect != 0 {
		return *(*unsafe.Pointer)(v.ptr)
	}
	return v.ptr
}

// indirect is the flag of values that are kept behind a pointer.
var indirect = func() uintptr {
	v := reflect.ValueOf(0)
	return (*value)(unsafe.Pointer(&v)).flag ^ uintptr(reflect.Int)
}()

// known is whether the types above are those of the interpreter.
var (
	realNode, realType = realTypes()
	known              = realNode != nil
)

func realTypes() (node_, itype reflect.Type) {
	root, ok := reflect.TypeFor[interp.Program]().FieldByName("root")
	if !ok || root.Type.Kind() != reflect.Pointer {
		return nil, nil
	}
	n := root.Type.Elem()
	f, ok := reflect.TypeFor[interp.Interpreter]().FieldByName("frame")
	if !ok || !mirrors(reflect.TypeFor[node](), n) ||
		!mirrors(reflect.TypeFor[frame](), f.Type.Elem()) || reflect.TypeFor[frame]().Size() != f.Type.Elem().Size() ||
		!mirrors(reflect.TypeFor[value](), reflect.TypeFor[reflect.Value]()) {
		return nil, nil
	}
	sym, _ := n.FieldByName("sym")
	typ, _ := n.FieldByName("typ")
	if !mirrors(reflect.TypeFor[symbol](), sym.Type.Elem()) || !typ.Type.Implements(reflect.TypeFor[typer]()) {
		return nil, nil
	}
	return n, typ.Type.Elem()
}

// mirrors reports whether each field of the struct type t is where original has
// one of the same name and kind.
func mirrors(t, original reflect.Type) bool {
	if original.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		f := t.Field(i)
		o, ok := original.FieldByName(f.Name)
		if !ok || o.Offset != f.Offset || o.Type.Size() != f.Type.Size() {
			return false
		}
		pointer := f.Type.Kind() == reflect.UnsafePointer && o.Type.Kind() == reflect.Pointer
		if !pointer && o.Type.Kind() != f.Type.Kind() {
			return false
		}
	}
	return true
}

// typer is implemented by the interpreter's types.
type typer interface{ TypeOf() reflect.Type }

// goType returns the type of n's value, or nil if it has none.
func (n *node) goType() reflect.Type {
	if n.typ == nil {
		return nil
	}
	return reflect.NewAt(realType, n.typ).Interface().(typer).TypeOf()
}

// is reports whether n is of the kind that the interpreter calls name.
func (n *node) is(name string) bool { return kindNames[n.kind] == name }

// kindNames are the interpreter's names of the kinds of nodes.
var kindNames = func() map[uint]string {
	names := map[uint]string{}
	if !known {
		return names
	}
	f, _ := realNode.FieldByName("kind")
	v := reflect.New(f.Type).Elem()
	for i := range uint64(200) {
		v.SetUint(i)
		names[uint(i)] = fmt.Sprint(v)
	}
	return names
}()

// operation returns the name of the interpreter's function that makes n's exec.
func (n *node) operation() string {
	if n.gen == nil {
		return ""
	}
	name := runtime.FuncForPC(reflect.ValueOf(n.gen).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	return strings.TrimPrefix(name, "interp.")
}

// root returns the syntax tree of a compiled program.
func root(p *interp.Program) *node {
	f := reflect.ValueOf(p).Elem().FieldByName("root")
	return (*node)(f.UnsafePointer())
}
