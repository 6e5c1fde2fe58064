package await_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// run runs f in a new loop with the virtual clock, as most examples do.
func run(f func()) {
	if err := await.NewLoop(await.WithClock(await.Virtual)).Run(f); err != nil {
		fmt.Println(err)
	}
}

func Example() {
	err := await.NewLoop().Run(func() {
		fetch := func(name string, d time.Duration) string {
			await.Sleep(d) // others run meanwhile
			return "contents of " + name
		}
		a := await.Start(func() string { return fetch("a", 2*time.Millisecond) })
		b := await.Start(func() string { return fetch("b", time.Millisecond) })
		for _, text := range await.Gather(a, b) {
			fmt.Println(text)
		}
	})
	fmt.Println(err)
	// Output:
	// contents of a
	// contents of b
	// <nil>
}

func ExampleLoop() {
	l := await.NewLoop(await.WithName("kitchen"))
	go l.Serve()
	t := l.Start("toast", func() { await.Sleep(time.Millisecond) })
	t.Await() // a goroutine that belongs to no loop just blocks
	fmt.Println(t, t.State())
	l.Close()
	<-l.Closed()
	// Output: task 1 (toast) done
}

func ExampleOption() {
	l := await.NewLoop(await.WithName("lab"), await.WithClock(await.Virtual), await.WithSeed(42))
	fmt.Println(l.Name(), l.Clock())
	// Output: lab virtual
}

func ExampleClock() {
	began := time.Now()
	run(func() {
		await.Sleep(1000 * time.Hour)
		fmt.Println(await.Now())
	})
	fmt.Println(time.Since(began) < time.Minute)
	// Output:
	// 2000-02-11 16:00:00 +0000 UTC
	// true
}

func ExampleTask0() {
	run(func() {
		t := await.Start0(func() { await.Sleep(time.Hour) })
		t.SetName("nap")
		await.Yield()
		t.Cancel(errors.New("the phone rang"))
		fmt.Println(t.Wait())
	})
	// Output: task 2 (nap) was cancelled: the phone rang
}

func ExampleTask() {
	run(func() {
		t := await.Start(func() int { return 6 * 7 })
		fmt.Println(t.Await())
	})
	// Output: 42
}

func ExampleTask2() {
	run(func() {
		t := await.Start2(func() (string, error) { return "text", nil })
		text, err := t.Await()
		fmt.Println(text, err)
	})
	// Output: text <nil>
}

func ExampleTask3() {
	run(func() {
		t := await.Start3(func() (string, string, bool) { return strings.Cut("key=value", "=") })
		fmt.Println(t.Await())
	})
	// Output: key value true
}

func ExampleTask4() {
	run(func() {
		t := await.Start4(func() (int, int, int, int) { return 192, 168, 0, 1 })
		fmt.Println(t.Await())
	})
	// Output: 192 168 0 1
}

func ExampleState() {
	run(func() {
		t := await.Start0(func() { await.Sleep(1) })
		fmt.Println(t.State())
		await.Yield()
		fmt.Println(t.State())
		t.Await()
		fmt.Println(t.State(), t.State().Ended())
	})
	// Output:
	// ready
	// waiting
	// done true
}

func ExampleTaskInfo() {
	l := await.NewLoop(await.WithClock(await.Virtual), await.WithPlaces())
	l.Run(func() {
		await.Start0(func() { await.Sleep(time.Hour) }).SetName("nap")
		await.Sleep(time.Minute)
		for _, t := range l.Tasks() {
			fmt.Println(t.ID, t.Name, t.State, t.WaitsFor, t.Since)
		}
	})
	// Output:
	// 1 main running  0s
	// 2 nap waiting sleep until 01:00:00.000 1m0s
}

func ExampleTimer() {
	run(func() {
		l := await.CurrentLoop()
		l.After(time.Second, func() { fmt.Println("tick") })
		stopped := l.After(time.Second, func() { fmt.Println("never") })
		fmt.Println(stopped.Stop())
		await.Sleep(time.Minute)
	})
	// Output:
	// true
	// tick
}

func ExampleGroup() {
	run(func() {
		err := await.WithGroup(func(g *await.Group) {
			g.Go(func() error { await.Sleep(1); return errors.New("no route") })
			g.Go(func() error { await.Sleep(time.Hour); return nil }) // is cancelled
		})
		fmt.Println(err)
	})
	// Output: no route
}

func ExampleTimeoutError() {
	run(func() {
		err := await.Timeout(time.Second, func() { await.Sleep(time.Hour) })
		var late *await.TimeoutError
		fmt.Println(err, errors.As(err, &late))
	})
	// Output: timed out after 1s true
}

