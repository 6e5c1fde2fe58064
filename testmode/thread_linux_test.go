package testmode_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// Every test and every task of it runs on one thread, the same for the whole
// run, and another for another run.
func TestOneThread(t *testing.T) {
	s := newSuite(t, "-qq")
	threads := map[int]int{}
	note := func() { threads[syscall.Gettid()]++ }
	for i := range 20 {
		s.add(fmt.Sprintf("test_%d", i), i+1, "func f() {}", func(t *testmode.T) {
			note()
			for range 10 {
				await.Start0(func() { note(); await.Yield(); note() })
			}
			t.Run("sub", func(t *testmode.T) { note() })
			t.Cleanup(note)
			await.Yield()
		})
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	mine := syscall.Gettid()
	s.run()
	if len(threads) != 1 || threads[mine] != 0 {
		t.Errorf("threads %v, the caller's is %d", threads, mine)
	}
}
