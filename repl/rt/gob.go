package rt

import (
	"bytes"
	"encoding/gob"
	"errors"
	"go/types"
	"reflect"
	"sync"
)

// gobTypes are the session types that gob was told of, by the names it knows
// them by. A box of one stands for it where gob finds it in an interface.
var gobTypes sync.Map

var registerBox = sync.OnceFunc(func() { gob.RegisterName("asyncrepl.Box", Box{}) })

// gobRegister is gob.Register, and gob.RegisterName for a name that is not
// empty, for values that may be of session types.
func gobRegister(name string, v any) {
	b, ok := Normal(v).(Box)
	switch {
	case ok:
		registerBox()
		gobTypes.Store(b.T.String(), b.T)
	case name == "":
		gob.Register(v)
	default:
		gob.RegisterName(name, v)
	}
}

// gobEncode is (*gob.Encoder).Encode for values that may be of session types.
func gobEncode(e *gob.Encoder, v any) error {
	b, ok := Normal(v).(Box)
	if !ok {
		return e.Encode(v)
	}
	g := gobber{b.T.reg}
	rt, changed := g.shape(b.T.T, nil)
	if !changed {
		return e.Encode(b.V)
	}
	out := reflect.New(rt).Elem()
	if err := g.encode(out, reflect.ValueOf(b.V), b.T.T); err != nil {
		return err
	}
	return e.EncodeValue(out)
}

// gobDecode is (*gob.Decoder).Decode for values that may be of session types.
func gobDecode(d *gob.Decoder, v any) error {
	b, ok := Normal(v).(Box)
	if !ok {
		return d.Decode(v)
	}
	g := gobber{b.T.reg}
	p, ok := b.T.T.Underlying().(*types.Pointer)
	to := reflect.ValueOf(b.V)
	if !ok || to.IsNil() {
		return d.Decode(b.V)
	}
	rt, changed := g.shape(p.Elem(), nil)
	if !changed {
		return d.Decode(b.V)
	}
	in := reflect.New(rt)
	if err := g.encode(in.Elem(), to.Elem(), p.Elem()); err != nil {
		in.Elem().SetZero() // what cannot be sent starts empty
	}
	if err := d.DecodeValue(in); err != nil {
		return err
	}
	return g.decode(to.Elem(), in.Elem(), p.Elem())
}

// GobEncode encodes the boxed value, of a type that gob was told of.
func (b Box) GobEncode() ([]byte, error) {
	if _, ok := gobTypes.Load(b.T.String()); !ok {
		return nil, errors.New("gob: type not registered for interface: " + b.T.String())
	}
	var buf bytes.Buffer
	e := gob.NewEncoder(&buf)
	if err := e.Encode(b.T.String()); err != nil {
		return nil, err
	}
	err := gobEncode(e, b)
	return buf.Bytes(), err
}

// GobDecode decodes what GobEncode has encoded.
func (b *Box) GobDecode(data []byte) error {
	d := gob.NewDecoder(bytes.NewReader(data))
	var name string
	if err := d.Decode(&name); err != nil {
		return err
	}
	t, ok := gobTypes.Load(name)
	if !ok {
		return errors.New("gob: name not registered for interface: " + name)
	}
	b.T = t.(*Type)
	v := reflect.New(b.T.R)
	if err := gobDecode(d, Box{b.T.reg.Of(types.NewPointer(b.T.T)), v.Interface()}); err != nil {
		return err
	}
	b.V = v.Elem().Interface()
	return nil
}

// A gobCoded is what a value that encodes itself encoded.
type gobCoded struct{ data []byte }

// GobEncode returns what the value encoded.
func (c gobCoded) GobEncode() ([]byte, error) { return c.data, nil }

// GobDecode keeps what the value decodes.
func (c *gobCoded) GobDecode(data []byte) error {
	c.data = bytes.Clone(data)
	return nil
}

// A gobber turns values of session types into such that gob sends as it would
// send the session's: without unexported fields, and encoded by the methods that
// they have for it.
type gobber struct{ *Registry }

// codes reports whether values of type t encode themselves.
func (g gobber) codes(t types.Type) bool {
	if g.IsCompiledType(t) || types.IsInterface(t) {
		return false
	}
	p := g.Of(types.NewPointer(t))
	return p.Method("GobEncode") != nil || p.Method("MarshalBinary") != nil
}

// shape returns the type of what stands for values of type t, and whether it
// differs from their representation. A type that leads back to itself, one of
// outer, is sent as it is.
func (g gobber) shape(t types.Type, outer []types.Type) (reflect.Type, bool) {
	own := g.Of(t).R
	if g.IsCompiledType(t) || types.IsInterface(t) {
		return own, false
	}
	if g.codes(t) {
		return reflect.TypeFor[gobCoded](), true
	}
	for _, o := range outer {
		if types.Identical(o, t) {
			return own, false
		}
	}
	outer = append(outer[:len(outer):len(outer)], t)
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		elem, changed := g.shape(u.Elem(), outer)
		return reflect.PointerTo(elem), changed
	case *types.Slice:
		elem, changed := g.shape(u.Elem(), outer)
		return reflect.SliceOf(elem), changed
	case *types.Array:
		elem, changed := g.shape(u.Elem(), outer)
		return reflect.ArrayOf(int(u.Len()), elem), changed
	case *types.Map:
		elem, changed := g.shape(u.Elem(), outer)
		return reflect.MapOf(own.Key(), elem), changed
	case *types.Struct:
		var fields []reflect.StructField
		changed := false
		for i := range u.NumFields() {
			if !u.Field(i).Exported() {
				changed = true
				continue
			}
			ft, other := g.shape(u.Field(i).Type(), outer)
			changed = changed || other
			fields = append(fields, reflect.StructField{Name: u.Field(i).Name(), Type: ft})
		}
		if changed {
			return reflect.StructOf(fields), true
		}
	}
	return own, false
}

