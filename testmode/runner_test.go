package testmode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

func TestTimeout(t *testing.T) {
	cleaned := false
	_, lines, r := outcome(t, func(_ *suite, t *testmode.T) {
		t.Cleanup(func() { await.Yield(); cleaned = true })
		await.Forever("godot")
	}, "--timeout=30")
	// A wait that nothing can end is a deadlock, told at once.
	if r.Failed != 1 || !cleaned || !strings.HasPrefix(lines[0], "Deadlock") {
		t.Errorf("%q cleaned %v", lines, cleaned)
	}
	cleaned = false
	_, lines, r = outcome(t, func(_ *suite, t *testmode.T) {
		t.Cleanup(func() { await.Yield(); cleaned = true })
		await.Sleep(time.Hour)
	}, "--timeout=0.02")
	if r.Failed != 1 || !cleaned || len(lines) != 2 || lines[0] != "Failed: Timeout >0.02s" || !strings.HasPrefix(lines[1], "  task 2 (test_x): waiting (sleep until") {
		t.Errorf("%q cleaned %v", lines, cleaned)
	}
}

func TestTimeoutOfASubtest(t *testing.T) {
	_, lines, r := outcome(t, func(_ *suite, t *testmode.T) {
		t.Run("quick", func(*testmode.T) {})
		t.Run("slow", func(*testmode.T) { await.Sleep(time.Hour) })
		t.Run("never", func(*testmode.T) {})
	}, "--timeout=200ms")
	if r.Failed != 1 || r.Passed != 1 || r.Reports[1].ID != "session::test_x/slow" || lines[0] != "Failed: Timeout >0.2s" {
		t.Errorf("%q %+v", lines, r)
	}
}

func TestTimeoutOfComputation(t *testing.T) {
	s := newSuite(t, "-qq")
	var stop atomic.Bool
	s.opt.Interrupt = func() { stop.Store(true) }
	s.opt.Resume = func() { stop.Store(false) }
	s.add("test_loop", 1, "func test_loop() { for {} }", func(*testmode.T) {
		for !stop.Load() {
			runtime.Gosched()
		}
		panic(testmode.Unwind())
	})
	s.tests[0].Timeout = 20 * time.Millisecond
	s.add("test_next", 2, "func test_next() {}", func(t *testmode.T) {
		if stop.Load() {
			t.Error("still interrupted")
		}
	})
	out, r := s.run()
	if r.Failed != 1 || r.Passed != 1 || !strings.Contains(out, "E   Failed: Timeout >0.02s") {
		t.Errorf("%+v\n%s", r, out)
	}
}

func TestTestThatDoesNotStop(t *testing.T) {
	s := newSuite(t, "-qq")
	s.opt.Grace = 20 * time.Millisecond
	forever := make(chan bool)
	defer close(forever)
	s.add("test_stuck", 1, "func test_stuck() {\n\tselect {}\n}", func(t *testmode.T) {
		<-forever
		t.Error("nobody listens any more")
	})
	s.tests[0].Timeout = 20 * time.Millisecond
	s.add("test_next", 5, "func test_next() {}", func(*testmode.T) {})
	out, r := s.run()
	check(t, out, `
F.                                                                       [100%]
=================================== FAILURES ===================================
__________________________________ test_stuck __________________________________

    func test_stuck() {
        select {}
    }
E   Failed: Timeout >0.02s
E   The test did not stop; its thread was given up.

session:1: Failed
=========================== short test summary info ============================
FAILED session::test_stuck - Failed: Timeout >0.02s
`)
	if r.Failed != 1 || r.Passed != 1 {
		t.Errorf("%+v", r)
	}
}

// interrupted runs a suite and cancels the run as soon as begun is closed.
func (s *suite) interrupted(begun chan struct{}) (string, testmode.Result) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-begun; cancel() }()
	s.out.Reset()
	r := s.Run(ctx, s.tests, s.opt, &s.out)
	return durations.ReplaceAllString(s.out.String(), "in 0.00s"), r
}

