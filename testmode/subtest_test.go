package testmode_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

func TestSubtests(t *testing.T) {
	s := newSuite(t, "-v")
	s.add("TestTable", 1, "func TestTable(t *testing.T) {\n\tt.Run(name, f)\n}", func(t *testmode.T) {
		ok := t.Run("one case", func(t *testmode.T) {})
		s.at("TestTable", 2)
		bad := t.Run("two", func(t *testmode.T) { t.Fatal("no") })
		t.Run("two", func(t *testmode.T) { t.Skip("why not") })
		t.Run("", func(t *testmode.T) {
			t.Run("deep", func(t *testmode.T) {
				if t.Name() != "TestTable/#00/deep" {
					t.Error(t.Name())
				}
			})
		})
		if !ok || bad || !t.Failed() {
			t.Error("wrong results")
		}
	})
	s.add("TestOther", 5, "func TestOther(t *testing.T) {}", func(t *testmode.T) {})
	out, r := s.run()
	check(t, header.ReplaceAllString(out, ""), `
============================= test session starts ==============================
collecting ... collected 2 items

session::TestTable/one_case PASSED                                       [  0%]
session::TestTable/two FAILED                                            [  0%]
session::TestTable/two#01 SKIPPED (why not)                              [  0%]
session::TestTable/#00/deep PASSED                                       [ 50%]
session::TestOther PASSED                                                [100%]

=================================== FAILURES ===================================
________________________________ TestTable/two _________________________________

    func TestTable(t *testing.T) {
>       t.Run(name, f)
E       Failed: no

session:2: Failed
=========================== short test summary info ============================
FAILED session::TestTable/two - Failed: no
==================== 1 failed, 3 passed, 1 skipped in 0.00s ====================
`)
	if r.Status != testmode.StatusFailed {
		t.Errorf("status %d", r.Status)
	}
}

func TestParallelSubtests(t *testing.T) {
	var order []string
	_, lines, r := outcome(t, func(_ *suite, t *testmode.T) {
		t.Run("group", func(t *testmode.T) {
			for _, name := range []string{"a", "b"} {
				t.Run(name, func(t *testmode.T) {
					t.Cleanup(func() { order = append(order, name+" cleaned") })
					t.Parallel()
					order = append(order, name+" begins")
					await.Sleep(time.Second)
					order = append(order, name+" ends")
				})
			}
			order = append(order, "body ends")
		})
		order = append(order, "group ends")
	}, "--virtual")
	want := []string{"body ends", "a begins", "b begins", "a ends", "a cleaned", "b ends", "b cleaned", "group ends"}
	if !slices.Equal(order, want) || r.Passed != 2 {
		t.Errorf("%q %q %+v", order, lines, r)
	}
}

func TestParallelMisuse(t *testing.T) {
	for name, body := range map[string]func(t *testmode.T){
		"panic: testing: t.Parallel called multiple times":                      func(t *testmode.T) { t.Parallel(); t.Parallel() },
		"panic: testing: test using t.Setenv or t.Chdir can not use t.Parallel": func(t *testmode.T) { t.Setenv("ASYNCREPL_X", ""); t.Parallel() },
		"panic: testing: test using t.Setenv can not use t.Parallel":            func(t *testmode.T) { t.Parallel(); t.Setenv("ASYNCREPL_X", "") },
	} {
		if _, lines, _ := outcome(t, func(_ *suite, t *testmode.T) { body(t) }); !slices.Equal(lines, []string{name}) {
			t.Errorf("%q, want %q", lines, name)
		}
	}
}

func TestFailNowOfTheParentLeavesBoth(t *testing.T) {
	reached := false
	_, lines, r := outcome(t, func(_ *suite, t *testmode.T) {
		t.Run("sub", func(*testmode.T) { t.Fatal("outer") })
		reached = true
	})
	if reached || r.Failed != 1 || r.Passed != 1 || !slices.Equal(lines, []string{"Failed: outer"}) {
		t.Errorf("reached %v, %q, %+v", reached, lines, r)
	}
}

