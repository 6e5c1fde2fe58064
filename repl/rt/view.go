package rt

import (
	"go/types"
	"reflect"
	"slices"
)

// The View methods show a boxed value to whoever prints values as Go syntax
// (package assertion's View): under the names of the session's types, with the
// fields as the user declared them.

// ViewType returns the type as the user writes it.
func (b Box) ViewType() string {
	s := types.TypeString(b.T.T, func(p *types.Package) string {
		if b.T.reg.IsCompiled(p) {
			return p.Name()
		}
		return ""
	})
	return s
}

// ViewKind returns the kind of the type.
func (b Box) ViewKind() reflect.Kind { return b.T.R.Kind() }

// ViewLen returns the number of elements, entries or fields; it is negative
// for a nil slice, map, pointer or function.
func (b Box) ViewLen() int {
	v := reflect.ValueOf(b.V)
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		if v.IsNil() {
			return -1
		}
		return v.Len()
	case reflect.Pointer, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if v.IsNil() {
			return -1
		}
		return 1
	case reflect.Array, reflect.String:
		return v.Len()
	case reflect.Struct:
		if st, ok := b.T.T.Underlying().(*types.Struct); ok {
			return st.NumFields()
		}
		return v.NumField()
	}
	return 0
}

// ViewIndex returns an element of an array or slice.
func (b Box) ViewIndex(i int) any {
	v := reflect.ValueOf(b.V).Index(i)
	switch t := b.T.T.Underlying().(type) {
	case *types.Slice:
		return b.T.reg.view(v, t.Elem())
	case *types.Array:
		return b.T.reg.view(v, t.Elem())
	}
	return iface(v)
}

// ViewField returns a field of a struct, under the name that it was declared
// with.
func (b Box) ViewField(i int) (name string, value any) {
	st, ok := b.T.T.Underlying().(*types.Struct)
	if !ok {
		return "", nil
	}
	f := st.Field(i)
	return f.Name(), b.T.reg.view(reflect.ValueOf(b.V).Field(i), f.Type())
}

// ViewKeys returns the keys of a map in the order in which they print.
func (b Box) ViewKeys() []any {
	m, ok := b.T.T.Underlying().(*types.Map)
	if !ok {
		return nil
	}
	sorted := reflect.ValueOf(b.V).MapKeys()
	slices.SortStableFunc(sorted, compareKeys)
	keys := make([]any, len(sorted))
	for i, k := range sorted {
		keys[i] = b.T.reg.view(k, m.Key())
	}
	return keys
}

// ViewKey returns the value of a key of a map.
func (b Box) ViewKey(k any) any {
	m, ok := b.T.T.Underlying().(*types.Map)
	if !ok {
		return nil
	}
	key := reflect.ValueOf(Unbox(k))
	if _, isInterface := m.Key().Underlying().(*types.Interface); isInterface {
		key = reflect.ValueOf(k)
	}
	v := reflect.ValueOf(b.V).MapIndex(key)
	if !v.IsValid() {
		return nil
	}
	return b.T.reg.view(v, m.Elem())
}

// ViewElem returns what a pointer points to, and for a type of a basic kind
// the plain value.
func (b Box) ViewElem() any {
	v := reflect.ValueOf(b.V)
	if p, ok := b.T.T.Underlying().(*types.Pointer); ok {
		if v.IsNil() {
			return nil
		}
		return b.T.reg.view(v.Elem(), p.Elem())
	}
	return b.V
}

// view returns v, a value of type t, as an interface of the session holds it.
func (r *Registry) view(v reflect.Value, t types.Type) any {
	x := iface(v)
	if _, ok := t.Underlying().(*types.Interface); ok {
		return Normal(x)
	}
	if r.Faithful(t) {
		return x
	}
	return Box{r.Of(t), x}
}
