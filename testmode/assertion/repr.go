package assertion

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Repr formats a value as Go syntax, in at most max characters, the middle left
// out; 0 means any number. Long slices and maps are cut short as well.
func Repr(v any, max int) string { return repr(valueOf(v), max) }

// repr is Repr for a value.
func repr(v value, max int) string {
	if max <= 0 {
		return full(v)
	}
	p := printer{items: 6, entries: 4, levels: 6, room: 4 * max}
	p.value(v, "", 0)
	return ellipsize(p.b.String(), max)
}

// full formats a value as Go syntax, whole.
func full(v value) string {
	p := printer{items: -1, entries: -1, levels: 100, room: 1 << 20}
	p.value(v, "", 0)
	return p.b.String()
}

// ellipsize cuts the middle out of text that is longer than max characters.
func ellipsize(text string, max int) string {
	if utf8.RuneCountInString(text) <= max {
		return text
	}
	runes := []rune(text)
	before := (max - 3) / 2
	after := max - 3 - before
	if before < 0 {
		before, after = 0, 0
	}
	return string(runes[:before]) + "..." + string(runes[len(runes)-after:])
}

// A printer writes values as Go syntax.
type printer struct {
	b strings.Builder
	// items, entries and levels limit slices, maps and nesting; negative means
	// no limit. After room bytes, the printer stops.
	items, entries, levels, room int

	seen []any // pointers being printed
}

// value writes v. A composite literal leaves out its type if that is static,
// which is known from where it stands.
func (p *printer) value(v value, static string, level int) {
	if p.b.Len() > p.room {
		return
	}
	t := v.typ()
	if v.isNil() {
		p.b.WriteString(nilText(v, t, static))
		return
	}
	if p.named(v, t, static) {
		return
	}
	if id := v.identity(); id != nil {
		for _, s := range p.seen {
			if s == id {
				p.b.WriteString("...")
				return
			}
		}
		p.seen = append(p.seen, id)
		defer func() { p.seen = p.seen[:len(p.seen)-1] }()
	}
	switch v.kind() {
	case reflect.Pointer:
		p.b.WriteByte('&')
		p.value(v.elem(), "", level)
	case reflect.Struct:
		p.open(t, static)
		p.fields(v, level)
		p.b.WriteByte('}')
	case reflect.Slice, reflect.Array:
		p.open(t, static)
		p.elements(v, elemType(t), level)
		p.b.WriteByte('}')
	case reflect.Map:
		p.open(t, static)
		p.pairs(v, elemType(t), level)
		p.b.WriteByte('}')
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		p.b.WriteString(t)
	default:
		text := plainText(v.plain())
		if isBasic(t) || t == static {
			p.b.WriteString(text)
		} else {
			p.b.WriteString(t + "(" + text + ")")
		}
	}
}

// nilText writes a nil of type t.
func nilText(v value, t, static string) string {
	switch {
	case v.kind() == reflect.Invalid || t == static:
		return "nil"
	case strings.HasPrefix(t, "*") || strings.HasPrefix(t, "func") || strings.HasPrefix(t, "chan") || strings.HasPrefix(t, "<-"):
		return "(" + t + ")(nil)"
	}
	return t + "(nil)"
}

// named writes values that have a better text than their fields: errors,
// strings of bytes, and types that show themselves by String.
func (p *printer) named(v value, t, static string) bool {
	if err := v.err(); err != nil {
		text, ok := call(err.Error)
		if !ok {
			return false
		}
		p.b.WriteString(errorText(t, text))
		return true
	}
	if b, ok := v.bytes(); ok && v.kind() == reflect.Slice {
		if t == static {
			t = "[]byte"
		}
		p.b.WriteString(strings.ReplaceAll(t, "uint8", "byte") + bytesText(b, p.items >= 0))
		return true
	}
	if v.view != nil {
		return false
	}
	switch k := v.kind(); {
	case k == reflect.Struct || k == reflect.Pointer:
		if !opaque(v.rv.Type()) {
			return false
		}
		text, ok := v.stringer()
		if !ok {
			return false
		}
		text, _, _ = strings.Cut(text, " m=")
		p.b.WriteString(t + "(" + text + ")")
		return true
	case k != reflect.Slice && k != reflect.Map && k != reflect.Array && k != reflect.Func && !isBasic(t):
		if text, ok := v.stringer(); ok {
			p.b.WriteString(text)
			return true
		}
	}
	return false
}

// opaque reports whether t is a struct without exported fields, or a pointer to
// one.
func opaque(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			return false
		}
	}
	return true
}

// errorText writes an error of type t.
func errorText(t, text string) string {
	switch t {
	case "*errors.errorString":
		t = "errors.New"
	case "*fmt.wrapError", "*fmt.wrapErrors":
		t = "fmt.Errorf"
	}
	return t + "(" + strconv.Quote(text) + ")"
}

// bytesText writes bytes as a string if they are text, else in hex.
func bytesText(b []byte, short bool) string {
	text := len(b) > 0
	for _, r := range string(b) {
		if r == utf8.RuneError || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			text = false
			break
		}
	}
	if text {
		return "(" + strconv.Quote(string(b)) + ")"
	}
	var s strings.Builder
	s.WriteByte('{')
	for i, c := range b {
		if i > 0 {
			s.WriteString(", ")
		}
		if short && i == 16 {
			s.WriteString("...")
			break
		}
		fmt.Fprintf(&s, "0x%02x", c)
	}
	s.WriteByte('}')
	return s.String()
}

// open begins a composite literal.
func (p *printer) open(t, static string) {
	if t != static {
		p.b.WriteString(t)
	}
	p.b.WriteByte('{')
}

