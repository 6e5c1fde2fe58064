package testmode_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// mainSuite is a suite with a test that passes and TestMain.
func mainSuite(t *testing.T, main func(s *suite, m *testmode.M), args ...string) *suite {
	s := newSuite(t, append([]string{"-q"}, args...)...)
	s.add("TestX", 9, "func TestX(t *testing.T) {}", func(*testmode.T) {})
	s.opt.Main = func(m *testmode.M) { main(s, m) }
	s.opt.MainSource = source(1, "func TestMain(m *testing.M) {\n\tm.Run()\n}")
	return s
}

func TestMainRunsAroundTheTests(t *testing.T) {
	var did []string
	s := mainSuite(t, func(s *suite, m *testmode.M) {
		await.Sleep(time.Microsecond)
		did = append(did, "before")
		if code := m.Run(); code != testmode.StatusFailed {
			t.Errorf("Run returned %d", code)
		}
		if code := m.Run(); code != testmode.StatusFailed {
			t.Errorf("the second Run returned %d", code)
		}
		await.Sleep(time.Microsecond)
		did = append(did, "after")
		testmode.Exit(7)
		did = append(did, "Exit returned")
	})
	s.tests[0].Func = func(t *testmode.T) { did = append(did, "test"); t.Error("no") }
	_, r := s.run()
	if want := []string{"before", "test", "after"}; !slices.Equal(did, want) || r.Status != testmode.StatusFailed || r.Failed != 1 || r.Errors != 0 {
		t.Errorf("%q %+v", did, r)
	}
}

func TestMainStatus(t *testing.T) {
	for _, c := range []struct {
		main   func(s *suite, m *testmode.M)
		status int
		passed int
	}{
		{func(_ *suite, m *testmode.M) { m.Run() }, testmode.StatusOK, 1},
		{func(_ *suite, m *testmode.M) { testmode.Exit(m.Run()) }, testmode.StatusOK, 1},
		{func(_ *suite, m *testmode.M) { m.Run(); testmode.Exit(3) }, testmode.StatusFailed, 1},
		{func(*suite, *testmode.M) {}, testmode.StatusNoTests, 0},
		{func(*suite, *testmode.M) { testmode.Exit(3) }, testmode.StatusFailed, 0},
	} {
		if out, r := mainSuite(t, c.main).run(); r.Status != c.status || r.Passed != c.passed {
			t.Errorf("want %d, got %+v\n%s", c.status, r, out)
		}
	}
}

func TestMainThatPanics(t *testing.T) {
	s := mainSuite(t, func(s *suite, m *testmode.M) {
		s.here = []testmode.Frame{{Source: s.opt.MainSource, Line: 2, Func: "TestMain"}}
		panic("no database")
	})
	out, r := s.run()
	check(t, out, `
E
==================================== ERRORS ====================================
__________________________ ERROR at setup of TestMain __________________________

    func TestMain(m *testing.M) {
>       m.Run()
E       panic: no database

session:2: panic
=========================== short test summary info ============================
ERROR session::TestMain - panic: no database
1 error in 0.00s
`)
	if r.Status != testmode.StatusFailed {
		t.Errorf("%+v", r)
	}
	s = mainSuite(t, func(s *suite, m *testmode.M) { m.Run(); panic(errors.New("teardown")) })
	out, r = s.run()
	if r.Passed != 1 || r.Errors != 1 || !strings.Contains(out, " ERROR at teardown of TestMain ") {
		t.Errorf("%+v\n%s", r, out)
	}
}

