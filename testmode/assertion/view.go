package assertion

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A View is how a host shows a value of a type that package reflect cannot
// name. A value that has these methods is shown by them.
type View interface {
	// ViewType returns the type as Go writes it.
	ViewType() string
	// ViewKind returns the kind of the type.
	ViewKind() reflect.Kind
	// ViewLen returns the number of elements, entries or fields; it is
	// negative for a nil slice, map, pointer, function or interface.
	ViewLen() int
	// ViewIndex returns an element of an array or slice.
	ViewIndex(i int) any
	// ViewField returns a field of a struct.
	ViewField(i int) (name string, value any)
	// ViewKeys returns the keys of a map, in the order to show them.
	ViewKeys() []any
	// ViewKey returns the value of a key of a map.
	ViewKey(k any) any
	// ViewElem returns what a pointer points to or an interface holds, and for
	// a type of a basic kind the plain value.
	ViewElem() any
}

// A value is a value to show: by a View if there is one, else by reflection.
type value struct {
	view  View
	rv    reflect.Value
	guard guard
}

// A guard says what not to look into.
type guard int

const (
	guardCompiled guard = 1 << iota // structs of compiled types behind pointers
	guardMaps
)

// guarded is a value with a guard.
type guarded struct {
	v any
	g guard
}

// Guard returns a value that is shown as v is, except that what other
// goroutines may be changing is not looked into: structs of compiled types
// behind pointers, and, unless maps is true, maps.
func Guard(v any, maps bool) any {
	g := guardCompiled
	if !maps {
		g |= guardMaps
	}
	return guarded{v, g}
}

// valueOf returns the value of v.
func valueOf(v any) value {
	if g, ok := v.(guarded); ok {
		return valueOf(g.v).with(g.g)
	}
	if view, ok := v.(View); ok {
		return value{view: view}
	}
	return of(reflect.ValueOf(v))
}

// of looks through interfaces.
func of(rv reflect.Value) value {
	for rv.Kind() == reflect.Interface {
		rv = rv.Elem()
	}
	if rv.IsValid() && rv.CanInterface() {
		if view, ok := rv.Interface().(View); ok {
			return value{view: view}
		}
	}
	return value{rv: rv}
}

// with returns v with a guard.
func (v value) with(g guard) value {
	v.guard = g
	return v
}

// hidden reports whether v is not to be looked into.
func (v value) hidden() bool {
	switch {
	case v.guard == 0 || v.isNil():
		return false
	case v.view != nil:
		return v.guard&guardMaps != 0 && v.view.ViewKind() == reflect.Map
	case v.rv.Kind() == reflect.Map:
		return v.guard&guardMaps != 0
	case v.rv.Kind() != reflect.Pointer || v.rv.Type().Elem().Kind() != reflect.Struct || v.rv.Type().Elem().Name() == "":
		return false
	}
	return v.guard&guardCompiled != 0 && v.err() == nil
}

// kind is the kind of the value; Invalid is nil. What is hidden is shown by its
// type alone, as functions are.
func (v value) kind() reflect.Kind {
	if v.hidden() {
		return reflect.Func
	}
	if v.view != nil {
		return v.view.ViewKind()
	}
	return v.rv.Kind()
}

// typ is the type as Go writes it.
func (v value) typ() string {
	if v.guard != 0 && v.hidden() {
		t := v.with(0).typ()
		if elem, ok := strings.CutPrefix(t, "*"); ok {
			t = "&" + elem
		}
		return t + "{...}"
	}
	if v.view != nil {
		return v.view.ViewType()
	}
	if !v.rv.IsValid() {
		return "nil"
	}
	return typeText(v.rv.Type())
}

// typeText is a type's name, with "any" for the empty interface.
func typeText(t reflect.Type) string {
	return strings.ReplaceAll(t.String(), "interface {}", "any")
}

// isNil reports whether the value is nil, of whatever type.
func (v value) isNil() bool {
	if v.view != nil {
		return v.view.ViewLen() < 0
	}
	switch v.rv.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer, reflect.Interface:
		return v.rv.IsNil()
	}
	return false
}

