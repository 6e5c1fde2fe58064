package rt

import (
	"errors"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// byRepresentation finds the session's struct types, and those that lead back to
// themselves, by their representations, each of which stands for one type only.
var byRepresentation sync.Map // reflect.Type → *Type

// sessionType returns the reflect.Type of the session type that t represents,
// or nil if t says nothing of one.
func (r *Registry) sessionType(t reflect.Type) reflect.Type {
	if d := represented(t); d != nil {
		return r.ReflectType(d)
	}
	return nil
}

// represented returns the session type that t represents, if t tells it: named
// types other than structs are represented as what they are underneath.
func represented(t reflect.Type) *Type {
	if t == nil {
		return nil
	}
	if d, ok := byRepresentation.Load(t); ok {
		return d.(*Type)
	}
	if t.Name() != "" {
		return nil
	}
	elem := func() *Type { return represented(t.Elem()) }
	switch t.Kind() {
	case reflect.Pointer:
		if d := elem(); d != nil {
			return d.reg.Of(types.NewPointer(d.T))
		}
	case reflect.Slice:
		if d := elem(); d != nil {
			return d.reg.Of(types.NewSlice(d.T))
		}
	case reflect.Array:
		if d := elem(); d != nil {
			return d.reg.Of(types.NewArray(d.T, int64(t.Len())))
		}
	case reflect.Map:
		if k, ok := plainly(t.Key()); ok {
			if d := elem(); d != nil {
				return d.reg.Of(types.NewMap(k, d.T))
			}
		}
	case reflect.Func:
		return representedFunc(t)
	}
	return nil
}

func representedFunc(t reflect.Type) *Type {
	var reg *Registry
	known := true
	vars := func(n int, at func(int) reflect.Type) *types.Tuple {
		vs := make([]*types.Var, n)
		for i := range vs {
			var typ types.Type
			if d := represented(at(i)); d != nil {
				reg, typ = d.reg, d.T
			} else if b, ok := plainly(at(i)); ok {
				typ = b
			} else {
				known = false
			}
			vs[i] = types.NewParam(0, nil, "", typ)
		}
		return types.NewTuple(vs...)
	}
	params, results := vars(t.NumIn(), t.In), vars(t.NumOut(), t.Out)
	if reg == nil || !known || t.IsVariadic() {
		return nil
	}
	return reg.Of(types.NewSignatureType(nil, nil, nil, params, results, false))
}

// plainly returns the type that t represents if that is a predeclared one.
func plainly(t reflect.Type) (types.Type, bool) {
	switch t {
	case errorType:
		return types.Universe.Lookup("error").Type(), true
	case anyType:
		return types.NewInterfaceType(nil, nil), true
	}
	for kind, b := range basicTypes {
		if b == t && kind <= types.String {
			return types.Typ[kind], true
		}
	}
	return nil, false
}

// ReflectType returns what reflect.TypeOf returns of a value of type t.
func (r *Registry) ReflectType(t *Type) reflect.Type {
	if r.Faithful(t.T) {
		return t.R
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.reflected == nil {
		t.reflected = &sessionType{Type: t.R, t: t}
	}
	return t.reflected
}

// A sessionType is the reflect.Type of a session type: the representation's,
// with the names, fields and methods that the session knows.
type sessionType struct {
	reflect.Type
	t *Type
}

func (s *sessionType) of(t types.Type) reflect.Type { return s.t.reg.ReflectType(s.t.reg.Of(t)) }

func (s *sessionType) named() *types.Named {
	n, _ := types.Unalias(s.t.T).(*types.Named)
	return n
}

// Name returns the type's name within its package.
func (s *sessionType) Name() string {
	n := s.named()
	if n == nil {
		return s.Type.Name()
	}
	pkg, args, generic := strings.Cut(s.t.String(), "[")
	name := pkg[strings.LastIndexByte(pkg, '.')+1:]
	if generic {
		name += "[" + args
	}
	return name
}

// String returns the type as fmt's %T prints it.
func (s *sessionType) String() string { return s.t.String() }

// PkgPath returns the import path of a named type's package.
func (s *sessionType) PkgPath() string {
	if n := s.named(); n != nil && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path()
	}
	return ""
}

// Comparable reports whether values of the type can be compared.
func (s *sessionType) Comparable() bool { return types.Comparable(s.t.T) }

// Elem returns the type of elements.
func (s *sessionType) Elem() reflect.Type {
	if c := components(s.t.T.Underlying()); len(c) > 0 && s.Kind() != reflect.Func {
		return s.of(c[len(c)-1])
	}
	return s.Type.Elem()
}

// Key returns the type of map keys.
func (s *sessionType) Key() reflect.Type {
	if m, ok := s.t.T.Underlying().(*types.Map); ok {
		return s.of(m.Key())
	}
	return s.Type.Key()
}

// In returns the type of a function's parameter.
func (s *sessionType) In(i int) reflect.Type {
	if f, ok := s.t.T.Underlying().(*types.Signature); ok {
		return s.of(f.Params().At(i).Type())
	}
	return s.Type.In(i)
}

// Out returns the type of a function's result.
func (s *sessionType) Out(i int) reflect.Type {
	if f, ok := s.t.T.Underlying().(*types.Signature); ok {
		return s.of(f.Results().At(i).Type())
	}
	return s.Type.Out(i)
}

// NumField returns the number of a struct's fields.
func (s *sessionType) NumField() int {
	if st, ok := s.t.T.Underlying().(*types.Struct); ok {
		return st.NumFields()
	}
	return s.Type.NumField()
}

// Field returns a struct's field as the session declares it.
func (s *sessionType) Field(i int) reflect.StructField {
	st, ok := s.t.T.Underlying().(*types.Struct)
	if !ok || i < 0 || i >= st.NumFields() {
		return s.Type.Field(i)
	}
	f, rf := st.Field(i), s.Type.Field(i)
	out := reflect.StructField{
		Name: f.Name(), Type: s.of(f.Type()), Tag: reflect.StructTag(st.Tag(i)),
		Offset: rf.Offset, Index: []int{i}, Anonymous: f.Embedded(),
	}
	if !f.Exported() {
		out.PkgPath = f.Pkg().Path()
	}
	return out
}

// FieldByIndex returns the field of that index sequence.
func (s *sessionType) FieldByIndex(index []int) reflect.StructField {
	f := s.Field(index[0])
	for _, i := range index[1:] {
		t := f.Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		f = t.Field(i)
	}
	return f
}

// FieldByName returns the field of that name, which may be promoted.
func (s *sessionType) FieldByName(name string) (reflect.StructField, bool) {
	if s.Kind() != reflect.Struct {
		return s.Type.FieldByName(name)
	}
	obj, index, _ := types.LookupFieldOrMethod(s.t.T, true, s.pkg(), name)
	if v, ok := obj.(*types.Var); !ok || v == nil {
		return reflect.StructField{}, false
	}
	f := s.FieldByIndex(index)
	f.Index = index
	return f, true
}

func (s *sessionType) pkg() *types.Package {
	if n := s.named(); n != nil {
		return n.Obj().Pkg()
	}
	return nil
}

// FieldByNameFunc returns the one field whose name match accepts.
func (s *sessionType) FieldByNameFunc(match func(string) bool) (reflect.StructField, bool) {
	var found reflect.StructField
	n := 0
	for i := range s.NumField() {
		if f := s.Field(i); match(f.Name) {
			found, n = f, n+1
		}
	}
	return found, n == 1
}

// methodNames returns the names of the exported methods of t, sorted.
func methodNames(t types.Type) []string {
	var names []string
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		if m := set.At(i).Obj(); m.Exported() {
			names = append(names, m.Name())
		}
	}
	slices.Sort(names)
	return names
}

