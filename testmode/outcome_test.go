package testmode_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// outcome runs one test and returns its progress letters, the first failure's
// lines and the result.
func outcome(t *testing.T, f func(s *suite, t *testmode.T), args ...string) (letters string, lines []string, r testmode.Result) {
	t.Helper()
	s := newSuite(t, append([]string{"-qq"}, args...)...)
	s.add("test_x", 1, "func test_x() {\n\tbody()\n}", func(t *testmode.T) { s.at("test_x", 2); f(s, t) })
	out, r := s.run()
	letters, _, _ = strings.Cut(out, " ")
	for _, rep := range r.Reports {
		for _, f := range rep.Failures {
			lines = append(lines, f.Lines...)
		}
	}
	return strings.TrimSuffix(letters, "\n"), lines, r
}

func TestOutcomes(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name    string
		body    func(s *suite, t *testmode.T)
		letters string
		lines   []string
	}{
		{"pass", func(*suite, *testmode.T) {}, ".", nil},
		{"error goes on", func(_ *suite, t *testmode.T) { t.Error("one", 2); t.Errorf("%d", 3) }, "F", []string{"Failed: one 2", "Failed: 3"}},
		{"fatal leaves", func(_ *suite, t *testmode.T) { t.Fatal("one"); t.Error("two") }, "F", []string{"Failed: one"}},
		{"fail", func(_ *suite, t *testmode.T) { t.Fail() }, "F", []string{"Failed"}},
		{"many lines", func(_ *suite, t *testmode.T) { t.Error("\none\ntwo\n") }, "F", []string{"Failed: one", "two"}},
		{"assert", func(_ *suite, t *testmode.T) { t.Assert([]string{"assert 1 == 2"}, "") }, "F", []string{"assert 1 == 2"}},
		{"assert with message", func(_ *suite, t *testmode.T) { t.Assert([]string{"assert 1 == 2"}, "values differ") }, "F",
			[]string{"AssertionError: values differ", "assert 1 == 2"}},
		{"assertion panics", func(*suite, *testmode.T) { panic(&assertion.Failure{Explanation: []string{"assert false"}}) }, "F", []string{"assert false"}},
		{"panic", func(*suite, *testmode.T) { panic("boom") }, "F", []string{"panic: boom"}},
		{"panic error", func(*suite, *testmode.T) { panic(boom) }, "F", []string{"panic: boom"}},
		{"panic number", func(*suite, *testmode.T) { panic(3) }, "F", []string{"panic: int(3)"}},
		{"runtime error", func(*suite, *testmode.T) { var m map[string]int; m["x"] = 1 }, "F", []string{"panic: assignment to entry in nil map"}},
		{"recovered FailNow", func(_ *suite, t *testmode.T) {
			func() {
				defer func() {
					if v := recover(); !testmode.IsUnwind(v) {
						t.Errorf("not an unwind: %v", v)
					}
				}()
				t.FailNow()
			}()
		}, "F", []string{"Failed"}},
		{"fatal in a goroutine", func(_ *suite, t *testmode.T) {
			done := make(chan bool)
			go func() { defer close(done); t.Fatal("there") }()
			await.Recv(done)
		}, "F", []string{"Failed: there"}},
		{"goexit", func(*suite, *testmode.T) { runtime.Goexit() }, "F", []string{"Failed: runtime.Goexit ended the test"}},
		{"awaited panic", func(*suite, *testmode.T) { await.Start0(func() { panic("inside") }).Await() }, "F", []string{"panic: inside"}},
		{"background panic", func(*suite, *testmode.T) {
			await.Start0(func() { panic("behind") })
			await.Yield()
		}, "F", []string{"panic: behind", "in the background, in task 3"}},
		{"background panic, awaited later", func(*suite, *testmode.T) {
			task := await.Start0(func() { panic("once") })
			await.Yield()
			task.Await()
		}, "F", []string{"panic: once", "in the background, in task 3"}},
		{"skip", func(_ *suite, t *testmode.T) { t.Skip("later"); t.Fail() }, "s", nil},
		{"fail, then skip", func(_ *suite, t *testmode.T) { t.Error("no"); t.Skip("later") }, "F", []string{"Failed: no"}},
		{"expected failure", func(_ *suite, t *testmode.T) { t.Attr("xfail", "bug"); t.Fail() }, "x", []string{"Failed"}},
		{"unexpected pass", func(_ *suite, t *testmode.T) { t.Attr("xfail", "bug") }, "X", nil},
		{"strict", func(_ *suite, t *testmode.T) { t.Attr("xfail_strict", "must fail") }, "F", []string{"[XPASS(strict)] must fail"}},
		{"cleanup fails", func(_ *suite, t *testmode.T) { t.Cleanup(func() { t.Error("late") }) }, ".E", []string{"Failed: late"}},
		{"both fail", func(_ *suite, t *testmode.T) { t.Cleanup(func() { panic("late") }); t.Fatal("early") }, "FE", []string{"Failed: early", "panic: late"}},
		{"deadlock", func(*suite, *testmode.T) { await.Forever("godot") }, "F",
			[]string{"Deadlock: every task waits for what cannot happen", "  task 2 (test_x): waiting (godot)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			letters, lines, r := outcome(t, c.body)
			if letters != c.letters || !slices.Equal(lines, c.lines) {
				t.Errorf("got %q %q, want %q %q", letters, lines, c.letters, c.lines)
			}
			status := testmode.StatusOK
			if strings.ContainsAny(c.letters, "FE") {
				status = testmode.StatusFailed
			}
			if r.Status != status {
				t.Errorf("status %d, want %d", r.Status, status)
			}
		})
	}
}

