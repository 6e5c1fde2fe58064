package rt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"go/types"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

var (
	jsonEncoding = &encoding{"json", []string{"MarshalJSON", "MarshalText"}, true}
	xmlEncoding  = &encoding{"xml", []string{"MarshalXML", "MarshalXMLAttr", "MarshalText"}, false}
)

// encodings returns the functions of packages that encode and decode values by
// reflection, for values that may be of session types.
func encodings() map[string]any {
	return map[string]any{
		"encoding/json.Marshal": func(v any) ([]byte, error) {
			out, err := json.Marshal(jsonEncoding.expose(v))
			return out, jsonError(v, err)
		},
		"encoding/json.MarshalIndent": func(v any, prefix, indent string) ([]byte, error) {
			out, err := json.MarshalIndent(jsonEncoding.expose(v), prefix, indent)
			return out, jsonError(v, err)
		},
		"encoding/json.(*Encoder).Encode": func(e *json.Encoder, v any) error {
			return jsonError(v, e.Encode(jsonEncoding.expose(v)))
		},
		"encoding/json.Unmarshal": func(data []byte, v any) error {
			b, ok := Normal(v).(Box)
			if !ok {
				return json.Unmarshal(data, v)
			}
			return jsonError(v, b.unmarshalJSON(data, json.Unmarshal))
		},
		"encoding/json.(*Decoder).Decode": func(d *json.Decoder, v any) error {
			b, ok := Normal(v).(Box)
			if !ok {
				return d.Decode(v)
			}
			if !b.decodesItself() {
				return jsonError(v, d.Decode(b.V))
			}
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				return err
			}
			return jsonError(v, b.unmarshalJSON(raw, unmarshalAs(d)))
		},

		"encoding/xml.Marshal": func(v any) ([]byte, error) { return xml.Marshal(exposeXML(v)) },
		"encoding/xml.MarshalIndent": func(v any, prefix, indent string) ([]byte, error) {
			return xml.MarshalIndent(exposeXML(v), prefix, indent)
		},
		"encoding/xml.(*Encoder).Encode": func(e *xml.Encoder, v any) error { return e.Encode(exposeXML(v)) },
		"encoding/xml.(*Encoder).EncodeElement": func(e *xml.Encoder, v any, start xml.StartElement) error {
			return e.EncodeElement(xmlEncoding.expose(v), start)
		},
		"encoding/xml.Unmarshal": func(data []byte, v any) error {
			return decodeXML(v, func(v any) error { return xml.Unmarshal(data, v) })
		},
		"encoding/xml.(*Decoder).Decode": func(d *xml.Decoder, v any) error { return decodeXML(v, d.Decode) },
		"encoding/xml.(*Decoder).DecodeElement": func(d *xml.Decoder, v any, start *xml.StartElement) error {
			return decodeXML(v, func(v any) error { return d.DecodeElement(v, start) })
		},

		"encoding/gob.Register":          func(v any) { gobRegister("", v) },
		"encoding/gob.RegisterName":      gobRegister,
		"encoding/gob.(*Encoder).Encode": gobEncode,
		"encoding/gob.(*Decoder).Decode": gobDecode,

		"encoding/binary.Write": func(w io.Writer, order binary.ByteOrder, v any) error {
			return binary.Write(w, order, Unbox(v))
		},
		"encoding/binary.Read": func(r io.Reader, order binary.ByteOrder, v any) error {
			return binary.Read(r, order, Unbox(v))
		},
		"encoding/binary.Size": func(v any) int { return binary.Size(Unbox(v)) },

		"runtime.SetFinalizer": setFinalizer,
		"runtime.KeepAlive":    func(any) {},
	}
}

// setFinalizer is runtime.SetFinalizer, for pointers and finalizers of the
// session.
func setFinalizer(x, finalizer any) {
	x, finalizer = Unbox(x), Unbox(finalizer)
	f := reflect.ValueOf(finalizer)
	if !f.IsValid() || f.Kind() != reflect.Func || f.Type().NumIn() != 1 {
		runtime.SetFinalizer(x, finalizer)
		return
	}
	in := f.Type().In(0)
	run := reflect.MakeFunc(reflect.FuncOf([]reflect.Type{reflect.TypeOf(x)}, nil, false), func(args []reflect.Value) []reflect.Value {
		if in.Kind() == reflect.Interface {
			v := reflect.New(in).Elem()
			v.Set(args[0])
			args[0] = v
		}
		f.Call(args)
		return nil
	})
	runtime.SetFinalizer(x, run.Interface())
}

