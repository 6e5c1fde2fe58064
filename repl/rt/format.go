package rt

import (
	"cmp"
	"fmt"
	"go/types"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Format prints the boxed value as fmt prints a value of its type.
func (b Box) Format(s fmt.State, verb rune) {
	p := &printer{State: s, verb: verb, reg: b.T.reg}
	p.value(reflect.ValueOf(b.V), b.T.T, 0)
}

// String returns the value as %v prints it.
func (b Box) String() string { return fmt.Sprintf("%v", b) }

// printer follows fmt's own rules (fmt/print.go, printValue) over a value and
// the Go type that its representation does not know.
type printer struct {
	fmt.State
	verb   rune
	reg    *Registry
	hidden bool // inside an unexported field, whose methods fmt does not call
}

func (p *printer) sharp() bool { return p.Flag('#') && p.verb == 'v' }
func (p *printer) plus() bool  { return p.Flag('+') && p.verb == 'v' }

func (p *printer) text(s string) { io.WriteString(p.State, s) }

// leaf prints v with the verb and flags in force.
func (p *printer) leaf(v any) {
	if p.hidden && v != nil {
		v = unexported(reflect.ValueOf(v), false)
	}
	fmt.Fprintf(p.State, fmt.FormatString(p.State, p.verb), v)
}

// methods prints the value by one of its own methods, if fmt would.
func (p *printer) methods(v reflect.Value, t types.Type) (handled bool) {
	d := p.reg.Of(t)
	if p.hidden || p.reg.IsCompiledType(t) {
		return false
	}
	call := func(name string) any {
		m := d.Method(name)
		return m
	}
	box := Box{d, iface(v)}
	handled = true
	if f, ok := call("Format").(func(any, fmt.State, rune)); ok {
		defer p.catch(v, "Format")
		f(box, p.State, p.verb)
		return true
	}
	if p.sharp() {
		if f, ok := call("GoString").(func(any) string); ok {
			defer p.catch(v, "GoString")
			p.text(f(box))
			return true
		}
		return false
	}
	switch p.verb {
	case 'v', 's', 'x', 'X', 'q':
		for _, name := range []string{"Error", "String"} {
			if f, ok := call(name).(func(any) string); ok {
				defer p.catch(v, name)
				p.leaf(f(box))
				return true
			}
		}
	}
	return false
}

// catch prints what fmt prints when a printing method panics.
func (p *printer) catch(v reflect.Value, method string) {
	r := recover()
	if r == nil {
		return
	}
	if Unrecoverable(r) {
		panic(r)
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		p.text("<nil>")
		return
	}
	fmt.Fprintf(p.State, "%%!%c(PANIC=%s method: %v)", p.verb, method, PanicValue(r))
}

func iface(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	return v.Interface()
}

// IsCompiledType reports whether t is a named type of compiled code or a
// predeclared one.
func (r *Registry) IsCompiledType(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return true
	case *types.Named:
		return t.Obj().Pkg() == nil || r.IsCompiled(t.Obj().Pkg()) && t.TypeArgs().Len() == 0
	}
	return false
}

func (p *printer) value(v reflect.Value, t types.Type, depth int) {
	if !v.IsValid() {
		p.nilValue(depth)
		return
	}
	if _, isIface := t.Underlying().(*types.Interface); !isIface && p.methods(v, t) {
		return
	}
	if p.reg.Faithful(t) && !p.address(v, t, depth) {
		p.leaf(v.Interface())
		return
	}
	name := func() string { return p.reg.TypeString(t) }
	switch u := t.Underlying().(type) {
	case *types.Struct:
		p.structure(v, u, name, depth)
	case *types.Map:
		p.mapping(v, u, name, depth)
	case *types.Slice:
		if p.bytes(v, u.Elem()) {
			return
		}
		if p.sharp() && v.IsNil() {
			p.text(name() + "(nil)")
			return
		}
		p.list(v, u.Elem(), name, depth)
	case *types.Array:
		if p.bytes(v, u.Elem()) {
			return
		}
		p.list(v, u.Elem(), name, depth)
	case *types.Interface:
		if v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		p.dynamic(v, name, depth)
	case *types.Pointer:
		p.pointer(v, t, name, depth)
	case *types.Chan, *types.Signature:
		p.reference(v.Pointer(), name, p.plain(v, t))
	case *types.Basic:
		p.basic(v, u, name)
	default:
		p.leaf(v.Interface())
	}
}

// address reports whether v is a pointer that fmt prints as an address at this
// depth although it is of a type that fmt knows.
func (p *printer) address(v reflect.Value, t types.Type, depth int) bool {
	return depth > 0 && v.Kind() == reflect.Pointer && (p.verb == 'v' || p.verb == 's') && (p.hidden || v.NumMethod() == 0)
}