// fields writes the fields of a struct.
func (p *printer) fields(v value, level int) {
	if level >= p.levels {
		p.b.WriteString("...")
		return
	}
	for i := range v.size() {
		if i > 0 {
			p.b.WriteString(", ")
		}
		name, f := v.field(i)
		p.b.WriteString(name + ": ")
		p.value(f, basicOrNil(f, v.fieldType(i)), level+1)
	}
}

// basicOrNil returns the declared type of a field for values that do not need
// to repeat it: plain ones and nil.
func basicOrNil(f value, declared string) string {
	if f.isNil() {
		return declared
	}
	switch f.kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Array, reflect.Pointer:
		return ""
	}
	return declared
}

// elements writes those of a slice or array.
func (p *printer) elements(v value, static string, level int) {
	if level >= p.levels {
		p.b.WriteString("...")
		return
	}
	for i := range v.size() {
		if i > 0 {
			p.b.WriteString(", ")
		}
		if i == p.items || p.b.Len() > p.room {
			p.b.WriteString("...")
			return
		}
		p.value(v.index(i), static, level+1)
	}
}

// pairs writes the entries of a map.
func (p *printer) pairs(v value, static string, level int) {
	if level >= p.levels {
		p.b.WriteString("...")
		return
	}
	key := keyType(v.typ())
	for i, e := range v.entries() {
		if i > 0 {
			p.b.WriteString(", ")
		}
		if i == p.entries || p.b.Len() > p.room {
			p.b.WriteString("...")
			return
		}
		p.value(e.key, key, level+1)
		p.b.WriteString(": ")
		p.value(e.value, static, level+1)
	}
}

// keyType is the key type of a map type, given as text, or "".
func keyType(t string) string {
	if elem := elemType(t); strings.HasPrefix(t, "map[") && elem != "" {
		return t[len("map[") : len(t)-len(elem)-1]
	}
	return ""
}

// plainText writes a value of a basic kind.
func plainText(v reflect.Value) string {
	switch {
	case !v.IsValid():
		return "nil"
	case v.Kind() == reflect.String:
		return strconv.Quote(v.String())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.Kind() == reflect.Float32:
		return floatText(v.Float(), 32)
	case v.CanFloat():
		return floatText(v.Float(), 64)
	case v.CanComplex():
		return strconv.FormatComplex(v.Complex(), 'g', -1, 128)
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return v.String()
}

// floatText writes a number as fmt does.
func floatText(f float64, bits int) string {
	if bits == 32 {
		return fmt.Sprint(float32(f))
	}
	return fmt.Sprint(f)
}

// isBasic reports whether t is a predeclared type, whose values need no
// conversion to be read.
func isBasic(t string) bool {
	switch t {
	case "bool", "string", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64",
		"uintptr", "float32", "float64", "complex64", "complex128", "nil", "byte", "rune":
		return true
	}
	return strings.HasPrefix(t, "untyped ")
}

// pretty formats a value as Go syntax over several lines, one element a line.
func pretty(v value) []string {
	p := prettyPrinter{}
	p.value(v, "", "", "", "")
	return p.lines
}

// A prettyPrinter writes values over several lines.
type prettyPrinter struct {
	lines []string
	depth int
	// room, if not 0, is after how many bytes the printer stops, and size how
	// many there are.
	room, size int

	seen []any // pointers being printed
}

// add adds a line.
func (p *prettyPrinter) add(line string) {
	p.lines = append(p.lines, line)
	p.size += len(line) + 1
}

// full reports whether there is no more room.
func (p *prettyPrinter) full() bool { return p.room > 0 && p.size > p.room }

// line returns a printer for a value that takes one line.
func (p *prettyPrinter) line() printer {
	room := 1 << 20
	if p.room > 0 {
		room = max(p.room-p.size, 0)
	}
	return printer{items: -1, entries: -1, levels: 100, room: room}
}

// maxPretty bounds the lines of a full difference.
const maxPretty = 100_000

// value writes v after head on the line and before tail, indented.
func (p *prettyPrinter) value(v value, static, indent, head, tail string) {
	if p.full() {
		return
	}
	if id := v.identity(); id != nil && !v.isNil() {
		if slices.Contains(p.seen, id) {
			p.add(indent + head + "..." + tail)
			return
		}
		p.seen = append(p.seen, id)
		defer func() { p.seen = p.seen[:len(p.seen)-1] }()
	}
	t := v.typ()
	composite := false
	switch v.kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		composite = !v.isNil() && v.size() > 0 && p.depth < 50 && len(p.lines) < maxPretty
		short := printer{items: 0, entries: 0, levels: 0, room: 1 << 20}
		if composite && short.named(v, t, static) {
			composite = false
		}
	case reflect.Pointer:
		if k := v.elem().kind(); !v.isNil() && k == reflect.Struct && v.err() == nil {
			p.value(v.elem(), "", indent, head+"&", tail)
			return
		}
	}
	if !composite {
		one := p.line()
		one.value(v, static, 0)
		p.add(indent + head + one.b.String() + tail)
		return
	}
	if t == static {
		t = ""
	}
	p.depth++
	defer func() { p.depth-- }()
	p.add(indent + head + t + "{")
	inner := indent + "    "
	switch v.kind() {
	case reflect.Struct:
		for i := range v.size() {
			name, f := v.field(i)
			p.value(f, basicOrNil(f, v.fieldType(i)), inner, name+": ", ",")
		}
	case reflect.Map:
		for _, e := range v.entries() {
			key := p.line()
			key.value(e.key, keyType(v.typ()), 0)
			p.value(e.value, elemType(v.typ()), inner, key.b.String()+": ", ",")
		}
	default:
		for i := range v.size() {
			if p.full() {
				break
			}
			p.value(v.index(i), elemType(v.typ()), inner, "", ",")
		}
	}
	p.add(indent + "}" + tail)
}
