// Package slices is the source of the standard package slices for a session.
package slices

import (
	"cmp"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Sort sorts x in ascending order, NaNs first.
func Sort[S ~[]E, E cmp.Ordered](x S) {
	if !fast.Sort([]E(x)) {
		SortStableFunc(x, func(a, b E) int { return cmp.Compare(a, b) })
	}
}

// SortFunc sorts x in the order of cmp.
func SortFunc[S ~[]E, E any](x S, cmp func(a, b E) int) {
	SortStableFunc(x, cmp)
}

// SortStableFunc sorts x in the order of cmp, leaving equal elements as they
// are to each other.
func SortStableFunc[S ~[]E, E any](x S, cmp func(a, b E) int) {
	mergeSort(x, make([]E, len(x)/2), cmp)
}

// mergeSort sorts x with the help of spare, which has room for half of it. It
// makes few comparisons, because calling cmp is what costs most.
func mergeSort[E any](x, spare []E, cmp func(a, b E) int) {
	if len(x) <= 6 {
		insertionSort(x, cmp)
		return
	}
	half := len(x) / 2
	mergeSort(x[:half], spare, cmp)
	mergeSort(x[half:], spare, cmp)
	if cmp(x[half-1], x[half]) <= 0 {
		return
	}
	left := spare[:half]
	copy(left, x)
	i, j, k := 0, half, 0
	for i < half && j < len(x) {
		if cmp(x[j], left[i]) < 0 {
			x[k] = x[j]
			j++
		} else {
			x[k] = left[i]
			i++
		}
		k++
	}
	copy(x[k:], left[i:])
}

func insertionSort[E any](x []E, cmp func(a, b E) int) {
	for i := 1; i < len(x); i++ {
		v := x[i]
		j := i
		for j > 0 && cmp(v, x[j-1]) < 0 {
			x[j] = x[j-1]
			j--
		}
		x[j] = v
	}
}

// IsSorted reports whether x is in ascending order.
func IsSorted[S ~[]E, E cmp.Ordered](x S) bool {
	if sorted, ok := fast.IsSorted([]E(x)); ok {
		return sorted
	}
	return IsSortedFunc(x, func(a, b E) int { return cmp.Compare(a, b) })
}

// IsSortedFunc reports whether x is in the order of cmp.
func IsSortedFunc[S ~[]E, E any](x S, cmp func(a, b E) int) bool {
	for i := 1; i < len(x); i++ {
		if cmp(x[i], x[i-1]) < 0 {
			return false
		}
	}
	return true
}
