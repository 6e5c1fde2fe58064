package rt

import (
	"encoding/xml"
	"go/types"
	"reflect"
	"slices"
)

// decodesXML are the methods by which a type decodes itself from XML.
var decodesXML = []string{"UnmarshalXML", "UnmarshalXMLAttr", "UnmarshalText"}

// decodeXML has decode, a function of encoding/xml, decode into v.
func decodeXML(v any, decode func(any) error) error {
	b, ok := Normal(v).(Box)
	if !ok {
		return decode(v)
	}
	p, ok := b.T.T.Underlying().(*types.Pointer)
	rv := reflect.ValueOf(b.V)
	if !ok || rv.IsNil() || !b.T.reg.decodes(decodesXML, p.Elem(), nil) {
		return decode(b.V)
	}
	x := (&xmlVariable{b.T.reg, rv.Elem(), p.Elem()}).target()
	if u, ok := x.t.Underlying().(*types.Struct); ok && !x.itself() {
		return x.structure(u, decode)
	}
	return decode(x)
}

// An xmlVariable is a variable of a session type that decodes itself from XML,
// or that holds one which does.
type xmlVariable struct {
	reg *Registry
	v   reflect.Value
	t   types.Type
}

// target returns the variable itself, or what it points to if it is a pointer.
func (x *xmlVariable) target() *xmlVariable {
	p, ok := x.t.Underlying().(*types.Pointer)
	if !ok {
		return x
	}
	if x.v.IsNil() {
		x.v.Set(reflect.New(x.v.Type().Elem()))
	}
	return (&xmlVariable{x.reg, x.v.Elem(), p.Elem()}).target()
}

// method returns the method of that name of a pointer to the variable, and the
// receiver for it.
func (x *xmlVariable) method(name string) (f any, recv any) {
	p := x.reg.Of(types.NewPointer(x.t))
	return p.Method(name), Box{p, x.v.Addr().Interface()}
}

// UnmarshalXML decodes the element that begins with start.
func (x *xmlVariable) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	x = x.target()
	if !x.reg.decodes(decodesXML, x.t, nil) {
		return d.DecodeElement(x.v.Addr().Interface(), &start)
	}
	m, recv := x.method("UnmarshalXML")
	if f, ok := m.(func(any, *xml.Decoder, xml.StartElement) error); ok {
		return f(recv, d, start)
	}
	m, recv = x.method("UnmarshalText")
	if f, ok := m.(func(any, []byte) error); ok {
		var text string
		if err := d.DecodeElement(&text, &start); err != nil {
			return err
		}
		return f(recv, []byte(text))
	}
	switch u := x.t.Underlying().(type) {
	case *types.Slice:
		x.v.Set(reflect.Append(x.v, reflect.Zero(x.v.Type().Elem())))
		return (&xmlVariable{x.reg, x.v.Index(x.v.Len() - 1), u.Elem()}).UnmarshalXML(d, start)
	case *types.Struct:
		return x.structure(u, func(v any) error { return d.DecodeElement(v, &start) })
	}
	return d.DecodeElement(x.v.Addr().Interface(), &start)
}

// itself reports whether the variable has methods to decode itself.
func (x *xmlVariable) itself() bool {
	return slices.ContainsFunc(decodesXML, func(name string) bool {
		f, _ := x.method(name)
		return f != nil
	})
}

// structure has decode decode into the variable, of type t.
func (x *xmlVariable) structure(t *types.Struct, decode func(any) error) error {
	shadow := reflect.New(x.shadowType(t)).Elem()
	x.lend(shadow, t)
	err := decode(shadow.Addr().Interface())
	x.settle(shadow, t)
	return err
}

// UnmarshalXMLAttr decodes an attribute.
func (x *xmlVariable) UnmarshalXMLAttr(attr xml.Attr) error {
	x = x.target()
	m, recv := x.method("UnmarshalXMLAttr")
	if f, ok := m.(func(any, xml.Attr) error); ok {
		return f(recv, attr)
	}
	return x.UnmarshalText([]byte(attr.Value))
}

// UnmarshalText decodes text outside of the elements of a struct.
func (x *xmlVariable) UnmarshalText(text []byte) error {
	x = x.target()
	m, recv := x.method("UnmarshalText")
	if f, ok := m.(func(any, []byte) error); ok {
		return f(recv, text)
	}
	return nil
}

// shadowType returns the struct type that decoding into the variable, of type
// t, goes through: variables stand in the place of fields that decode
// themselves.
func (x *xmlVariable) shadowType(t *types.Struct) reflect.Type {
	fields := make([]reflect.StructField, t.NumFields())
	for i := range fields {
		f := x.v.Type().Field(i)
		fields[i] = reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag, Anonymous: f.Anonymous}
		if in, ok := x.shadowed(t, i); in != nil {
			fields[i].Type = (&xmlVariable{x.reg, x.v.Field(i), in}).shadowType(in)
		} else if ok {
			fields[i].Type, fields[i].Anonymous = reflect.TypeFor[*xmlVariable](), false
		}
	}
	return reflect.StructOf(fields)
}

// shadowed reports whether field i of t decodes itself, and returns its type if
// it is an embedded struct whose fields are those of t.
func (x *xmlVariable) shadowed(t *types.Struct, i int) (embedded *types.Struct, ok bool) {
	f := t.Field(i)
	if !f.Exported() && !f.Embedded() || !x.reg.decodes(decodesXML, f.Type(), nil) {
		return nil, false
	}
	in, _ := f.Type().Underlying().(*types.Struct)
	if in == nil || !x.v.Type().Field(i).Anonymous || reflect.StructTag(t.Tag(i)).Get("xml") != "" {
		return nil, true
	}
	return in, true
}

// lend gives the shadow what the variable has, and the variables in it.
func (x *xmlVariable) lend(shadow reflect.Value, t *types.Struct) {
	for i := range t.NumFields() {
		v := &xmlVariable{x.reg, x.v.Field(i), t.Field(i).Type()}
		if in, ok := x.shadowed(t, i); in != nil {
			v.lend(shadow.Field(i), in)
		} else if ok {
			shadow.Field(i).Set(reflect.ValueOf(v))
		} else {
			shadow.Field(i).Set(v.v)
		}
	}
}

// settle gives the variable what was decoded into the shadow.
func (x *xmlVariable) settle(shadow reflect.Value, t *types.Struct) {
	for i := range t.NumFields() {
		if in, ok := x.shadowed(t, i); in != nil {
			(&xmlVariable{x.reg, x.v.Field(i), in}).settle(shadow.Field(i), in)
		} else if !ok {
			x.v.Field(i).Set(shadow.Field(i))
		}
	}
}
