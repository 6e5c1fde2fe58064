package rt

import (
	"errors"
	"flag"
	"fmt"
	"go/types"
	"io"
	"maps"
	"reflect"
	"sort"
)

// Host is what the session lends to compiled functions that it stands in for.
type Host struct {
	// Stdout returns the writer for the standard output of the code that
	// runs now.
	Stdout func() io.Writer
	// Stderr likewise.
	Stderr func() io.Writer
	// Stdin is what fmt.Scan and its kin read.
	Stdin io.Reader
	// Exit ends the program as os.Exit would; it may panic, and does not
	// return.
	Exit func(code int)
}

// Overrides returns functions that take the place of compiled ones, by import
// path and name, as in "fmt.Print" and "encoding/json.(*Encoder).Encode": those that print, since only a session knows the types of its
// values and where its output goes; those that look into values with reflect,
// which get the representation instead of the box; and those that would end or
// bind the process.
func Overrides(h Host) map[string]reflect.Value {
	m := map[string]any{
		"fmt.Print":   func(a ...any) (int, error) { return fmt.Fprint(h.Stdout(), Operands(a)...) },
		"fmt.Println": func(a ...any) (int, error) { return fmt.Fprintln(h.Stdout(), Args(a)...) },
		"fmt.Printf": func(f string, a ...any) (int, error) {
			f, a = Format(f, a)
			return fmt.Fprintf(h.Stdout(), f, a...)
		},
		"fmt.Fprint":   func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(w, Operands(a)...) },
		"fmt.Fprintln": func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(w, Args(a)...) },
		"fmt.Fprintf": func(w io.Writer, f string, a ...any) (int, error) {
			f, a = Format(f, a)
			return fmt.Fprintf(w, f, a...)
		},
		"fmt.Sprint":   func(a ...any) string { return fmt.Sprint(Operands(a)...) },
		"fmt.Sprintln": func(a ...any) string { return fmt.Sprintln(Args(a)...) },
		"fmt.Sprintf": func(f string, a ...any) string {
			f, a = Format(f, a)
			return fmt.Sprintf(f, a...)
		},
		"fmt.Append":   func(b []byte, a ...any) []byte { return fmt.Append(b, Operands(a)...) },
		"fmt.Appendln": func(b []byte, a ...any) []byte { return fmt.Appendln(b, Args(a)...) },
		"fmt.Appendf": func(b []byte, f string, a ...any) []byte {
			f, a = Format(f, a)
			return fmt.Appendf(b, f, a...)
		},
		"fmt.Errorf": func(f string, a ...any) error {
			f, a = prepare(f, a, true)
			return fmt.Errorf(f, a...)
		},
		"fmt.Scan":    func(a ...any) (int, error) { return fmt.Fscan(h.Stdin, scanned(a)...) },
		"fmt.Scanln":  func(a ...any) (int, error) { return fmt.Fscanln(h.Stdin, scanned(a)...) },
		"fmt.Scanf":   func(f string, a ...any) (int, error) { return fmt.Fscanf(h.Stdin, f, scanned(a)...) },
		"fmt.Sscan":   func(s string, a ...any) (int, error) { return fmt.Sscan(s, scanned(a)...) },
		"fmt.Sscanf":  func(s, f string, a ...any) (int, error) { return fmt.Sscanf(s, f, scanned(a)...) },
		"fmt.Sscanln": func(s string, a ...any) (int, error) { return fmt.Sscanln(s, scanned(a)...) },
		"fmt.Fscan":   func(r io.Reader, a ...any) (int, error) { return fmt.Fscan(r, scanned(a)...) },
		"fmt.Fscanln": func(r io.Reader, a ...any) (int, error) { return fmt.Fscanln(r, scanned(a)...) },
		"fmt.Fscanf":  func(r io.Reader, f string, a ...any) (int, error) { return fmt.Fscanf(r, f, scanned(a)...) },

		"errors.As": ErrorsAs,

		"flag.(*FlagSet).Var": flagVar,
		"flag.Var":            func(v flag.Value, name, usage string) { flagVar(flag.CommandLine, v, name, usage) },

		"sort.Slice":         func(x any, less func(i, j int) bool) { sort.Slice(Unbox(x), less) },
		"sort.SliceStable":   func(x any, less func(i, j int) bool) { sort.SliceStable(Unbox(x), less) },
		"sort.SliceIsSorted": func(x any, less func(i, j int) bool) bool { return sort.SliceIsSorted(Unbox(x), less) },

		"os.Exit":                h.Exit,
		"runtime.Goexit":         Goexit,
		"runtime.Breakpoint":     func() { panic("runtime.Breakpoint: there is no debugger") },
		"runtime.LockOSThread":   func() {},
		"runtime.UnlockOSThread": func() {},
	}
	maps.Copy(m, encodings())
	maps.Copy(m, reflections())
	maps.Copy(m, templates())
	maps.Copy(m, logs())
	maps.Copy(m, databases())
	out := make(map[string]reflect.Value, len(m))
	for k, v := range m {
		out[k] = reflect.ValueOf(v)
	}
	return out
}

// ErrorsAs is errors.As, for targets that may be of session types.
func ErrorsAs(err error, target any) bool {
	b, ok := Normal(target).(Box)
	if !ok {
		return errors.As(err, target)
	}
	p, ok := b.T.T.Underlying().(*types.Pointer)
	if !ok {
		panic("errors: target must be a non-nil pointer")
	}
	dst := reflect.ValueOf(b.V)
	if dst.IsNil() {
		panic("errors: target must be a non-nil pointer")
	}
	want := b.T.reg.Of(p.Elem())
	_, isIface := p.Elem().Underlying().(*types.Interface)
	var walk func(err error) bool
	walk = func(err error) bool {
		for err != nil {
			x := Normal(err)
			if isIface {
				if _, ok := implements(x, want); ok {
					dst.Elem().Set(reflect.ValueOf(x))
					return true
				}
			} else if holds(x, want) {
				dst.Elem().Set(reflect.ValueOf(Unbox(x)))
				return true
			}
			if as, ok := err.(interface{ As(any) bool }); ok && as.As(target) {
				return true
			}
			switch u := err.(type) {
			case interface{ Unwrap() error }:
				err = u.Unwrap()
			case interface{ Unwrap() []error }:
				for _, e := range u.Unwrap() {
					if walk(e) {
						return true
					}
				}
				return false
			default:
				return false
			}
		}
		return false
	}
	return walk(err)
}

// DeepEqual is reflect.DeepEqual, for values that may be of session types.
func DeepEqual(a, b any) bool {
	a, b = Normal(a), Normal(b)
	x, ok := a.(Box)
	y, ok2 := b.(Box)
	if ok != ok2 || ok && x.T != y.T {
		return false
	}
	return reflect.DeepEqual(Unbox(a), Unbox(b))
}
