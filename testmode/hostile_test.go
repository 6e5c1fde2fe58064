package testmode_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A rude value panics wherever it is shown.
type rude struct{}

func (rude) Error() string  { panic("rude") }
func (rude) String() string { panic("rude") }

var megabyte = make([]byte, 1<<20)

// Whatever a test does is reported against itself, and the run goes on.
func TestHostileTests(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	for name, c := range map[string]struct {
		body func(t *testmode.T)
		want string // the first line of the failure, or the warning
	}{
		"never ends":        {func(*testmode.T) { await.Sleep(time.Hour) }, "Failed: Timeout >0.03s"},
		"blocks its thread": {func(*testmode.T) { <-forever }, "Failed: Timeout >0.03s"},
		"ignores cancellation": {func(*testmode.T) {
			for {
				func() {
					defer func() { recover() }()
					await.Recv(forever)
				}()
				select {
				case <-forever:
					return
				default:
				}
			}
		}, "Failed: Timeout >0.03s"},
		"cleans up for ever": {func(t *testmode.T) { t.Cleanup(func() { await.Sleep(time.Hour) }) }, "Failed: Timeout >0.03s"},
		"waits in a defer":   {func(t *testmode.T) { defer await.Sleep(time.Hour); t.FailNow() }, "Failed"},
		"waits for itself":   {func(*testmode.T) { await.Current().Await() }, "panic: task 2 (test_hostile) awaits itself"},
		"deadlocks":          {func(*testmode.T) { await.Forever("godot") }, "Deadlock: every task waits for what cannot happen"},
		"deadlocks with a lock": {func(*testmode.T) {
			var k await.Lock
			k.Lock()
			k.Lock()
		}, "Deadlock: every task waits for what cannot happen"},
		"cancels itself":  {func(*testmode.T) { await.Current().Cancel(nil); await.Yield() }, "Cancelled: the test's task was cancelled"},
		"closes its loop": {func(*testmode.T) { await.CurrentLoop().Close(); await.Sleep(time.Hour) }, "Cancelled: the test's task was cancelled"},
		"leaks": {func(*testmode.T) {
			for range 1000 {
				await.Start0(func() { await.Forever("nothing") })
			}
			await.Yield()
		}, "1000 tasks were still pending at the end of the test"},
		"leaks what does not stop": {func(*testmode.T) {
			await.Start0(func() {
				defer func() { recover(); await.Yield() }()
				await.Forever("nothing")
			})
			await.Yield()
		}, "a task was still pending at the end of the test"},
		"panics behind":     {func(*testmode.T) { await.Start0(func() { panic("boom") }); await.Yield() }, "panic: boom"},
		"panics late":       {func(*testmode.T) { await.Start0(func() { await.Yield(); panic("boom") }) }, "panic: boom"},
		"panics off":        {func(*testmode.T) { await.Off(func() { panic("boom") }) }, "panic: boom"},
		"panics in a defer": {func(*testmode.T) { defer func() { panic("two") }(); panic("one") }, "panic: two"},
		"panics rudely":     {func(*testmode.T) { panic(rude{}) }, "panic: testmode_test.rude{}"},
		"panics with a nil": {func(*testmode.T) { panic(error((*os.PathError)(nil))) }, "panic: (*fs.PathError)(nil)"},
		"fails behind": {func(t *testmode.T) {
			await.Start0(func() { t.Fatal("there") })
			await.Yield()
		}, "Failed: there"},
		"exits":              {func(*testmode.T) { testmode.Exit(0) }, "Failed: os.Exit(0) was called"},
		"ends its goroutine": {func(*testmode.T) { runtime.Goexit() }, "Failed: runtime.Goexit ended the test"},
		"recovers FailNow": {func(t *testmode.T) {
			func() {
				defer func() { recover() }()
				t.Fatal("seen")
			}()
		}, "Failed: seen"},
		"has no function": {func(t *testmode.T) { t.Run("sub", nil) }, "panic: runtime error: invalid memory address or nil pointer dereference"},
		"runs on": {func(t *testmode.T) {
			began := make(chan struct{})
			go t.Run("sub", func(t *testmode.T) { close(began); await.Sleep(time.Hour) })
			await.Recv(began)
		}, "Failed: Timeout >0.03s"},
		"prints a lot": {func(t *testmode.T) {
			for range 20 {
				t.Stdout().Write(megabyte)
			}
			t.Fatal("done")
		}, "Failed: done"},
		"fails a lot": {func(t *testmode.T) {
			for range 100_000 {
				t.Error("no")
			}
		}, "Failed: no"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSuite(t, "-q")
			s.opt.Grace = 20 * time.Millisecond
			s.opt.Report = "N"
			s.opt.PanicFrames = nil
			s.add("test_hostile", 1, "func test_hostile() {}", c.body)
			if strings.Contains(c.want, "Timeout") || name == "waits in a defer" {
				s.tests[0].Timeout = 30 * time.Millisecond
			}
			s.add("test_next", 2, "func test_next() {}", func(*testmode.T) { await.Yield() })
			warning := ""
			s.opt.Listen = func(e testmode.Event) {
				if w, ok := e.(testmode.Warned); ok && warning == "" {
					warning = w.Warning.Lines[0]
				}
			}
			_, r := s.run()
			got := warning
			for _, rep := range r.Reports {
				if len(rep.Failures) > 0 {
					got = rep.Failures[0].Lines[0]
					break
				}
			}
			if last := r.Reports[len(r.Reports)-1]; got != c.want || last.ID != "session::test_next" || last.Outcome != testmode.Passed {
				t.Errorf("got %q, want %q; %d reports, the last %s %s", got, c.want, len(r.Reports), last.ID, last.Outcome)
			}
		})
	}
}

