package gid_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/asyncrepl/asyncrepl/await/gid"
)

func ExampleID() {
	here := gid.ID()
	there := make(chan uintptr)
	go func() { there <- gid.ID() }()
	fmt.Println(here == gid.ID(), here == <-there)
	// Output: true false
}

func TestLivingGoroutinesDiffer(t *testing.T) {
	const n = 1000
	var (
		mu   sync.Mutex
		seen = map[uintptr]bool{0: true}
		all  sync.WaitGroup
		stay = make(chan struct{})
		done sync.WaitGroup
	)
	for range n {
		all.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			id := gid.ID()
			runtime.Gosched()
			if id != gid.ID() {
				t.Error("the number changed during the goroutine's life")
			}
			mu.Lock()
			seen[id] = true
			mu.Unlock()
			all.Done()
			<-stay
		}()
	}
	all.Wait()
	close(stay)
	done.Wait()
	if len(seen) != n+1 {
		t.Errorf("%d goroutines had %d numbers", n, len(seen)-1)
	}
}

func TestFetchingHasNoEffect(t *testing.T) {
	gid.Fetch(nil)
	gid.Fetch(unsafe.Pointer(t))
	gid.FetchRecord(0)
	a, b := t, new(int)
	f := func() { a.Log(*b) }
	gid.FetchCaptured(*(*unsafe.Pointer)(unsafe.Pointer(&f)))
	id := make(chan uintptr)
	stay := make(chan struct{})
	go func() { id <- gid.ID(); <-stay }()
	other := <-id
	gid.FetchRecord(other)
	gid.FetchStack(other)
	gid.FetchRecord(gid.ID())
	gid.FetchStack(gid.ID())
	close(stay)
}

func TestLocksAreCounted(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	base, ok := gid.Locks()
	if !ok {
		t.Skip("cannot be found out here")
	}
	expect := func(n uint32) {
		t.Helper()
		if got, _ := gid.Locks(); got != n {
			t.Errorf("%d locks, expected %d", got, n)
		}
	}
	for i := range uint32(10) {
		expect(base + i)
		runtime.LockOSThread()
	}
	other := make(chan uint32)
	go func() {
		n, _ := gid.Locks()
		other <- n
		runtime.LockOSThread()
		n, _ = gid.Locks()
		other <- n
		runtime.UnlockOSThread()
	}()
	if a, b := <-other, <-other; a != 0 || b != 1 {
		t.Errorf("another goroutine has %d locks, and then %d", a, b)
	}
	for i := range uint32(10) {
		runtime.UnlockOSThread()
		expect(base + 9 - i)
	}
}

func TestNumbersAreThoseOfStackTraces(t *testing.T) {
	for range 10 {
		var all sync.WaitGroup
		all.Go(func() {
			var trace [64]byte
			n := runtime.Stack(trace[:], false)
			if want := fmt.Sprintf("goroutine %d [", gid.Number()); !strings.HasPrefix(string(trace[:n]), want) {
				t.Errorf("%q, expected %q", trace[:n], want)
			}
		})
		all.Wait()
	}
}

func BenchmarkNumber(b *testing.B) {
	for b.Loop() {
		gid.Number()
	}
}

func BenchmarkLocks(b *testing.B) {
	for b.Loop() {
		gid.Locks()
	}
}

func BenchmarkID(b *testing.B) {
	for b.Loop() {
		gid.ID()
	}
}
