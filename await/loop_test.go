package await_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// in runs f as the main task of a new loop with the virtual clock, and fails
// the test if that goes wrong.
func in(t testing.TB, f func(), opts ...await.Option) {
	t.Helper()
	opts = append([]await.Option{await.WithClock(await.Virtual)}, opts...)
	if err := await.NewLoop(opts...).Run(f); err != nil {
		t.Fatal(err)
	}
}

// caught calls f and returns what it panicked with.
func caught(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func same[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestTasksTakeTurns(t *testing.T) {
	var order []string
	in(t, func() {
		for _, name := range []string{"a", "b"} {
			await.Start0(func() {
				for i := range 3 {
					order = append(order, fmt.Sprint(name, i))
					await.Yield()
				}
			})
		}
		await.Sleep(1)
	})
	same(t, "order", strings.Join(order, " "), "a0 b0 a1 b1 a2 b2")
}

func TestOnlyWaitingLetsOthersRun(t *testing.T) {
	in(t, func() {
		ran := false
		x := await.Start0(func() { ran = true })
		for range 1000 {
			runtime.Gosched()
		}
		if ran {
			t.Error("a task ran before the one that started it waited")
		}
		x.Await()
		if !ran {
			t.Error("the awaited task did not run")
		}
	})
}

func TestResults(t *testing.T) {
	in(t, func() {
		x := await.Start(func() int { return 1 })
		y := await.Start2(func() (int, string) { return 2, "two" })
		z := await.Start3(func() (int, string, error) { return 3, "three", errors.New("e") })
		same(t, "one", x.Await(), 1)
		a, b := y.Await()
		same(t, "two", fmt.Sprint(a, b), "2two")
		c, d, e := z.Await()
		same(t, "three", fmt.Sprint(c, d, e), "3threee")
		same(t, "again", x.Await(), 1)
		same(t, "state", x.State(), await.Done)
	})
}

func TestManyAwaitOne(t *testing.T) {
	in(t, func() {
		x := await.Start(func() int { await.Sleep(time.Second); return 7 })
		sum := 0
		var all []*await.Task0
		for range 100 {
			all = append(all, await.Start0(func() { sum += x.Await() }))
		}
		await.Settle(all...)
		same(t, "sum", sum, 700)
	})
}

func TestPanicReachesTheAwaiter(t *testing.T) {
	in(t, func() {
		boom := errors.New("boom")
		inner := await.Start(func() int { await.Yield(); panic(boom) })
		outer := await.Start(func() int { return inner.Await() })
		v := caught(func() { outer.Await() })
		same(t, "value", await.PanicValue(v), any(boom))
		pe := v.(*await.PanicError)
		if !errors.Is(pe, boom) {
			t.Error("errors.Is does not find the value")
		}
		same(t, "origin", pe.Origin().Task, inner.ID())
		trace := pe.Trace()
		for _, part := range []string{"panic: boom", "task 2, started at", "awaited by task 3", "loop_test.go", "TestPanicReachesTheAwaiter.func1.1"} {
			if !strings.Contains(trace, part) {
				t.Errorf("no %q in\n%s", part, trace)
			}
		}
		same(t, "state", outer.State(), await.Failed)
	})
}

func TestPanicOfMain(t *testing.T) {
	err := await.NewLoop().Run(func() { panic("boom") })
	var pe *await.PanicError
	if !errors.As(err, &pe) || pe.Value != "boom" || pe.Name != "main" {
		t.Errorf("got %v", err)
	}
}

func TestUnhandledPanicIsReportedAtOnce(t *testing.T) {
	var log []string
	in(t, func() {
		await.Start0(func() { panic("boom") }).SetName("bad")
		await.Start0(func() { log = append(log, "next") })
		await.Start0(func() { panic("quiet") }).Detach()
		await.Sleep(1)
	}, await.WithUnhandled(func(x *await.Task0) { log = append(log, x.Name()+" "+x.Err().Error()) }))
	same(t, "log", strings.Join(log, "; "), "bad panic: boom [in task 2, bad]; next")
}

func TestAwaitedPanicIsNotReported(t *testing.T) {
	in(t, func() {
		x := await.Start0(func() { await.Sleep(1); panic("boom") })
		caught(x.Await)
		caught(func() { await.GatherTasks(await.Start0(func() { panic("boom") })) })
		same(t, "group", await.WithGroup(func(g *await.Group) { g.Start("", func() { panic("boom") }) }) != nil, true)
	}, await.WithUnhandled(func(x *await.Task0) { t.Errorf("reported: %v", x.Err()) }))
}

func TestGoexitEndsOnlyTheTask(t *testing.T) {
	in(t, func() {
		for range 3 {
			var tasks []*await.Task0
			deferred := 0
			for i := range 10 {
				tasks = append(tasks, await.Start0(func() {
					defer func() { deferred++ }()
					if i%2 == 0 {
						await.Yield()
					}
					if i%3 == 0 {
						runtime.Goexit()
					}
					await.Yield()
				}))
			}
			await.Settle(tasks...)
			same(t, "deferred calls", deferred, 10)
			for i, x := range tasks {
				same(t, fmt.Sprint("error of ", i), errors.Is(x.Err(), await.ErrGoexit), i%3 == 0)
			}
		}
	})
}

func TestGoexitOfMainPassesOn(t *testing.T) {
	ended := make(chan bool)
	go func() {
		returned := false
		defer func() { ended <- returned }()
		await.NewLoop().Run(func() { await.Yield(); runtime.Goexit() })
		returned = true
	}()
	if <-ended {
		t.Error("Run returned")
	}
}

func TestCallbacksMayMisbehave(t *testing.T) {
	var reports []string
	in(t, func() {
		l := await.CurrentLoop()
		ran := 0
		l.Post(func() { panic("in callback") })
		l.Post(func() { ran++ })
		l.Post(func() { runtime.Goexit() })
		l.Post(func() { ran++ })
		l.After(1, func() { panic("in timer") })
		l.Post(func() { await.Sleep(1) })
		l.Post(func() {
			same(t, "loop in callback", await.CurrentLoop(), l)
			same(t, "task in callback", await.Current(), nil)
		})
		await.Sleep(time.Second)
		same(t, "callbacks that ran", ran, 2)
	}, await.WithUnhandled(func(x *await.Task0) { reports = append(reports, fmt.Sprint(await.PanicValue(x.Err()))) }))
	same(t, "reports", len(reports), 4)
	same(t, "waiting in a callback is refused", strings.Contains(strings.Join(reports, "\n"), "callbacks must not wait"), true)
}

func TestDeadlock(t *testing.T) {
	l := await.NewLoop(await.WithName("spindle"), await.WithPlaces())
	cleaned := false
	err := l.Run(func() {
		defer func() { cleaned = true }()
		x := await.Start0(func() { await.Forever("a sign") })
		x.SetName("hopeful")
		x.Await()
	})
	var d *await.DeadlockError
	if !errors.As(err, &d) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"spindle", "task 1 (main): waiting for task 2 (hopeful) at ", "task 2 (hopeful): waiting for a sign at ", "loop_test.go:"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in %v", part, err)
		}
	}
	same(t, "deferred calls ran", cleaned, true)
}

