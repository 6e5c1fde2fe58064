package engine

import (
	"reflect"
	"slices"
	"sync/atomic"
	"unsafe"
)

// A function literal yields a function made by package reflect, and so the
// interpreter calls it through that. Those of package engine are known by what
// they look like in memory, and then called as declared functions are.

// A literal is a function literal of the program.
type literal struct {
	e       *Engine
	node    *node
	name    string // of the function that it is in
	results []reflect.Type
	calls   atomic.Int32
	plan    atomic.Pointer[blueprint]
}

// A closure is a value of a literal.
type closure struct {
	literal *literal
	frame   *frame // what it was made in
}

// literal is for function literals.
func (e *Engine) literal(n *node) func(exec) exec {
	t := n.goType()
	if t == nil || t.Kind() != reflect.Func || len(n.child) < 4 || n.level != 0 || n.findex < 0 || madeAt < 0 {
		return nil
	}
	l := &literal{e: e, node: n, name: "main"}
	for i := range t.NumOut() {
		l.results = append(l.results, t.Out(i))
	}
	for in := n.anc; in != nil; in = in.anc {
		if in.is("funcDecl") {
			l.name = in.child[1].ident
		}
	}
	next, _ := n.successors()
	return func(exec) exec {
		return func(f *frame) exec {
			c := &closure{l, f.clone()}
			(*reflect.Value)(unsafe.Pointer(&f.data[n.findex])).Set(reflect.MakeFunc(t, c.call))
			return *next
		}
	}
}

// clone returns a frame with the same variables.
func (f *frame) clone() *frame {
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	return &frame{
		id: atomic.LoadUint64(&f.id), debug: f.debug, root: f.root, anc: f.anc,
		data: slices.Clone(f.data), deferred: f.deferred, recovered: f.recovered, done: f.done,
	}
}

// call is the function itself.
func (c *closure) call(in []reflect.Value) []reflect.Value {
	l := c.literal
	r := l.get()
	r.frame.id, r.frame.root, r.frame.anc = atomic.LoadUint64(&c.frame.id), c.frame.root, c.frame
	out := make([]reflect.Value, len(l.results))
	for i, t := range l.results {
		out[i] = reflect.New(t).Elem()
		r.data[i] = *(*value)(unsafe.Pointer(&out[i]))
	}
	for i, arg := range in {
		(*reflect.Value)(unsafe.Pointer(&r.data[len(out)+i])).Set(arg)
	}
	l.e.runFrame(l.name, l.node.child[3].start.exec, r.frame)
	r.release()
	return out
}

// get returns a frame whose variables are zero, for a call.
func (l *literal) get() *record {
	b := l.plan.Load()
	switch {
	case b != nil:
	case l.calls.Add(1) < often:
		r := &record{frame: &frame{}, data: make([]value, len(l.node.types))}
		r.frame.data = r.data
		for i, t := range l.node.types[len(l.results):] {
			v := reflect.New(t).Elem()
			r.data[len(l.results)+i] = *(*value)(unsafe.Pointer(&v))
		}
		return r
	default:
		b = newBlueprint(l.node, len(l.results))
		l.plan.Store(b)
	}
	return b.get()
}

// closureOf returns the closure that v, a function, is; nil if it is none.
func closureOf(v *value) *closure {
	fn := v.pointer()
	if fn == nil || *(*uintptr)(fn) != madeFunc {
		return nil
	}
	method := *(**methodValue)(unsafe.Add(fn, madeAt))
	if method == nil || method.code != closureCall {
		return nil
	}
	return method.closure
}

// methodValue is what c.call looks like in memory.
type methodValue struct {
	code    uintptr
	closure *closure
}

// madeFunc is how functions begin that reflect.MakeFunc makes, madeAt the
// offset in them of the function that they were made of, negative if it is not
// known, and closureCall how c.call begins.
var madeFunc, madeAt, closureCall = func() (uintptr, int, uintptr) {
	c := &closure{}
	call := c.call
	method := *(**methodValue)(unsafe.Pointer(&call))
	if method.closure != c {
		return 0, -1, 0
	}
	made := reflect.MakeFunc(reflect.TypeFor[func()](), call).Interface().(func())
	words := *(**[6]uintptr)(unsafe.Pointer(&made))
	at := slices.Index(words[:], uintptr(unsafe.Pointer(method)))
	if at < 1 {
		return 0, -1, 0
	}
	return words[0], at * int(unsafe.Sizeof(words[0])), method.code
}()
