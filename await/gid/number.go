package gid

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
)

// Number returns the number of the running goroutine that stack traces print.
//
// On amd64 and arm64 it is read from the runtime's record of the goroutine
// (about 2 ns). Where it stands there is not looked up but found by experiment,
// at the first call: it is what differs between goroutines as the numbers do
// that their stack traces print. If that fails, and elsewhere, it is parsed from
// a stack trace (about 1 µs).
func Number() uint64 {
	numberSearch.Do(func() { offsetOfNumber, numberFound = findNumber() })
	if numberFound {
		return uint64(word(id() + offsetOfNumber))
	}
	return printed()
}

var (
	numberSearch   sync.Once
	numberFound    bool
	offsetOfNumber uintptr // in the record of a goroutine
)

// printed parses the number in "goroutine 123 [running]:".
func printed() uint64 {
	var buf [64]byte
	text, _, _ := bytes.Cut(buf[len("goroutine "):runtime.Stack(buf[:], false)], []byte(" "))
	n, _ := strconv.ParseUint(string(text), 10, 64)
	return n
}

// findNumber finds the one place of the records of several goroutines where
// their numbers stand.
func findNumber() (offset uintptr, ok bool) {
	if !canLook {
		return 0, false
	}
	matches := map[uintptr]int{}
	const goroutines = 4
	for range goroutines {
		var wait sync.WaitGroup
		wait.Go(func() {
			n := uintptr(printed())
			for at := uintptr(0); at < goroutineSize; at += 8 {
				if word(id()+at) == n {
					matches[at]++
				}
			}
		})
		wait.Wait()
	}
	places := 0
	for at, n := range matches {
		if n == goroutines {
			offset = at
			places++
		}
	}
	return offset, places == 1
}