func TestHoldPreventsDeadlock(t *testing.T) {
	l := await.NewLoop()
	release := l.Hold()
	err := l.Run(func() {
		x := await.Start0(func() { await.Forever("a sign") })
		go func() {
			l.Post(func() { x.Cancel(nil) })
			release()
			release()
		}()
		x.Wait()
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCyclesAreRefused(t *testing.T) {
	in(t, func() {
		same(t, "oneself", fmt.Sprint(caught(await.Current().Await)), "task 1 (main) awaits itself")
		var a, b, c *await.Task0
		a = await.Start0(func() { b.Await() })
		b = await.Start0(func() { c.Await() })
		c = await.Start0(func() { a.Await() })
		await.Yield()
		err := c.Wait()
		var cycle *await.CycleError
		if !errors.As(err, &cycle) {
			t.Fatal(err)
		}
		same(t, "circle", cycle.Error(), "tasks await each other in a circle: task 4 → task 2 → task 3 → task 4")
		caught(a.Await)
		caught(b.Await)
	})
}

func TestCyclesThroughGathersAndGroups(t *testing.T) {
	in(t, func() {
		var a, b *await.Task0
		cyclic := func(what string, err error) {
			t.Helper()
			var cycle *await.CycleError
			if !errors.As(err, &cycle) || len(cycle.Tasks) != 2 {
				t.Errorf("%s: got %v", what, err)
			}
		}
		a = await.Start0(func() { await.GatherTasks(await.Start0(func() { await.Sleep(1) }), b) })
		b = await.Start0(func() { await.Yield(); a.Await() })
		cyclic("awaiting one who gathers", b.Wait())
		cyclic("its gatherer", a.Wait())

		a = await.Start0(func() { b.Await() })
		b = await.Start0(func() { await.Settle(a) })
		cyclic("gathering one who awaits", b.Wait())
		caught(a.Await)

		a = await.Start0(func() {
			cyclic("awaiting the owner of the group", await.WithGroup(func(g *await.Group) {
				g.Start("", func() { await.Yield(); a.Await() })
			}))
		})
		a.Await()

		a = await.Start0(func() {
			await.WithGroup(func(g *await.Group) {
				b = g.Start("", a.Await)
				await.Yield()
			})
		})
		cyclic("waiting for a group in which one waits for it", a.Wait())
		same(t, "the other", b.State(), await.Cancelled)

		// Of a race only one has to end.
		a = await.Start0(func() { await.RaceTasks(b, await.Start0(func() { await.Sleep(1) })) })
		b = await.Start0(func() { a.Await() })
		same(t, "race", a.Wait(), nil)
	})
}

func TestForeignTasksAreRefused(t *testing.T) {
	other := await.NewLoop(await.WithName("north"))
	done := make(chan error)
	go func() { done <- other.Serve() }()
	x := other.Start("far", func() { await.Forever("nothing") })
	err := await.NewLoop(await.WithName("south")).Run(func() {
		v := caught(x.Await)
		fe, ok := v.(*await.ForeignError)
		if !ok {
			t.Fatalf("got %v", v)
		}
		same(t, "names", fe.Owner+" "+fe.Caller, "north south")
	})
	if err != nil {
		t.Error(err)
	}
	other.Close()
	other.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	x.Wait() // a plain goroutine may wait for any task
	same(t, "state", x.State(), await.Cancelled)
	same(t, "post to a closed loop", other.Post(func() {}), false)
	y := other.Start("late", func() { t.Error("ran on a closed loop") })
	same(t, "start on a closed loop", errors.Is(y.Wait(), await.ErrClosed), true)
}

func TestPlainGoroutinesBlock(t *testing.T) {
	await.Sleep(1)
	await.Yield()
	same(t, "loop", await.CurrentLoop(), nil)
	await.Off(func() {})
	c := make(chan int, 1)
	await.Send(c, 3)
	same(t, "received", await.Recv(c), 3)
	if await.Timeout(time.Hour, func() {}) != nil {
		t.Error("timeout")
	}
	l := await.NewLoop()
	go l.Serve()
	ts := []*await.Task0{
		l.Start("a", func() { await.Sleep(1) }),
		l.Start("b", func() { await.Sleep(1) }),
	}
	await.GatherTasks(ts...)
	same(t, "ended", ts[0].Ended() && ts[1].Ended(), true)
	l.Close()
	<-l.Closed()
}

func TestGoroutinesOfATaskAreNotTheTask(t *testing.T) {
	in(t, func() {
		me := await.Current()
		if me == nil || me.Name() != "main" {
			t.Error("no current task")
		}
		c := make(chan *await.Task0)
		go func() { c <- await.Current() }()
		same(t, "task in goroutine", await.Recv(c), nil)
		same(t, "task after", await.Current(), me)
	})
}

func TestShutdownRunsDeferredCalls(t *testing.T) {
	var log []string
	in(t, func() {
		for _, name := range []string{"a", "b"} {
			await.Start0(func() {
				defer func() {
					await.Sleep(time.Hour) // cleaning up may wait
					log = append(log, name)
				}()
				await.Forever("the end")
			})
		}
		await.Sleep(1)
		await.Start0(func() { t.Error("a task that had not begun ran at shutdown") })
		await.Current().OnDone(func() { log = append(log, "main is done") })
	})
	same(t, "log", strings.Join(log, ", "), "main is done, a, b")
}

func TestStubbornTasksAreGivenUp(t *testing.T) {
	l := await.NewLoop(await.WithShutdown(10 * time.Millisecond))
	err := l.Run(func() {
		await.Start0(func() {
			for i := 0; i < 3; i++ { // gives in when every wait fails
				caught(func() { await.Forever("nothing") })
			}
		}).SetName("slow to learn")
		await.Yield()
	})
	if err != nil {
		t.Error(err)
	}
}

// stubborn runs a loop with tasks that never end, however they are asked.
func stubborn(n int) error {
	return await.NewLoop(await.WithName("office"), await.WithShutdown(10*time.Millisecond)).Run(func() {
		for range n {
			await.Start0(func() {
				for {
					caught(func() { await.Forever("retirement") })
				}
			}).SetName("clerk")
		}
		await.Yield()
	})
}

// What such tasks leave behind is leaked, so they get a process of their own.
func TestWhatDoesNotEndIsReported(t *testing.T) {
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, test)
	c.Env = append(os.Environ(), peer+"=stubborn 2")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(string(out), "\n")
	same(t, "report", lines[0], "office closed with 2 tasks and 0 calls unfinished")
	for i, line := range lines[1:3] {
		if !strings.HasPrefix(line, fmt.Sprintf("\ttask %d (clerk): ", i+2)) || !strings.Contains(line, "loop_test.go:") {
			t.Errorf("odd line %q", line)
		}
	}
}

func TestRunTwice(t *testing.T) {
	l := await.NewLoop()
	l.Run(func() {})
	same(t, "second run", errors.Is(l.Run(func() {}), await.ErrClosed), true)
	in(t, func() {
		var m *await.MisuseError
		same(t, "inside a task", errors.As(await.NewLoop().Run(func() {}), &m), true)
	})
	never := await.NewLoop()
	never.Close()
	<-never.Closed()
	same(t, "closed before", never.Serve(), nil)
	same(t, "closed before", errors.Is(never.Run(func() {}), await.ErrClosed), true)
}

func TestSeedsPermuteAndReplay(t *testing.T) {
	order := func(seed uint64) string {
		var b strings.Builder
		in(t, func() {
			var ts []*await.Task0
			for i := range 8 {
				ts = append(ts, await.Start0(func() { await.Yield(); fmt.Fprint(&b, i) }))
			}
			await.Settle(ts...)
		}, await.WithSeed(seed))
		return b.String()
	}
	seen := map[string]bool{}
	for seed := range uint64(10) {
		a := order(seed)
		same(t, "replay", order(seed), a)
		seen[a] = true
	}
	if len(seen) < 5 {
		t.Errorf("10 seeds made only %d orders", len(seen))
	}
}

// What posts itself again and again, or sets timers of no time, or yields for
// ever, starves nobody.
func TestNobodyStarves(t *testing.T) {
	for name, hog := range map[string]func(l *await.Loop, on func() bool){
		"posts": func(l *await.Loop, on func() bool) {
			var again func()
			again = func() {
				if on() {
					l.Post(again)
				}
			}
			l.Post(again)
		},
		"timers": func(l *await.Loop, on func() bool) {
			var again func()
			again = func() {
				if on() {
					l.After(0, again)
				}
			}
			l.After(0, again)
		},
		"yields": func(l *await.Loop, on func() bool) {
			await.Start0(func() {
				for on() {
					await.Yield()
				}
			})
		},
		"done callbacks": func(l *await.Loop, on func() bool) {
			var again func()
			again = func() {
				if on() {
					l.Start("", func() {}).OnDone(again)
				}
			}
			again()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inLoop(t, func() {
				l := await.CurrentLoop()
				over := false
				on := func() bool { return !over }
				hog(l, on)
				for range 100 {
					await.Yield()
				}
				fired, posted := false, make(chan bool)
				l.After(time.Microsecond, func() { fired = true })
				go func() { l.Call(func() {}); posted <- true }()
				await.Recv(posted)
				await.Sleep(time.Microsecond)
				for !fired {
					await.Yield()
				}
				over = true
			})
		})
	}
}

func TestSwitchHook(t *testing.T) {
	var now *await.Task0
	in(t, func() {
		await.Start0(func() { same(t, "current", now, await.Current()); await.Yield() })
		await.Sleep(1)
		same(t, "current", now, await.Current())
	}, await.WithSwitch(func(from, to *await.Task0) {
		if from != now {
			t.Errorf("from %v, expected %v", from, now)
		}
		now = to
	}))
}

func TestTasksFromOutside(t *testing.T) {
	l := await.NewLoop(await.WithPlaces())
	go l.Serve()
	x := l.Start("sleeper", func() { await.Forever("rain") })
	begun := make(chan bool)
	l.Post(func() { close(begun) })
	<-begun
	infos := l.Tasks()
	same(t, "tasks", len(infos), 1)
	same(t, "name", infos[0].Name, "sleeper")
	if i := slices.IndexFunc(infos, func(i await.TaskInfo) bool { return i.ID == x.ID() }); i < 0 {
		t.Error("the task is not listed")
	}
	x.Cancel(context.Canceled)
	x.Wait()
	same(t, "tasks", len(l.Tasks()), 0)
	l.Close()
	<-l.Closed()
	same(t, "tasks", len(l.Tasks()), 0)
}

func TestCall(t *testing.T) {
	north, south := await.NewLoop(), await.NewLoop()
	go north.Serve()
	n := 0
	same(t, "called", north.Call(func() {
		same(t, "loop", await.CurrentLoop(), north)
		same(t, "within itself", north.Call(func() { n++ }), true)
		n++
	}), true)
	same(t, "calls", n, 2)
	boom := caught(func() { north.Call(func() { panic(errEnough) }) })
	same(t, "panic", await.PanicValue(boom), any(errEnough))
	if _, ok := boom.(*await.PanicError); !ok {
		t.Errorf("the panic is a %T", boom)
	}
	exit := caught(func() { north.Call(runtime.Goexit) })
	same(t, "goexit", await.PanicValue(exit), any(await.ErrGoexit))
	err := south.Run(func() {
		turn := false
		north.Post(func() { n = 0 })
		x := await.Start0(func() { turn = true })
		same(t, "from another loop", north.Call(func() { n++ }), true)
		same(t, "others ran meanwhile", turn && x.Ended(), true)
		boom := caught(func() { north.Call(func() { panic(errEnough) }) })
		same(t, "panic", await.PanicValue(boom), any(errEnough))
	})
	same(t, "error", err, nil)
	same(t, "calls", n, 1)
	north.Close()
	<-north.Closed()
	same(t, "after the end", north.Call(func() { n++ }), false)
	same(t, "calls", n, 1)
}
