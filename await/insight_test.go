package await_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// here returns the place of its caller, as "file:line", moved down some lines.
func here(down int) string {
	_, file, line, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, line+down)
}

func TestTasksTellWhatTheyDo(t *testing.T) {
	l := await.NewLoop(await.WithClock(await.Virtual), await.WithPlaces())
	err := l.Run(func() {
		var lock await.Lock
		lock.Lock()
		var waitsAt string
		started := here(1)
		x := await.Start0(func() {
			waitsAt = here(1)
			lock.Lock()
		})
		x.SetName("second")
		y := await.Start0(x.Await)
		await.Sleep(time.Minute)
		ready := await.Start0(func() {})

		infos := l.Tasks()
		same(t, "tasks", len(infos), 4)
		same(t, "found", l.Find(infos[1].ID), x)
		same(t, "not found", l.Find(99), nil)
		same(t, "found from outside", await.Off1(func() *await.Task0 { return l.Find(infos[1].ID) }), x)
		main, second, third, fourth := infos[0], infos[1], infos[2], infos[3]
		same(t, "main", fmt.Sprint(main.ID, main.Name, main.State), "1mainrunning")
		same(t, "name", second.Name, "second")
		same(t, "parent", second.Parent, main.ID)
		same(t, "state", second.State, await.Waiting)
		same(t, "started", second.Started, started)
		same(t, "waits for", second.WaitsFor, "a lock")
		same(t, "waits at", fmt.Sprintf("%s:%d", second.Where[0].File, second.Where[0].Line), waitsAt)
		same(t, "since", second.Since, time.Minute)
		same(t, "age", second.Age, time.Minute)
		same(t, "awaits", third.Awaits, x.ID())
		same(t, "waits for", third.WaitsFor, "task 2 (second)")
		same(t, "state", fourth.State, await.Ready)
		same(t, "age", fourth.Age, 0)
		lock.Unlock()
		await.Settle(x, y, ready)
		same(t, "ended tasks are not listed", len(l.Tasks()), 1)
	})
	same(t, "error", err, nil)
	same(t, "found after the end", l.Find(1), nil)
	same(t, "found before the beginning", await.NewLoop().Find(1), nil)
}

func TestWaitsAreDescribed(t *testing.T) {
	in(t, func() {
		var event await.Event
		q := await.NewQueue[int](1)
		c := make(chan int)
		never := await.Start0(func() { await.Forever("godot") })
		for want, wait := range map[string]func(){
			"an event":                 event.Wait,
			"a value in a queue":       func() { q.Get() },
			"a channel":                func() { await.Recv(c) },
			"a select":                 func() { await.Select(await.CaseRecv(c), await.CaseRecv(c)) },
			"task 2":                   never.Await,
			"its group":                func() { await.WithGroup(func(g *await.Group) { g.Start("", never.Await) }) },
			"sleep until 01:00:00.000": func() { await.SleepUntil(epoch.Add(time.Hour)) },
			"a barrier":                func() { await.NewBarrier(2).Wait() },
			"a semaphore":              func() { await.NewSemaphore(0).Acquire() },
		} {
			x := await.Start0(wait)
			await.Yield()
			await.Yield()
			for _, i := range await.CurrentLoop().Tasks() {
				if i.ID == x.ID() {
					same(t, "waits for", i.WaitsFor, want)
				}
			}
			x.Cancel(nil)
			x.Wait()
		}
	})
}

func TestTraces(t *testing.T) {
	var trace await.Tracer
	in(t, func() {
		x := await.Start0(func() {
			await.Sleep(time.Hour)
			await.Start0(func() {}).SetName(`"quoted" <name>`)
		})
		x.SetName("sleeper")
		y := await.Start0(func() { await.Sleep(2 * time.Hour); panic("boom") })
		await.Settle(x, y)
		await.Yield()
	}, await.WithTracer(&trace), await.WithName("studio"))

	var text strings.Builder
	if err := trace.WriteChrome(&text); err != nil {
		t.Fatal(err)
	}
	var file struct {
		TraceEvents []struct {
			Name, Ph string
			Pid, Tid *int
			Ts, Dur  float64
			Args     struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(text.String()), &file); err != nil {
		t.Fatalf("%v in\n%s", err, text.String())
	}
	phases, names, running := map[string]int{}, map[string]bool{}, map[int]int{}
	for _, e := range file.TraceEvents {
		phases[e.Ph]++
		names[e.Args.Name] = true
		if e.Pid == nil || e.Tid == nil || e.Dur < 0 || e.Ts < 0 {
			t.Errorf("malformed event %+v", e)
		} else if e.Name == "running" {
			running[*e.Tid]++
		}
	}
	for _, name := range []string{"studio", "task 1 (main)", "task 2 (sleeper)", `task 4 ("quoted" <name>)`} {
		same(t, name, names[name], true)
	}
	same(t, "starts told of", phases["s"], 3)
	same(t, "starts answered", phases["f"], 3)
	same(t, "steps of the sleeper", running[2], 2)
	same(t, "waits told of", strings.Contains(text.String(), "waits for sleep until"), true)

	text.Reset()
	if err := trace.WriteText(&text, 80); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	same(t, "lines", len(lines), 4+1)
	for _, line := range lines[:3] {
		if !strings.HasPrefix(line, "task ") || !strings.Contains(line, "#") || len([]rune(line)) > 80 {
			t.Errorf("odd line %q", line)
		}
	}

	text.Reset()
	if err := trace.WriteSVG(&text, 800); err != nil {
		t.Fatal(err)
	}
	marks := 0
	for d := xml.NewDecoder(strings.NewReader(text.String())); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text.String())
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			marks++
		}
	}
	if marks < 8 {
		t.Errorf("only %d marks in the picture", marks)
	}
}