func TestBackgroundPanicOfASubtest(t *testing.T) {
	_, _, r := outcome(t, func(_ *suite, t *testmode.T) {
		t.Run("calm", func(*testmode.T) {})
		t.Run("wild", func(*testmode.T) {
			await.Start0(func() {
				await.Start0(func() { panic("deep") })
				await.Yield()
			})
			await.Sleep(time.Second)
		})
	}, "--virtual")
	if r.Passed != 1 || r.Failed != 1 || r.Reports[1].ID != "session::test_x/wild" {
		t.Errorf("%+v", r)
	}
}

func TestRunInAGoroutine(t *testing.T) {
	_, lines, r := outcome(t, func(_ *suite, t *testmode.T) {
		await.Off(func() {
			if t.Run("sub", func(t *testmode.T) { await.Sleep(time.Millisecond); t.Error("seen") }) {
				t.Error("Run reported success")
			}
		})
	})
	if r.Failed != 1 || !slices.Equal(lines, []string{"Failed: seen"}) {
		t.Errorf("%q %+v", lines, r)
	}
}

func TestSelectSubtest(t *testing.T) {
	var ran []string
	outcome(t, func(_ *suite, t *testmode.T) {
		for _, n := range []string{"a", "b"} {
			t.Run(n, func(t *testmode.T) {
				t.Run("c", func(t *testmode.T) { ran = append(ran, t.Name()) })
				t.Run("d", func(t *testmode.T) { ran = append(ran, t.Name()) })
			})
		}
	}, "session::test_x/b/c")
	if !slices.Equal(ran, []string{"test_x/b/c"}) {
		t.Errorf("ran %q", ran)
	}
}

func TestCurrent(t *testing.T) {
	if testmode.Current() != nil {
		t.Error("a test where there is none")
	}
	_, lines, _ := outcome(t, func(_ *suite, t *testmode.T) {
		if testmode.Current() != t {
			t.Error("wrong test")
		}
		t.Run("sub", func(t *testmode.T) {
			await.Start0(func() {
				if testmode.Current() != t {
					t.Error("wrong subtest")
				}
			}).Await()
		})
		await.Off(func() {
			if testmode.Current() != nil {
				t.Error("a test off the loop")
			}
		})
	})
	if lines != nil {
		t.Error(lines)
	}
}

// -x and --maxfail hold for the cases of a table, and --lf runs those that
// failed.
func TestSubtestsAreTestsToOptions(t *testing.T) {
	s := newSuite(t, "-qq")
	bad := map[string]bool{"b": true, "c/y": true, "e": true}
	own := false
	s.add("TestTable", 1, "func TestTable(t *testing.T) {}", func(t *testmode.T) {
		check := func(t *testmode.T) {
			if bad[strings.TrimPrefix(t.Name(), "TestTable/")] {
				t.Error("no")
			}
		}
		for _, n := range []string{"a", "b", "d", "e"} {
			t.Run(n, check)
		}
		t.Run("c", func(t *testmode.T) { t.Run("x", check); t.Run("y", check) })
		if own {
			t.Error("itself")
		}
	})
	s.add("TestOther", 2, "func TestOther(t *testing.T) {}", func(*testmode.T) {})
	letters := func(lf bool, maxFail int) string {
		s.opt.LastFailed, s.opt.MaxFail = lf, maxFail
		return s.letters()
	}
	for _, step := range []struct {
		lf      bool
		maxFail int
		want    string
		then    func()
	}{
		{false, 1, ".F", nil},
		{false, 2, ".F.F", nil},
		{false, 0, ".F.F.F.", nil},
		{true, 0, "FFF", func() { delete(bad, "e") }},
		{true, 0, "F.F", nil},
		{true, 0, "FF", func() { own = true }},
		{true, 0, "FFF", nil},
		{true, 0, ".F...FF", func() { own = false; clear(bad) }},
		{true, 0, "......", nil},
		{true, 0, ".......", nil},
	} {
		if got := letters(step.lf, step.maxFail); got != step.want {
			t.Errorf("%+v: got %s", step, got)
		}
		if step.then != nil {
			step.then()
		}
	}
	bad["b"] = true
	letters(false, 0)
	var other testmode.Runner
	other.Remember(s.Memory())
	if m := other.Memory(); !slices.Equal(m.Subtests["session::TestTable"], []string{"TestTable/b"}) {
		t.Errorf("%+v", m)
	}
}