// NumMethod returns the number of exported methods.
func (s *sessionType) NumMethod() int {
	if it, ok := s.t.T.Underlying().(*types.Interface); ok {
		return it.NumMethods()
	}
	return len(methodNames(s.t.T))
}

// Method returns the exported method of that index in the order of names.
func (s *sessionType) Method(i int) reflect.Method {
	names := methodNames(s.t.T)
	if i < 0 || i >= len(names) {
		panic("reflect: Method index out of range")
	}
	m, _ := s.MethodByName(names[i])
	return m
}

// MethodByName returns the exported method of that name.
func (s *sessionType) MethodByName(name string) (reflect.Method, bool) {
	i := slices.Index(methodNames(s.t.T), name)
	if i < 0 {
		return reflect.Method{}, false
	}
	obj, _, _ := types.LookupFieldOrMethod(s.t.T, true, s.pkg(), name)
	sig := obj.Type().(*types.Signature)
	m := reflect.Method{Name: name, Index: i}
	if types.IsInterface(s.t.T) {
		m.Type = s.of(unbound(sig, nil))
		return m, true
	}
	m.Type = s.of(unbound(sig, s.t.T))
	run := s.t.Method(name)
	d := s.t.reg.Of(unbound(sig, s.t.T))
	m.Func = tagged(reflect.MakeFunc(d.R, func(args []reflect.Value) []reflect.Value {
		return callMethod(run, Box{s.t, args[0].Interface()}, args[1:])
	}), d)
	return m, true
}

