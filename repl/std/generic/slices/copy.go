package slices

// Clone returns a shallow copy of s, nil if s is nil.
func Clone[S ~[]E, E any](s S) S {
	return append(s[:0:0], s...)
}

// Clip returns s without unused capacity.
func Clip[S ~[]E, E any](s S) S {
	return s[:len(s):len(s)]
}

// Grow returns s with capacity for another n elements.
func Grow[S ~[]E, E any](s S, n int) S {
	if n < 0 {
		panic("cannot be negative")
	}
	if missing := n - (cap(s) - len(s)); missing > 0 {
		s = append(s[:cap(s)], make([]E, missing)...)[:len(s)]
	}
	return s
}

// Concat returns a new slice of the elements of all slices, nil if there are none.
func Concat[S ~[]E, E any](slices ...S) S {
	size := 0
	for _, s := range slices {
		size += len(s)
	}
	if size < 0 {
		panic("len out of range")
	}
	r := Grow[S](nil, size)
	for _, s := range slices {
		r = append(r, s...)
	}
	return r
}

// Repeat returns a new slice with the elements of x, count times over.
func Repeat[S ~[]E, E any](x S, count int) S {
	if count < 0 {
		panic("cannot be negative")
	}
	size := len(x) * count
	if count > 0 && size/count != len(x) {
		panic("the result of (len(x) * count) overflows")
	}
	r := make(S, size)
	for n := copy(r, x); 0 < n && n < size; {
		n += copy(r[n:], r[:n])
	}
	return r
}
