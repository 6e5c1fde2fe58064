package await_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
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

func TestVirtualTimeWaitsForCallsOffTheLoop(t *testing.T) {
	in(t, func() {
		gate := make(chan struct{})
		late := false
		await.CurrentLoop().After(time.Hour, func() { late = true })
		go await.CurrentLoop().Call(func() { close(gate) }) // comes when the loop is idle
		await.Off(func() { <-gate })
		same(t, "time has passed", late, false)
		await.Sleep(time.Hour)
		same(t, "time has passed", late, true)
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

func TestTasksMeetAtChannels(t *testing.T) {
	in(t, func() {
		a, b := make(chan int), make(chan string)
		var got []string
		for i := range 3 {
			await.Start0(func() { got = append(got, fmt.Sprint(i, await.Recv(a))) })
		}
		await.Yield()
		goroutines := runtime.NumGoroutine()
		for i := range 3 {
			await.Send(a, 10*i)
		}
		same(t, "goroutines", runtime.NumGoroutine(), goroutines)
		await.Yield()
		same(t, "in order", fmt.Sprint(got), "[0 0 1 10 2 20]")

		for i := range 3 {
			await.Start0(func() { await.Send(a, i) })
		}
		await.Yield()
		same(t, "senders in order", fmt.Sprint(await.Recv(a), await.Recv(a), await.Recv(a)), "0 1 2")

		// A select on both sides, and one that is cancelled meanwhile.
		ra, rb := await.CaseRecv(a), await.CaseRecv(b)
		x := await.Start(func() int { return await.Select(ra, rb) })
		y := await.Start(func() int { return await.Select(await.CaseRecv(a), await.CaseSend(a, 8)) })
		z := await.Start(func() int { return await.Select(await.CaseSend(b, "word"), await.CaseSend(make(chan int), 1)) })
		await.Yield()
		same(t, "select", fmt.Sprint(x.Await(), y.State(), z.State()), "0 done waiting")
		same(t, "select", fmt.Sprint(y.Await(), ra.Value), "1 8")
		same(t, "late", await.Recv(b), "word")
		same(t, "select", z.Await(), 0)
		gone := await.Start0(func() { await.Recv(a) })
		await.Yield()
		gone.Cancel(nil)
		gone.Wait()
		same(t, "nobody is met who has gone", await.Select(await.CaseSend(a, 1), await.CaseDefault()), 1)
		same(t, "nor later", await.Timeout(1, func() { await.Send(a, 1) }) != nil, true)

		// Interfaces, and a close instead of a value.
		e := make(chan error)
		w := await.Start(func() error { return await.Recv(e) })
		await.Yield()
		await.Send(e, nil)
		same(t, "nil error", w.Await(), nil)
		c := await.Start2(func() (error, bool) { return await.Recv2(e) })
		await.Yield()
		close(e)
		_, ok := c.Await()
		same(t, "closed", ok, false)
	})
}

// One goroutine blocks for many tasks that receive.
func TestIdleLoopsNeedFewGoroutines(t *testing.T) {
	inLoop(t, func() {
		const n = 640
		before := runtime.NumGoroutine()
		channels := make([]chan int, n)
		got := make([]int, n)
		var tasks []*await.Task0
		for i := range channels {
			channels[i] = make(chan int)
			tasks = append(tasks, await.Start0(func() {
				for v := range await.Range(channels[i]) {
					got[i] += v
				}
			}))
		}
		await.Yield()
		idle := make(chan int)
		l := await.CurrentLoop()
		go func() {
			for runtime.NumGoroutine()-before < n+n/16 {
				runtime.Gosched()
			}
			l.Call(func() {}) // is answered when all have been sent
			idle <- runtime.NumGoroutine()
		}()
		// A loop keeps some spare coroutines; they are not what is looked for.
		if more := await.Recv(idle) - before - n; more > n/4 {
			t.Errorf("%d goroutines block for %d tasks", more, n)
		}
		for i, x := range tasks {
			if i%10 == 3 { // one of a convoy leaves; the others stay
				x.Cancel(errEnough)
				x.Wait()
			}
		}
		go func() {
			for round := range 3 {
				for i, c := range channels {
					if i%10 != 3 {
						c <- i + round
					}
				}
			}
			for _, c := range channels {
				close(c)
			}
		}()
		await.Settle(tasks...)
		for i, sum := range got {
			if want := 3*i + 3; i%10 != 3 && sum != want {
				t.Errorf("task %d got %d, not %d", i, sum, want)
			}
		}
	})
}

// Tasks that receive together, give up and come back, get every value once and
// in order.
func TestConvoysLoseNothing(t *testing.T) {
	for _, clock := range []await.Clock{await.Real, await.Virtual} {
		t.Run(clock.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			in(t, func() {
				const channels, values = 50, 40
				late, kept := 0, 0
				var tasks []*await.Task0
				for range channels {
					c := make(chan int)
					go func() {
						for v := range values {
							c <- v
						}
						close(c)
					}()
					tasks = append(tasks, await.Start0(func() {
						other := make(chan int)
						for want := 0; ; {
							var got int
							var open, done bool
							d := time.Duration(rng.IntN(100)) * time.Microsecond
							err := await.Timeout(d, func() {
								if want%3 == 0 {
									r := await.CaseRecv(c)
									await.Select(await.CaseRecv(other), r)
									got, open, done = r.Value, r.OK, true
								} else {
									got, open = await.Recv2(c)
									done = true
								}
							})
							switch {
							case err != nil && !done:
								late++
								await.Off(runtime.Gosched) // lets the senders run
								continue
							case !open:
								same(t, "values", want, values)
								return
							}
							same(t, "value", got, want)
							kept++
							want++
						}
					}))
				}
				await.GatherTasks(tasks...)
				same(t, "values", kept, channels*values)
				t.Log(late, "waits were cut short")
			}, await.WithClock(clock))
		})
	}
}
