// Package atomic is the source of the generic part of the standard package
// sync/atomic for a session.
package atomic

import (
	"sync/atomic"
	"unsafe"
)

// A Pointer is an atomic pointer of type *T. The zero value is a nil *T.
type Pointer[T any] struct {
	_ [0]*T
	p unsafe.Pointer
}

// Load returns the pointer stored in x.
func (x *Pointer[T]) Load() *T {
	return (*T)(atomic.LoadPointer(&x.p))
}

// Store stores val in x.
func (x *Pointer[T]) Store(val *T) {
	atomic.StorePointer(&x.p, unsafe.Pointer(val))
}

// Swap stores new in x and returns what was there.
func (x *Pointer[T]) Swap(new *T) (old *T) {
	return (*T)(atomic.SwapPointer(&x.p, unsafe.Pointer(new)))
}

// CompareAndSwap stores new in x if old is there, and reports whether it did.
func (x *Pointer[T]) CompareAndSwap(old, new *T) (swapped bool) {
	return atomic.CompareAndSwapPointer(&x.p, unsafe.Pointer(old), unsafe.Pointer(new))
}
