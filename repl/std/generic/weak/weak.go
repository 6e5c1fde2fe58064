// Package weak is the source of the standard package weak for a session.
package weak

import (
	"unsafe"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Pointer is a weak pointer to a value of type T: it does not keep the value
// from being reclaimed.
type Pointer[T any] struct {
	_ [0]*T
	p fast.Weak
}

// Make returns a weak pointer to what ptr points to.
func Make[T any](ptr *T) Pointer[T] {
	return Pointer[T]{p: fast.MakeWeak(unsafe.Pointer(ptr))}
}

// Value returns the pointer that p was made of, or nil if the value has been
// reclaimed.
func (p Pointer[T]) Value() *T {
	return (*T)(p.p.Pointer())
}
