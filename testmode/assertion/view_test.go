package assertion_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// A viewed value is one of Go's, shown as a host shows those it interprets.
type viewed struct{ v reflect.Value }

var _ assertion.View = viewed{}

// view wraps structs, and what has parts that are; the rest stays plain.
func view(v any) any {
	switch v.(type) {
	case error, fmt.Stringer, []byte:
		return v
	}
	return viewOf(reflect.ValueOf(v))
}

func viewOf(v reflect.Value) any {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Array, reflect.Pointer:
		return viewed{v}
	case reflect.Invalid:
		return nil
	}
	return v.Interface()
}

func (w viewed) ViewType() string {
	return strings.ReplaceAll(w.v.Type().String(), "interface {}", "any")
}
func (w viewed) ViewKind() reflect.Kind { return w.v.Kind() }
func (w viewed) ViewIndex(i int) any    { return viewOf(w.v.Index(i)) }
func (w viewed) ViewElem() any          { return viewOf(w.v.Elem()) }

func (w viewed) ViewLen() int {
	switch w.v.Kind() {
	case reflect.Struct:
		return w.v.NumField()
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if w.v.IsNil() {
			return -1
		}
		if w.v.Kind() == reflect.Pointer {
			return 1
		}
	}
	return w.v.Len()
}

func (w viewed) ViewField(i int) (string, any) {
	return w.v.Type().Field(i).Name, viewOf(w.v.Field(i))
}

func (w viewed) ViewKeys() []any {
	keys := w.v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
	var list []any
	for _, k := range keys {
		list = append(list, k.Interface())
	}
	return list
}

func (w viewed) ViewKey(k any) any { return viewOf(w.v.MapIndex(reflect.ValueOf(k))) }

// Values of types that only the host knows are explained as others are.
func TestViewsAreExplainedAlike(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("BUILD_NUMBER", "")
	for _, cond := range []string{
		"len(g()) == 3", "p.X == 2", "pp.X == 2", "p.Sum(2) == 2", `d["k"][0] == 9`, "slices.Equal(l123, l124)", "slices.Equal(l123, l12)",
		"slices.Equal(l60, l77)", "reflect.DeepEqual(fruit, fruit2)", "reflect.DeepEqual(m1, m2)", "reflect.DeepEqual(n1, n2)",
		"reflect.DeepEqual(set1, set2)", "p == q", "reflect.DeepEqual(o1, o2)", "pp == np", "anyone == i32", "red == green",
		"reflect.DeepEqual(big, empty)", "pp == pr", "reflect.DeepEqual(nils, empties)", "reflect.DeepEqual(arr1, arr2)", "reflect.DeepEqual(mixed1, mixed2)",
	} {
		w := env{"pr": &P{1, 2, "p"}, "nils": []int(nil), "empties": []int{}, "arr1": [2]int{1, 2}, "arr2": [2]int{1, 3},
			"mixed1": []any{1, "a", nil, P{}}, "mixed2": []any{1, "a", nil, &P{}}}
		for k, v := range world {
			w[k] = v
		}
		for verbosity := range 3 {
			plain := explain(t, cond, w, verbosity)
			record = view
			viewed := explain(t, cond, w, verbosity)
			record = func(v any) any { return v }
			if diff := cmp.Diff(plain, viewed); diff != "" {
				t.Errorf("%s at %d (-plain +viewed):\n%s", cond, verbosity, diff)
			}
		}
	}
}

// A celsius is a value of a host's type of a basic kind.
type celsius struct {
	viewed
	degrees float64
}

func (celsius) ViewType() string       { return "main.Celsius" }
func (celsius) ViewKind() reflect.Kind { return reflect.Float64 }
func (celsius) ViewLen() int           { return 0 }
func (c celsius) ViewElem() any        { return c.degrees }

func TestViewOfABasicKind(t *testing.T) {
	for v, want := range map[float64]string{36.6: "main.Celsius(36.6)", 0: "main.Celsius(0)"} {
		if got := assertion.Repr(celsius{degrees: v}, 80); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	got := explain(t, "hot == cold", env{"hot": celsius{degrees: 40}, "cold": celsius{degrees: 15.5}}, 0)
	if want := "assert main.Celsius(40) == main.Celsius(15.5)\n  \n  Difference: 24.5"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestFailure(t *testing.T) {
	f := &assertion.Failure{Explanation: []string{"assert 1 == 2"}}
	if f.Error() != "assert 1 == 2" {
		t.Error(f.Error())
	}
	f.Message = "values\ndiffer"
	if f.Error() != "AssertionError: values\ndiffer\nassert 1 == 2" {
		t.Error(f.Error())
	}
}

func TestGuard(t *testing.T) {
	type pair struct {
		Server *http.Server
		Tags   map[string]int
		Err    error
		Near   *struct{ N int }
	}
	v := pair{&http.Server{Addr: ":80"}, map[string]int{"a": 1}, errors.New("no"), &struct{ N int }{3}}
	const rest = `Err: errors.New("no"), Near: &struct { N int }{N: 3}}`
	for maps, tags := range map[bool]string{true: `map[string]int{"a": 1}`, false: `map[string]int{...}`} {
		want := `assertion_test.pair{Server: &http.Server{...}, Tags: ` + tags + `, ` + rest
		if got := assertion.Text(assertion.Guard(v, maps), 200, 1000); got != want {
			t.Errorf("maps %v:\n%s\nnot\n%s", maps, got, want)
		}
	}
	if got := assertion.Repr(assertion.Guard(&v, false), 240); got != "&assertion_test.pair{...}" {
		t.Error(got)
	}
	if got := assertion.Text(assertion.Guard((*http.Server)(nil), false), 20, 1000); got != "(*http.Server)(nil)" {
		t.Error(got)
	}
	if got := assertion.Text(assertion.Guard([]*http.Server{{}}, true), 10, 1000); got != "[]*http.Server{\n    &http.Server{...},\n}" {
		t.Error(got)
	}
}