func (p *printer) nilValue(depth int) {
	if depth == 0 || p.verb == 'v' {
		if p.sharp() && depth > 0 {
			p.text("interface {}(nil)")
			return
		}
		p.text("<nil>")
		return
	}
	fmt.Fprintf(p.State, "%%!%c(<nil>)", p.verb)
}

func (p *printer) dynamic(v reflect.Value, name func() string, depth int) {
	if !v.IsValid() {
		if p.sharp() {
			p.text(name() + "(nil)")
			return
		}
		p.text("<nil>")
		return
	}
	x := Normal(v.Interface())
	if b, ok := x.(Box); ok {
		p.value(reflect.ValueOf(b.V), b.T.T, depth+1)
		return
	}
	if rv := reflect.ValueOf(x); rv.Kind() == reflect.Pointer && (p.hidden || rv.NumMethod() == 0) && depth >= 0 && (p.verb == 'v' || p.verb == 's') {
		p.reference(rv.Pointer(), func() string { return rv.Type().String() }, x)
		return
	}
	p.leaf(x)
}

func (p *printer) structure(v reflect.Value, t *types.Struct, name func() string, depth int) {
	if p.sharp() {
		p.text(name())
	}
	p.text("{")
	for i := range t.NumFields() {
		if i > 0 {
			if p.sharp() {
				p.text(", ")
			} else {
				p.text(" ")
			}
		}
		if p.plus() || p.sharp() {
			p.text(t.Field(i).Name() + ":")
		}
		hidden := p.hidden
		p.hidden = hidden || !t.Field(i).Exported()
		p.value(v.Field(i), t.Field(i).Type(), depth+1)
		p.hidden = hidden
	}
	p.text("}")
}

func (p *printer) mapping(v reflect.Value, t *types.Map, name func() string, depth int) {
	if p.sharp() {
		p.text(name())
		if v.IsNil() {
			p.text("(nil)")
			return
		}
		p.text("{")
	} else {
		p.text("map[")
	}
	keys := v.MapKeys()
	slices.SortStableFunc(keys, compareKeys)
	for i, k := range keys {
		if i > 0 {
			if p.sharp() {
				p.text(", ")
			} else {
				p.text(" ")
			}
		}
		p.value(k, t.Key(), depth+1)
		p.text(":")
		p.value(v.MapIndex(k), t.Elem(), depth+1)
	}
	if p.sharp() {
		p.text("}")
	} else {
		p.text("]")
	}
}