// encode sets out, of the shape of t, to what stands for v.
func (g gobber) encode(out, v reflect.Value, t types.Type) error {
	if out.Type() == v.Type() {
		out.Set(v)
		return nil
	}
	if out.Type() == reflect.TypeFor[gobCoded]() {
		data, err := g.code(v, t)
		out.Set(reflect.ValueOf(gobCoded{data}))
		return err
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		if v.IsNil() {
			return nil
		}
		out.Set(reflect.New(out.Type().Elem()))
		return g.encode(out.Elem(), v.Elem(), u.Elem())
	case *types.Slice:
		if v.IsNil() {
			return nil
		}
		out.Set(reflect.MakeSlice(out.Type(), v.Len(), v.Len()))
		return g.encodeList(out, v, u.Elem())
	case *types.Array:
		return g.encodeList(out, v, u.Elem())
	case *types.Map:
		if v.IsNil() {
			return nil
		}
		out.Set(reflect.MakeMap(out.Type()))
		for it := v.MapRange(); it.Next(); {
			e := reflect.New(out.Type().Elem()).Elem()
			if err := g.encode(e, it.Value(), u.Elem()); err != nil {
				return err
			}
			out.SetMapIndex(it.Key(), e)
		}
	case *types.Struct:
		for i := range out.NumField() {
			f, ft := g.field(u, out.Type().Field(i).Name)
			if err := g.encode(out.Field(i), v.Field(f), ft); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g gobber) encodeList(out, v reflect.Value, elem types.Type) error {
	for i := range v.Len() {
		if err := g.encode(out.Index(i), v.Index(i), elem); err != nil {
			return err
		}
	}
	return nil
}

// field returns the index and the type of the field of t with that name.
func (g gobber) field(t *types.Struct, name string) (int, types.Type) {
	for i := range t.NumFields() {
		if t.Field(i).Name() == name {
			return i, t.Field(i).Type()
		}
	}
	return 0, nil
}

// code returns what v encodes itself as.
func (g gobber) code(v reflect.Value, t types.Type) ([]byte, error) {
	for _, name := range []string{"GobEncode", "MarshalBinary"} {
		if f, ok := g.Of(t).Method(name).(func(any) ([]byte, error)); ok {
			return f(Box{g.Of(t), v.Interface()})
		}
		p := g.Of(types.NewPointer(t))
		f, ok := p.Method(name).(func(any) ([]byte, error))
		if ok && !v.CanAddr() {
			return nil, errors.New("gob: unaddressable value of type " + p.String())
		}
		if ok {
			return f(Box{p, v.Addr().Interface()})
		}
	}
	return nil, nil
}

// decode sets v, of type t, to what in stands for.
func (g gobber) decode(v, in reflect.Value, t types.Type) error {
	if in.Type() == v.Type() {
		v.Set(in)
		return nil
	}
	if c, ok := in.Interface().(gobCoded); ok {
		p := g.Of(types.NewPointer(t))
		for _, name := range []string{"GobDecode", "UnmarshalBinary"} {
			if f, ok := p.Method(name).(func(any, []byte) error); ok && c.data != nil {
				return f(Box{p, v.Addr().Interface()}, c.data)
			}
		}
		return nil
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		if in.IsNil() {
			v.SetZero()
			return nil
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return g.decode(v.Elem(), in.Elem(), u.Elem())
	case *types.Slice:
		if in.IsNil() {
			v.SetZero()
			return nil
		}
		v.Set(reflect.MakeSlice(v.Type(), in.Len(), in.Len()))
		return g.decodeList(v, in, u.Elem())
	case *types.Array:
		return g.decodeList(v, in, u.Elem())
	case *types.Map:
		if in.IsNil() {
			v.SetZero()
			return nil
		}
		v.Set(reflect.MakeMap(v.Type()))
		for it := in.MapRange(); it.Next(); {
			from := reflect.New(in.Type().Elem()).Elem()
			from.Set(it.Value())
			e := reflect.New(v.Type().Elem()).Elem()
			if err := g.decode(e, from, u.Elem()); err != nil {
				return err
			}
			v.SetMapIndex(it.Key(), e)
		}
	case *types.Struct:
		for i := range in.NumField() {
			f, ft := g.field(u, in.Type().Field(i).Name)
			if err := g.decode(v.Field(f), in.Field(i), ft); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g gobber) decodeList(v, in reflect.Value, elem types.Type) error {
	for i := range in.Len() {
		if err := g.decode(v.Index(i), in.Index(i), elem); err != nil {
			return err
		}
	}
	return nil
}