// MarshalJSON encodes the boxed value as encoding/json encodes a value of its
// type.
func (b Box) MarshalJSON() ([]byte, error) {
	if f, ok := b.T.Method("MarshalJSON").(func(any) ([]byte, error)); ok {
		data, err := f(b)
		if err != nil {
			return nil, &marshalError{b.T, err, false}
		}
		return data, nil
	}
	if f, ok := b.T.Method("MarshalText").(func(any) ([]byte, error)); ok {
		text, err := f(b)
		if err != nil {
			return nil, &marshalError{b.T, err, true}
		}
		return json.Marshal(string(text))
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // the caller's encoder does
	if err := enc.Encode(jsonEncoding.expose(b)); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

// A marshalError is an error of a session type's own method.
type marshalError struct {
	t    *Type
	err  error
	text bool // of MarshalText
}

// Error returns the method's error.
func (e *marshalError) Error() string { return e.err.Error() }

// Unwrap returns the method's error.
func (e *marshalError) Unwrap() error { return e.err }

// A textFailure is a value that cannot be encoded as text.
type textFailure struct{ err error }

// MarshalText returns the error.
func (f textFailure) MarshalText() ([]byte, error) { return nil, f.err }

// UnmarshalJSON decodes into what the boxed pointer points to.
func (b Box) UnmarshalJSON(data []byte) error { return b.unmarshalJSON(data, json.Unmarshal) }

// MarshalXML encodes the boxed value as encoding/xml encodes a value of its
// type.
func (b Box) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if start.Name.Local == "Box" {
		start.Name.Local = b.name()
	}
	if f, ok := b.T.Method("MarshalXML").(func(any, *xml.Encoder, xml.StartElement) error); ok {
		return f(b, e, start)
	}
	if f, ok := b.T.Method("MarshalText").(func(any) ([]byte, error)); ok {
		text, err := f(b)
		if err != nil {
			return err
		}
		return e.EncodeElement(string(text), start)
	}
	return e.EncodeElement(xmlEncoding.expose(b), start)
}

// MarshalXMLAttr encodes the boxed value as encoding/xml encodes a value of
// its type as an attribute.
func (b Box) MarshalXMLAttr(name xml.Name) (xml.Attr, error) {
	if f, ok := b.T.Method("MarshalXMLAttr").(func(any, xml.Name) (xml.Attr, error)); ok {
		return f(b, name)
	}
	if f, ok := b.T.Method("MarshalText").(func(any) ([]byte, error)); ok {
		text, err := f(b)
		return xml.Attr{Name: name, Value: string(text)}, err
	}
	return xml.Attr{Name: name, Value: fmt.Sprint(b.V)}, nil
}

// name returns the name of the type of the boxed value, or of what it points
// to or is a list of.
func (b Box) name() string {
	t := b.T.T
	for {
		switch u := types.Unalias(t).(type) {
		case *types.Named:
			return u.Obj().Name()
		case *types.Pointer:
			t = u.Elem()
		case *types.Slice:
			t = u.Elem()
		default:
			return ""
		}
	}
}

// exposeXML exposes v for encoding/xml, which takes the name of the outermost
// element from that of the type.
func exposeXML(v any) any {
	b, ok := Normal(v).(Box)
	if !ok {
		return v
	}
	rv := reflect.ValueOf(xmlEncoding.expose(b))
	if _, itself := rv.Interface().(Box); itself {
		return rv.Interface()
	}
	name := b.name()
	if rv.Kind() == reflect.Slice {
		out := make([]any, rv.Len())
		for i := range out {
			out[i] = named(rv.Index(i), name)
		}
		return out
	}
	return named(rv, name)
}

// named returns the struct that v is or points to with an XMLName in front.
func named(v reflect.Value, name string) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || name == "" {
		return v.Interface()
	}
	if _, ok := v.Type().FieldByName("XMLName"); ok {
		return v.Interface()
	}
	fields := []reflect.StructField{{Name: "XMLName", Type: reflect.TypeFor[xml.Name](), Tag: quoted("xml", name)}}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag, Anonymous: f.Anonymous})
	}
	out := reflect.New(reflect.StructOf(fields)).Elem()
	for i := range v.NumField() {
		out.Field(i + 1).Set(v.Field(i))
	}
	return out.Interface()
}