// compareKeys orders map keys as fmt does (internal/fmtsort).
func compareKeys(a, b reflect.Value) int {
	for a.Kind() == reflect.Interface && b.Kind() == reflect.Interface {
		if a.IsNil() || b.IsNil() {
			return cmp.Compare(boolInt(!a.IsNil()), boolInt(!b.IsNil()))
		}
		a, b = reflect.ValueOf(Unbox(a.Interface())), reflect.ValueOf(Unbox(b.Interface()))
		if a.Type() != b.Type() {
			return cmp.Compare(a.Type().String(), b.Type().String())
		}
	}
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.Kind() == reflect.String:
		return strings.Compare(a.String(), b.String())
	case a.Kind() == reflect.Bool:
		return cmp.Compare(boolInt(a.Bool()), boolInt(b.Bool()))
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			if c := compareKeys(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
	case a.Kind() == reflect.Array:
		for i := range a.Len() {
			if c := compareKeys(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
	case a.Kind() == reflect.Pointer, a.Kind() == reflect.Chan:
		return cmp.Compare(a.Pointer(), b.Pointer())
	}
	return 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bytes prints a slice or array of bytes as fmt does for %s, %q, %x and %X.
func (p *printer) bytes(v reflect.Value, elem types.Type) bool {
	b, ok := elem.Underlying().(*types.Basic)
	if !ok || b.Kind() != types.Uint8 {
		return false
	}
	switch p.verb {
	case 's', 'q', 'x', 'X':
		raw := make([]byte, v.Len())
		for i := range raw {
			raw[i] = byte(v.Index(i).Uint())
		}
		p.leaf(raw)
		return true
	}
	return false
}

func (p *printer) list(v reflect.Value, elem types.Type, name func() string, depth int) {
	if p.sharp() {
		p.text(name() + "{")
	} else {
		p.text("[")
	}
	for i := range v.Len() {
		if i > 0 {
			if p.sharp() {
				p.text(", ")
			} else {
				p.text(" ")
			}
		}
		p.value(v.Index(i), elem, depth+1)
	}
	if p.sharp() {
		p.text("}")
	} else {
		p.text("]")
	}
}

func (p *printer) pointer(v reflect.Value, t types.Type, name func() string, depth int) {
	if depth == 0 && !v.IsNil() && p.verb != 'p' {
		elem := t.Underlying().(*types.Pointer).Elem()
		switch elem.Underlying().(type) {
		case *types.Struct, *types.Map, *types.Slice, *types.Array:
			p.text("&")
			p.value(v.Elem(), elem, depth+1)
			return
		}
	}
	p.reference(v.Pointer(), name, p.plain(v, t))
}

// plain returns the value as one that prints without its methods.
func (p *printer) plain(v reflect.Value, t types.Type) any {
	return plainBox{Box{p.reg.Of(t), v.Interface()}}
}

// reference prints the pointer u of a type with that name; a verb that does not
// fit shows the value as such.
func (p *printer) reference(u uintptr, name func() string, value any) {
	switch p.verb {
	case 'v':
		switch {
		case p.sharp():
			p.text("(" + name() + ")(")
			if u == 0 {
				p.text("nil")
			} else {
				p.text("0x" + strconv.FormatUint(uint64(u), 16))
			}
			p.text(")")
		case u == 0:
			p.text("<nil>")
		default:
			p.text("0x" + strconv.FormatUint(uint64(u), 16))
		}
	case 'p':
		p.text("0x" + strconv.FormatUint(uint64(u), 16))
	case 'b', 'o', 'd', 'x', 'X':
		p.leaf(u)
	default:
		fmt.Fprintf(p.State, "%%!%c(%s=%v)", p.verb, name(), value)
	}
}

// basic prints a value of a named type of the session that is a plain one
// underneath.
func (p *printer) basic(v reflect.Value, t *types.Basic, name func() string) {
	s := fmt.Sprintf(fmt.FormatString(p.State, p.verb), v.Interface())
	// A verb that does not fit names the type.
	if strings.HasPrefix(s, "%!") {
		s = strings.Replace(s, "("+v.Type().String()+"=", "("+name()+"=", 1)
	}
	p.text(s)
}

// Args prepares the operands of a fmt print function: wrappers become boxes
// again, so that they print as what they are.
func Args(args []any) []any {
	var out []any
	for i, a := range args {
		n := a
		switch a.(type) {
		case nil, int, string, bool, float64, error, Box:
			if _, isErr := a.(error); !isErr {
				continue
			}
			n = Normal(a)
		case reflect.Value:
			if v := a.(reflect.Value); typeOf(v) != nil && v.CanInterface() {
				n = reboxed(v) // fmt prints what is in it
			}
		default:
			n = Normal(a)
			if in, changed := inner(n); changed {
				if out == nil {
					out = slices.Clone(args)
				}
				out[i] = in
				continue
			}
		}
		if b, ok := n.(Box); ok {
			if _, was := a.(Box); was {
				continue
			}
			if out == nil {
				out = slices.Clone(args)
			}
			out[i] = b
		}
	}
	if out == nil {
		return args
	}
	return out
}

// An innerBox is a box of a pointer inside a value that fmt walks by itself: fmt
// prints a pointer that is not an operand itself as an address.
type innerBox struct{ Box }

// Format prints the box as fmt prints a value of its type inside another one.
func (b innerBox) Format(s fmt.State, verb rune) {
	p := &printer{State: s, verb: verb, reg: b.T.reg}
	p.value(reflect.ValueOf(b.V), b.T.T, 1)
}

// inner returns x, a list or a map of interfaces that reflect knows, with the
// boxes of pointers in it marked as such, and whether there are any.
func inner(x any) (any, bool) {
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
	default:
		return x, false
	}
	if v.Type().Elem() != anyType {
		return x, false
	}
	var out reflect.Value
	mark := func(e reflect.Value, set func(e reflect.Value)) {
		with, changed := e.Interface(), false
		if b, ok := with.(Box); ok && reflect.TypeOf(b.V).Kind() == reflect.Pointer {
			with, changed = innerBox{b}, true
		} else if !ok {
			with, changed = inner(with)
		}
		if !changed {
			return
		}
		if !out.IsValid() {
			out = copied(v)
		}
		set(reflect.ValueOf(with))
	}
	if v.Kind() == reflect.Map {
		for it := v.MapRange(); it.Next(); {
			mark(it.Value(), func(e reflect.Value) { out.SetMapIndex(it.Key(), e) })
		}
	} else {
		for i := range v.Len() {
			mark(v.Index(i), func(e reflect.Value) { out.Index(i).Set(e) })
		}
	}
	if !out.IsValid() {
		return x, false
	}
	return out.Interface(), true
}

// copied returns a list or map with the elements of v.
func copied(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Map:
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), it.Value())
		}
		return out
	case reflect.Slice:
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(out, v)
		return out
	}
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	return out
}