// size is the number of elements, entries or fields.
func (v value) size() int {
	if v.view != nil {
		return max(v.view.ViewLen(), 0)
	}
	switch v.rv.Kind() {
	case reflect.Struct:
		return v.rv.NumField()
	case reflect.Array, reflect.Slice, reflect.Map, reflect.Chan, reflect.String:
		return v.rv.Len()
	}
	return 0
}

// index is an element of an array or slice.
func (v value) index(i int) value {
	if v.view != nil {
		return valueOf(v.view.ViewIndex(i)).with(v.guard)
	}
	return of(v.rv.Index(i)).with(v.guard)
}

// field is a field of a struct.
func (v value) field(i int) (string, value) {
	if v.view != nil {
		name, f := v.view.ViewField(i)
		return name, valueOf(f).with(v.guard)
	}
	return v.rv.Type().Field(i).Name, of(v.rv.Field(i)).with(v.guard)
}

// fieldType is the declared type of a field, or "" if it is not known.
func (v value) fieldType(i int) string {
	if v.view != nil {
		return ""
	}
	return typeText(v.rv.Type().Field(i).Type)
}

// A entry is a key of a map with its value.
type entry struct{ key, value value }

// entries are those of a map, in a fixed order.
func (v value) entries() []entry {
	var list []entry
	if v.view != nil {
		for _, k := range v.view.ViewKeys() {
			list = append(list, entry{valueOf(k).with(v.guard), valueOf(v.view.ViewKey(k)).with(v.guard)})
		}
		return list
	}
	for it := v.rv.MapRange(); it.Next(); {
		list = append(list, entry{of(it.Key()).with(v.guard), of(it.Value()).with(v.guard)})
	}
	slices.SortFunc(list, func(a, b entry) int { return compare(a.key, b.key) })
	return list
}

// compare orders keys: numbers and strings by value, others by their text.
func compare(a, b value) int {
	x, y := a.plain(), b.plain()
	switch {
	case x.CanInt() && y.CanInt():
		return order(x.Int() < y.Int(), x.Int() > y.Int())
	case x.CanUint() && y.CanUint():
		return order(x.Uint() < y.Uint(), x.Uint() > y.Uint())
	case x.CanFloat() && y.CanFloat():
		return order(x.Float() < y.Float(), x.Float() > y.Float())
	case x.Kind() == reflect.String && y.Kind() == reflect.String:
		return strings.Compare(x.String(), y.String())
	}
	return strings.Compare(full(a), full(b))
}

func order(less, more bool) int {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}

// elem is what a pointer points to.
func (v value) elem() value {
	if v.view != nil {
		return valueOf(v.view.ViewElem()).with(v.guard)
	}
	return of(v.rv.Elem()).with(v.guard)
}

// plain is a value of a basic kind.
func (v value) plain() reflect.Value {
	if v.view != nil {
		switch v.kind() {
		case reflect.Pointer, reflect.Struct, reflect.Slice, reflect.Map, reflect.Array, reflect.Func, reflect.Chan, reflect.Interface:
			return reflect.Value{}
		}
		return reflect.ValueOf(v.view.ViewElem())
	}
	return v.rv
}

// identity tells pointers, maps and slices apart; nil if there is no telling.
func (v value) identity() any {
	if v.view != nil {
		if v.view.ViewKind() == reflect.Pointer && reflect.TypeOf(v.view).Comparable() {
			return v.view
		}
		return nil
	}
	switch v.rv.Kind() {
	case reflect.Pointer, reflect.Map:
		return v.rv.Pointer()
	case reflect.Slice:
		return [2]uintptr{v.rv.Pointer(), uintptr(v.rv.Len())}
	}
	return nil
}

// iface is the value as an interface, or nil if reflect does not give it out.
func (v value) iface() any {
	if v.view != nil {
		return v.view
	}
	if v.rv.IsValid() && v.rv.CanInterface() {
		return v.rv.Interface()
	}
	return nil
}

// err is the value as an error, or nil if it is none.
func (v value) err() error {
	if v.isNil() {
		return nil
	}
	err, _ := v.iface().(error)
	return err
}

// call calls a method of the value that returns text; ok is false if it panics.
func call(method func() string) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	return method(), true
}

// stringer returns the text of a String method of a compiled type.
func (v value) stringer() (string, bool) {
	if v.view != nil || v.isNil() {
		return "", false
	}
	s, ok := v.iface().(fmt.Stringer)
	if !ok {
		return "", false
	}
	return call(s.String)
}