// unbound returns the type of a method as a function, with a receiver of type
// recv in front of its parameters if there is one.
func unbound(sig *types.Signature, recv types.Type) *types.Signature {
	var params []*types.Var
	if recv != nil {
		params = append(params, types.NewParam(0, nil, "", recv))
	}
	for i := range sig.Params().Len() {
		params = append(params, sig.Params().At(i))
	}
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
}

// callMethod calls run, a func(receiver any, args…), on the receiver.
func callMethod(run any, recv any, args []reflect.Value) []reflect.Value {
	f := reflect.ValueOf(run)
	in := append([]reflect.Value{reflect.ValueOf(&recv).Elem()}, args...)
	if f.Type().IsVariadic() {
		return f.CallSlice(in)
	}
	return f.Call(in)
}

// implementsType is reflect.Type's Implements for any two types.
func implementsType(t, u reflect.Type) bool {
	o, ok := u.(*sessionType)
	if _, own := t.(*sessionType); own || !ok {
		return t.Implements(u)
	}
	if o.Kind() != reflect.Interface {
		panic("reflect: non-interface type passed to Type.Implements")
	}
	_, ok = provides(t, o.t)
	return ok
}

// assignableTo is reflect.Type's AssignableTo for any two types.
func assignableTo(t, u reflect.Type) bool {
	o, ok := u.(*sessionType)
	if _, own := t.(*sessionType); own || !ok {
		return t.AssignableTo(u)
	}
	if o.Kind() == reflect.Interface {
		return implementsType(t, u)
	}
	return t.Name() == "" && t == o.Type
}

// convertibleTo is reflect.Type's ConvertibleTo for any two types.
func convertibleTo(t, u reflect.Type) bool {
	o, ok := u.(*sessionType)
	if _, own := t.(*sessionType); own || !ok {
		return t.ConvertibleTo(u)
	}
	if o.Kind() == reflect.Interface {
		return implementsType(t, u)
	}
	return t.ConvertibleTo(o.Type)
}

// Implements reports whether the type implements u.
func (s *sessionType) Implements(u reflect.Type) bool {
	if o, ok := u.(*sessionType); ok {
		it, ok := o.t.T.Underlying().(*types.Interface)
		return ok && types.Implements(s.t.T, it)
	}
	if u.Kind() != reflect.Interface {
		panic("reflect: non-interface type passed to Type.Implements")
	}
	for i := range u.NumMethod() {
		m := u.Method(i)
		obj, _, _ := types.LookupFieldOrMethod(s.t.T, false, nil, m.Name)
		f, ok := obj.(*types.Func)
		if !ok || s.t.reg.Of(unbound(f.Type().(*types.Signature), nil)).R != m.Type {
			return false
		}
	}
	return true
}

