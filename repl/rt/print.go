package rt

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// Print is Go's print, with w in the place of the standard error.
func Print(w io.Writer, args ...any) {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(printText(a))
	}
	io.WriteString(w, b.String())
}

// Println is Go's println, with w in the place of the standard error.
func Println(w io.Writer, args ...any) {
	parts := make([]string, len(args))
	for i, a := range args {
		parts[i] = printText(a)
	}
	io.WriteString(w, strings.Join(parts, " ")+"\n")
}

// printText writes a as print does.
func printText(a any) string {
	v := reflect.ValueOf(Unbox(a))
	switch {
	case !v.IsValid():
		return "nil"
	case v.Type() == reflect.TypeFor[words]():
		return v.String()
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return printFloat(v.Float(), v.Type().Bits())
	case v.CanComplex():
		c := v.Complex()
		bits := v.Type().Bits() / 2
		im := printFloat(imag(c), bits)
		if im[0] != '-' && im[0] != '+' {
			im = "+" + im
		}
		return "(" + printFloat(real(c), bits) + im + "i)"
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Slice:
		return fmt.Sprintf("[%d/%d]0x%x", v.Len(), v.Cap(), v.Pointer())
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Map, v.Kind() == reflect.Chan, v.Kind() == reflect.Func, v.Kind() == reflect.UnsafePointer:
		return fmt.Sprintf("0x%x", v.Pointer())
	}
	return fmt.Sprintf("(0x%x,0x%x)", 0, 0)
}

// words is how print writes an interface.
type words string

// Words returns what print writes for x, an interface value: its two words.
func Words(x any) any {
	w := *(*[2]uintptr)(unsafe.Pointer(&x))
	return words(fmt.Sprintf("(0x%x,0x%x)", w[0], w[1]))
}

// printFloat writes f, a number of that many bits, as print does.
func printFloat(f float64, bits int) string {
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// PanicText returns what Go prints of the value that a program dies of, with
// v as it was recovered from the engine.
func PanicText(v any) string {
	x := Normal(PanicValue(v))
	switch e := x.(type) {
	case nil:
		return "nil"
	case error:
		return e.Error()
	case fmt.Stringer:
		if _, ok := x.(Box); !ok {
			return e.String()
		}
	}
	if b, ok := x.(Box); ok {
		for _, name := range []string{"Error", "String"} {
			if f, ok := b.T.Method(name).(func(any) string); ok {
				return f(b)
			}
		}
	}
	rv := reflect.ValueOf(Unbox(x))
	name := typeName(x)
	switch {
	case rv.Kind() == reflect.String:
		if name == "string" {
			return rv.String()
		}
		return name + "(" + strconv.Quote(rv.String()) + ")"
	case rv.Kind() <= reflect.Complex128 && name == rv.Kind().String():
		return printText(x)
	case rv.Kind() <= reflect.Complex128:
		return name + "(" + printText(x) + ")"
	}
	return fmt.Sprintf("(%s) %s", name, printText(x))
}
