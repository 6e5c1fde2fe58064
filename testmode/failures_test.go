package testmode_test

import (
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

const tableSource = `
func TestTable(t *testing.T) {
	for _, c := range cases {
		if got := double(c.in); got != c.want {
			t.Errorf("double(%d) = %d, want %d", c.in, got, c.want)
		}
	}
	t.Fatal("done") // a tab	inside
}`

// Failures of one function share a listing.
func TestManyFailures(t *testing.T) {
	s := newSuite(t, "-qq")
	s.add("TestTable", 10, tableSource, func(t *testmode.T) {
		s.at("TestTable", 13)
		t.Errorf("double(1) = 3, want 2")
		t.Errorf("double(2) = 5, want 4")
		s.at("TestTable", 16)
		t.Fatal("done")
	})
	out, _ := s.run()
	check(t, out, `
F                                                                        [100%]
=================================== FAILURES ===================================
__________________________________ TestTable ___________________________________

    func TestTable(t *testing.T) {
        for _, c := range cases {
            if got := double(c.in); got != c.want {
>               t.Errorf("double(%d) = %d, want %d", c.in, got, c.want)
E               Failed: double(1) = 3, want 2
E               Failed: double(2) = 5, want 4
            }
        }
>       t.Fatal("done") // a tab    inside
E       Failed: done

session:13: Failed
session:16: Failed
=========================== short test summary info ============================
FAILED session::TestTable - Failed: double(1) = 3, want 2
`)
}

// A helper's frames are left out, unless there are no others.
func TestHelper(t *testing.T) {
	s := newSuite(t, "-qq")
	helper := testmode.Frame{Source: source(3, "func check(t *testing.T) {\n\tt.Helper()\n\tt.Fatal(\"no\")\n}"), Line: 4, Func: "check"}
	s.add("TestX", 10, "func TestX(t *testing.T) {\n\tcheck(t)\n}", func(t *testmode.T) {
		s.at("TestX", 11)
		s.here = append([]testmode.Frame{helper}, s.here...)
		t.Helper()
		s.here[0].Line = 5
		t.Log("here")
		t.Fatal("no")
	})
	out, _ := s.run()
	check(t, out, `
F                                                                        [100%]
=================================== FAILURES ===================================
____________________________________ TestX _____________________________________

    func TestX(t *testing.T) {
>       check(t)
E       Failed: no

session:11: Failed
------------------------------ Captured log call -------------------------------
session:11: here
=========================== short test summary info ============================
FAILED session::TestX - Failed: no
`)
}

// Without Helper both functions are shown, the first and the last in full.
func TestFramesOfTwoFunctions(t *testing.T) {
	s := newSuite(t, "-qq")
	inner := testmode.Frame{Source: source(3, "func check(n int) {\n\tassert n ==\n\t\t1\n}"), Line: 4, EndLine: 5, Func: "check", Args: []testmode.Arg{{Name: "n", Value: "2"}}}
	s.add("TestX", 10, "func TestX(t *testing.T) {\n\tx := 1; check(2)\n}", func(t *testmode.T) {
		s.at("TestX", 11)
		s.here[0].Col, s.here[0].EndCol = 10, 18
		s.here = append([]testmode.Frame{inner}, s.here...)
		t.Assert([]string{"assert 2 == 1"}, "")
	})
	want := `
F                                                                        [100%]
=================================== FAILURES ===================================
____________________________________ TestX _____________________________________

    func TestX(t *testing.T) {
>       x := 1; check(2)
                ^^^^^^^^

session:11: 
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ 

n = 2

    func check(n int) {
>       assert n ==
            1
E       assert 2 == 1

session:4: AssertionError
=========================== short test summary info ============================
FAILED session::TestX - assert 2 == 1
`
	out, _ := s.run()
	check(t, out, want)
	s.opt.TB = "long"
	out, _ = s.run()
	check(t, out, want)
	s.opt.TB = "short"
	out, _ = s.run()
	check(t, out, `
F                                                                        [100%]
=================================== FAILURES ===================================
____________________________________ TestX _____________________________________
session:11: in TestX
    x := 1; check(2)
            ^^^^^^^^
session:4: in check
    assert n ==
E   assert 2 == 1
=========================== short test summary info ============================
FAILED session::TestX - assert 2 == 1
`)
}

// Wide characters take two columns, in titles and where a line is cut.
func TestWideCharacters(t *testing.T) {
	s := newSuite(t, "-qq")
	s.opt.Width = 40
	s.add("Test世界", 1, "func Test世界() {}", func(t *testmode.T) { t.Fatal(strings.Repeat("界", 30)) })
	out, _ := s.run()
	for _, line := range strings.Split(out, "\n") {
		if w := columns(line); w > 40 && !strings.HasPrefix(line, "E") {
			t.Errorf("%d columns: %s", w, line)
		}
	}
	if !strings.Contains(out, "\n_______________ Test世界 _______________\n") || !strings.Contains(out, "\nFAILED session::Test世界 - Failed: 界...\n") {
		t.Error(out)
	}
}

// columns counts the columns of text made of ASCII and Chinese characters.
func columns(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0x1000 {
			n++
		}
	}
	return n
}

// On a build server nothing is cut.
func TestCI(t *testing.T) {
	long := strings.Repeat("x", 200)
	for env, cut := range map[string]bool{"CI": false, "BUILD_NUMBER": false, "OTHER": true} {
		s := newSuite(t, "-qq")
		s.Getenv = func(name string) string { return map[string]string{env: "1"}[name] }
		s.add("TestX", 1, "func TestX() {}", func(t *testmode.T) { t.Fatal(long) })
		out, _ := s.run()
		if strings.Contains(out, "FAILED session::TestX - Failed: "+long+"\n") == cut {
			t.Errorf("%s: %s", env, out)
		}
	}
}

// With -l each call is followed by its variables, sorted, in one line each.
func TestShowLocals(t *testing.T) {
	s := newSuite(t, "-qq", "-l")
	s.add("TestX", 10, "func TestX(t *testing.T) {\n\tx, long_name_1 := 1, 2\n\tcheck(2)\n}", func(t *testmode.T) {
		s.at("TestX", 12)
		s.here[0].Locals = []testmode.Local{{Name: "x", Value: "1", Line: "1"}, {Name: "long_name_1", Value: "P{\n    2,\n}", Line: "P{2}"}}
		t.Error("no")
	})
	out, _ := s.run()
	check(t, out, `
F                                                                        [100%]
=================================== FAILURES ===================================
____________________________________ TestX _____________________________________

    func TestX(t *testing.T) {
        x, long_name_1 := 1, 2
>       check(2)
E       Failed: no

long_name_1 = P{2}
x          = 1

session:12: Failed
=========================== short test summary info ============================
FAILED session::TestX - Failed: no
`)
	s.opt.Verbosity, s.opt.TB = 2, "short"
	if out, _ := s.run(); !strings.Contains(out, "\nE   Failed: no\n        long_name_1 = P{\n            2,\n        }\n        x          = 1\n") {
		t.Error(out)
	}
}