// AssignableTo reports whether a value of the type can be assigned to u.
func (s *sessionType) AssignableTo(u reflect.Type) bool {
	if o, ok := u.(*sessionType); ok {
		return types.AssignableTo(s.t.T, o.t.T)
	}
	return u.Kind() == reflect.Interface && s.Implements(u)
}

// ConvertibleTo reports whether a value of the type can be converted to u.
func (s *sessionType) ConvertibleTo(u reflect.Type) bool {
	if o, ok := u.(*sessionType); ok {
		return types.ConvertibleTo(s.t.T, o.t.T)
	}
	return s.Type.ConvertibleTo(u)
}

// plainType returns the representation behind t.
func plainType(t reflect.Type) reflect.Type {
	if s, ok := t.(*sessionType); ok {
		return s.Type
	}
	return t
}

// reflections returns the functions and methods of package reflect that see
// session types.
func reflections() map[string]any {
	return map[string]any{
		"reflect.TypeOf": func(x any) reflect.Type {
			if b, ok := Normal(x).(Box); ok {
				return b.T.reg.ReflectType(b.T)
			}
			return reflect.TypeOf(Normal(x))
		},
		"reflect.ValueOf":   valueOf,
		"reflect.DeepEqual": DeepEqual,
		"reflect.Swapper":   func(x any) func(i, j int) { return reflect.Swapper(Unbox(x)) },
		"reflect.New": func(t reflect.Type) reflect.Value {
			v := reflect.New(plainType(t))
			if s, ok := t.(*sessionType); ok {
				return s.t.tagAs(v, types.NewPointer(s.t.T))
			}
			return v
		},
		"reflect.Zero":            func(t reflect.Type) reflect.Value { return asType(reflect.Zero(plainType(t)), t) },
		"reflect.MakeSlice":       func(t reflect.Type, n, c int) reflect.Value { return asType(reflect.MakeSlice(plainType(t), n, c), t) },
		"reflect.MakeMap":         func(t reflect.Type) reflect.Value { return asType(reflect.MakeMap(plainType(t)), t) },
		"reflect.MakeMapWithSize": func(t reflect.Type, n int) reflect.Value { return asType(reflect.MakeMapWithSize(plainType(t), n), t) },
		"reflect.MakeChan":        func(t reflect.Type, n int) reflect.Value { return asType(reflect.MakeChan(plainType(t), n), t) },
		"reflect.MakeFunc":        makeFunc,
		"reflect.Append": func(v reflect.Value, xs ...reflect.Value) reflect.Value {
			in := make([]reflect.Value, len(xs))
			for i, x := range xs {
				in[i] = stored(x, v.Type().Elem())
			}
			return tagged(reflect.Append(v, in...), typeOf(v))
		},
		"reflect.AppendSlice": func(v, w reflect.Value) reflect.Value { return tagged(reflect.AppendSlice(v, w), typeOf(v)) },
		"reflect.Indirect": func(v reflect.Value) reflect.Value {
			if v.Kind() != reflect.Pointer {
				return v
			}
			return elemAs(v, v.Elem())
		},
		"reflect.PointerTo": compose(func(t types.Type) types.Type { return types.NewPointer(t) }, reflect.PointerTo),
		"reflect.PtrTo":     compose(func(t types.Type) types.Type { return types.NewPointer(t) }, reflect.PointerTo),
		"reflect.SliceOf":   compose(func(t types.Type) types.Type { return types.NewSlice(t) }, reflect.SliceOf),
		"reflect.ArrayOf": func(n int, t reflect.Type) reflect.Type {
			return compose(func(t types.Type) types.Type { return types.NewArray(t, int64(n)) },
				func(t reflect.Type) reflect.Type { return reflect.ArrayOf(n, t) })(t)
		},
		"reflect.MapOf": func(k, v reflect.Type) reflect.Type { return reflect.MapOf(plainType(k), plainType(v)) },
		"reflect.ChanOf": func(d reflect.ChanDir, t reflect.Type) reflect.Type {
			return reflect.ChanOf(d, plainType(t))
		},

		"reflect.Type.Implements":    implementsType,
		"reflect.Type.AssignableTo":  assignableTo,
		"reflect.Type.ConvertibleTo": convertibleTo,

		"reflect.Value.Set": func(v, x reflect.Value) { v.Set(stored(x, v.Type())) },
		"reflect.Value.SetMapIndex": func(v, k, x reflect.Value) {
			if x.IsValid() {
				x = stored(x, v.Type().Elem())
			}
			v.SetMapIndex(stored(k, v.Type().Key()), x)
		},
		"reflect.Value.Send":       func(v, x reflect.Value) { v.Send(stored(x, v.Type().Elem())) },
		"internal/reflectlite.set": assign,

		"reflect.Value.Type":      valueType,
		"reflect.Value.Interface": reboxed,
		"reflect.Value.Elem": func(v reflect.Value) reflect.Value {
			if v.Kind() == reflect.Interface && !v.IsNil() && v.CanInterface() {
				if b, ok := Normal(v.Elem().Interface()).(Box); ok {
					return tagged(reflect.ValueOf(b.V), b.T)
				}
				return v.Elem()
			}
			return elemAs(v, v.Elem())
		},
		"reflect.Value.Addr": func(v reflect.Value) reflect.Value {
			if d := typeOf(v); d != nil {
				return d.tagAs(v.Addr(), types.NewPointer(d.T))
			}
			return v.Addr()
		},
		"reflect.Value.Index": func(v reflect.Value, i int) reflect.Value { return elemAs(v, v.Index(i)) },
		"reflect.Value.Slice": func(v reflect.Value, i, j int) reflect.Value {
			if v.Kind() == reflect.Array {
				return v.Slice(i, j)
			}
			return tagged(v.Slice(i, j), typeOf(v))
		},
		"reflect.Value.MapIndex": func(v, k reflect.Value) reflect.Value {
			return elemAs(v, v.MapIndex(stored(k, v.Type().Key())))
		},
		"reflect.Value.MapKeys": func(v reflect.Value) []reflect.Value {
			keys := v.MapKeys()
			for i, k := range keys {
				keys[i] = mapKey(v, k)
			}
			return keys
		},
		"reflect.(*MapIter).Key":   func(it *reflect.MapIter) reflect.Value { return mapKey(over(it), it.Key()) },
		"reflect.(*MapIter).Value": func(it *reflect.MapIter) reflect.Value { return elemAs(over(it), it.Value()) },
		"reflect.Value.Call":       callValue,
		"reflect.Value.NumField": func(v reflect.Value) int {
			if d := typeOf(v); d != nil {
				return d.reg.ReflectType(d).NumField()
			}
			return v.NumField()
		},
		"reflect.Value.Field":           valueField,
		"reflect.Value.FieldByName":     valueFieldByName,
		"reflect.Value.FieldByNameFunc": valueFieldByNameFunc,
		"reflect.Value.FieldByIndex":    valueFieldByIndex,
		"reflect.Value.FieldByIndexErr": valueFieldByIndexErr,
		"reflect.Value.NumMethod": func(v reflect.Value) int {
			if d := typeOf(v); d != nil {
				return len(methodNames(d.T))
			}
			return v.NumMethod()
		},
		"reflect.Value.Method": func(v reflect.Value, i int) reflect.Value {
			if d := typeOf(v); d != nil {
				names := methodNames(d.T)
				if i < 0 || i >= len(names) {
					panic("reflect: Method index out of range")
				}
				return valueMethod(d, v, names[i])
			}
			return v.Method(i)
		},
		"reflect.Value.MethodByName": func(v reflect.Value, name string) reflect.Value {
			if d := typeOf(v); d != nil {
				return valueMethod(d, v, name)
			}
			return v.MethodByName(name)
		},
		"reflect.Value.Convert": func(v reflect.Value, t reflect.Type) reflect.Value {
			return asType(v.Convert(plainType(t)), t)
		},
		"reflect.Value.CanConvert": func(v reflect.Value, t reflect.Type) bool {
			return v.CanConvert(plainType(t))
		},
	}
}

