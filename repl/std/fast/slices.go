package fast

import "reflect"

// Sort sorts the slice x in ascending order, NaNs first. It reports whether it
// did: the elements must be of an ordered kind.
func Sort(x any) bool {
	ops, v := vectorsOf(x)
	if ops == nil {
		return false
	}
	ops.sort(v)
	return true
}

// IsSorted reports whether the slice x is sorted in ascending order; ok is
// false if its elements are of no ordered kind.
func IsSorted(x any) (sorted, ok bool) {
	ops, v := vectorsOf(x)
	if ops == nil {
		return false, false
	}
	return ops.isSorted(v), true
}

// Index returns the index of the first element of x that equals v, or -1; ok
// is false if the elements are of no ordered kind or v has another type.
func Index(x, v any) (i int, ok bool) {
	ops, xv := vectorsOf(x)
	if ops == nil || xv.Type().Elem() != reflect.TypeOf(v) {
		return 0, false
	}
	return ops.index(xv, reflect.ValueOf(v)), true
}

// Equal reports whether the slices x and y have equal elements; ok is false if
// these are not of one type and an ordered kind.
func Equal(x, y any) (equal, ok bool) {
	ops, xv, yv := pairOf(x, y)
	if ops == nil {
		return false, false
	}
	return ops.equal(xv, yv), true
}

// Compare compares the slices x and y element by element; ok is false if these
// are not of one type and an ordered kind.
func Compare(x, y any) (c int, ok bool) {
	ops, xv, yv := pairOf(x, y)
	if ops == nil {
		return 0, false
	}
	return ops.compare(xv, yv), true
}

// Compact keeps one of each run of equal elements of x, zeroes what is left
// over at the end, and returns how many were kept; ok is false, and x
// unchanged, if the elements are of no ordered kind.
func Compact(x any) (n int, ok bool) {
	ops, v := vectorsOf(x)
	if ops == nil {
		return 0, false
	}
	return ops.compact(v), true
}

// Max returns the index of the greatest element of x, or of a NaN if there is
// one; ok is false if x is empty or its elements are of no ordered kind.
func Max(x any) (i int, ok bool) {
	ops, v := vectorsOf(x)
	if ops == nil || v.Len() == 0 {
		return 0, false
	}
	return ops.max(v), true
}

// Min returns the index of the least element of x, or of a NaN if there is
// one; ok is false if x is empty or its elements are of no ordered kind.
func Min(x any) (i int, ok bool) {
	ops, v := vectorsOf(x)
	if ops == nil || v.Len() == 0 {
		return 0, false
	}
	return ops.min(v), true
}

// Reverse reverses the elements of x in place and reports whether it did: x
// must be a slice.
func Reverse(x any) bool {
	if reflect.TypeOf(x) == nil || reflect.TypeOf(x).Kind() != reflect.Slice {
		return false
	}
	swap := reflect.Swapper(x)
	for i, j := 0, reflect.ValueOf(x).Len()-1; i < j; i, j = i+1, j-1 {
		swap(i, j)
	}
	return true
}
