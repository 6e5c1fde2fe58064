// Package cmp is the source of the standard package cmp for a session.
package cmp

// Ordered permits any ordered type: any type that supports the operators
// < <= >= >.
type Ordered interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 |
		~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr |
		~float32 | ~float64 |
		~string
}

// Less reports whether x is less than y. A NaN is less than any other number.
func Less[T Ordered](x, y T) bool {
	return x < y || x != x && y == y
}

// Compare returns -1 if x is less than y, 0 if x equals y, and +1 if x is
// greater than y. A NaN is less than any other number and equal to a NaN.
func Compare[T Ordered](x, y T) int {
	if x < y {
		return -1
	}
	if x > y {
		return +1
	}
	if x == y {
		return 0
	}
	if x == x { // so y is a NaN
		return +1
	}
	if y == y {
		return -1
	}
	return 0
}

// Or returns the first of its arguments that is not the zero value, or the
// zero value if there is none.
func Or[T comparable](vals ...T) T {
	var zero T
	for _, v := range vals {
		if v != zero {
			return v
		}
	}
	return zero
}