func TestInterrupt(t *testing.T) {
	s := newSuite(t)
	begun := make(chan struct{})
	var did []string
	s.add("test_a", 2, "func test_a() {}", func(*testmode.T) {})
	s.add("test_b", 3, "func test_b() { assert 0 }", func(t *testmode.T) {
		s.at("test_b", 3)
		t.Assert([]string{"assert 0"}, "")
	})
	s.add("test_hang", 4, "func test_hang() { await sleep(30) }", func(t *testmode.T) {
		s.at("test_hang", 4)
		t.Cleanup(func() { await.Yield(); did = append(did, "clean-up") })
		await.Start0(func() {
			defer func() { did = append(did, "task's defer") }()
			await.Sleep(time.Hour)
		})
		await.Yield()
		close(begun)
		await.Sleep(time.Hour)
	})
	s.add("test_c", 5, "func test_c() {}", func(*testmode.T) { did = append(did, "next test") })
	out, r := s.interrupted(begun)
	check(t, out, `
.F
=================================== FAILURES ===================================
____________________________________ test_b ____________________________________

>   func test_b() { assert 0 }
E   assert 0

session:3: AssertionError
=========================== short test summary info ============================
FAILED session::test_b - assert 0
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!! KeyboardInterrupt !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!
session:4: KeyboardInterrupt
(to show a full traceback on KeyboardInterrupt use --full-trace)
1 failed, 1 passed in 0.00s
`)
	if want := []string{"clean-up", "task's defer"}; !slices.Equal(did, want) {
		t.Errorf("did %q, want %q", did, want)
	}
	if r.Status != testmode.StatusInterrupted {
		t.Errorf("status %d", r.Status)
	}
}

func TestInterruptWithFullTrace(t *testing.T) {
	s := newSuite(t, "-qq", "--full-trace")
	begun := make(chan struct{})
	s.add("test_hang", 4, "func test_hang() {\n\tawait sleep(30)\n}", func(t *testmode.T) {
		s.at("test_hang", 5)
		close(begun)
		await.Sleep(time.Hour)
	})
	out, _ := s.interrupted(begun)
	check(t, out, "\n"+`
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!! KeyboardInterrupt !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!

    func test_hang() {
>       await sleep(30)
E       KeyboardInterrupt

session:5: KeyboardInterrupt
`)
}

