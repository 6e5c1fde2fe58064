package gid

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// Locks returns how many calls of runtime.LockOSThread the running goroutine
// has made that it has not undone, which the runtime keeps to itself. It
// reports false where that cannot be found out.
//
// The runtime counts the calls in its record of the thread. Where that stands
// is not looked up but found by experiment, at the first call: it is the one
// number reachable from the goroutine's record that grows by one with each
// call and shrinks as they are undone.
func Locks() (n uint32, ok bool) {
	search.Do(func() { found = find() })
	if !found {
		return 0, false
	}
	return locks(), true
}

var (
	search sync.Once
	found  bool

	offsetOfThread uintptr // in the record of a goroutine, where that of its thread is told
	offsetOfLocks  uintptr // in the record of a thread
)

// Both places are looked for at the beginnings of the records, which are larger
// than this.
const (
	goroutineSize = 256
	threadSize    = 1024
)

// find finds the offsets.
func find() bool {
	if !canLook {
		return false
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for offset := uintptr(0); offset < goroutineSize; offset += 8 {
		record := word(id() + offset)
		if record%8 != 0 || record < 1<<16 {
			continue
		}
		if place, ok := counter(record); ok {
			offsetOfThread, offsetOfLocks = offset, place
			return true
		}
	}
	return false
}

// counter finds the place after p of a number that counts locks.
func counter(p uintptr) (place uintptr, ok bool) {
	// What is tried need not be the address of anything.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	var seen [4][threadSize / 8]uintptr
	look := func(i int) {
		for k := range seen[i] {
			seen[i][k] = word(p + 8*uintptr(k))
		}
	}
	// A fault while the thread is locked once more would leave it so; the first
	// look finds out whether there is one.
	look(0)
	runtime.LockOSThread()
	look(1)
	runtime.LockOSThread()
	look(2)
	runtime.UnlockOSThread()
	runtime.UnlockOSThread()
	look(3)
	at := func(i, k int) uint32 { return uint32(seen[i][k/2] >> (32 * (k % 2))) }
	matches := 0
	for k := range threadSize / 4 {
		n := at(0, k)
		if n > 0 && at(1, k) == n+1 && at(2, k) == n+2 && at(3, k) == n {
			place = 4 * uintptr(k)
			matches++
		}
	}
	return place, matches == 1
}
