package std_test

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sort"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/std"
)

// A box is a Boxed value for tests: a value and functions for its methods.
type box struct {
	value   any
	methods *map[string]any
}

func (b box) Method(name string) any { return (*b.methods)[name] }
func (b box) Value() any             { return b.value }

// wrap boxes value with methods and wraps it as the interface type name of path.
func wrap[T any](t *testing.T, path, name string, value any, methods map[string]any) T {
	t.Helper()
	w := std.Wrapper(path, name)
	if w == nil {
		t.Fatalf("no wrapper for %s.%s", path, name)
	}
	return w(box{value, &methods}).(T)
}

// ints returns the methods of a session type with underlying type []int, for *[]int.
func ints() map[string]any {
	return map[string]any{
		"Len":  func(v any) int { return len(*v.(*[]int)) },
		"Less": func(v any, i, j int) bool { s := *v.(*[]int); return s[i] < s[j] },
		"Swap": func(v any, i, j int) { s := *v.(*[]int); s[i], s[j] = s[j], s[i] },
		"Push": func(v, x any) { p := v.(*[]int); *p = append(*p, x.(int)) },
		"Pop": func(v any) any {
			p := v.(*[]int)
			x := (*p)[len(*p)-1]
			*p = (*p)[:len(*p)-1]
			return x
		},
	}
}