func TestAbandon(t *testing.T) {
	s := newSuite(t)
	begun, forever := make(chan struct{}), make(chan struct{})
	defer close(forever)
	s.add("test_a", 2, "func test_a() {}", func(*testmode.T) {})
	s.add("test_stuck", 4, "func test_stuck() {}", func(t *testmode.T) {
		close(begun)
		<-forever
		fmt.Fprintln(t.Stdout(), "nobody reads this")
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-begun
		cancel()
		s.Abandon()
		s.Abandon()
	}()
	r := s.Run(ctx, s.tests, s.opt, &s.out)
	check(t, durations.ReplaceAllString(s.out.String(), "in 0.00s"), `
.
!!!!!!!!!!!!!!!!!!!!!!!!!!!!!! KeyboardInterrupt !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!
session:4: KeyboardInterrupt
(to show a full traceback on KeyboardInterrupt use --full-trace)
1 passed in 0.00s
`)
	if r.Status != testmode.StatusInterrupted {
		t.Errorf("status %d", r.Status)
	}
	s.Abandon() // without a run
}

func TestLoops(t *testing.T) {
	for _, scope := range []string{"function", "session"} {
		s := newSuite(t, "-qq", "--loop-scope", scope)
		loops := map[*await.Loop]bool{}
		for i := range 3 {
			s.add(fmt.Sprintf("test_%d", i), i+1, "func f() {}", func(*testmode.T) { loops[await.CurrentLoop()] = true })
		}
		_, r := s.run()
		if want := map[string]int{"function": 3, "session": 1}[scope]; len(loops) != want || r.Passed != 3 {
			t.Errorf("%s: %d loops, %+v", scope, len(loops), r)
		}
	}
}

func TestSharedLoopSurvivesDeadlock(t *testing.T) {
	s := newSuite(t, "-qq", "--loop-scope=session")
	s.add("test_a", 1, "func test_a() {}", func(*testmode.T) {})
	s.add("test_b", 2, "func test_b() {}", func(*testmode.T) { await.Forever("godot") })
	s.add("test_c", 3, "func test_c() {}", func(*testmode.T) { await.Sleep(time.Millisecond) })
	s.add("test_d", 4, "func test_d() {}", func(*testmode.T) { panic("no") })
	out, r := s.run()
	if r.Passed != 2 || r.Failed != 2 || !strings.HasPrefix(out, ".F.F ") {
		t.Errorf("%+v\n%s", r, out)
	}
}

func TestForeignObject(t *testing.T) {
	session := await.NewLoop(await.WithName("session"))
	ended := make(chan error, 1)
	go func() { ended <- session.Serve() }()
	task := session.Start("fetch", func() { await.Forever("an answer") })
	<-session.Start("sync", func() {}).Done()
	_, lines, _ := outcome(t, func(*suite, *testmode.T) { task.Await() })
	session.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(lines) == 0 || !strings.Contains(lines[0], "session") || !strings.Contains(lines[0], "session::test_x") {
		t.Errorf("%q does not name both loops", lines)
	}
}

func TestVirtualTime(t *testing.T) {
	began := time.Now()
	letters, lines, _ := outcome(t, func(*suite, *testmode.T) { await.Sleep(1000 * time.Hour) }, "--virtual")
	if letters != "." || time.Since(began) > 10*time.Second {
		t.Errorf("%s %q after %v", letters, lines, time.Since(began))
	}
}

// racy fails when its second task runs before the first.
func racy(t *testmode.T) {
	var order []int
	var tasks []*await.Task0
	for i := range 4 {
		tasks = append(tasks, await.Start0(func() { order = append(order, i) }))
	}
	for _, task := range tasks {
		task.Await()
	}
	if slices.Index(order, 3) < slices.Index(order, 0) {
		t.Errorf("order %v", order)
	}
}

func TestSchedules(t *testing.T) {
	_, lines, r := outcome(t, func(_ *suite, t *testmode.T) { racy(t) }, "--schedules=100", "--seed=7")
	if r.Failed != 1 || len(lines) != 3 {
		t.Fatalf("%q %+v", lines, r)
	}
	if !strings.HasPrefix(lines[2], "the tasks ran in this order: 2 (test_x), ") || strings.Count(lines[2], ", ") < 4 {
		t.Errorf("%q", lines)
	}
	var n, seed int
	if _, err := fmt.Sscanf(lines[1], "under schedule %d; to repeat it: --schedules=1 --seed=%d", &n, &seed); err != nil {
		t.Fatalf("%q: %v", lines[1], err)
	}
	_, again, _ := outcome(t, func(_ *suite, t *testmode.T) { racy(t) }, "--schedules=1", fmt.Sprintf("--seed=%d", seed))
	if len(again) != 3 || again[0] != lines[0] || again[2] != lines[2] {
		t.Errorf("the seed gives %q, want %q", again, lines)
	}
	if _, lines, r := outcome(t, func(_ *suite, t *testmode.T) { t.Run("sub", func(t *testmode.T) {}) }, "--schedules=10"); r.Passed != 1 {
		t.Errorf("%q %+v", lines, r)
	}
}

// A warning is told once, not for each schedule, and only if the test is told.
func TestWarningsUnderSchedules(t *testing.T) {
	var switches int
	s := newSuite(t, "--schedules=10")
	s.opt.Switch = func(from, to *await.Task0) { switches++ }
	s.add("test_x", 1, "func test_x() {}", func(*testmode.T) { await.Start0(func() { await.Forever("the bus") }); await.Yield() })
	if out, r := s.run(); r.Passed != 1 || r.Warnings != 1 || switches < 20 {
		t.Errorf("%d switches, %+v\n%s", switches, r, out)
	}
}

// A host's own await.WithSwitch works also under schedules; only the order is
// not told then.
func TestSwitchOfTheHost(t *testing.T) {
	n := 0
	s := newSuite(t, "--schedules=1")
	s.opt.LoopOptions = []await.Option{await.WithSwitch(func(from, to *await.Task0) { n++ })}
	s.add("test_x", 1, "func test_x() {}", func(t *testmode.T) { await.Yield(); t.Error("no") })
	_, r := s.run()
	if lines := r.Reports[0].Failures[0].Lines; n < 2 || len(lines) != 2 {
		t.Errorf("%d switches, %q", n, lines)
	}
}

func TestCountAndShuffle(t *testing.T) {
	s := newSuite(t, "-v", "--count=3", "--shuffle", "--seed=3")
	s.add("test_a", 1, "func test_a() {}", func(*testmode.T) {})
	s.add("test_b", 2, "func test_b() {}", func(*testmode.T) {})
	first, r := s.run()
	second, _ := s.run()
	if first != second || r.Passed != 6 || r.Seed != 3 || !strings.Contains(first, "session::test_b[2-3] PASSED") {
		t.Errorf("%s\n%s\n%+v", first, second, r)
	}
}

// letters runs a suite and returns the progress letters.
func (s *suite) letters() string {
	out, _ := s.run()
	line, _, _ := strings.Cut(out, "\n")
	return strings.Fields(line)[0]
}

func TestMemory(t *testing.T) {
	s := newSuite(t, "-q")
	bad := map[string]bool{"test_b": true, "test_d": true}
	for i, name := range []string{"test_a", "test_b", "test_c", "test_d"} {
		s.add(name, i+1, "func f() {}", func(t *testmode.T) {
			if bad[t.Name()] {
				t.Error("no")
			}
		})
	}
	for _, step := range []struct {
		lf, ff, sw bool
		want       string
		then       func()
	}{
		{want: ".F.F"},
		{lf: true, want: "FF"},
		{ff: true, want: "FF..", then: func() { delete(bad, "test_b") }},
		{lf: true, want: ".F"},
		{lf: true, want: "F", then: func() { delete(bad, "test_d") }},
		{lf: true, want: "."},
		{lf: true, want: "....", then: func() { bad["test_c"] = true }},
		{sw: true, want: "..F"},
		{sw: true, want: "F", then: func() { delete(bad, "test_c") }},
		{sw: true, want: ".."},
		{sw: true, want: "...."},
	} {
		s.opt.LastFailed, s.opt.FailedFirst, s.opt.Stepwise = step.lf, step.ff, step.sw
		if got := s.letters(); got != step.want {
			t.Errorf("%+v: got %s", step, got)
		}
		if step.then != nil {
			step.then()
		}
	}
	bad["test_b"], bad["test_c"] = true, true
	s.opt.Stepwise = true
	s.letters()
	var other testmode.Runner
	other.Remember(s.Memory())
	if m := other.Memory(); m.Step != "session::test_b" || !slices.Equal(m.Failed, []string{"session::test_b"}) {
		t.Errorf("%+v", m)
	}
	s.SetLastFailed([]string{"session::test_d"})
	if ids := s.LastFailed(); !slices.Equal(ids, []string{"session::test_d"}) {
		t.Errorf("LastFailed: %q", ids)
	}
}

func TestNodeIDs(t *testing.T) {
	s := newSuite(t)
	for i, name := range []string{"TestA", "TestB", "test_c"} {
		s.add(name, i+1, "func f() {}", func(*testmode.T) {})
	}
	s.tests[2].File = "other.go"
	for arg, want := range map[string]int{"TestA": 1, "session": 2, "other.go": 1, "other.go::test_c": 1, "session::test_c": -1, "nope": -1} {
		s.opt.NodeIDs = []string{arg}
		out, r := s.run()
		switch {
		case want >= 0 && r.Passed != want:
			t.Errorf("%s: %d passed, want %d", arg, r.Passed, want)
		case want < 0 && (r.Status != testmode.StatusUsage || out != "\nno tests ran in 0.00s\nERROR: not found: "+arg+"\n(no match in any of [<Module session>, <Module other.go>])\n\n"):
			t.Errorf("%s: status %d\n%s", arg, r.Status, out)
		}
	}
}

// A slowWriter notes when it is written to.
type slowWriter struct {
	mu    sync.Mutex
	count int
	text  bytes.Buffer
}

func (w *slowWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	return w.text.Write(p)
}

func TestProgressIsFlushed(t *testing.T) {
	s := newSuite(t, "-qq")
	var w slowWriter
	s.add("test_a", 1, "func f() {}", func(*testmode.T) {})
	s.add("test_b", 1, "func f() {}", func(t *testmode.T) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if got := w.text.String(); got != "." {
			t.Errorf("%q is written", got)
		}
	})
	if r := s.Run(context.Background(), s.tests, s.opt, &w); r.Passed != 2 {
		t.Error(w.text.String())
	}
}

