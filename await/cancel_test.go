package await_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

var errEnough = errors.New("enough")

func TestCancelUnwindsTheWait(t *testing.T) {
	in(t, func() {
		var log []string
		x := await.Start0(func() {
			defer func() { log = append(log, "outer") }()
			defer func() {
				v := recover()
				log = append(log, fmt.Sprint(await.IsCancellation(v)))
				await.Sleep(time.Second) // cleaning up may wait
				panic(v)
			}()
			await.Sleep(time.Hour)
			log = append(log, "not reached")
		})
		await.Sleep(1)
		same(t, "first cancel", x.Cancel(errEnough), true)
		err := x.Wait()
		same(t, "log", strings.Join(log, " "), "true outer")
		same(t, "state", x.State(), await.Cancelled)
		same(t, "cause", errors.Is(err, errEnough), true)
		same(t, "is context.Canceled", errors.Is(err, context.Canceled), true)
		same(t, "second cancel", x.Cancel(nil), false)
		v := caught(x.Await)
		same(t, "awaiting it is no cancellation of the awaiter", await.IsCancellation(v), false)
	})
}

func TestCancelBeforeTheFirstStep(t *testing.T) {
	in(t, func() {
		x := await.Start0(func() { t.Error("it ran") })
		x.Cancel(nil)
		x.Wait()
		same(t, "state", x.State(), await.Cancelled)
	})
}

func TestCancelOfARunningTaskIsRaisedByItsNextWait(t *testing.T) {
	in(t, func() {
		x := await.Start0(func() {
			await.Current().Cancel(nil)
			same(t, "interrupted", await.Interrupted(), true)
			await.Yield()
			t.Error("went on")
		})
		x.Wait()
		same(t, "state", x.State(), await.Cancelled)
		y := await.Start0(func() {
			await.Current().Cancel(nil)
			await.CheckCancel()
			t.Error("went on")
		})
		y.Wait()
		same(t, "state", y.State(), await.Cancelled)
	})
}

func TestCancelFromOutsideReachesABusyTask(t *testing.T) {
	inLoop(t, func() {
		x := await.Start0(func() {
			me := await.Current()
			go me.Cancel(errEnough)
			for !me.Interrupted() {
			}
			await.CheckCancel()
		})
		same(t, "cause", errors.Is(x.Wait(), errEnough), true)
	})
}

func TestSwallowedCancellation(t *testing.T) {
	in(t, func() {
		x := await.Start(func() string {
			caught(func() { await.Sleep(time.Hour) })
			await.Sleep(1) // is not interrupted again
			return "went on"
		})
		await.Yield()
		x.Cancel(nil)
		same(t, "result", x.Await(), "went on")
		same(t, "state", x.State(), await.Done)
	})
}

func TestAwaitedTaskOutlivesItsAwaiter(t *testing.T) {
	in(t, func() {
		x := await.Start(func() int { await.Sleep(time.Second); return 5 })
		y := await.Start0(func() { x.Await() })
		await.Yield()
		y.Cancel(nil)
		y.Wait()
		same(t, "result", x.Await(), 5)
	})
}

func TestShield(t *testing.T) {
	in(t, func() {
		var log []string
		x := await.Start0(func() {
			await.Shield(func() {
				await.Sleep(time.Second)
				log = append(log, "kept")
				err := await.Timeout(time.Second, func() { await.Sleep(time.Hour) })
				log = append(log, err.Error())
			})
			log = append(log, "after")
			await.Yield()
			log = append(log, "not reached")
		})
		await.Yield()
		x.Cancel(nil)
		x.Wait()
		same(t, "log", strings.Join(log, ", "), "kept, timed out after 1s, after")
		same(t, "state", x.State(), await.Cancelled)
	})
}

