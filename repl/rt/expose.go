package rt

import (
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An encoding is what a compiled package that walks values by reflection, as
// encoding/json does, looks for in them.
type encoding struct {
	tag     string   // the key of its struct tags
	methods []string // by which a type encodes itself
	text    bool     // map keys may encode themselves as text
}

// exposer makes values of session types fit for such a package: where a value
// inside has a method that the package looks for, its box takes its place.
type exposer struct {
	*encoding
	reg   *Registry
	depth int
}

// expose returns x with all that e looks for in it to be seen.
func (e *encoding) expose(x any) any {
	x = Normal(x)
	b, ok := x.(Box)
	if !ok {
		return x
	}
	return (&exposer{encoding: e, reg: b.T.reg}).value(reflect.ValueOf(b.V), b.T.T)
}

// encodes returns the value as the box of the type that has a method of the
// encoding, if it has one: the value's own, or that of a pointer to it.
func (x *exposer) encodes(v reflect.Value, t types.Type) (Box, bool) {
	if x.reg.IsCompiledType(t) {
		return Box{}, false
	}
	d := x.reg.Of(t)
	for _, m := range x.methods {
		if d.Method(m) != nil {
			return Box{d, iface(v)}, true
		}
	}
	if v.IsValid() && v.CanAddr() {
		d = x.reg.Of(types.NewPointer(t))
		for _, m := range x.methods {
			if d.Method(m) != nil {
				return Box{d, v.Addr().Interface()}, true
			}
		}
	}
	return Box{}, false
}

// needed reports whether a value of type t may hold one that must be exposed.
func (x *exposer) needed(t types.Type, seen []types.Type) bool {
	if slices.Contains(seen, t) {
		return false
	}
	if x.reg.IsCompiledType(t) {
		it, ok := t.Underlying().(*types.Interface)
		return ok && it.NumMethods() > 0 // it holds a wrapper
	}
	for _, of := range []types.Type{t, types.NewPointer(t)} {
		d := x.reg.Of(of)
		for _, m := range x.methods {
			if d.Method(m) != nil {
				return true
			}
		}
	}
	seen = append(seen, t)
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return x.needed(u.Elem(), seen)
	case *types.Slice:
		return x.needed(u.Elem(), seen)
	case *types.Array:
		return x.needed(u.Elem(), seen)
	case *types.Map:
		return x.needed(u.Elem(), seen) || x.text && x.needed(u.Key(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			f := u.Field(i)
			if x.visible(f) && x.needed(f.Type(), seen) || f.Embedded() && x.flat(f) {
				return true
			}
		}
	}
	return false
}

func (x *exposer) visible(f *types.Var) bool { return f.Exported() || f.Embedded() }

// flat reports whether f, an embedded field, is of a compiled struct type with
// methods, which reflect cannot embed.
func (x *exposer) flat(f *types.Var) bool {
	_, ok := f.Type().Underlying().(*types.Struct)
	return ok && x.reg.IsCompiledType(f.Type()) && hasMethods(x.reg.Of(f.Type()).R)
}

// value returns v, of type t, exposed.
func (x *exposer) value(v reflect.Value, t types.Type) any {
	if !v.IsValid() {
		return nil
	}
	if x.depth++; x.depth > 1000 {
		return v.Interface() // a cycle: the package itself refuses it
	}
	defer func() { x.depth-- }()
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	if b, ok := x.encodes(v, t); ok {
		return b
	}
	if !x.needed(t, nil) {
		return v.Interface()
	}
	switch u := t.Underlying().(type) {
	case *types.Interface:
		in := Normal(v.Interface())
		if b, ok := in.(Box); ok {
			return x.value(reflect.ValueOf(b.V), b.T.T)
		}
		return in
	case *types.Pointer:
		return x.value(v.Elem(), u.Elem())
	case *types.Slice:
		if v.IsNil() {
			return nil
		}
		return x.list(v, u.Elem())
	case *types.Array:
		return x.list(v, u.Elem())
	case *types.Map:
		if v.IsNil() {
			return nil
		}
		return x.mapping(v, u)
	case *types.Struct:
		return x.structure(v, u).Interface()
	}
	return v.Interface()
}

func (x *exposer) list(v reflect.Value, elem types.Type) any {
	out := make([]any, v.Len())
	for i := range out {
		out[i] = x.value(v.Index(i), elem)
	}
	return out
}

func (x *exposer) mapping(v reflect.Value, t *types.Map) any {
	marshalKey, ok := x.reg.Of(t.Key()).Method("MarshalText").(func(any) ([]byte, error))
	ok = ok && x.text && v.Type().Key().Kind() != reflect.String
	key := v.Type().Key()
	if ok {
		key = reflect.TypeFor[string]()
	}
	out := reflect.MakeMap(reflect.MapOf(key, anyType))
	for it := v.MapRange(); it.Next(); {
		k := it.Key()
		if ok {
			text, err := marshalKey(Box{x.reg.Of(t.Key()), k.Interface()})
			if err != nil {
				continue
			}
			k = reflect.ValueOf(string(text))
		}
		e := reflect.New(anyType).Elem()
		if in := x.value(it.Value(), t.Elem()); in != nil {
			e.Set(reflect.ValueOf(in))
		}
		out.SetMapIndex(k, e)
	}
	return out.Interface()
}

func (x *exposer) structure(v reflect.Value, t *types.Struct) reflect.Value {
	var fields []reflect.StructField
	var values []reflect.Value
	add := func(f reflect.StructField, v reflect.Value) {
		if slices.ContainsFunc(fields, func(o reflect.StructField) bool { return o.Name == f.Name }) {
			return
		}
		f.Type = v.Type()
		fields, values = append(fields, f), append(values, v)
	}
	for i := range t.NumFields() {
		f, sf, fv := t.Field(i), v.Type().Field(i), v.Field(i)
		field := reflect.StructField{Name: sf.Name, Tag: sf.Tag, Anonymous: sf.Anonymous}
		switch {
		case !x.visible(f):
		case f.Embedded() && x.flat(f) && x.name(sf.Tag) == "":
			for j := range fv.NumField() {
				if in := fv.Type().Field(j); in.IsExported() {
					add(reflect.StructField{Name: in.Name, Tag: in.Tag}, fv.Field(j))
				}
			}
		case !x.needed(f.Type(), nil):
			add(field, fv)
		case sf.Anonymous && fv.Kind() == reflect.Struct && x.name(sf.Tag) == "":
			add(field, x.structure(fv, f.Type().Underlying().(*types.Struct)))
		case sf.Anonymous && fv.Kind() == reflect.Pointer && !fv.IsNil() && x.name(sf.Tag) == "":
			elem := f.Type().Underlying().(*types.Pointer).Elem()
			add(field, x.structure(fv.Elem(), elem.Underlying().(*types.Struct)))
		case sf.Anonymous && x.name(sf.Tag) == "":
			add(field, fv)
		default:
			field.Anonymous = false
			e := reflect.New(anyType).Elem()
			if in := x.value(fv, f.Type()); in != nil && !(x.omits(sf.Tag, fv)) {
				e.Set(reflect.ValueOf(in))
			}
			add(field, e)
		}
	}
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i, v := range values {
		out.Field(i).Set(v)
	}
	return out
}

func (x *exposer) name(tag reflect.StructTag) string {
	name, _, _ := strings.Cut(tag.Get(x.tag), ",")
	return name
}

// omits reports whether a field with that tag and value is left out.
func (x *exposer) omits(tag reflect.StructTag, v reflect.Value) bool {
	_, options, _ := strings.Cut(tag.Get(x.tag), ",")
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitzero":
			if v.IsZero() {
				return true
			}
		case "omitempty":
			switch v.Kind() {
			case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
				return v.Len() == 0
			case reflect.Struct:
			default:
				return v.IsZero()
			}
		}
	}
	return false
}

// quoted returns the tag of a struct field that names it.
func quoted(key, name string) reflect.StructTag {
	return reflect.StructTag(key + ":" + strconv.Quote(name))
}