// bytes returns the bytes of a []byte or byte array.
func (v value) bytes() ([]byte, bool) {
	if v.view != nil || v.kind() != reflect.Slice && v.kind() != reflect.Array || v.rv.Type().Elem().Kind() != reflect.Uint8 {
		return nil, false
	}
	b := make([]byte, v.rv.Len())
	for i := range b {
		b[i] = byte(v.rv.Index(i).Uint())
	}
	return b, true
}

// text returns the value of a string.
func (v value) text() (string, bool) {
	if v.kind() != reflect.String {
		return "", false
	}
	p := v.plain()
	if p.Kind() != reflect.String {
		return "", false
	}
	return p.String(), true
}

// elemType is the type of a composite type's elements, given as text, or "".
func elemType(t string) string {
	if t == "" {
		return ""
	}
	switch {
	case strings.HasPrefix(t, "[]"):
		return t[2:]
	case t[0] == '[' || strings.HasPrefix(t, "map["):
		depth := 0
		for i := strings.IndexByte(t, '['); i < len(t); i++ {
			switch t[i] {
			case '[':
				depth++
			case ']':
				if depth--; depth == 0 {
					return t[i+1:]
				}
			}
		}
	}
	return ""
}

// equal reports whether two values are the same in depth, as reflect.DeepEqual
// does.
func equal(a, b value) bool { return (&equality{}).equal(a, b, 0) }

// An equality remembers the pairs under comparison, so that it ends.
type equality struct{ seen map[[2]any]bool }

func (e *equality) equal(a, b value, depth int) bool {
	if a.typ() != b.typ() || a.kind() != b.kind() {
		return false
	}
	if x, y := a.identity(), b.identity(); x != nil && y != nil && depth > 4 {
		if e.seen == nil {
			e.seen = map[[2]any]bool{}
		}
		pair := [2]any{x, y}
		if e.seen[pair] {
			return true
		}
		e.seen[pair] = true
	}
	if depth > 1000 {
		return true
	}
	switch a.kind() {
	case reflect.Invalid:
		return true
	case reflect.Slice, reflect.Array:
		if a.isNil() != b.isNil() || a.size() != b.size() {
			return false
		}
		for i := range a.size() {
			if !e.equal(a.index(i), b.index(i), depth+1) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if a.size() != b.size() {
			return false
		}
		for i := range a.size() {
			_, x := a.field(i)
			_, y := b.field(i)
			if !e.equal(x, y, depth+1) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.isNil() != b.isNil() || a.size() != b.size() {
			return false
		}
		return e.entries(a, b, depth)
	case reflect.Pointer:
		if a.isNil() || b.isNil() {
			return a.isNil() && b.isNil()
		}
		return e.equal(a.elem(), b.elem(), depth+1)
	case reflect.Func:
		return a.isNil() && b.isNil()
	case reflect.Chan, reflect.UnsafePointer:
		return a.view == nil && b.view == nil && a.rv.Pointer() == b.rv.Pointer()
	}
	return samePlain(a.plain(), b.plain())
}

// entries compares maps.
func (e *equality) entries(a, b value, depth int) bool {
	theirs := index(b.entries())
	for _, x := range a.entries() {
		y, ok := theirs[full(x.key)]
		if !ok || !e.equal(x.value, y.value, depth+1) {
			return false
		}
	}
	return true
}

// index makes the entries of a map accessible by the text of their keys.
func index(list []entry) map[string]entry {
	m := make(map[string]entry, len(list))
	for _, e := range list {
		m[full(e.key)] = e
	}
	return m
}

// samePlain compares values of basic kinds.
func samePlain(x, y reflect.Value) bool {
	if !x.IsValid() || !y.IsValid() || x.Kind() != y.Kind() {
		return x.IsValid() == y.IsValid() && !x.IsValid()
	}
	switch {
	case x.CanInt():
		return x.Int() == y.Int()
	case x.CanUint():
		return x.Uint() == y.Uint()
	case x.CanFloat():
		return x.Float() == y.Float()
	case x.CanComplex():
		return x.Complex() == y.Complex()
	case x.Kind() == reflect.String:
		return x.String() == y.String()
	case x.Kind() == reflect.Bool:
		return x.Bool() == y.Bool()
	}
	return false
}
