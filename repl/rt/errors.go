package rt

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"unsafe"
)

// An assertionFailure is the error of a type assertion, for which Go's runtime
// has runtime.TypeAssertionError.
type assertionFailure struct{ text string }

// Error returns the text as Go's runtime words it.
func (e *assertionFailure) Error() string { return e.text }

// RuntimeError marks it as a runtime.Error.
func (e *assertionFailure) RuntimeError() {}

// Errorf returns a runtime.Error with that text after "runtime error: ".
func Errorf(format string, args ...any) error {
	err := reflect.New(reflect.TypeOf(nilDereference)).Elem()
	err.SetString(fmt.Sprintf(format, args...))
	return err.Interface().(error)
}

// nilDereference is what the runtime panics with at a nil pointer.
var nilDereference = raised(func() { *(*int)(nil) = 0 })

// raised returns the error that f, which breaks a rule of the language, panics
// with.
func raised(f func()) (err error) {
	defer func() { err = recover().(error) }()
	f()
	return nil
}

var engineTexts = []struct {
	re   *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`^reflect: (slice|array|string) index out of range`), "index out of range"},
	{regexp.MustCompile(`^reflect: call of reflect\.Value\.\w+ on zero Value`), nilText},
	{regexp.MustCompile(`^reflect\.Value\.\w+: (slice|string) (slice )?index out of bounds`), "slice bounds out of range"},
	{regexp.MustCompile(`^reflect\.Value\.Slice3?: .*out of bounds`), "slice bounds out of range"},
	{regexp.MustCompile(`^reflect(\.|: )?.*makeslice: len out of range|^reflect\.MakeSlice: negative len`), "makeslice: len out of range"},
	{regexp.MustCompile(`^reflect\.MakeSlice: (negative cap|len > cap)`), "makeslice: cap out of range"},
	{regexp.MustCompile(`^reflect: call of reflect\.Value\.Call on zero Value|reflect\.Value\.Call: call of nil function|^reflect: function created by MakeFunc.* nil`), nilText},
	{regexp.MustCompile(`^reflect: .*(on zero Value|on nil interface value|nil pointer|Call using zero Value argument)|reflect\.flag\.mustBeAssignable using (unaddressable|zero) [vV]alue|reflect\.Set: value of type <nil>`), nilText},
}

var sliceToArray = regexp.MustCompile(`^reflect: cannot convert slice with length (\d+) to .*array with length (\d+)`)

const nilText = "invalid memory address or nil pointer dereference"

// EnginePanic is set by the engine: it returns the value inside the engine's own
// wrapping of a panic.
var EnginePanic = func(v any) (any, bool) { return nil, false }

// PanicValue returns what the user's program panicked with, given what was
// recovered from the engine: the engine's own wrapping is removed, and the
// texts of its checks are replaced by Go's.
func PanicValue(v any) any {
	for {
		if inner, ok := EnginePanic(v); ok {
			v = inner
			continue
		}
		switch p := v.(type) {
		case runtime.Error:
			s := p.Error()
			if strings.HasPrefix(s, "reflect") {
				return engineText(s, v)
			}
			if s == "runtime: allocation size out of range" {
				return Errorf("makeslice: len out of range")
			}
			if _, name, ok := strings.Cut(s, "hash of unhashable type"); ok {
				return Errorf("hash of unhashable type %s", sessionName(strings.TrimLeft(name, ": ")))
			}
			return v
		case error:
			if s := p.Error(); strings.HasPrefix(s, "reflect") {
				return engineText(s, v)
			}
			return v
		case string:
			return engineText(p, v)
		}
		return v
	}
}

// sessionName returns the name of the session type whose representation the
// runtime names so, or that name itself.
func sessionName(name string) string {
	byRepresentation.Range(func(k, v any) bool {
		if k.(reflect.Type).String() == name {
			name = v.(*Type).String()
			return false
		}
		return true
	})
	return name
}

func engineText(s string, v any) any {
	if !strings.HasPrefix(s, "reflect") {
		return v
	}
	if strings.HasPrefix(s, "reflect.MakeChan: negative") {
		return makeChanSize{}
	}
	if m := sliceToArray.FindStringSubmatch(s); m != nil {
		return Errorf("cannot convert slice with length %s to array or pointer to array with length %s", m[1], m[2])
	}
	for _, e := range engineTexts {
		if e.re.MatchString(s) {
			if e.text == nilText {
				return nilDereference
			}
			return Errorf("%s", e.text)
		}
	}
	return v
}