// compose returns a function that makes a type of another one, by make for
// session types and by host for others.
func compose(make func(types.Type) types.Type, host func(reflect.Type) reflect.Type) func(reflect.Type) reflect.Type {
	return func(t reflect.Type) reflect.Type {
		if s, ok := t.(*sessionType); ok {
			return s.of(make(s.t.T))
		}
		return host(t)
	}
}

// reboxed returns the value in v as the session holds it in an interface.
func reboxed(v reflect.Value) any {
	x := v.Interface()
	if d := typeOf(v); d != nil && v.Kind() != reflect.Interface {
		return Box{d, x}
	}
	return Normal(x)
}

func valueField(v reflect.Value, i int) reflect.Value {
	f := v.Field(i)
	d := typeOf(v)
	if d == nil {
		return f
	}
	st := d.T.Underlying().(*types.Struct)
	if i >= st.NumFields() {
		return f
	}
	if !st.Field(i).Exported() {
		f = unexported(f, st.Field(i).Embedded())
	}
	return d.tagAs(f, st.Field(i).Type())
}

func valueFieldByName(v reflect.Value, name string) reflect.Value {
	d := typeOf(v)
	if d == nil {
		return v.FieldByName(name)
	}
	f, ok := d.reg.ReflectType(d).FieldByName(name)
	if !ok {
		return reflect.Value{}
	}
	return valueFieldByIndex(v, f.Index)
}