func TestMainIsInterrupted(t *testing.T) {
	for _, where := range []string{"before", "test", "after"} {
		begun := make(chan struct{})
		cleaned := false
		wait := func() { close(begun); await.Sleep(time.Hour) }
		s := mainSuite(t, func(s *suite, m *testmode.M) {
			defer func() { cleaned = true }()
			if where == "before" {
				wait()
			}
			m.Run()
			if where == "after" {
				wait()
			}
		})
		if where == "test" {
			s.tests[0].Func = func(*testmode.T) { wait() }
		}
		out, r := s.interrupted(begun)
		if r.Status != testmode.StatusInterrupted || !cleaned || !strings.Contains(out, " KeyboardInterrupt ") {
			t.Errorf("%s: %+v, cleaned %v\n%s", where, r, cleaned, out)
		}
	}
}

func TestMainIsAbandoned(t *testing.T) {
	for _, where := range []string{"before", "test"} {
		begun, forever := make(chan struct{}), make(chan struct{})
		wait := func() { close(begun); <-forever }
		s := mainSuite(t, func(s *suite, m *testmode.M) {
			if where == "before" {
				wait()
			}
			m.Run()
		})
		if where == "test" {
			s.tests[0].Func = func(*testmode.T) { wait() }
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-begun; cancel(); s.Abandon() }()
		r := s.Run(ctx, s.tests, s.opt, &s.out)
		if r.Status != testmode.StatusInterrupted || r.Passed != 0 {
			t.Errorf("%s: %+v\n%s", where, r, s.out.String())
		}
		close(forever)
	}
}

func TestMainTimesOut(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	for _, blocks := range []bool{false, true} {
		for _, phase := range []string{"setup", "teardown"} {
			s := mainSuite(t, func(s *suite, m *testmode.M) {
				if phase == "teardown" {
					m.Run()
				}
				if blocks {
					<-forever
				}
				await.Sleep(time.Hour)
			}, "--timeout=0.3")
			s.tests[0].Timeout = time.Hour
			s.opt.Grace = 20 * time.Millisecond
			out, r := s.run()
			if r.Errors != 1 || r.Status != testmode.StatusFailed || r.Passed == 1 != (phase == "teardown") ||
				!strings.Contains(out, " ERROR at "+phase+" of TestMain ") || !strings.Contains(out, "E   Failed: Timeout >0.3s\n") ||
				strings.Contains(out, "its thread was given up") != blocks {
				t.Errorf("%s, blocks %v: %+v\n%s", phase, blocks, r, out)
			}
		}
	}
}

func TestExitInATest(t *testing.T) {
	s := newSuite(t, "-q")
	s.add("TestExit", 1, "func TestExit(t *testing.T) { os.Exit(3) }", func(t *testmode.T) {
		s.at("TestExit", 1)
		t.Run("sub", func(*testmode.T) { testmode.Exit(3) })
		await.Off(func() {
			if testmode.Exit(4) {
				t.Error("a goroutine belongs to a test")
			}
		})
		t.Exited(0)
		t.Error("Exited returned")
	})
	s.add("TestNext", 2, "func TestNext(t *testing.T) {}", func(*testmode.T) {})
	out, r := s.run()
	if r.Failed != 2 || r.Passed != 1 || !strings.Contains(out, "\nFAILED session::TestExit/sub - Failed: os.Exit(3) was called\n") ||
		!strings.Contains(out, "\nFAILED session::TestExit - Failed: os.Exit(0) was called\n") {
		t.Errorf("%+v\n%s", r, out)
	}
	if testmode.Exit(1) {
		t.Error("Exit outside a run")
	}
}

func TestShortVerboseTesting(t *testing.T) {
	for _, args := range []string{"-q", "--short -vvv"} {
		_, lines, _ := outcome(t, func(_ *suite, t *testmode.T) {
			if loud := args != "-q"; testmode.Short() != loud || testmode.Verbose() != loud || !testmode.Testing() {
				t.Error(testmode.Short(), testmode.Verbose(), testmode.Testing())
			}
		}, strings.Fields(args)...)
		if lines != nil {
			t.Errorf("%s: %q", args, lines)
		}
	}
	if testmode.Testing() {
		t.Error("Testing outside a test")
	}
}