func TestContexts(t *testing.T) {
	in(t, func() {
		var ctx, inner context.Context
		x := await.Start0(func() {
			ctx = await.CurrentContext()
			await.Timeout(time.Minute, func() {
				inner = await.CurrentContext()
				await.Sleep(time.Hour)
			})
			var late *await.TimeoutError
			same(t, "scope's cause", errors.As(context.Cause(inner), &late), true)
			same(t, "task's context goes on", ctx.Err(), nil)
			await.Sleep(time.Hour)
		})
		await.Sleep(2 * time.Minute)
		x.Cancel(errEnough)
		same(t, "cause", context.Cause(ctx), errEnough)
		x.Wait()

		outer, stop := context.WithCancelCause(context.Background())
		y := await.Start0(func() { await.Forever("the context") })
		y.CancelWith(outer)
		z := await.Start(func() error { return await.Context(outer) })
		await.Yield()
		stop(errEnough)
		same(t, "awaited", z.Await(), errEnough)
		same(t, "tied", errors.Is(y.Wait(), errEnough), true)
		same(t, "outside", await.Off1(func() error { return await.CurrentContext().Err() }), nil)
	})
}

func TestTimeoutsNest(t *testing.T) {
	in(t, func() {
		began := await.Now()
		var innerErr error
		outer := await.Timeout(time.Second, func() {
			innerErr = await.Timeout(time.Minute, func() { await.Sleep(time.Hour) })
			t.Error("the outer scope let f go on")
		})
		same(t, "inner", innerErr, nil)
		same(t, "outer", errors.Is(outer, context.DeadlineExceeded), true)
		same(t, "time", await.Now().Sub(began), time.Second)

		outer = await.Timeout(time.Minute, func() {
			innerErr = await.Timeout(time.Second, func() { await.Sleep(time.Hour) })
		})
		same(t, "outer", outer, nil)
		same(t, "inner", innerErr != nil, true)

		same(t, "in time", await.Timeout(time.Second, func() { await.Sleep(time.Millisecond) }), nil)
		await.Sleep(time.Hour) // the timer is gone

		same(t, "busy until after the end", await.Timeout(0, func() {}), nil)
		await.Yield()
		same(t, "deadline", await.Deadline(await.Now().Add(time.Second), func() { await.Sleep(time.Hour) }) != nil, true)
		same(t, "panic", caught(func() { await.Timeout(time.Second, func() { panic("boom") }) }), any("boom"))
	})
}

func TestCancelScope(t *testing.T) {
	in(t, func() {
		err := await.CancelScope(func(cancel func(error)) {
			await.CurrentLoop().After(time.Second, func() { cancel(errEnough) })
			await.Sleep(time.Hour)
			t.Error("went on")
		})
		same(t, "cause", errors.Is(err, errEnough), true)
		var late func(error)
		same(t, "in time", await.CancelScope(func(cancel func(error)) { late = cancel }), nil)
		late(nil)
		await.Yield()
	})
}

