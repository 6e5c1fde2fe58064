package fast

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// vectors works on slices of one kind of ordered element.
type vectors interface {
	sort(x reflect.Value)
	isSorted(x reflect.Value) bool
	index(x, v reflect.Value) int
	equal(x, y reflect.Value) bool
	compare(x, y reflect.Value) int
	compact(x reflect.Value) int
	max(x reflect.Value) int
	min(x reflect.Value) int
}

// vectorsOf returns what works on x, and x as a reflect.Value; or nil if x is
// not a slice of an ordered kind.
func vectorsOf(x any) (vectors, reflect.Value) {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Slice {
		return nil, v
	}
	return byKind(v.Type().Elem().Kind()), v
}

// pairOf is vectorsOf for two slices with the same type of element.
func pairOf(x, y any) (_ vectors, xv, yv reflect.Value) {
	ops, xv := vectorsOf(x)
	yv = reflect.ValueOf(y)
	if ops == nil || yv.Kind() != reflect.Slice || yv.Type().Elem() != xv.Type().Elem() {
		return nil, xv, yv
	}
	return ops, xv, yv
}

func byKind(k reflect.Kind) vectors {
	switch k {
	case reflect.Int:
		return of[int]{}
	case reflect.Int8:
		return of[int8]{}
	case reflect.Int16:
		return of[int16]{}
	case reflect.Int32:
		return of[int32]{}
	case reflect.Int64:
		return of[int64]{}
	case reflect.Uint:
		return of[uint]{}
	case reflect.Uint8:
		return of[uint8]{}
	case reflect.Uint16:
		return of[uint16]{}
	case reflect.Uint32:
		return of[uint32]{}
	case reflect.Uint64:
		return of[uint64]{}
	case reflect.Uintptr:
		return of[uintptr]{}
	case reflect.Float32:
		return of[float32]{}
	case reflect.Float64:
		return of[float64]{}
	case reflect.String:
		return of[string]{}
	}
	return nil
}

// of implements vectors for elements whose underlying type is E.
type of[E cmp.Ordered] struct{}

// view returns the elements of the slice x, whatever the name of their type.
func view[E cmp.Ordered](x reflect.Value) []E {
	return unsafe.Slice((*E)(x.UnsafePointer()), x.Len())
}

func (of[E]) sort(x reflect.Value)           { slices.Sort(view[E](x)) }
func (of[E]) isSorted(x reflect.Value) bool  { return slices.IsSorted(view[E](x)) }
func (of[E]) equal(x, y reflect.Value) bool  { return slices.Equal(view[E](x), view[E](y)) }
func (of[E]) compare(x, y reflect.Value) int { return slices.Compare(view[E](x), view[E](y)) }
func (of[E]) compact(x reflect.Value) int    { return len(slices.Compact(view[E](x))) }

func (of[E]) index(x, v reflect.Value) int {
	one := reflect.MakeSlice(x.Type(), 1, 1)
	one.Index(0).Set(v)
	return slices.Index(view[E](x), view[E](one)[0])
}

func (of[E]) max(x reflect.Value) int {
	return extreme(view[E](x), func(v, best E) bool {
		return v > best || v == best && negative(best) && !negative(v)
	})
}

func (of[E]) min(x reflect.Value) int {
	return extreme(view[E](x), func(v, best E) bool {
		return v < best || v == best && negative(v) && !negative(best)
	})
}

// extreme returns the index of the first NaN in s or, if there is none, of the
// element that none beats.
func extreme[E cmp.Ordered](s []E, beats func(v, best E) bool) int {
	best := 0
	for i, v := range s {
		if v != v {
			return i
		}
		if beats(v, s[best]) {
			best = i
		}
	}
	return best
}

// negative reports whether v is a floating-point number with the sign set. It
// tells -0 from +0.
func negative[E cmp.Ordered](v E) bool {
	switch v := any(v).(type) {
	case float32:
		return math.Signbit(float64(v))
	case float64:
		return math.Signbit(v)
	}
	return false
}
