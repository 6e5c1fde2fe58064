package fast

import (
	"unsafe"
	"weak"
)

// Weak is a weak pointer to a value of any type. Two are equal if they were
// made of equal pointers. The zero value is that of a nil pointer.
type Weak struct{ p weak.Pointer[byte] }

// MakeWeak returns a weak pointer to what p points to.
func MakeWeak(p unsafe.Pointer) Weak { return Weak{weak.Make((*byte)(p))} }

// Pointer returns the pointer that w was made of, or nil if the garbage
// collector has reclaimed the value.
func (w Weak) Pointer() unsafe.Pointer { return unsafe.Pointer(w.p.Value()) }
