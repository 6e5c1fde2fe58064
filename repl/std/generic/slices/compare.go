package slices

import (
	"cmp"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Equal reports whether s1 and s2 have the same length and equal elements.
func Equal[S ~[]E, E comparable](s1, s2 S) bool {
	if len(s1) != len(s2) {
		return false
	}
	if equal, ok := fast.Equal([]E(s1), []E(s2)); ok {
		return equal
	}
	for i, v := range s1 {
		if v != s2[i] {
			return false
		}
	}
	return true
}

// EqualFunc is like Equal, but compares elements with eq.
func EqualFunc[S1 ~[]E1, S2 ~[]E2, E1, E2 any](s1 S1, s2 S2, eq func(E1, E2) bool) bool {
	if len(s1) != len(s2) {
		return false
	}
	for i, v := range s1 {
		if !eq(v, s2[i]) {
			return false
		}
	}
	return true
}

// Compare compares the elements of s1 and s2 until they differ; if one slice
// ends before that, it is the lesser.
func Compare[S ~[]E, E cmp.Ordered](s1, s2 S) int {
	if c, ok := fast.Compare([]E(s1), []E(s2)); ok {
		return c
	}
	return CompareFunc(s1, s2, func(a, b E) int { return cmp.Compare(a, b) })
}

// CompareFunc is like Compare, but compares elements with cmp.
func CompareFunc[S1 ~[]E1, S2 ~[]E2, E1, E2 any](s1 S1, s2 S2, cmp func(E1, E2) int) int {
	for i, v := range s1 {
		if i >= len(s2) {
			return +1
		}
		if c := cmp(v, s2[i]); c != 0 {
			return c
		}
	}
	if len(s1) < len(s2) {
		return -1
	}
	return 0
}