// A plainBox is a box that prints without the methods of its type.
type plainBox struct{ Box }

// Format prints the value as fmt prints one whose verb is wrong.
func (b plainBox) Format(s fmt.State, verb rune) {
	p := &printer{State: s, verb: verb, reg: b.T.reg, hidden: true}
	p.value(reflect.ValueOf(b.V), b.T.T, 0)
}

// Operands prepares the operands of a print function that puts spaces between
// those of which neither is a string: as Args does, and strings that are boxed
// become what they print as.
func Operands(args []any) []any {
	given := args
	args = Args(args)
	for i, a := range args {
		b, ok := a.(Box)
		if !ok {
			continue
		}
		if t, ok := b.T.T.Underlying().(*types.Basic); !ok || t.Kind() != types.String {
			continue
		}
		if &args[0] == &given[0] {
			args = slices.Clone(args)
		}
		args[i] = fmt.Sprint(b)
	}
	return args
}

// Format prepares the format and the operands of a formatted print: %T and %p
// of a box name its type and its address.
func Format(format string, args []any) (string, []any) { return prepare(format, args, false) }

// prepare is Format; where errors can be wrapped, %w of a box gets one.
func prepare(format string, args []any, wraps bool) (string, []any) {
	given := args
	args = Args(args)
	if !strings.ContainsAny(format, "Twp") || !slices.ContainsFunc(args, stands) {
		return format, args
	}
	args = slices.Clone(args)
	// Where operands are chosen by number, one may have several verbs: each
	// gets the number of its own operand.
	numbered := strings.Contains(format, "[")
	count := len(args)
	var out strings.Builder
	n := 0 // the operand that the next verb takes
	for i := 0; i < len(format); {
		if format[i] != '%' {
			out.WriteByte(format[i])
			i++
			continue
		}
		out.WriteByte('%')
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[i]) >= 0; i++ {
			switch format[i] {
			case '*':
				n++
				if numbered {
					fmt.Fprintf(&out, "[%d]", n)
				}
			case '[':
				if k := strings.IndexByte(format[i:], ']'); k > 0 {
					idx, err := strconv.Atoi(format[i+1 : i+k])
					if err != nil || idx < 1 || idx > count {
						out.WriteString(format[i:]) // fmt says what is wrong
						return out.String(), args[:count]
					}
					n = idx - 1
					i += k
					continue
				}
			}
			out.WriteByte(format[i])
		}
		if i >= len(format) {
			break
		}
		verb := format[i]
		i++
		if verb == '%' {
			out.WriteByte(verb)
			continue
		}
		at := n
		if n >= 0 && n < count {
			var with any
			if _, ok := args[n].(*assertionFailure); ok && verb == 'T' {
				with, verb = typeText("*runtime.TypeAssertionError"), 's'
			} else if box, ok := args[n].(Box); ok {
				switch verb {
				case 'T':
					with, verb = typeText(box.T.String()), 's'
					if _, ok := given[n].(reflect.Value); ok {
						with = typeText("reflect.Value")
					}
				case 'p':
					with, verb = typeText(pointerText(box)), 's'
				case 'w':
					if wraps && types.Implements(box.T.T, errorInterface) {
						with = box.T.reg.Of(types.Universe.Lookup("error").Type()).Convert(box)
						break
					}
					with, verb = typeText(fmt.Sprintf("%%!w(%s=%v)", box.T, plainBox{box})), 's'
				}
			}
			switch {
			case with == nil:
			case numbered:
				at = len(args)
				args = append(args, with)
			default:
				args[n] = with
			}
		}
		n++
		if numbered {
			fmt.Fprintf(&out, "[%d]", at+1)
		}
		out.WriteByte(verb)
	}
	return out.String(), args
}

var errorInterface = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// stands reports whether a is something of ours that stands for what the program
// knows.
func stands(a any) bool {
	switch a.(type) {
	case Box, *assertionFailure:
		return true
	}
	return false
}

// typeText is text that took an operand's place.
type typeText string

func pointerText(b Box) string {
	v := reflect.ValueOf(b.V)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.Slice, reflect.UnsafePointer:
		return "0x" + strconv.FormatUint(uint64(v.Pointer()), 16)
	}
	return fmt.Sprintf("%%!p(%s=%v)", b.T, b)
}
