package gid

import "unsafe"

// Who resumes very many goroutines, one after the other, waits for the memory
// of each; the functions below have it brought into the processor's cache
// ahead of time. They are hints: they change nothing and never fail, and where
// they are of no use they do nothing.

// FetchRecord fetches what is needed for a switch of the runtime's record of a
// goroutine. The goroutine must be alive, or id zero.
func FetchRecord(id uintptr) { fetchRecord(id) }

// FetchStack fetches the top of the stack of a goroutine that does not run. Its
// record should have been fetched before. The goroutine must be alive.
//
// It reads where the stack ends from the record, at the place at which Go's
// runtime keeps that today; should the place change, what is fetched is of no
// use, and no harm is done.
func FetchStack(id uintptr) { fetchStack(id) }

// Fetch fetches the line of memory at p, which may be nil.
func Fetch(p unsafe.Pointer) { fetch(p) }

// FetchCaptured fetches what a function refers to that has captured two
// pointers; closure is the function's value, taken for a pointer. It should have
// been fetched before.
func FetchCaptured(closure unsafe.Pointer) { fetchCaptured(closure) }
