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

// A literal is a function literal of the program, or a declared function that
// is used as a value.
type literal struct {
	e       *Engine
	node    *node
	name    string // of the declared function that it is, or is in
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
	name := "main"
	for in := n.anc; in != nil; in = in.anc {
		if in.is("funcDecl") {
			name = in.child[1].ident
		}
	}
	l := e.newLiteral(n, t, name)
	next, _ := n.successors()
	return func(exec) exec {
		return func(f *frame) exec {
			c := &closure{l, f.clone()}
			(*reflect.Value)(unsafe.Pointer(&f.data[n.findex])).Set(c.function(t))
			return *next
		}
	}
}

// newLiteral returns what stands for the function that def, a declaration or a
// literal, is.
func (e *Engine) newLiteral(def *node, t reflect.Type, name string) *literal {
	l := &literal{e: e, node: def, name: name}
	for i := range t.NumOut() {
		l.results = append(l.results, t.Out(i))
	}
	return l
}

// holding is for assignments of declared functions to variables.
func (e *Engine) holding(n *node) func(exec) exec {
	if len(n.child) != 2 || n.nleft != 1 || n.nright != 1 || n.is("defineStmt") || madeAt < 0 {
		return nil
	}
	dest, src := n.child[0], n.child[1]
	t := dest.goType()
	if t == nil || t.Kind() != reflect.Func || dest.ident == "_" || dest.isMapEntry() || src.goType() != t ||
		src.sym == nil || src.sym.index >= 0 || src.sym.node == nil || !src.sym.node.is("funcDecl") || len(src.sym.node.child) < 4 {
		return nil
	}
	d, ok := dest.slot()
	if !ok {
		return nil
	}
	def := src.sym.node
	l := e.newLiteral(def, t, def.child[1].ident)
	next, _ := n.successors()
	return func(slow exec) exec {
		return func(f *frame) exec {
			if def.child[3].start == nil {
				return slow(f)
			}
			c := &closure{l, f.root}
			(*reflect.Value)(unsafe.Pointer(&d.frame(f).data[d.index])).Set(c.function(t))
			return *next
		}
	}
}