func TestCleanupOrderAndContext(t *testing.T) {
	var order []string
	letters, lines, _ := outcome(t, func(_ *suite, t *testmode.T) {
		ctx := t.Context()
		t.Cleanup(func() { order = append(order, "first") })
		t.Cleanup(func() {
			order = append(order, "second", fmt.Sprint(ctx.Err()))
			t.Cleanup(func() { order = append(order, "nested") })
			await.Sleep(time.Hour)
		})
		order = append(order, fmt.Sprint(ctx.Err()))
		t.FailNow()
	}, "--virtual")
	want := []string{"<nil>", "second", "context canceled", "nested", "first"}
	if letters != "F" || !slices.Equal(order, want) {
		t.Errorf("%s %v %v", letters, order, lines)
	}
}

func TestLeak(t *testing.T) {
	s := newSuite(t)
	cleaned := 0
	s.opt.TaskPlace = func(task await.TaskInfo) (testmode.Frame, bool) {
		return testmode.Frame{Source: s.tests[0].Source, Line: 3}, true
	}
	s.add("test_leak", 2, "func test_leak() {\n\tasync tick()\n}", func(t *testmode.T) {
		for range 3 {
			await.Start0(func() {
				defer func() { cleaned++ }()
				await.Forever("the bus")
			})
		}
		done := await.Start0(func() { await.Sleep(time.Hour) })
		t.Cleanup(func() { done.Cancel(nil) })
		await.Yield()
	})
	out, r := s.run()
	check(t, out, `
.                                                                        [100%]
=============================== warnings summary ===============================
session::test_leak
  session:3: TaskLeak: 3 tasks were still pending at the end of the test
    task 3: waiting (the bus)
    task 4: waiting (the bus)
    task 5: waiting (the bus)
    async tick()

-- Docs: https://github.com/asyncrepl/asyncrepl/blob/main/docs/testing.md
1 passed, 1 warning in 0.00s
`)
	if cleaned != 3 || r.Status != testmode.StatusOK {
		t.Errorf("cleaned %d, status %d", cleaned, r.Status)
	}
	s.opt.Warnings = "error"
	if _, r := s.run(); r.Errors != 1 || r.Passed != 1 || r.Warnings != 0 || r.Status != testmode.StatusFailed {
		t.Errorf("-W error: %+v", r)
	}
	s.opt.Warnings = "ignore"
	if _, r := s.run(); r.Errors != 0 || r.Warnings != 0 {
		t.Errorf("-W ignore: %+v", r)
	}
}

func TestLeakOfAThousand(t *testing.T) {
	_, _, r := outcome(t, func(*suite, *testmode.T) {
		for range 1000 {
			await.Start0(func() { await.Forever("nothing") })
		}
		await.Yield()
	})
	if r.Passed != 1 || r.Warnings != 1 {
		t.Errorf("%+v", r)
	}
}