func TestGroup(t *testing.T) {
	in(t, func() {
		var log []string
		began := await.Now()
		err := await.WithGroup(func(g *await.Group) {
			g.Go(func() error { await.Sleep(time.Second); return errEnough })
			g.Go(func() error {
				defer func() { await.Sleep(time.Second); log = append(log, "cleaned") }()
				await.Sleep(time.Hour)
				return nil
			})
			g.Start("bad", func() {
				defer func() { panic("in clean-up") }()
				await.Sleep(time.Hour)
			})
			await.Sleep(time.Hour)
			log = append(log, "not reached")
		})
		same(t, "log", strings.Join(log, " "), "cleaned")
		same(t, "joined", errors.Is(err, errEnough), true)
		var pe *await.PanicError
		same(t, "panic kept", errors.As(err, &pe) && pe.Value == "in clean-up", true)
		same(t, "time", await.Now().Sub(began), 2*time.Second)

		var result *await.Task[int]
		same(t, "no error", await.WithGroup(func(g *await.Group) {
			result = await.Spawn(g, func() int { await.Sleep(time.Second); return 3 })
			g.Start("", func() { g.Start("", func() { await.Sleep(time.Minute); log = append(log, "grandchild") }) })
		}), nil)
		same(t, "result", result.Await(), 3)
		same(t, "log", strings.Join(log, " "), "cleaned grandchild")

		same(t, "cancelled", await.WithGroup(func(g *await.Group) {
			g.Start("", func() { await.Sleep(time.Hour) })
			g.Cancel(nil)
			await.Sleep(time.Hour)
			t.Error("went on")
		}), nil)

		var child *await.Task0
		x := await.Start0(func() {
			await.WithGroup(func(g *await.Group) {
				child = g.Start("", func() { await.Sleep(time.Hour) })
				await.Sleep(time.Hour)
			})
		})
		await.Sleep(1)
		x.Cancel(nil)
		x.Wait()
		same(t, "child", child.State(), await.Cancelled)
		same(t, "panic of the function", caught(func() {
			await.WithGroup(func(g *await.Group) {
				child = g.Start("", func() { await.Sleep(time.Hour) })
				panic("boom")
			})
		}), any("boom"))
		same(t, "child", child.State(), await.Cancelled)
	})
}

func TestGatherRaceFirst(t *testing.T) {
	in(t, func() {
		after := func(d time.Duration, v int) *await.Task[int] {
			return await.Start(func() int {
				await.Sleep(d)
				if v < 0 {
					panic(v)
				}
				return v
			})
		}
		same(t, "gather", fmt.Sprint(await.Gather(after(3, 1), after(1, 2), after(2, 3))), "[1 2 3]")
		same(t, "gather of nothing", len(await.Gather[int]()), 0)
		slow := after(time.Hour, 1)
		same(t, "failed gather", await.PanicValue(caught(func() { await.Gather(slow, after(1, -1)) })), any(-1))
		same(t, "its other task", slow.State(), await.Cancelled)

		slow = after(time.Hour, 1)
		same(t, "race", await.Race(slow, after(2, 2), after(1, 3)), 3)
		same(t, "loser", slow.State(), await.Cancelled)
		same(t, "race lost", await.PanicValue(caught(func() { await.Race(after(5, 1), after(1, -2)) })), any(-2))

		v, err := await.First(after(1, -1), after(2, 7), after(3, 8))
		same(t, "first", fmt.Sprint(v, err), "7 <nil>")
		_, err = await.First(after(1, -1), after(2, -2))
		same(t, "no first", strings.Contains(err.Error(), "panic: -1") && strings.Contains(err.Error(), "panic: -2"), true)

		var order []int
		for x := range await.AsCompleted(after(3, 1), after(1, 2), after(2, 3)) {
			order = append(order, x.Await())
		}
		same(t, "completed", fmt.Sprint(order), "[2 3 1]")
		for range await.AsCompleted(after(1, 1), after(2, 2)) {
			break
		}

		now, most := 0, 0
		squares := await.Map([]int{1, 2, 3, 4, 5}, 2, func(i int) int {
			now++
			most = max(most, now)
			await.Sleep(time.Duration(6 - i))
			now--
			return i * i
		})
		same(t, "map", fmt.Sprint(squares, most), "[1 4 9 16 25] 2")

		x := await.Start0(func() { await.Gather(after(time.Hour, 1)) })
		await.Yield()
		x.Cancel(nil)
		x.Wait()
		same(t, "cancelled gather", len(await.CurrentLoop().Tasks()), 1)
	})
}