// decodesItself reports whether what the boxed pointer points to holds values
// that have methods for decoding JSON.
func (b Box) decodesItself() bool {
	p, ok := b.T.T.Underlying().(*types.Pointer)
	return ok && b.T.reg.decodes(decodesJSON, p.Elem(), nil)
}

// decodesJSON are the methods by which a type decodes itself from JSON.
var decodesJSON = []string{"UnmarshalJSON", "UnmarshalText"}

// decodes reports whether values of type t have one of the methods, or hold
// values that have one.
func (r *Registry) decodes(methods []string, t types.Type, seen map[types.Type]bool) bool {
	if seen[t] || r.IsCompiledType(t) {
		return false
	}
	if seen == nil {
		seen = map[types.Type]bool{}
	}
	seen[t] = true
	p := r.Of(types.NewPointer(t))
	if slices.ContainsFunc(methods, func(name string) bool { return p.Method(name) != nil }) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return r.decodes(methods, u.Elem(), seen)
	case *types.Slice:
		return r.decodes(methods, u.Elem(), seen)
	case *types.Array:
		return r.decodes(methods, u.Elem(), seen)
	case *types.Map:
		return r.decodes(methods, u.Elem(), seen) || r.decodes(methods, u.Key(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			if r.decodes(methods, u.Field(i).Type(), seen) {
				return true
			}
		}
	}
	return false
}

// A jsonDecoding decodes values of session types from JSON.
type jsonDecoding struct {
	*Registry
	unmarshal func(data []byte, v any) error // of a value that reflect knows
}

// unmarshalAs returns the function that decodes one value as d does.
func unmarshalAs(d *json.Decoder) func(data []byte, v any) error {
	options := reflect.ValueOf(d).Elem().FieldByName("d")
	set := func(name string) bool {
		if options.Kind() != reflect.Struct {
			return false
		}
		f := options.FieldByName(name)
		return f.Kind() == reflect.Bool && f.Bool()
	}
	strict, number := set("disallowUnknownFields"), set("useNumber")
	if !strict && !number {
		return json.Unmarshal
	}
	return func(data []byte, v any) error {
		d := json.NewDecoder(bytes.NewReader(data))
		if strict {
			d.DisallowUnknownFields()
		}
		if number {
			d.UseNumber()
		}
		return d.Decode(v)
	}
}

func (b Box) unmarshalJSON(data []byte, unmarshal func(data []byte, v any) error) error {
	p, ok := b.T.T.Underlying().(*types.Pointer)
	v := reflect.ValueOf(b.V)
	if !ok || v.IsNil() {
		return &json.InvalidUnmarshalError{Type: b.T.reg.ReflectType(b.T)}
	}
	if !json.Valid(data) {
		return json.Unmarshal(data, b.V)
	}
	return jsonDecoding{b.T.reg, unmarshal}.decodeJSON(data, v.Elem(), p.Elem())
}