func ExamplePanicError() {
	run(func() {
		t := await.Start(func() int { await.Yield(); panic("out of paper") })
		t.SetName("printer")
		defer func() {
			v := recover()
			fmt.Println(v)
			fmt.Println(await.PanicValue(v))
		}()
		t.Await()
	})
	// Output:
	// panic: out of paper [in task 2, printer]
	// out of paper
}

func ExampleCancelError() {
	run(func() {
		t := await.Start0(func() { await.Sleep(time.Hour) })
		t.Cancel(nil)
		var c *await.CancelError
		fmt.Println(errors.As(t.Wait(), &c), c)
	})
	// Output: true task 2 was cancelled
}

func ExampleDeadlockError() {
	err := await.NewLoop(await.WithName("office")).Run(func() { new(await.Event).Wait() })
	var d *await.DeadlockError
	fmt.Println(errors.As(err, &d))
	fmt.Println(err)
	// Output:
	// true
	// deadlock: every task of office waits for something that cannot happen
	// 	task 1 (main): waiting for an event
}

func ExampleShutdownError() {
	gate := make(chan struct{})
	l := await.NewLoop(await.WithName("office"), await.WithShutdown(time.Millisecond))
	err := l.Run(func() {
		await.Start0(func() { await.Off(func() { <-gate }) })
		await.Yield()
	})
	close(gate)
	fmt.Println(err)
	// Output: office closed with 0 tasks and 1 calls unfinished
}

func ExampleForeignError() {
	north, south := await.NewLoop(await.WithName("north")), await.NewLoop(await.WithName("south"))
	t := north.Start("compass", func() {})
	err := south.Run(func() { t.Await() })
	var f *await.ForeignError
	errors.As(err, &f)
	fmt.Println(f)
	north.Close()
	// Output: compass belongs to north and cannot be awaited in south
}

func ExampleCycleError() {
	run(func() {
		defer func() { fmt.Println(recover()) }()
		await.Current().Await()
	})
	// Output: task 1 (main) awaits itself
}

func ExampleMisuseError() {
	defer func() { fmt.Println(recover()) }()
	await.Start(func() int { return 1 })
	// Output: await: Start needs a loop: it was called by a goroutine that belongs to none; use Loop.Start
}

func ExampleEvent() {
	run(func() {
		var ready await.Event
		t := await.Start0(func() { ready.Wait(); fmt.Println("go") })
		await.Yield()
		fmt.Println("set")
		ready.Set()
		t.Await()
	})
	// Output:
	// set
	// go
}

func ExampleLock() {
	run(func() {
		var lock await.Lock
		for i := range 2 {
			await.Start0(func() {
				lock.With(func() {
					fmt.Println("in", i)
					await.Sleep(1)
					fmt.Println("out", i)
				})
			})
		}
		await.Sleep(10)
	})
	// Output:
	// in 0
	// out 0
	// in 1
	// out 1
}

func ExampleSemaphore() {
	run(func() {
		two := await.NewSemaphore(2)
		two.Acquire()
		two.Acquire()
		fmt.Println(two.TryAcquire())
		two.Release()
		fmt.Println(two.TryAcquire())
	})
	// Output:
	// false
	// true
}

func ExampleCondition() {
	run(func() {
		var lock await.Lock
		changed := await.NewCondition(&lock)
		level := 0
		await.Start0(func() {
			for range 3 {
				await.Sleep(1)
				lock.With(func() { level++; changed.Broadcast() })
			}
		})
		lock.With(func() {
			changed.WaitFor(func() bool { return level == 3 })
			fmt.Println("level", level)
		})
	})
	// Output: level 3
}

func ExampleBarrier() {
	run(func() {
		three := await.NewBarrier(3)
		await.Map([]int{30, 10, 20}, 0, func(ms int) int {
			await.Sleep(time.Duration(ms) * time.Millisecond)
			place, err := three.Wait()
			fmt.Println(ms, place, err)
			return place
		})
	})
	// Output:
	// 30 2 <nil>
	// 10 0 <nil>
	// 20 1 <nil>
}

func ExampleLimiter() {
	run(func() {
		began := await.Now()
		limit := await.NewLimiter(time.Second, 2)
		for range 4 {
			limit.Wait()
			fmt.Println(await.Now().Sub(began))
		}
	})
	// Output:
	// 0s
	// 0s
	// 1s
	// 2s
}

func ExampleWaiters() {
	run(func() {
		var line await.Waiters
		for i := range 3 {
			await.Start0(func() { line.Wait("its number"); fmt.Println("number", i) })
		}
		await.Yield()
		line.WakeOne()
		await.Sleep(1)
		fmt.Println(line.Len(), "wait")
		line.WakeAll()
		await.Sleep(1)
	})
	// Output:
	// number 0
	// 2 wait
	// number 1
	// number 2
}