// At -v a line appears when its subtest ends, not with the next.
func TestVerboseProgressIsFlushed(t *testing.T) {
	s := newSuite(t, "-v")
	var w slowWriter
	s.add("test_a", 1, "func f() {}", func(t *testmode.T) {
		t.Run("one", func(*testmode.T) {})
		w.mu.Lock()
		got := w.text.String()
		w.mu.Unlock()
		if !strings.HasSuffix(got, "\nsession::test_a/one PASSED") {
			t.Errorf("%q is written", got)
		}
	})
	if r := s.Run(context.Background(), s.tests, s.opt, &w); r.Passed != 1 || !strings.Contains(w.text.String(), "/one PASSED"+strings.Repeat(" ", 47)+"[100%]\n") {
		t.Error(w.text.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestBrokenOutput(t *testing.T) {
	s := newSuite(t)
	s.add("test_a", 1, "func f() {}", func(*testmode.T) {})
	if r := s.Run(context.Background(), s.tests, s.opt, brokenWriter{}); r.Passed != 1 || r.Status != testmode.StatusOK {
		t.Errorf("%+v", r)
	}
}

var errUser = errors.New("user")

func TestEvents(t *testing.T) {
	s := newSuite(t, "-qq")
	var got []string
	s.opt.Listen = func(e testmode.Event) {
		switch e := e.(type) {
		case testmode.Collected:
			got = append(got, fmt.Sprintf("collected %d of %d", len(e.Tests), e.Found))
		case testmode.Started:
			got = append(got, "started "+e.ID)
		case testmode.Reported:
			got = append(got, e.Report.ID+" "+e.Report.Outcome.String())
		case testmode.Finished:
			got = append(got, fmt.Sprintf("finished %s, %d done", e.ID, e.Done))
		case testmode.Ended:
			got = append(got, fmt.Sprintf("ended %d", e.Result.Status))
		}
	}
	s.add("TestA", 1, "func f() {}", func(t *testmode.T) { t.Run("b", func(t *testmode.T) { t.Error(errUser) }) })
	s.run()
	want := []string{"collected 1 of 1", "started session::TestA", "session::TestA/b failed", "finished session::TestA, 1 done", "ended 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
