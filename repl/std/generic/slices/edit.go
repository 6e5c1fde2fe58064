package slices

import "github.com/asyncrepl/asyncrepl/repl/std/fast"

// Insert puts v... into s at index i.
func Insert[S ~[]E, E any](s S, i int, v ...E) S {
	tail := s[i:]
	if len(v) == 0 {
		return s
	}
	tail = append(S(nil), tail...) // v may share its memory
	return append(append(s[:i], v...), tail...)
}

// Delete removes s[i:j] from s and zeroes what is left over at its end.
func Delete[S ~[]E, E any](s S, i, j int) S {
	_ = s[i:j:len(s)]
	if i == j {
		return s
	}
	r := append(s[:i], s[j:]...)
	clear(s[len(r):])
	return r
}

// DeleteFunc removes the elements for which del returns true and zeroes what
// is left over at the end of s.
func DeleteFunc[S ~[]E, E any](s S, del func(E) bool) S {
	n := IndexFunc(s, del)
	if n < 0 {
		return s
	}
	for i := n + 1; i < len(s); i++ {
		v := s[i]
		if !del(v) {
			s[n] = v
			n++
		}
	}
	clear(s[n:])
	return s[:n]
}

// Replace puts v... in the place of s[i:j] and, if s becomes shorter, zeroes
// what is left over at its end.
func Replace[S ~[]E, E any](s S, i, j int, v ...E) S {
	tail := s[j:]
	_ = s[i:j]
	tail = append(S(nil), tail...) // v may share its memory
	r := append(append(s[:i], v...), tail...)
	if len(r) < len(s) {
		clear(s[len(r):])
	}
	return r
}

// Compact keeps one of each run of equal elements and zeroes what is left over
// at the end of s.
func Compact[S ~[]E, E comparable](s S) S {
	if n, ok := fast.Compact([]E(s)); ok {
		return s[:n]
	}
	return CompactFunc(s, func(a, b E) bool { return a == b })
}

// CompactFunc keeps the first of each run of elements that are equal by eq and
// zeroes what is left over at the end of s.
func CompactFunc[S ~[]E, E any](s S, eq func(E, E) bool) S {
	if len(s) < 2 {
		return s
	}
	n := 1
	for i := 1; i < len(s); i++ {
		v := s[i]
		if !eq(s[n-1], v) {
			s[n] = v
			n++
		}
	}
	clear(s[n:])
	return s[:n]
}

// Reverse reverses the elements of s in place.
func Reverse[S ~[]E, E any](s S) {
	if fast.Reverse([]E(s)) {
		return
	}
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}