func ExampleQueue() {
	run(func() {
		q := await.NewPriorityQueue(0, func(a, b string) bool { return a < b })
		for _, s := range []string{"pear", "apple", "quince"} {
			q.Put(s)
		}
		q.Close()
		for s := range q.All() {
			fmt.Println(s)
		}
	})
	// Output:
	// apple
	// pear
	// quince
}

func ExampleCase() {
	run(func() {
		words, numbers := make(chan string, 1), make(chan int)
		words <- "hello"
		w, n := await.CaseRecv(words), await.CaseRecv(numbers)
		switch await.Select(w, n) {
		case 0:
			fmt.Println("word", w.Value)
		case 1:
			fmt.Println("number", n.Value)
		}
	})
	// Output: word hello
}

func ExampleRecvCase() {
	c := make(chan int)
	close(c)
	r := await.CaseRecv(c)
	await.Select(r)
	fmt.Println(r.Value, r.OK)
	// Output: 0 false
}

func ExampleSendCase() {
	c := make(chan int, 1)
	fmt.Println(await.Select(await.CaseSend(c, 1)), <-c)
	// Output: 0 1
}

func ExampleDefaultCase() {
	c := make(chan int)
	fmt.Println(await.Select(await.CaseRecv(c), await.CaseDefault()))
	// Output: 1
}

func ExampleSlowStep() {
	found := make(chan await.SlowStep, 1)
	l := await.NewLoop(await.WithName("office"), await.WithSlowStep(10*time.Millisecond, func(s await.SlowStep) { found <- s }))
	l.Run(func() {
		s := <-found // blocks the whole loop: await.Recv(found) would not
		fmt.Println(s.Name, s.Held, strings.Contains(s.Place, "example_test.go:"))
	})
	// Output: main 10ms true
}

func ExampleTracer() {
	var trace await.Tracer
	await.NewLoop(await.WithTracer(&trace)).Run(func() {
		nap := await.Start0(func() { await.Sleep(20 * time.Millisecond) })
		nap.SetName("nap")
		nap.Await()
	})
	var text strings.Builder
	trace.WriteText(&text, 60)
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "task 2") {
			// It runs (#), sleeps (.), and runs again.
			fmt.Println(strings.Contains(line, "(nap)"), strings.Contains(line, "#."), strings.Contains(line, ".#"))
		}
	}
	// In a program, write to a file, and open it in ui.perfetto.dev:
	if f, err := os.CreateTemp("", "trace"); err == nil {
		defer os.Remove(f.Name())
		trace.WriteChrome(f)
		f.Close()
	}
	// Output: true true true
}

func ExampleTree() {
	run(func() {
		await.Start0(func() {
			await.Start0(func() { await.Sleep(time.Hour) }).SetName("child")
			await.Sleep(time.Hour)
		}).SetName("parent")
		await.Sleep(1)
		for line := range strings.Lines(await.Tree(await.CurrentLoop().Tasks())) {
			line, _, _ = strings.Cut(line, ", started")
			fmt.Println(strings.TrimSuffix(line, "\n"))
		}
	})
	// Output:
	// task 1 (main): running
	// └── task 2 (parent): waiting for sleep until 01:00:00.000
	//     └── task 3 (child): waiting for sleep until 01:00:00.000
}

func ExampleTimeout() {
	run(func() {
		err := await.Timeout(time.Second, func() {
			await.Off(func() { /* a call that blocks */ })
		})
		fmt.Println(err)
	})
	// Output: <nil>
}

func ExampleOff() {
	run(func() {
		text, err := await.Off2(func() ([]byte, error) { return os.ReadFile("doc.go") })
		fmt.Println(len(text) > 0, err)
	})
	// Output: true <nil>
}

func ExampleRetry() {
	run(func() {
		began := await.Now()
		err := await.Retry(4, time.Second, func() error { return errors.New("busy") })
		fmt.Println(err, await.Now().Sub(began))
	})
	// Output: gave up after 4 attempts: busy 7s
}

func ExampleTicks() {
	run(func() {
		n := 0
		for t := range await.Ticks(15 * time.Minute) {
			fmt.Println(t.Format("15:04"))
			if n++; n == 3 {
				break
			}
		}
	})
	// Output:
	// 00:15
	// 00:30
	// 00:45
}

func ExampleTimeoutContext() {
	run(func() {
		ctx, cancel := await.TimeoutContext(context.Background(), time.Hour)
		defer cancel()
		fmt.Println(await.Context(ctx)) // an hour of virtual time
		fmt.Println(ctx.Err())
	})
	// Output:
	// timed out after 1h0m0s
	// context deadline exceeded
}

func ExampleLoop_Call() {
	l := await.NewLoop()
	go l.Serve()
	n := 0
	l.Call(func() { n++ }) // on the loop: no lock is needed
	fmt.Println(n)
	l.Close()
	<-l.Closed()
	// Output: 1
}