// declared returns the loaded function of that name, if it is one that can be
// called as a closure is.
func (e *Engine) declared(name string) (v reflect.Value, ok bool) {
	syms, main := e.symbols(), e.field("frame")
	if madeAt < 0 || !syms.IsValid() || !main.IsValid() || main.Kind() != reflect.Pointer {
		return v, false
	}
	found := syms.MapIndex(reflect.ValueOf(name))
	if !found.IsValid() || found.IsNil() {
		return v, false
	}
	sym := (*symbol)(found.UnsafePointer())
	if sym.node == nil || sym.typ == nil || !sym.node.is("funcDecl") || len(sym.node.child) < 4 || sym.node.child[3].start == nil {
		return v, false
	}
	t := (&node{typ: sym.typ}).goType()
	if t == nil || t.Kind() != reflect.Func {
		return v, false
	}
	c := &closure{e.newLiteral(sym.node, t, name), (*frame)(main.UnsafePointer())}
	if t == reflect.TypeFor[func()]() {
		return reflect.ValueOf(Guard(c.plain)), true
	}
	return c.function(t), true
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

// function returns c as a function of type t.
func (c *closure) function(t reflect.Type) reflect.Value {
	if native, ok := natives[t]; ok {
		return reflect.ValueOf(native(c))
	}
	return reflect.MakeFunc(t, c.call)
}

// call is the function itself.
func (c *closure) call(in []reflect.Value) []reflect.Value {
	r := c.begin()
	out := make([]reflect.Value, len(c.literal.results))
	for i, t := range c.literal.results {
		out[i] = reflect.New(t).Elem()
		r.data[i] = *(*value)(unsafe.Pointer(&out[i]))
	}
	for i, arg := range in {
		(*reflect.Value)(unsafe.Pointer(&r.data[len(out)+i])).Set(arg)
	}
	c.end(r)
	return out
}

// begin returns a frame for a call of c by compiled code, and end makes it.
func (c *closure) begin() *record {
	r := c.literal.get()
	r.frame.id, r.frame.root, r.frame.anc = atomic.LoadUint64(&c.frame.id), c.frame.root, c.frame
	return r
}

func (c *closure) end(r *record) {
	c.literal.e.runFrame(c.literal.name, c.literal.node.child[3].start.exec, r.frame)
	r.release()
}

// natives makes functions of the types that compiled code is most often given,
// to sort, to search, to map: as methods they are called without reflection.
var natives = map[reflect.Type]func(c *closure) any{
	reflect.TypeFor[func()]():                   func(c *closure) any { return c.plain },
	reflect.TypeFor[func(int) bool]():           func(c *closure) any { return c.intBool },
	reflect.TypeFor[func(int, int) bool]():      func(c *closure) any { return c.intsBool },
	reflect.TypeFor[func(int, int) int]():       func(c *closure) any { return c.intsInt },
	reflect.TypeFor[func(string, string) int](): func(c *closure) any { return c.stringsInt },
	reflect.TypeFor[func(rune) bool]():          func(c *closure) any { return c.runeBool },
	reflect.TypeFor[func(rune) rune]():          func(c *closure) any { return c.runeRune },
}

func (c *closure) plain()                     { c.end(c.begin()) }
func (c *closure) intBool(a int) bool         { return call1[int, bool](c, a) }
func (c *closure) intsBool(a, b int) bool     { return call2[int, bool](c, a, b) }
func (c *closure) intsInt(a, b int) int       { return call2[int, int](c, a, b) }
func (c *closure) stringsInt(a, b string) int { return call2[string, int](c, a, b) }
func (c *closure) runeBool(a rune) bool       { return call1[rune, bool](c, a) }
func (c *closure) runeRune(a rune) rune       { return call1[rune, rune](c, a) }

func call1[A, R any](c *closure, a A) (out R) {
	r := c.begin()
	result := reflect.ValueOf(&out).Elem()
	r.data[0] = *(*value)(unsafe.Pointer(&result))
	*(*A)(r.data[1].ptr) = a
	c.end(r)
	return out
}

func call2[A, R any](c *closure, a, b A) (out R) {
	r := c.begin()
	result := reflect.ValueOf(&out).Elem()
	r.data[0] = *(*value)(unsafe.Pointer(&result))
	*(*A)(r.data[1].ptr), *(*A)(r.data[2].ptr) = a, b
	c.end(r)
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
	if fn == nil {
		return nil
	}
	method := (*methodValue)(fn)
	if method.code == madeFunc {
		method = *(**methodValue)(unsafe.Add(fn, madeAt))
	}
	if method == nil || !slices.Contains(closureCodes, method.code) {
		return nil
	}
	return method.closure
}

// methodValue is what a method of a closure looks like in memory.
type methodValue struct {
	code    uintptr
	closure *closure
}

// madeFunc is how functions begin that reflect.MakeFunc makes, madeAt the
// offset in them of the function that they were made of, negative if it is not
// known, and closureCodes how the functions begin that closures are.
var madeFunc, madeAt, closureCodes = func() (code uintptr, at int, codes []uintptr) {
	c := &closure{}
	call := c.call
	method := *(**methodValue)(unsafe.Pointer(&call))
	made := reflect.MakeFunc(reflect.TypeFor[func()](), call).Interface().(func())
	words := *(**[6]uintptr)(unsafe.Pointer(&made))
	at = slices.Index(words[:], uintptr(unsafe.Pointer(method)))
	if method.closure != c || at < 1 {
		return 0, -1, nil
	}
	codes = append(codes, method.code)
	for _, native := range natives {
		f := native(c)
		method := (*[2]*methodValue)(unsafe.Pointer(&f))[1]
		if method.closure != c {
			return 0, -1, nil
		}
		codes = append(codes, method.code)
	}
	return words[0], at * int(unsafe.Sizeof(words[0])), codes
}()
