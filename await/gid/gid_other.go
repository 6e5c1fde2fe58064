//go:build !amd64 && !arm64

package gid

import (
	"runtime"
	"unsafe"
)

// id parses the number in "goroutine 123 [running]:".
func id() uintptr {
	var buf [64]byte
	n := runtime.Stack(buf[:], false)
	var v uintptr
	for _, c := range buf[len("goroutine "):n] {
		if c < '0' || c > '9' {
			break
		}
		v = v*10 + uintptr(c-'0')
	}
	return v
}

func fetchRecord(uintptr)          {}
func fetchStack(uintptr)           {}
func fetch(unsafe.Pointer)         {}
func fetchCaptured(unsafe.Pointer) {}

func growStack() {}

const canLook = false

func word(uintptr) uintptr { return 0 }
func locks() uint32        { return 0 }
