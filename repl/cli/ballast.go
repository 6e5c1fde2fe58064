package cli

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
)

// ballast makes the garbage collector let small heaps grow by that much before
// it runs: it counts as memory in use, but is never touched, so that it takes
// up none. Interpreted code allocates at every call. A heap that is larger by
// itself needs none.
var ballast atomic.Pointer[[ballastSize]byte]

const ballastSize = 32 << 20

// takeBallast takes ballast until the heap is large.
func takeBallast() {
	ballast.Store(new([ballastSize]byte))
	watchHeap()
}

// watchHeap looks after each cycle of the garbage collector how large the heap
// is, and throws the ballast off when it needs none.
func watchHeap() {
	type cycle struct{ self *cycle }
	runtime.SetFinalizer(&cycle{}, func(*cycle) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Uint64() > ballastSize*3/2 {
			ballast.Store(nil)
			return
		}
		watchHeap()
	})
}
