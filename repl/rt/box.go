package rt

import (
	"fmt"
	"go/types"
	"reflect"
)

// Boxed is what the wrappers for compiled interfaces hold.
type Boxed interface {
	// Method returns the function that runs the named method on a receiver,
	// func(receiver any, args…) results…, or nil.
	Method(name string) any
	// Value returns the receiver to hand to it.
	Value() any
}

// wrapper is implemented by every wrapper of a box.
type wrapper interface{ BoxedValueOfWrapper() Boxed }

// A Box is a value of a session type inside an interface: reflect knows only
// its representation, the box knows what it is. Boxes of equal type and value
// are equal, as interface values are.
type Box struct {
	T *Type
	V any
}

// Method implements Boxed.
func (b Box) Method(name string) any { return b.T.Method(name) }

// Value implements Boxed: method functions take the box itself.
func (b Box) Value() any { return b }

// MakeBox boxes v, a representation of a value of type t.
func MakeBox(t *Type, v any) any { return Box{t, v} }

// Normal returns x with a wrapper replaced by the box in it.
func Normal(x any) any {
	if w, ok := x.(unwrapper); ok {
		return w.unwrapped()
	}
	if u, ok := unwrapFunc(x); ok {
		return u
	}
	return x
}

type unwrapper interface{ unwrapped() any }

// Unwrap is set by the host: it returns the box in a wrapper that was made for
// a compiled interface.
var unwrapFunc = func(x any) (any, bool) { return nil, false }

// SetUnwrap tells how to find the box in a wrapper. It is called once, when
// the program starts.
func SetUnwrap(f func(x any) (any, bool)) { unwrapFunc = f }

// Unbox returns the representation inside x.
func Unbox(x any) any {
	if b, ok := x.(Box); ok {
		return b.V
	}
	if b, ok := Normal(x).(Box); ok {
		return b.V
	}
	return x
}

// Any returns x as the session's interfaces hold it.
func Any(x any) any { return Normal(x) }

// Eq reports whether two interface values are equal, and panics as Go does
// where their type cannot be compared.
func Eq(a, b any) bool {
	a, b = Normal(a), Normal(b)
	if x, ok := a.(Box); ok {
		y, ok := b.(Box)
		if !ok || x.T != y.T {
			return false
		}
		if !types.Comparable(x.T.T) {
			panic(Errorf("comparing uncomparable type %s", x.T))
		}
		if HasBlank(x.T.T) {
			return Equal(x.V, y.V, x.T)
		}
		return x.V == y.V
	}
	if _, ok := b.(Box); ok {
		return false
	}
	if a != nil && b != nil {
		ta := reflect.TypeOf(a)
		if ta == reflect.TypeOf(b) && !ta.Comparable() {
			panic(Errorf("comparing uncomparable type %s", ta))
		}
	}
	return a == b
}

// Same reports whether two values of one representation are equal.
func Same(a, b any) bool { return a == b }

// SameChan reports whether a and b, which are of types that differ, are the same
// channel.
func SameChan(a, b any) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// Equal reports whether a and b, representations of values of the struct or
// array type t, are equal: blank fields do not count.
func Equal(a, b any, t *Type) bool { return equal(reflect.ValueOf(a), reflect.ValueOf(b), t.T) }

func equal(a, b reflect.Value, t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for i := range u.NumFields() {
			if u.Field(i).Name() != "_" && !equal(a.Field(i), b.Field(i), u.Field(i).Type()) {
				return false
			}
		}
		return true
	case *types.Array:
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i), u.Elem()) {
				return false
			}
		}
		return true
	case *types.Interface:
		return Eq(a.Interface(), b.Interface())
	}
	return a.Equal(b)
}

// HasBlank reports whether values of type t have blank fields.
func HasBlank(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Struct:
		for i := range t.NumFields() {
			if t.Field(i).Name() == "_" || HasBlank(t.Field(i).Type()) {
				return true
			}
		}
	case *types.Array:
		return HasBlank(t.Elem())
	}
	return false
}

// IsNil reports whether the interface x is nil.
func IsNil(x any) bool { return x == nil }

// dynamic returns the Type of x, which is not nil: for a compiled value, nil
// and its reflect type.
func dynamic(x any) (*Type, reflect.Type) {
	if b, ok := x.(Box); ok {
		return b.T, nil
	}
	return nil, reflect.TypeOf(x)
}

// typeName names the dynamic type of x as Go's run-time errors do.
func typeName(x any) string {
	t, rt := dynamic(x)
	if t != nil {
		return t.String()
	}
	return rt.String()
}

