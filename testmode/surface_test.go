package testmode_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// B, F and M must have the methods of their models in package testing, as T
// has: signatures may differ only in that they name this package's types.
func TestMethodSets(t *testing.T) {
	model := map[reflect.Type]reflect.Type{
		reflect.TypeFor[*testmode.T]():  reflect.TypeFor[*testing.T](),
		reflect.TypeFor[*testmode.B]():  reflect.TypeFor[*testing.B](),
		reflect.TypeFor[*testmode.F]():  reflect.TypeFor[*testing.F](),
		reflect.TypeFor[*testmode.M]():  reflect.TypeFor[*testing.M](),
		reflect.TypeFor[*testmode.PB](): reflect.TypeFor[*testing.PB](),
	}
	var same func(ours, theirs reflect.Type) bool
	same = func(ours, theirs reflect.Type) bool {
		if m, ok := model[ours]; ok {
			return m == theirs
		}
		if ours.Kind() != reflect.Func || theirs.Kind() != reflect.Func {
			return ours == theirs
		}
		if ours.NumIn() != theirs.NumIn() || ours.NumOut() != theirs.NumOut() || ours.IsVariadic() != theirs.IsVariadic() {
			return false
		}
		for i := range ours.NumIn() {
			if !same(ours.In(i), theirs.In(i)) {
				return false
			}
		}
		for i := range ours.NumOut() {
			if !same(ours.Out(i), theirs.Out(i)) {
				return false
			}
		}
		return true
	}
	for ours, theirs := range model {
		for i := range theirs.NumMethod() {
			m := theirs.Method(i)
			o, ok := ours.MethodByName(m.Name)
			if !ok {
				t.Errorf("%v has no method %s", ours, m.Name)
			} else if !same(o.Type, m.Type) {
				t.Errorf("%v.%s: %v, want %v", ours, m.Name, o.Type, m.Type)
			}
		}
		for i := range theirs.Elem().NumField() {
			f := theirs.Elem().Field(i)
			if !f.IsExported() {
				continue
			}
			if o, ok := ours.Elem().FieldByName(f.Name); !ok || o.Type != f.Type {
				t.Errorf("%v has no field %s %v", ours, f.Name, f.Type)
			}
		}
	}
}

// What assertion libraries ask for.
var (
	_ interface {
		Errorf(format string, args ...any)
		FailNow()
		Helper()
		Cleanup(func())
	} = (*testmode.T)(nil)
	_ testing.TB = (*testmode.B)(nil)
	_ testing.TB = (*testmode.F)(nil)
)

// Subtests get the names that package testing gives them.
func TestSubtestNames(t *testing.T) {
	parts := []string{"a", "a#01", "a#1", "a#00", "", "#00", "#01", "b c", "b_c", "x/y", "\x00", "é\u2028", "a#02", "a#001"}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var names []string
		for range 12 {
			names = append(names, parts[rng.IntN(len(parts))])
		}
		var want []string
		t.Run("x", func(t *testing.T) {
			for _, n := range names {
				t.Run(n, func(s *testing.T) { want = append(want, strings.TrimPrefix(s.Name(), t.Name())) })
			}
		})
		var got []string
		outcome(t, func(_ *suite, t *testmode.T) {
			for _, n := range names {
				t.Run(n, func(s *testmode.T) { got = append(got, strings.TrimPrefix(s.Name(), t.Name())) })
			}
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%q:\n got %q\nwant %q", names, got, want)
		}
	}
}
