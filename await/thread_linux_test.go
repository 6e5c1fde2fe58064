package await_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/await/gid"
)

func TestAllTasksRunOnOneThread(t *testing.T) {
	inLoop(t, func() {
		home := syscall.Gettid()
		check := func(what string) {
			if id := syscall.Gettid(); id != home {
				t.Errorf("%s ran on thread %d, not %d", what, id, home)
			}
		}
		noise := make(chan struct{})
		for range 4 { // give the scheduler reasons to move things
			go func() {
				for {
					select {
					case <-noise:
						return
					default:
						runtime.Gosched()
					}
				}
			}()
		}
		var all []*await.Task0
		for i := range 200 {
			all = append(all, await.Start0(func() {
				check("a new task")
				defer check("a deferred call")
				for range 5 {
					switch i % 4 {
					case 0:
						await.Yield()
					case 1:
						await.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
					case 2:
						if id := await.Off1(syscall.Gettid); id == home {
							t.Error("a call off the loop ran on its thread")
						}
					case 3:
						c := make(chan int)
						go func() { c <- 1 }()
						await.Recv(c)
					}
					check(fmt.Sprint("a task that waited in way ", i%4))
				}
				await.CurrentLoop().Post(func() { check("a callback") })
			}))
		}
		await.Settle(all...)
		close(noise)
		await.Yield()
		check("main")
	})
}

func TestTwoLoopsHaveTwoThreads(t *testing.T) {
	ids := make(chan int, 2)
	both := make(chan struct{}, 2)
	for range 2 {
		go await.NewLoop().Run(func() {
			ids <- syscall.Gettid()
			both <- struct{}{}
			for len(both) < 2 {
				await.Sleep(time.Millisecond)
			}
		})
	}
	if a, b := <-ids, <-ids; a == b {
		t.Error("two running loops share a thread")
	}
	for len(both) < 2 {
		runtime.Gosched()
	}
}

func TestWaitingInACoroutineOfATask(t *testing.T) {
	inLoop(t, func() {
		me := await.Current()
		other := 0
		x := await.Start0(func() {
			for range 10 {
				other++
				await.Yield()
			}
		})
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; ; i++ {
				await.Sleep(time.Microsecond)
				await.Yield()
				same(t, "current task", await.Current(), me)
				if !yield(i) {
					return
				}
			}
		})
		for want := range 5 {
			got, _ := next()
			same(t, "value", got, want)
			await.Yield()
		}
		stop()
		x.Await()
		same(t, "turns of the other task", other, 10)
	})
}

func TestThreadLocksHaveNoEffect(t *testing.T) {
	runtime.LockOSThread()
	if _, ok := gid.Locks(); !ok {
		t.Skip("unmatched locks cannot be noticed on this processor")
	}
	runtime.UnlockOSThread()
	inLoop(t, func() {
		home := syscall.Gettid()
		var all []*await.Task0
		for i, misuse := range []func(){
			runtime.LockOSThread,
			func() { runtime.LockOSThread(); runtime.LockOSThread() },
			runtime.UnlockOSThread,
			func() { runtime.UnlockOSThread(); runtime.UnlockOSThread() },
		} {
			for _, wait := range []func(){await.Yield, func() { await.Sleep(1) }, func() { await.Off(func() {}) }, func() {}, runtime.Goexit} {
				all = append(all, await.Start0(func() {
					for range 3 {
						misuse()
						wait()
						same(t, fmt.Sprint("thread after misuse ", i), syscall.Gettid(), home)
					}
				}))
			}
			await.CurrentLoop().Post(misuse)
			await.CurrentLoop().Post(func() { misuse(); runtime.Goexit() })
			misuse()
		}
		await.Settle(all...)
		same(t, "thread", syscall.Gettid(), home)
	}, await.WithUnhandled(func(*await.Task0) {}))
}
