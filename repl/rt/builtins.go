package rt

import (
	"cmp"
	"reflect"
	"unsafe"
)

// ShiftCount returns n as a shift count, and panics as Go does if it is
// negative.
func ShiftCount(n int64) uint {
	if n < 0 {
		panic(Errorf("negative shift amount"))
	}
	return uint(n)
}

// RuneString is Go's conversion of an integer to a string.
func RuneString(n int64) string {
	if n != int64(rune(n)) {
		return "\uFFFD"
	}
	return string(rune(n))
}

// NilFunc reports whether f, a function value, is nil.
func NilFunc(f any) bool {
	v := reflect.ValueOf(f)
	return !v.IsValid() || v.Kind() == reflect.Func && v.IsNil()
}

// Clear is Go's clear, for a map or a slice.
func Clear(x any) { reflect.ValueOf(x).Clear() }

// Min is Go's min.
func Min[T cmp.Ordered](x T, ys ...T) T {
	for _, y := range ys {
		x = min(x, y)
	}
	return x
}

// Max is Go's max.
func Max[T cmp.Ordered](x T, ys ...T) T {
	for _, y := range ys {
		x = max(x, y)
	}
	return x
}

// MinAny is Go's min for values of one ordered type of any kind.
func MinAny(xs ...any) any { return extreme(xs, -1) }

// MaxAny is Go's max for values of one ordered type of any kind.
func MaxAny(xs ...any) any { return extreme(xs, 1) }

func extreme(xs []any, sign int) any {
	best := reflect.ValueOf(xs[0])
	for _, x := range xs[1:] {
		v := reflect.ValueOf(x)
		var c int
		switch {
		case v.CanInt():
			c = cmp.Compare(v.Int(), best.Int())
		case v.CanUint():
			c = cmp.Compare(v.Uint(), best.Uint())
		case v.CanFloat():
			if best.Float() != best.Float() {
				return best.Interface()
			}
			if v.Float() != v.Float() {
				return x
			}
			c = cmp.Compare(v.Float(), best.Float())
		default:
			c = cmp.Compare(v.String(), best.String())
		}
		if c == sign {
			best = v
		}
	}
	return best.Interface()
}

// ToUnsafe converts a pointer or a uintptr to an unsafe.Pointer, or back from
// a named one.
func ToUnsafe(p any) unsafe.Pointer {
	v := reflect.ValueOf(p)
	switch v.Kind() {
	case reflect.Uintptr:
		u := uintptr(v.Uint())
		return *(*unsafe.Pointer)(unsafe.Pointer(&u))
	case reflect.Invalid:
		return nil
	}
	return v.UnsafePointer()
}

// FromUnsafe converts an unsafe.Pointer to the pointer type or uintptr t.
func FromUnsafe(p unsafe.Pointer, t *Type) any {
	if t.R.Kind() == reflect.Pointer {
		return reflect.NewAt(t.R.Elem(), p).Interface()
	}
	return reflect.ValueOf(uintptr(p)).Convert(t.R).Interface()
}

// UnsafeAdd is unsafe.Add.
func UnsafeAdd(p unsafe.Pointer, n int) any { return unsafe.Add(p, n) }

// UnsafeString is unsafe.String.
func UnsafeString(p *byte, n int) any { return unsafe.String(p, n) }

// UnsafeStringData is unsafe.StringData.
func UnsafeStringData(s string) any { return unsafe.StringData(s) }

// UnsafeSlice is unsafe.Slice.
func UnsafeSlice(p any, n int) any {
	v := reflect.ValueOf(p)
	t := v.Type().Elem()
	if n < 0 {
		panic(Errorf("unsafe.Slice: len out of range"))
	}
	if v.IsNil() {
		if n > 0 {
			panic(Errorf("unsafe.Slice: ptr is nil and len is not zero"))
		}
		return reflect.Zero(reflect.SliceOf(t)).Interface()
	}
	if size := t.Size(); size > 0 && uintptr(n) > (^uintptr(0)>>1)/size {
		panic(Errorf("unsafe.Slice: len out of range"))
	}
	return reflect.SliceAt(t, v.UnsafePointer(), n).Interface()
}

// UnsafeSliceData is unsafe.SliceData.
func UnsafeSliceData(s any) any {
	v := reflect.ValueOf(s)
	if v.IsNil() {
		return reflect.Zero(reflect.PointerTo(v.Type().Elem())).Interface()
	}
	return reflect.NewAt(v.Type().Elem(), v.UnsafePointer()).Interface()
}

// Append is Go's append, for slices whose type the engine does not know.
func Append(s, more any) any {
	return reflect.AppendSlice(reflect.ValueOf(s), reflect.ValueOf(more).Convert(reflect.TypeOf(s))).Interface()
}

// CloneMap returns a copy of the map m.
func CloneMap(m any) any {
	if b, ok := Normal(m).(Box); ok {
		b.V = CloneMap(b.V)
		return b
	}
	v := reflect.ValueOf(m)
	if v.IsNil() {
		return m
	}
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for it := v.MapRange(); it.Next(); {
		out.SetMapIndex(it.Key(), it.Value())
	}
	return out.Interface()
}
