package await_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

func TestOffLetsOthersRun(t *testing.T) {
	inLoop(t, func() {
		gate := make(chan struct{})
		await.Start0(func() { close(gate) })
		a, b := await.Off2(func() (int, string) { <-gate; return 1, "one" })
		same(t, "results", fmt.Sprint(a, b), "1one")
	})
}

func TestOffPanicsAndGoexit(t *testing.T) {
	inLoop(t, func() {
		v := caught(func() { await.Off(func() { panic(errEnough) }) })
		same(t, "value", await.PanicValue(v), any(errEnough))
		v = caught(func() { await.Off(runtime.Goexit) })
		same(t, "goexit", errors.Is(v.(error), await.ErrGoexit), true)
	})
}

func TestOffIsBounded(t *testing.T) {
	inLoop(t, func() {
		var now, most atomic.Int32
		var all []*await.Task0
		for range 20 {
			all = append(all, await.Start0(func() {
				await.Off(func() {
					n := now.Add(1)
					for {
						m := most.Load()
						if n <= m || most.CompareAndSwap(m, n) {
							break
						}
					}
					runtime.Gosched()
					now.Add(-1)
				})
			}))
		}
		await.Settle(all...)
		if m := most.Load(); m > 3 {
			t.Errorf("%d calls at the same time", m)
		}
	}, await.WithOffLimit(3))
}

func TestOffIsAbandonedOnCancellation(t *testing.T) {
	reported := 0
	inLoop(t, func() {
		gate := make(chan struct{})
		x := await.Start0(func() { await.Off(func() { <-gate; panic("late") }) })
		waits := await.Start0(func() { await.Off(func() { t.Error("a withdrawn call ran") }) })
		await.Yield()
		waits.Cancel(nil)
		waits.Wait()
		x.Cancel(nil)
		x.Wait()
		same(t, "state", x.State(), await.Cancelled)
		close(gate)
	}, await.WithOffLimit(1), await.WithUnhandled(func(x *await.Task0) {
		reported++
		same(t, "late panic", await.PanicValue(x.Err()), any("late"))
	}))
	same(t, "reports", reported, 1)
}

func TestUnfinishedCallsAreReported(t *testing.T) {
	gate := make(chan struct{})
	err := await.NewLoop(await.WithShutdown(time.Millisecond)).Run(func() {
		await.Start0(func() { await.Off(func() { <-gate }) })
		await.Yield()
	})
	var s *await.ShutdownError
	if !errors.As(err, &s) || s.Calls != 1 || len(s.Tasks) != 0 {
		t.Errorf("got %v", err)
	}
	close(gate)
}

func TestChannels(t *testing.T) {
	for _, clock := range []await.Clock{await.Real, await.Virtual} {
		t.Run(clock.String(), func(t *testing.T) {
			in(t, func() {
				c := make(chan int)
				x := await.Start(func() int {
					sum := 0
					for v := range await.Range(c) {
						sum += v
					}
					return sum
				})
				for i := range 10 {
					await.Send(c, i)
				}
				close(c)
				same(t, "sum", x.Await(), 45)
				v, ok := await.Recv2(c)
				same(t, "closed", fmt.Sprint(v, ok), "0 false")
				if caught(func() { await.Send(c, 1) }) == nil {
					t.Error("sending to a closed channel did not panic")
				}
				e := make(chan string)
				go func() { e <- "from outside" }()
				same(t, "from outside", await.Recv(e), "from outside")
			}, await.WithClock(clock))
		})
	}
}

func TestReceivedValuesAreNotLostToCancellation(t *testing.T) {
	inLoop(t, func() {
		const n = 300
		c := make(chan int)
		got := map[int]bool{}
		go func() {
			for i := range n {
				c <- i
				if i%3 == 0 {
					runtime.Gosched()
				}
			}
			close(c)
		}()
		for open := true; open; {
			x := await.Start0(func() {
				v, ok := await.Recv2(c)
				open = ok
				if ok {
					got[v] = true
				}
			})
			await.Yield()
			x.Cancel(nil)
			x.Wait()
		}
		same(t, "values", len(got), n)
	})
}

func TestSelect(t *testing.T) {
	in(t, func() {
		a, b, d := make(chan int, 1), make(chan string), make(chan int, 1)
		ra, rb := await.CaseRecv(a), await.CaseRecv(b)
		same(t, "default", await.Select(ra, rb, await.CaseDefault()), 2)
		a <- 5
		same(t, "ready", await.Select(ra, rb), 0)
		same(t, "value", ra.Value, 5)
		same(t, "send", await.Select(rb, await.CaseSend(d, 9)), 1)
		same(t, "sent", <-d, 9)
		await.Start0(func() { await.Send(b, "late") })
		same(t, "waited", await.Select(ra, rb), 1)
		same(t, "value", rb.Value, "late")
		go close(b)
		same(t, "closed", await.Select(ra, rb), 1)
		same(t, "value", fmt.Sprint(rb.Value, rb.OK), "false")
		same(t, "nil channels", await.Select(await.CaseRecv[int](nil), await.CaseSend[int](nil, 1), await.CaseDefault()), 2)
		err := await.Timeout(time.Second, func() { await.Select(ra) })
		same(t, "timeout", err != nil, true)
		err = await.Timeout(time.Second, func() { await.Select() })
		same(t, "no cases", err != nil, true)
	})
	a := make(chan int, 1)
	a <- 1
	same(t, "outside", await.Select(await.CaseRecv(a)), 0)
}

func TestBusyLoopServesChannels(t *testing.T) {
	inLoop(t, func() {
		c := make(chan int)
		x := await.Start(func() int { return await.Recv(c) })
		await.Yield()
		go func() { c <- 8 }()
		for !x.Ended() {
			await.Yield()
		}
		same(t, "value", x.Await(), 8)
	})
}

func TestWaitGroup(t *testing.T) {
	inLoop(t, func() {
		var wg sync.WaitGroup
		wg.Go(func() {})
		await.WaitGroup(&wg)
	})
}

func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send itself an interrupt")
	}
	inLoop(t, func() {
		x := await.Start(func() os.Signal { return await.Signal(os.Interrupt) })
		await.Yield()
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		p.Signal(os.Interrupt)
		same(t, "signal", x.Await(), os.Interrupt)
	})
}