// ErrGoexit is what Goexit unwinds a goroutine of the session with.
var ErrGoexit = errors.New("runtime.Goexit")

// IndexPanic panics as an index expression does whose index i, of any integer
// type, is not within length n.
func IndexPanic(i any, n int) {
	of := make([]struct{}, n)
	if v := reflect.ValueOf(i); v.CanInt() {
		_ = of[v.Int()]
	} else {
		_ = of[v.Uint()]
	}
}

// WrapPanic panics as a method does that is declared for values of the type recv
// when it is called through a nil pointer.
func WrapPanic(recv, method string) {
	t := recv[strings.LastIndexByte(recv, '/')+1:]
	panic(&assertionFailure{"value method " + t + "." + method + " called using nil *" + t[strings.IndexByte(t, '.')+1:] + " pointer"})
}

// MakePanic panics as make does when the length or the capacity of a slice is
// wrong: there may be limit elements, and the length is n.
func MakePanic(n, limit int) {
	if n < 0 || n > limit {
		panic(Errorf("makeslice: len out of range"))
	}
	panic(Errorf("makeslice: cap out of range"))
}

// SlicePanic panics as a slice expression does whose bounds are wrong. A bound
// that is not there is nil; top is the capacity of a slice, else the length.
func SlicePanic(low, high, limit any, top int, isSlice bool) {
	exact := true
	// What is more than an int can be counts as one that is too large.
	at := func(bound any) int {
		v := reflect.ValueOf(bound)
		switch {
		case v.CanInt():
			return int(v.Int())
		case v.CanUint():
			exact = exact && v.Uint() <= math.MaxInt
			return int(min(v.Uint(), math.MaxInt))
		}
		return 0
	}
	unit := "length"
	if isSlice {
		unit = "capacity"
	}
	lo, hi, m := at(low), at(high), at(limit)
	// The runtime says length of an array's capacity, and an array cannot be had.
	if exact && (isSlice || limit == nil || m <= top) {
		slice(lo, hi, m, top, high != nil, limit != nil, isSlice)
	}
	switch {
	case limit != nil && m < 0:
		panic(Errorf("slice bounds out of range [::%d]", m))
	case limit != nil && m > top:
		panic(Errorf("slice bounds out of range [::%d] with %s %d", limit, unit, top))
	case limit != nil && hi < 0:
		panic(Errorf("slice bounds out of range [:%d:]", hi))
	case limit != nil && hi > m:
		panic(Errorf("slice bounds out of range [:%d:%d]", high, limit))
	case limit != nil && lo < 0:
		panic(Errorf("slice bounds out of range [%d::]", lo))
	case limit != nil:
		panic(Errorf("slice bounds out of range [%d:%d:]", low, high))
	case high != nil && hi < 0:
		panic(Errorf("slice bounds out of range [:%d]", hi))
	case high != nil && hi > top:
		panic(Errorf("slice bounds out of range [:%d] with %s %d", high, unit, top))
	case lo < 0:
		panic(Errorf("slice bounds out of range [%d:]", lo))
	case high != nil:
		panic(Errorf("slice bounds out of range [%d:%d]", low, high))
	}
	panic(Errorf("slice bounds out of range [%d:%d]", low, top))
}

// slice evaluates a slice expression of that form, so that the runtime panics.
func slice(low, high, limit, top int, hasHigh, hasLimit, isSlice bool) {
	of := make([]struct{}, top)
	text := unsafe.String(new(byte), top) // none of it is looked at
	switch {
	case hasLimit:
		_ = of[low:high:limit]
	case isSlice && hasHigh:
		_ = of[low:high]
	case isSlice:
		_ = of[low:]
	case hasHigh:
		_ = text[low:high]
	default:
		_ = text[low:]
	}
}

// A StackOverflow is the panic of a function that has called itself, directly
// or not, more often than the engine can bear. A program cannot recover it.
type StackOverflow struct {
	// Function is the name of the function.
	Function string
	// Depth is the number of calls under way that are allowed.
	Depth int
}

// Error returns a text that names the function.
func (e *StackOverflow) Error() string {
	return fmt.Sprintf("stack overflow: %s recurses without end (more than %d calls under way)", e.Function, e.Depth)
}