// holds reports whether x's dynamic type is t, a type that is no interface.
func holds(x any, t *Type) bool {
	if x == nil {
		return false
	}
	if b, ok := x.(Box); ok {
		return b.T == t
	}
	return reflect.TypeOf(x) == t.R && t.reg.Faithful(t.T)
}

// Zero returns the zero value of t's representation.
func (t *Type) Zero() any { return reflect.Zero(t.R).Interface() }

// As asserts that x holds a t, which is no interface, and returns its
// representation; it panics as Go does if not. static is the interface type
// that x has in the source.
func As(x any, t, static *Type) any {
	x = Normal(x)
	if !holds(x, t) {
		panic(assertionError(x, t, static, ""))
	}
	if b, ok := x.(Box); ok {
		return b.V
	}
	return x
}

// As2 is As in its two-value form.
func As2(x any, t *Type) (any, bool) {
	x = Normal(x)
	if !holds(x, t) {
		return t.Zero(), false
	}
	if b, ok := x.(Box); ok {
		return b.V, true
	}
	return x, true
}

// AsI asserts that x implements the interface t and returns it as the session
// holds interfaces of the session; see Store for compiled ones.
func AsI(x any, t, static *Type) any {
	x = Normal(x)
	if missing, ok := implements(x, t); !ok {
		panic(assertionError(x, t, static, missing))
	}
	return x
}

// AsI2 is AsI in its two-value form.
func AsI2(x any, t *Type) (any, bool) {
	x = Normal(x)
	if _, ok := implements(x, t); !ok {
		return nil, false
	}
	return x, true
}

// AsStore asserts that x implements the compiled interface t and stores it
// through p, a pointer to that interface type.
func AsStore(x any, t, static *Type, p any) {
	x = Normal(x)
	if missing, ok := implements(x, t); !ok {
		panic(assertionError(x, t, static, missing))
	}
	Store(x, t, p)
}

// AsStore2 is AsStore in its two-value form.
func AsStore2(x any, t *Type, p any) bool {
	x = Normal(x)
	if _, ok := implements(x, t); !ok {
		reflect.ValueOf(p).Elem().SetZero()
		return false
	}
	Store(x, t, p)
	return true
}

// Store converts x to the compiled interface t and stores it through p.
func Store(x any, t *Type, p any) {
	v := reflect.ValueOf(p).Elem()
	if x == nil {
		v.SetZero()
		return
	}
	v.Set(reflect.ValueOf(t.Convert(x)))
}

// assign sets dst, which compiled code may know, to x: a box in an interface is
// held as dst's type demands.
func assign(dst reflect.Value, x any) {
	b, boxed := Normal(x).(Box)
	switch {
	case !boxed:
		dst.Set(reflect.ValueOf(x))
	case dst.Kind() != reflect.Interface:
		dst.Set(reflect.ValueOf(b.V))
	case dst.NumMethod() == 0:
		dst.Set(reflect.ValueOf(b))
	default:
		wrap := b.T.reg.Wrap(dst.Type().PkgPath(), dst.Type().Name())
		if wrap == nil {
			panic(Errorf("a value of the session's type %s cannot stand for the compiled interface %s here", b.T, dst.Type()))
		}
		dst.Set(reflect.ValueOf(wrap(b)))
	}
}

// Convert returns x as a value that implements the compiled interface t: a
// box gets the wrapper of that interface.
func (t *Type) Convert(x any) any {
	x = Normal(x)
	b, ok := x.(Box)
	if !ok {
		return x
	}
	wrap := t.wrapper(b.T)
	if wrap == nil {
		panic(Errorf("a value of the session's type %s cannot stand for the compiled interface %s here", b.T, t))
	}
	return wrap(b)
}

// A wrapping is the wrapper by which a type stands for a compiled interface, as
// long as the type is declared so.
type wrapping struct {
	declared types.Type
	wrap     func(Boxed) any
}

// wrapper returns the wrapper that lets boxes of type d stand for the compiled
// interface t: of the interfaces of its package that have t's methods and d has
// theirs, that with most methods, for which compiled code may ask. It returns
// nil if there is none.
func (t *Type) wrapper(d *Type) func(Boxed) any {
	if w, ok := t.wrappers.Load(d); ok && w.(wrapping).declared == d.T {
		return w.(wrapping).wrap
	}
	n, ok := types.Unalias(t.T).(*types.Named)
	if !ok || n.Obj().Pkg() == nil {
		return t.reg.Wrap("", "error")
	}
	path := n.Obj().Pkg().Path()
	wrap := t.reg.Wrap(path, n.Obj().Name())
	it := n.Underlying().(*types.Interface)
	most := it.NumMethods()
	scope := n.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		wider, ok := scope.Lookup(name).Type().Underlying().(*types.Interface)
		if !ok || wider.NumMethods() <= most || !types.Implements(wider, it) || !types.Implements(d.T, wider) {
			continue
		}
		if w := t.reg.Wrap(path, name); w != nil {
			wrap, most = w, wider.NumMethods()
		}
	}
	t.wrappers.Store(d, wrapping{d.T, wrap})
	return wrap
}