// A second Ctrl-C gives up on a test that does not stop; another run can begin
// at once, and what the abandoned test does is not seen.
func TestRunAfterAbandon(t *testing.T) {
	s := newSuite(t, "-q")
	begun, forever, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	first.Store(true)
	s.add("test_stuck", 1, "func test_stuck() {}", func(t *testmode.T) {
		if !first.Load() {
			return
		}
		defer close(done)
		close(begun)
		<-forever
		t.Error("late")
		fmt.Fprintln(t.Stdout(), "late")
	})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-begun; cancel(); s.Abandon() }()
	if r := s.Run(ctx, s.tests, s.opt, &s.out); r.Status != testmode.StatusInterrupted {
		t.Errorf("%+v", r)
	}
	first.Store(false)
	out, r := s.run()
	if r.Passed != 1 || strings.Contains(out, "late") {
		t.Errorf("%+v\n%s", r, out)
	}
	close(forever)
	<-done
}

// An interrupt reaches a test between two schedules and in a subtest.
func TestInterruptEverywhere(t *testing.T) {
	for _, args := range []string{"--schedules=1000000", "--loop-scope=session", "--count=1000", "--virtual"} {
		s := newSuite(t, args)
		begun := make(chan struct{})
		n := 0
		s.add("test_x", 1, "func test_x() {}", func(t *testmode.T) {
			t.Run("sub", func(t *testmode.T) {
				if n++; n == 3 {
					close(begun)
				}
				if n >= 3 {
					ctx := t.Context()
					await.Off(func() { <-ctx.Done() })
				}
			})
		})
		if args == "--loop-scope=session" || args == "--virtual" {
			s.tests = append(s.tests, s.tests[0], s.tests[0])
		}
		if out, r := s.interrupted(begun); r.Status != testmode.StatusInterrupted {
			t.Errorf("%s: %+v\n%s", args, r, out)
		}
	}
}

// What goes wrong in a hook of the host is an internal error, not the end of
// the process.
func TestInternalError(t *testing.T) {
	for name, listen := range map[string]func(e testmode.Event){
		"collected": func(e testmode.Event) {
			if _, ok := e.(testmode.Collected); ok {
				panic("in a hook")
			}
		},
		"started": func(e testmode.Event) {
			if _, ok := e.(testmode.Started); ok {
				panic("in a hook")
			}
		},
		"reported": func(e testmode.Event) {
			if _, ok := e.(testmode.Reported); ok {
				panic("in a hook")
			}
		},
	} {
		s := newSuite(t, "-q")
		s.opt.Listen = listen
		s.add("test_x", 1, "func test_x() {}", func(*testmode.T) {})
		out, r := s.run()
		if r.Status != testmode.StatusInternal || !strings.Contains(out, "INTERNALERROR> panic: in a hook\n") {
			t.Errorf("%s: %+v\n%s", name, r, out)
		}
		s.opt.Listen = nil
		if _, r := s.run(); r.Status != testmode.StatusOK {
			t.Errorf("after %s: %+v", name, r)
		}
	}
	s := newSuite(t, "-q")
	s.opt.PanicFrames = func(any) (any, []testmode.Frame) { panic("in a hook") }
	s.add("test_x", 1, "func test_x() {}", func(*testmode.T) { panic("boom") })
	if out, r := s.run(); r.Status != testmode.StatusInternal || !strings.Contains(out, "INTERNALERROR> ") || !strings.Contains(out, "in a hook") {
		t.Errorf("%+v\n%s", r, out)
	}
}