func TestSlowSteps(t *testing.T) {
	found := make(chan await.SlowStep, 100)
	l := await.NewLoop(await.WithName("mill"), await.WithSlowStep(5*time.Millisecond, func(s await.SlowStep) { found <- s }))
	err := l.Run(func() {
		x := await.Start0(func() {
			s := <-found // holds the loop, until that is noticed
			same(t, "task", fmt.Sprint(s.Loop, s.Task, s.Name), "mill2miller")
			same(t, "place", s.Place, here(-2))
			same(t, "others", s.Others, 1)
			same(t, "held", s.Held >= 5*time.Millisecond, true)
			same(t, "stack", strings.Contains(s.Stack, "TestSlowSteps"), true)
			same(t, "text", strings.HasPrefix(s.String(), "task 2 (miller) has held mill for 5ms at "), true)
		})
		x.SetName("miller")
		x.Await()
		l.Post(func() {
			s := <-found
			same(t, "callback", fmt.Sprint(s.Task, s.Name), "0callback")
		})
		await.Yield()
		await.Sleep(30 * time.Millisecond) // waiting is not slow
	})
	same(t, "error", err, nil)
	same(t, "told without reason", len(found), 0)
}

func TestDoneCallbacks(t *testing.T) {
	var log []string
	var reports []error
	l := await.NewLoop(await.WithUnhandled(func(x *await.Task0) { reports = append(reports, x.Err()) }))
	err := l.Run(func() {
		x := await.Start(func() int { await.Sleep(1); log = append(log, "body"); return 7 })
		x.OnDone(func() { log = append(log, fmt.Sprint("first ", x.State(), await.Current() == nil)) })
		x.OnDone(func() { panic(errEnough) })
		x.OnDone(func() { log = append(log, "second") })
		x.Await()
		await.Yield()
		x.OnDone(func() { log = append(log, "late") })
		await.Yield()
		asked := make(chan bool)
		go func() {
			x.OnDone(func() { log = append(log, fmt.Sprint("from outside ", await.CurrentLoop() == l)) })
			close(asked)
		}()
		await.Recv(asked)
		y := await.Start0(func() { await.Forever("nothing") })
		y.OnDone(func() { log = append(log, "of a cancelled task") })
		await.Yield()
		y.Cancel(nil)
		y.Wait()
	})
	same(t, "error", err, nil)
	same(t, "calls", strings.Join(log, ", "), "body, first done true, second, late, from outside true, of a cancelled task")
	same(t, "a panic in one is reported", len(reports) == 1 && errors.Is(reports[0], errEnough), true)
	x := l.Start("", func() {})
	called := false
	x.OnDone(func() { called = true })
	same(t, "after the end of the loop", called, true)
}

func TestRepetition(t *testing.T) {
	in(t, func() {
		began := await.Now()
		at := func() time.Duration { return await.Now().Sub(began) }
		var ticks []time.Duration
		for tick := range await.Ticks(10 * time.Second) {
			ticks = append(ticks, tick.Sub(began)/time.Second)
			same(t, "on time", at(), tick.Sub(began))
			if len(ticks) == 2 {
				await.Sleep(25 * time.Second) // two are missed
			}
			if len(ticks) == 4 {
				break
			}
		}
		same(t, "ticks", fmt.Sprint(ticks), "[10ns 20ns 50ns 60ns]")
		same(t, "no interval", caught(func() { await.Ticks(0) }) != nil, true)

		began = await.Now()
		calls := 0
		err := await.Retry(100, time.Second, func() error { calls++; return errEnough })
		same(t, "cause", errors.Is(err, errEnough), true)
		same(t, "calls", calls, 100)
		same(t, "pauses stay bounded and positive", at() > 80*24*time.Hour && at() < 100*24*time.Hour, true)
		calls = 0
		same(t, "success", await.Retry(5, 1, func() error {
			if calls++; calls < 3 {
				return errEnough
			}
			return nil
		}), nil)
		same(t, "calls", calls, 3)
		same(t, "no attempts", caught(func() { await.Retry(0, 1, func() error { return nil }) }) != nil, true)
	})
}

func TestTimersBelongToTheirLoop(t *testing.T) {
	l := await.NewLoop()
	go l.Serve()
	misuse := func(f func()) bool { _, ok := caught(f).(*await.MisuseError); return ok }
	same(t, "set outside", misuse(func() { l.After(1, func() {}) }), true)
	var timer *await.Timer
	l.Call(func() { timer = l.After(time.Hour, func() {}) })
	same(t, "stopped outside", misuse(func() { timer.Stop() }), true)
	l.Call(func() { same(t, "stopped", timer.Stop(), true) })
	l.Close()
	<-l.Closed()
}