// ToError converts x to an error.
func ToError(x any, t *Type) error {
	if x == nil {
		return nil
	}
	return t.Convert(x).(error)
}

// implements reports whether x implements the interface t, and if not which
// method it lacks.
func implements(x any, t *Type) (missing string, ok bool) {
	if x == nil {
		return "", false
	}
	it := t.T.Underlying().(*types.Interface)
	if it.NumMethods() == 0 {
		return "", true
	}
	if b, ok := x.(Box); ok {
		if m, wrong := types.MissingMethod(b.T.T, it, true); m != nil {
			_ = wrong
			return m.Name(), false
		}
		return "", true
	}
	return provides(reflect.TypeOf(x), t)
}

// provides reports whether the compiled type rt has the methods of the
// interface t, and if not which it lacks.
func provides(rt reflect.Type, t *Type) (missing string, ok bool) {
	it := t.T.Underlying().(*types.Interface)
	if t.R != anyType && rt.Implements(t.R) {
		return "", true
	}
	for i := range it.NumMethods() {
		m := it.Method(i)
		rm, ok := rt.MethodByName(m.Name())
		if !ok || !m.Exported() {
			return m.Name(), false
		}
		want := t.reg.Of(m.Type().(*types.Signature)).R
		have := rm.Type
		if have.NumIn() != want.NumIn()+1 || have.NumOut() != want.NumOut() {
			return m.Name(), false
		}
		for j := range want.NumIn() {
			if have.In(j+1) != want.In(j) {
				return m.Name(), false
			}
		}
		for j := range want.NumOut() {
			if have.Out(j) != want.Out(j) {
				return m.Name(), false
			}
		}
	}
	return "", true
}

func assertionError(x any, t, static *Type, missing string) error {
	from := "interface {}"
	if static != nil {
		from = static.String()
		if it, ok := static.T.(*types.Interface); ok && it.NumMethods() > 0 {
			from = "interface"
		}
	}
	switch {
	case x == nil:
		if _, ok := t.T.Underlying().(*types.Interface); ok {
			from = "interface"
		}
		return &assertionFailure{fmt.Sprintf("interface conversion: %s is nil, not %s", from, t)}
	case missing != "":
		return &assertionFailure{fmt.Sprintf("interface conversion: %s is not %s: missing method %s", typeName(x), t, missing)}
	}
	text := fmt.Sprintf("interface conversion: %s is %s, not %s", from, typeName(x), t)
	if typeName(x) == t.String() {
		text += " (types from different scopes)"
	}
	return &assertionFailure{text}
}

// Meth returns the function that runs method name of the dynamic type of x on
// a receiver, func(receiver any, args…) results…; sig is the method's type
// with that receiver in front.
func Meth(x any, name string, sig *Type) any {
	x = Normal(x)
	if x == nil {
		panic(nilDereference)
	}
	if b, ok := x.(Box); ok {
		if m := b.T.Method(name); m != nil {
			return m
		}
		panic(fmt.Sprintf("asyncrepl: method %s of %s is not there", name, b.T))
	}
	m, ok := reflect.TypeOf(x).MethodByName(name)
	if !ok {
		panic(fmt.Sprintf("asyncrepl: method %s of %s is not there", name, reflect.TypeOf(x)))
	}
	call := reflect.Value.Call
	if sig.R.IsVariadic() {
		call = reflect.Value.CallSlice
	}
	return reflect.MakeFunc(sig.R, func(args []reflect.Value) []reflect.Value {
		return call(reflect.ValueOf(Normal(args[0].Interface())).Method(m.Index), args[1:])
	}).Interface()
}

// NotNil panics as a call of a method of x does if x is nil.
func NotNil(x any) {
	if x == nil {
		panic(nilDereference)
	}
}

// Conv converts x, a representation, to the representation of t, for types
// that differ only in their names.
func Conv(x any, t *Type) any {
	v := reflect.ValueOf(x)
	if t.R.Kind() == reflect.Struct && t.R.Size() == 0 {
		return t.Zero()
	}
	if v.Kind() == t.R.Kind() && v.Type().Size() == t.R.Size() {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		return reflect.NewAt(t.R, p.UnsafePointer()).Elem().Interface()
	}
	return v.Convert(t.R).Interface()
}

// Empty returns the only value of the type of x, a struct without fields.
func Empty(x any) struct{} { return struct{}{} }