func TestGatherRaceFirstOfErrors(t *testing.T) {
	in(t, func() {
		bad := errors.New("bad")
		after := func(d time.Duration, v int) *await.Task2[int, error] {
			return await.Start2(func() (int, error) {
				await.Sleep(d)
				switch {
				case v == 0:
					panic("zero")
				case v < 0:
					return 0, bad
				}
				return v, nil
			})
		}
		rs, err := await.Gather2(after(3, 1), after(1, 2), after(2, 3))
		same(t, "gather", fmt.Sprint(rs, err), "[1 2 3] <nil>")
		slow := after(time.Hour, 1)
		rs, err = await.Gather2(slow, after(2, -1), after(1, 2))
		same(t, "failed gather", fmt.Sprint(rs, err), "[] bad")
		same(t, "its other task", slow.State(), await.Cancelled)
		same(t, "panic", await.PanicValue(caught(func() { await.Gather2(after(2, 1), after(1, 0)) })), any("zero"))

		slow = after(time.Hour, 1)
		v, err := await.Race2(slow, after(2, 2), after(1, -3))
		same(t, "race", fmt.Sprint(v, err), "0 bad")
		same(t, "loser", slow.State(), await.Cancelled)

		v, err = await.First2(after(1, -1), after(2, 0), after(3, 8), after(4, 9))
		same(t, "first", fmt.Sprint(v, err), "8 <nil>")
		_, err = await.First2(after(1, -1), after(2, 0))
		same(t, "no first", errors.Is(err, bad) && strings.Contains(err.Error(), "panic: zero"), true)
	})
}

func TestStartSleep(t *testing.T) {
	in(t, func() {
		began := await.Now()
		a, b := await.StartSleep(time.Hour), await.StartSleep(2*time.Hour)
		b.SetName("b")
		same(t, "state", a.State(), await.Waiting)
		infos := await.CurrentLoop().Tasks()
		same(t, "tasks", len(infos), 3)
		same(t, "what it waits for", strings.HasPrefix(infos[1].WaitsFor, "sleep until "), true)
		same(t, "where it was started", strings.Contains(a.Started(), "cancel_test.go:"), true)
		called := 0
		a.OnDone(func() { called++ })
		await.GatherTasks(a, b)
		same(t, "time", await.Now().Sub(began), 2*time.Hour)
		same(t, "end", fmt.Sprint(a.State(), a.Err(), b, called), "done <nil> task 3 (b) 1")

		c := await.StartSleep(time.Hour)
		same(t, "cancel", c.Cancel(errors.New("enough")), true)
		err := c.Wait()
		same(t, "cancelled", fmt.Sprint(c.State(), errors.Is(err, context.Canceled)), "cancelled true")
		same(t, "time", await.Now().Sub(began), 2*time.Hour)
		same(t, "again", c.Cancel(nil), false)

		same(t, "a limit", fmt.Sprint(await.Timeout(time.Minute, await.StartSleep(time.Hour).Await)), "timed out after 1m0s")
		same(t, "in a group", await.WithGroup(func(g *await.Group) {
			g.Start("", await.StartSleep(time.Second).Await)
			await.StartSleep(0).Await()
		}), nil)
		await.StartSleep(24 * time.Hour) // cancelled at the end
	})
	same(t, "outside", fmt.Sprint(caught(func() { await.StartSleep(1) })), "await: StartSleep needs a loop: it was called by a goroutine that belongs to none; use Loop.Start")
}

