package fast_test

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

type celsius float64

// TestKinds sorts and searches a slice of every ordered kind.
func TestKinds(t *testing.T) {
	for _, x := range []any{
		[]int{3, 1, 2}, []int8{3, 1, 2}, []int16{3, 1, 2}, []int32{3, 1, 2}, []int64{3, 1, 2},
		[]uint{3, 1, 2}, []uint8{3, 1, 2}, []uint16{3, 1, 2}, []uint32{3, 1, 2}, []uint64{3, 1, 2}, []uintptr{3, 1, 2},
		[]float32{3, 1, 2}, []float64{3, 1, 2}, []celsius{3, 1, 2}, []string{"c", "a", "b"},
	} {
		v := reflect.ValueOf(x)
		one, two, three := v.Index(1).Interface(), v.Index(2).Interface(), v.Index(0).Interface()
		if i, ok := fast.Max(x); i != 0 || !ok {
			t.Errorf("Max(%v) = %d, %t", x, i, ok)
		}
		if i, ok := fast.Min(x); i != 1 || !ok {
			t.Errorf("Min(%v) = %d, %t", x, i, ok)
		}
		if sorted, ok := fast.IsSorted(x); sorted || !ok {
			t.Errorf("IsSorted(%v) = %t, %t", x, sorted, ok)
		}
		if !fast.Sort(x) || v.Index(0).Interface() != one || v.Index(1).Interface() != two || v.Index(2).Interface() != three {
			t.Errorf("sorted: %v", x)
		}
		if i, ok := fast.Index(x, two); i != 1 || !ok {
			t.Errorf("Index(%v, %v) = %d, %t", x, two, i, ok)
		}
		if equal, ok := fast.Equal(x, x); !equal || !ok {
			t.Errorf("Equal(%v, %v) = %t, %t", x, x, equal, ok)
		}
		if c, ok := fast.Compare(x, v.Slice(1, 3).Interface()); c != -1 || !ok {
			t.Errorf("Compare = %d, %t", c, ok)
		}
		if n, ok := fast.Compact(x); n != 3 || !ok {
			t.Errorf("Compact(%v) = %d, %t", x, n, ok)
		}
		if !fast.Reverse(x) || v.Index(0).Interface() != three {
			t.Errorf("reversed: %v", x)
		}
	}
}

// TestRefusals checks that what cannot be served is refused, not guessed.
func TestRefusals(t *testing.T) {
	for _, x := range []any{nil, 3, "abc", [2]int{2, 1}, []bool{true}, []any{2, 1}, []struct{ int }{{1}}, map[int]int{}} {
		_, sorted := fast.IsSorted(x)
		_, index := fast.Index(x, 2)
		_, equal := fast.Equal(x, x)
		_, compare := fast.Compare(x, x)
		_, compact := fast.Compact(x)
		_, greatest := fast.Max(x)
		_, least := fast.Min(x)
		if fast.Sort(x) || sorted || index || equal || compare || compact || greatest || least {
			t.Errorf("%#v is not refused", x)
		}
		if got, want := fast.Reverse(x), reflect.ValueOf(x).Kind() == reflect.Slice; got != want {
			t.Errorf("Reverse(%#v) = %t", x, got)
		}
	}
	if _, ok := fast.Index([]int{1}, int8(1)); ok {
		t.Error("an int8 was looked for among ints")
	}
	if _, ok := fast.Equal([]celsius{1}, []float64{1}); ok {
		t.Error("slices of different types were compared")
	}
	if _, ok := fast.Max([]int{}); ok {
		t.Error("an empty slice has a greatest element")
	}
}

func TestExtremeFloats(t *testing.T) {
	minusZero := math.Copysign(0, -1)
	for _, test := range []struct {
		x        []float64
		max, min int
	}{
		{[]float64{1, math.NaN(), 2}, 1, 1},
		{[]float64{minusZero, 0}, 1, 0},
		{[]float64{0, minusZero}, 0, 1},
		{[]float64{2, 2}, 0, 0},
	} {
		greatest, _ := fast.Max(test.x)
		least, _ := fast.Min(test.x)
		if greatest != test.max || least != test.min {
			t.Errorf("%v: Max at %d, Min at %d; want %d, %d", test.x, greatest, least, test.max, test.min)
		}
	}
}

func TestEmptyAndNil(t *testing.T) {
	for _, x := range [][]int{nil, {}} {
		if !fast.Sort(x) || !fast.Reverse(x) {
			t.Errorf("%#v is refused", x)
		}
		if i, ok := fast.Index(x, 1); i != -1 || !ok {
			t.Errorf("Index = %d, %t", i, ok)
		}
		if n, ok := fast.Compact(x); n != 0 || !ok {
			t.Errorf("Compact = %d, %t", n, ok)
		}
	}
}

func TestPull(t *testing.T) {
	var current int
	next, stop := fast.Pull(func(yield func() bool) {
		for _, current = range []int{1, 2, 3} {
			if !yield() {
				return
			}
		}
	})
	defer stop()
	var got []int
	for next() {
		got = append(got, current)
	}
	if !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("got %v", got)
	}
}