// decodeJSON decodes data into v, a variable of type t, one level at a time
// where a value further in decodes itself.
func (r jsonDecoding) decodeJSON(data []byte, v reflect.Value, t types.Type) error {
	if !r.decodes(decodesJSON, t, nil) {
		return r.unmarshal(data, v.Addr().Interface())
	}
	null := string(bytes.TrimSpace(data)) == "null"
	if u, ok := t.Underlying().(*types.Pointer); ok {
		if null {
			v.SetZero()
			return nil
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return r.decodeJSON(data, v.Elem(), u.Elem())
	}
	p := r.Of(types.NewPointer(t))
	box := Box{p, v.Addr().Interface()}
	if f, ok := p.Method("UnmarshalJSON").(func(any, []byte) error); ok {
		return f(box, data)
	}
	if f, ok := p.Method("UnmarshalText").(func(any, []byte) error); ok {
		var text string
		if null {
			return nil
		}
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		return f(box, []byte(text))
	}
	if null {
		return r.unmarshal(data, v.Addr().Interface())
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		var raws []json.RawMessage
		if err := json.Unmarshal(data, &raws); err != nil {
			return r.unmarshal(data, v.Addr().Interface())
		}
		v.Set(reflect.MakeSlice(v.Type(), len(raws), len(raws)))
		for i, raw := range raws {
			if err := r.decodeJSON(raw, v.Index(i), u.Elem()); err != nil {
				return err
			}
		}
		return nil
	case *types.Array:
		var raws []json.RawMessage
		if err := json.Unmarshal(data, &raws); err != nil {
			return r.unmarshal(data, v.Addr().Interface())
		}
		v.SetZero()
		for i, raw := range raws[:min(len(raws), v.Len())] {
			if err := r.decodeJSON(raw, v.Index(i), u.Elem()); err != nil {
				return err
			}
		}
		return nil
	case *types.Map:
		return r.decodeMap(data, v, u)
	case *types.Struct:
		return r.decodeStruct(data, v, u)
	}
	return r.unmarshal(data, v.Addr().Interface())
}

func (r jsonDecoding) decodeMap(data []byte, v reflect.Value, t *types.Map) error {
	var raws map[string]json.RawMessage
	if err := json.Unmarshal(data, &raws); err != nil {
		return r.unmarshal(data, v.Addr().Interface())
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for k, raw := range raws {
		key := reflect.New(v.Type().Key()).Elem()
		text, err := json.Marshal(k)
		if err != nil {
			return err
		}
		if r.decodes(decodesJSON, t.Key(), nil) {
			err = r.decodeJSON(text, key, t.Key())
		} else if key.Kind() == reflect.String {
			key.SetString(k)
		} else {
			err = r.unmarshal([]byte(k), key.Addr().Interface())
		}
		if err != nil {
			return err
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := r.decodeJSON(raw, elem, t.Elem()); err != nil {
			return err
		}
		v.SetMapIndex(key, elem)
	}
	return nil
}

var rawType = reflect.TypeFor[json.RawMessage]()

func (r jsonDecoding) decodeStruct(data []byte, v reflect.Value, t *types.Struct) error {
	shadow := reflect.New(r.rawStruct(v.Type(), t, nil)).Elem()
	r.fill(shadow, v, t)
	err := r.unmarshal(data, shadow.Addr().Interface())
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) && e.Type == shadow.Type() {
		e.Type = v.Type()
	}
	// What is wrong with one field does not keep the others from being set.
	if other := r.settle(shadow, v, t); err == nil {
		err = other
	}
	return err
}

// rawStruct returns the struct type that decoding into a v goes through: fields
// that decode themselves are kept as they were written. outer are the structs
// that t is embedded in.
func (r *Registry) rawStruct(v reflect.Type, t *types.Struct, outer []*types.Struct) reflect.Type {
	outer = append(outer, t)
	fields := make([]reflect.StructField, t.NumFields())
	for i := range fields {
		f := v.Field(i)
		fields[i] = reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag, Anonymous: f.Anonymous}
		if !r.decodes(decodesJSON, t.Field(i).Type(), nil) {
			continue
		}
		in, pointer := embeddable(t.Field(i).Type())
		switch {
		case in == nil || !f.Anonymous || f.Tag.Get("json") != "" || slices.Contains(outer, in):
			fields[i].Type, fields[i].Anonymous = rawType, false
		case pointer:
			fields[i].Type = reflect.PointerTo(r.rawStruct(f.Type.Elem(), in, outer))
		default:
			fields[i].Type = r.rawStruct(f.Type, in, outer)
		}
	}
	return reflect.StructOf(fields)
}

// embeddable returns the struct that a field of type t, if it is embedded,
// takes fields from, and whether t points to it.
func embeddable(t types.Type) (in *types.Struct, pointer bool) {
	u := t.Underlying()
	p, pointer := u.(*types.Pointer)
	if pointer {
		u = p.Elem().Underlying()
	}
	in, _ = u.(*types.Struct)
	return in, pointer
}

// fill gives the shadow what v has already.
func (r *Registry) fill(shadow, v reflect.Value, t *types.Struct) {
	for i := range t.NumFields() {
		to, from := shadow.Field(i), v.Field(i)
		switch in, pointer := embeddable(t.Field(i).Type()); {
		case to.Type() == from.Type():
			to.Set(from)
		case to.Type() == rawType || pointer && from.IsNil():
		case pointer:
			to.Set(reflect.New(to.Type().Elem()))
			r.fill(to.Elem(), from.Elem(), in)
		default:
			r.fill(to, from, in)
		}
	}
}

// settle gives v what was decoded into the shadow. A value of the wrong type does
// not keep the others from being set.
func (r jsonDecoding) settle(shadow, v reflect.Value, t *types.Struct) (first error) {
	for i := range t.NumFields() {
		from, to := shadow.Field(i), v.Field(i)
		var err error
		switch in, pointer := embeddable(t.Field(i).Type()); {
		case from.Type() == to.Type():
			to.Set(from)
		case from.Type() == rawType:
			if from.Len() > 0 {
				err = r.decodeJSON(from.Bytes(), to, t.Field(i).Type())
				r.inField(err, v, t, i)
			}
		case !pointer:
			err = r.settle(from, to, in)
		case !from.IsNil():
			if to.IsNil() {
				to.Set(reflect.New(to.Type().Elem()))
			}
			err = r.settle(from.Elem(), to.Elem(), in)
		}
		if first == nil {
			first = err
		}
		if e := (*json.UnmarshalTypeError)(nil); err != nil && !errors.As(err, &e) {
			return first
		}
	}
	return first
}

// inField lets err, if it is one of a value of the wrong type, tell of field i
// of v.
func (r jsonDecoding) inField(err error, v reflect.Value, t *types.Struct, i int) {
	e := (*json.UnmarshalTypeError)(nil)
	if !errors.As(err, &e) {
		return
	}
	if e.Type == v.Field(i).Type() {
		e.Type = r.ReflectType(r.Of(t.Field(i).Type()))
	}
	name, _, _ := strings.Cut(reflect.StructTag(t.Tag(i)).Get("json"), ",")
	if name == "" {
		name = t.Field(i).Name()
	}
	if e.Field != "" {
		name += "." + e.Field
	}
	e.Field = name
}

// jsonError returns err, an error of encoding or decoding v, with session
// types named as the session names them.
func jsonError(v any, err error) error {
	if e := (*json.MarshalerError)(nil); errors.As(err, &e) {
		if m, ok := e.Err.(*marshalError); ok {
			if m.text {
				// The name of the method is for encoding/json to set.
				_, failure := json.Marshal(textFailure{m.err})
				*e = *failure.(*json.MarshalerError)
			}
			e.Type, e.Err = m.t.reg.ReflectType(m.t), m.err
		}
	}
	b, ok := Normal(v).(Box)
	if err == nil || !ok {
		return err
	}
	reg := b.T.reg
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		t := b.T.T
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if e.Struct == "" && e.Field != "" {
			e.Struct = fieldOwner(t, e.Field)
		}
		if s := reg.sessionType(e.Type); s != nil {
			e.Type = s
		}
	}
	return err
}

// fieldOwner returns the name of the struct type that the last field of the
// path of JSON names, from t, belongs to. The fields of an embedded struct are
// those of the struct that embeds it.
func fieldOwner(t types.Type, path string) string {
	name, embedded := "", false
	for part := range strings.SplitSeq(path, ".") {
		for {
			if p, ok := t.Underlying().(*types.Pointer); ok {
				t = p.Elem()
			} else if s, ok := t.Underlying().(*types.Slice); ok {
				t = s.Elem()
			} else {
				break
			}
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return name
		}
		if !embedded {
			name = ""
			if n, ok := types.Unalias(t).(*types.Named); ok {
				name = n.Obj().Name()
			}
		}
		for i := range st.NumFields() {
			tag, _, _ := strings.Cut(reflect.StructTag(st.Tag(i)).Get("json"), ",")
			if tag == part || tag == "" && strings.EqualFold(st.Field(i).Name(), part) {
				t, embedded = st.Field(i).Type(), st.Field(i).Embedded() && tag == ""
				break
			}
		}
	}
	return name
}