func TestContextsObeyTheClock(t *testing.T) {
	in(t, func() {
		began := await.Now()
		ctx, cancel := await.TimeoutContext(context.Background(), time.Hour)
		inner, stop := context.WithCancel(ctx)
		defer stop()
		_, told := ctx.Deadline()
		same(t, "a virtual deadline is told", told, false)
		same(t, "before", ctx.Err(), nil)
		cause := await.Context(ctx)
		same(t, "time", await.Now().Sub(began), time.Hour)
		var late *await.TimeoutError
		same(t, "cause", errors.As(cause, &late), true)
		same(t, "error", ctx.Err(), context.DeadlineExceeded)
		same(t, "the inner one has ended", inner.Err() != nil && errors.As(context.Cause(inner), &late), true)
		cancel()
		same(t, "error stays", ctx.Err(), context.DeadlineExceeded)

		ctx, cancel = await.DeadlineContext(ctx, await.Now().Add(time.Hour))
		same(t, "of an ended parent", ctx.Err(), context.DeadlineExceeded)
		cancel()
		ctx, cancel = await.DeadlineContext(context.Background(), await.Now().Add(time.Hour))
		cancel()
		same(t, "cancelled", await.Context(ctx), context.Canceled)

		// What has ended at one time does not wait for the next.
		ctx, cancel = await.TimeoutContext(context.Background(), time.Second)
		defer cancel()
		x := await.Start0(func() { await.Sleep(2 * time.Second) })
		x.CancelWith(ctx)
		y := await.Start0(func() { await.Sleep(2 * time.Second) })
		untie := y.CancelWith(ctx)
		untie()
		untie()
		began = await.Now()
		same(t, "tied", errors.As(x.Wait(), &late), true)
		same(t, "at once", await.Now().Sub(began), time.Second)
		same(t, "untied", y.Wait(), nil)
	})
	inLoop(t, func() {
		ctx, cancel := await.TimeoutContext(context.Background(), time.Hour)
		defer cancel()
		until, ok := ctx.Deadline()
		same(t, "a real deadline is told", ok && time.Until(until) > 59*time.Minute, true)
		near, cancel2 := await.TimeoutContext(ctx, 2*time.Hour)
		defer cancel2()
		inherited, _ := near.Deadline()
		same(t, "the nearer deadline", inherited, until)
		await.Timeout(time.Minute, func() {
			until, ok := await.CurrentContext().Deadline()
			same(t, "a scope's deadline", ok && time.Until(until) < time.Minute, true)
		})
		go cancel()
		same(t, "cancelled elsewhere", await.Context(near), context.Canceled)
	})
	ctx, cancel := await.TimeoutContext(context.Background(), 0)
	defer cancel()
	same(t, "outside", await.Context(ctx) != nil && ctx.Err() == context.DeadlineExceeded, true)
}

func TestEndedContexts(t *testing.T) {
	in(t, func() {
		x := await.Start0(func() { await.Sleep(time.Hour) })
		y := await.Start0(func() {})
		await.Yield()
		x.Cancel(errEnough)
		await.Settle(x, y)
		same(t, "of a cancelled task", context.Cause(x.Context()), errEnough)
		same(t, "of a task that returned", x.Context().Err(), context.Canceled)
		same(t, "of a task that returned", y.Context().Err(), context.Canceled)
	})
}

// What panics in a scope keeps its stack.
func TestScopesKeepTraces(t *testing.T) {
	in(t, func() {
		bad := func() { panic(errEnough) }
		for name, f := range map[string]func(){
			"Timeout":     func() { await.Timeout(time.Hour, bad) },
			"CancelScope": func() { await.CancelScope(func(func(error)) { bad() }) },
			"WithGroup": func() {
				await.WithGroup(func(g *await.Group) {
					g.Start("", func() { await.Sleep(time.Hour) })
					await.Yield()
					bad()
				})
			},
			"Shield":   func() { await.Shield(bad) },
			"With":     func() { new(await.Lock).With(bad) },
			"Retry":    func() { await.Retry(3, 1, func() error { bad(); return nil }) },
			"Off":      func() { await.Off(bad) },
			"Map":      func() { await.Map([]int{1}, 1, func(int) int { bad(); return 0 }) },
			"deferred": func() { defer await.Yield(); bad() },
		} {
			err := await.Start0(f).Wait()
			var pe *await.PanicError
			if !errors.As(err, &pe) {
				t.Fatalf("%s: got %v", name, err)
			}
			frames := pe.Origin().Frames()
			if len(frames) == 0 || !strings.Contains(frames[0].Function, "TestScopesKeepTraces.func1.1") {
				t.Errorf("%s: the innermost frame is not that of the panic:\n%s", name, pe.Trace())
			}
		}
	})
}