func valueFieldByIndex(v reflect.Value, index []int) reflect.Value {
	f, err := valueFieldByIndexErr(v, index)
	if err != nil {
		panic("reflect: indirection through nil pointer to embedded struct")
	}
	return f
}

func valueFieldByIndexErr(v reflect.Value, index []int) (reflect.Value, error) {
	if typeOf(v) == nil {
		return v.FieldByIndexErr(index)
	}
	for n, i := range index {
		if n > 0 && v.Kind() == reflect.Pointer {
			e := elemAs(v, v.Elem())
			if !e.IsValid() {
				return e, errors.New("reflect: indirection through nil pointer to embedded struct field " + valueType(v).Elem().Name())
			}
			v = e
		}
		v = valueField(v, i)
	}
	return v, nil
}

func valueFieldByNameFunc(v reflect.Value, match func(string) bool) reflect.Value {
	if f, ok := valueType(v).FieldByNameFunc(match); ok {
		return valueFieldByIndex(v, f.Index)
	}
	return reflect.Value{}
}

// valueType is the method Type of reflect.Value.
func valueType(v reflect.Value) reflect.Type {
	if d := typeOf(v); d != nil {
		return d.reg.ReflectType(d)
	}
	return v.Type()
}

// makeFunc is reflect.MakeFunc.
func makeFunc(t reflect.Type, f func([]reflect.Value) []reflect.Value) reflect.Value {
	s, ok := t.(*sessionType)
	if !ok {
		return reflect.MakeFunc(t, f)
	}
	sig, _ := s.t.T.Underlying().(*types.Signature)
	return asType(reflect.MakeFunc(s.Type, func(in []reflect.Value) []reflect.Value {
		for i := range in {
			in[i] = s.t.tagAs(in[i], sig.Params().At(i).Type())
		}
		out := f(in)
		for i := range out {
			out[i] = stored(out[i], s.Type.Out(i))
		}
		return out
	}), t)
}

// valueMethod returns the method of v, of session type t, bound to it.
func valueMethod(t *Type, v reflect.Value, name string) reflect.Value {
	run := t.Method(name)
	if run == nil || !slices.Contains(methodNames(t.T), name) {
		return reflect.Value{}
	}
	recv := Box{t, v.Interface()}
	obj, _, _ := types.LookupFieldOrMethod(t.T, true, nil, name)
	sig := unbound(obj.Type().(*types.Signature), nil)
	d := t.reg.Of(sig)
	return tagged(reflect.MakeFunc(d.R, func(args []reflect.Value) []reflect.Value {
		return callMethod(run, recv, args)
	}), d)
}
