// Package gid tells running goroutines apart.
//
// It answers one question, cheaply enough to be asked at every wait: is the
// goroutine that runs now the one that was seen before?
package gid

// ID returns a number that identifies the running goroutine while it lives.
// No two living goroutines share it, it never is zero, and it does not change
// during a goroutine's life; after the goroutine's end another one may get it.
// It says nothing else: it is not the number that stack traces print.
//
// On amd64 and arm64 it is the address of the runtime's record of the
// goroutine, read from the register or thread slot that holds it (about 2 ns).
// Elsewhere it is parsed from a stack trace (about 1 µs).
func ID() uintptr { return id() }