func TestWrapReader(t *testing.T) {
	rest := "hello"
	r := wrap[io.Reader](t, "io", "Reader", &rest, map[string]any{
		"Read": func(v any, p []byte) (int, error) {
			s := v.(*string)
			if *s == "" {
				return 0, io.EOF
			}
			n := copy(p, *s)
			*s = (*s)[n:]
			return n, nil
		},
	})
	if got, err := io.ReadAll(r); string(got) != "hello" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWrapSort(t *testing.T) {
	s := []int{3, 1, 2}
	sort.Sort(wrap[sort.Interface](t, "sort", "Interface", &s, ints()))
	if fmt.Sprint(s) != "[1 2 3]" {
		t.Errorf("got %v", s)
	}
}

func TestWrapHeap(t *testing.T) {
	s := []int{3, 1, 2}
	h := wrap[heap.Interface](t, "container/heap", "Interface", &s, ints())
	heap.Init(h)
	heap.Push(h, 0)
	if got := heap.Pop(h); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
	if got := heap.Pop(h); got != 1 {
		t.Errorf("got %v, want 1", got)
	}
}

func TestWrapHandler(t *testing.T) {
	h := wrap[http.Handler](t, "net/http", "Handler", "hi", map[string]any{
		"ServeHTTP": func(v any, w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, v, r.URL.Path) },
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/there", nil))
	if got := w.Body.String(); got != "hi/there" {
		t.Errorf("got %q", got)
	}
}

func TestWrapStringer(t *testing.T) {
	s := wrap[fmt.Stringer](t, "fmt", "Stringer", 7, map[string]any{
		"String": func(v any) string { return fmt.Sprint("seven is ", v) },
	})
	if got := fmt.Sprint(s); got != "seven is 7" {
		t.Errorf("got %q", got)
	}
}

func TestWrapContext(t *testing.T) {
	done := make(chan struct{})
	parent := wrap[context.Context](t, "context", "Context", nil, map[string]any{
		"Deadline": func(any) (time.Time, bool) { return time.Time{}, false },
		"Done":     func(any) <-chan struct{} { return done },
		"Err":      func(any) error { return context.Canceled },
		"Value":    func(_, key any) any { return key },
	})
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	if got := ctx.Value("k"); got != "k" {
		t.Errorf("Value: got %v", got)
	}
	close(done)
	<-ctx.Done()
	if err := ctx.Err(); err != context.Canceled {
		t.Errorf("Err: got %v", err)
	}
}

func TestWrappersAreComparable(t *testing.T) {
	methods := map[string]any{"String": func(v any) string { return "" }}
	other := map[string]any{}
	w := std.Wrapper("fmt", "Stringer")
	if w(box{1, &methods}) != w(box{1, &methods}) {
		t.Error("wrappers of equal boxes differ")
	}
	if w(box{1, &methods}) == w(box{2, &methods}) || w(box{1, &methods}) == w(box{1, &other}) {
		t.Error("wrappers of different boxes are equal")
	}
}

func TestUnbox(t *testing.T) {
	methods := map[string]any{}
	b := box{1, &methods}
	for _, w := range []func(std.Boxed) any{
		std.Wrapper("database/sql/driver", "Valuer"), // has a method Value of its own
		std.Wrapper("", "error"),
	} {
		if got, ok := std.Unbox(w(b)); !ok || got != std.Boxed(b) {
			t.Errorf("got %v, %t", got, ok)
		}
	}
	if _, ok := std.Unbox(1); ok {
		t.Error("an int was unboxed")
	}
}

// TestWrappersImplement checks every interface that user code can implement,
// and that no wrapper is made for another.
func TestWrappersImplement(t *testing.T) {
	count := 0
	for _, path := range std.Packages() {
		for name, symbol := range std.Symbols(path) {
			if symbol.Kind() != reflect.Pointer || !symbol.IsNil() || symbol.Type().Elem().Kind() != reflect.Interface {
				continue
			}
			iface := symbol.Type().Elem()
			w := std.Wrapper(path, name)
			if w == nil {
				continue
			}
			count++
			if v := w(nil); !reflect.TypeOf(v).Implements(iface) {
				t.Errorf("%T does not implement %s.%s", v, path, name)
			}
		}
	}
	if count < 150 {
		t.Errorf("only %d wrappers", count)
	}
	t.Logf("%d wrappers", count)
}

func TestNoWrapper(t *testing.T) {
	for _, test := range [][2]string{
		{"reflect", "Type"},             // unexported methods
		{"text/template/parse", "Node"}, // unexported methods
		{"fmt", "Println"},
		{"cmp", "Ordered"},
		{"encoding/json", "Token"}, // no methods
		{"io", "Nothing"},
		{"nowhere", "Reader"},
	} {
		if std.Wrapper(test[0], test[1]) != nil {
			t.Errorf("%s.%s has a wrapper", test[0], test[1])
		}
	}
}

func TestWrapError(t *testing.T) {
	message := func(v any) string { return fmt.Sprint(v) }
	plain := wrap[error](t, "", "error", "plain", map[string]any{"Error": message})
	if plain.Error() != "plain" || errors.Unwrap(plain) != nil || !errors.Is(plain, plain) || errors.Is(plain, io.EOF) {
		t.Errorf("a plain error is not plain: %v", plain)
	}

	wrapping := wrap[error](t, "", "error", "wrapping", map[string]any{
		"Error":  message,
		"Unwrap": func(any) error { return io.EOF },
	})
	if !errors.Is(wrapping, io.EOF) || errors.Unwrap(wrapping) != io.EOF {
		t.Error("Unwrap() error is not called")
	}

	joining := wrap[error](t, "", "error", "joining", map[string]any{
		"Error":  message,
		"Unwrap": func(any) []error { return []error{io.EOF, io.ErrNoProgress} },
	})
	if !errors.Is(joining, io.EOF) || !errors.Is(joining, io.ErrNoProgress) || errors.Unwrap(joining) != nil {
		t.Error("Unwrap() []error is not called")
	}

	var target *http.MaxBytesError
	claiming := wrap[error](t, "", "error", "claiming", map[string]any{
		"Error": message,
		"Is":    func(_ any, target error) bool { return target == io.EOF },
		"As": func(_, target any) bool {
			p, ok := target.(**http.MaxBytesError)
			if ok {
				*p = &http.MaxBytesError{Limit: 3}
			}
			return ok
		},
	})
	if !errors.Is(claiming, io.EOF) || !errors.As(claiming, &target) || target.Limit != 3 {
		t.Error("Is or As is not called")
	}
}
