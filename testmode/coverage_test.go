package testmode_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode"
)

var coverLine = regexp.MustCompile(`_+ coverage: platform .* _+`)

// lines makes a file's coverage of statements: one in each line with its count,
// but none where that is negative.
func lines(name string, counts ...int) testmode.Coverage {
	c := testmode.Coverage{Name: name}
	for i, n := range counts {
		if n >= 0 {
			c.Statements = append(c.Statements, testmode.Statement{Line: i + 1, Col: 2, EndLine: i + 1, EndCol: 9, Count: n})
		}
	}
	return c
}

func TestCoverage(t *testing.T) {
	s := newSuite(t, "-q", "--cov", "--cov-report=term-missing")
	s.add("test_x", 1, "func test_x() {}", func(*testmode.T) {})
	s.opt.Coverage = func() []testmode.Coverage {
		session := lines("session", 1, 2, 0, -1, 0, 3, -1, 1, 0)
		// A line of which a part was not executed.
		session.Statements = append(session.Statements, testmode.Statement{Line: 8, Col: 9, EndLine: 8, EndCol: 12})
		return []testmode.Coverage{session, {Name: "a/file.go"}, lines("b.go", 1, 1, 1, 1, 1)}
	}
	out, _ := s.run()
	check(t, coverLine.ReplaceAllString(out, "___ coverage ___"), `
.                                                                        [100%]
================================ tests coverage ================================
___ coverage ___

Name        Stmts   Miss  Cover   Missing
-----------------------------------------
session         8      4    50%   3-5, 8-9
a/file.go       0      0   100%
b.go            5      0   100%
-----------------------------------------
TOTAL          13      4    69%
1 passed in 0.00s
`)
	s.opt.Missing = false
	if out, _ := s.run(); !strings.Contains(out, "\nName        Stmts   Miss  Cover\n-------------------------------\nsession         8      4    50%\n") {
		t.Error(out)
	}
	s.opt.Cover = false
	if out, _ := s.run(); strings.Contains(out, "coverage") {
		t.Error(out)
	}
}

// 0% and 100% are told only where they are exact, and what is too little fails.
func TestCoverageLimits(t *testing.T) {
	s := newSuite(t, "-q", "--cov", "--cov-fail-under=99.9")
	s.add("test_x", 1, "func test_x() {}", func(*testmode.T) {})
	most, least := make([]int, 1000), make([]int, 1000)
	for i := range most {
		most[i] = 1
	}
	most[7], least[7] = 0, 1
	s.opt.Coverage = func() []testmode.Coverage {
		return []testmode.Coverage{lines("most", most...), lines("least", least...)}
	}
	out, r := s.run()
	if want := "\nmost     1000      1    99%\nleast    1000    999     1%\n"; !strings.Contains(out, want) || r.Status != testmode.StatusFailed {
		t.Errorf("status %d: %s", r.Status, out)
	}
	if want := "\nFAIL Required test coverage of 99.9% not reached. Total coverage: 50.00%\n"; !strings.Contains(out, want) {
		t.Error(out)
	}
	s.opt.CoverLeast = 50
	out, r = s.run()
	if want := "\nRequired test coverage of 50% reached. Total coverage: 50.00%\n"; !strings.Contains(out, want) || r.Status != testmode.StatusOK {
		t.Errorf("status %d: %s", r.Status, out)
	}
}

func TestCoverProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.out")
	s := newSuite(t, "-q", "--coverprofile", path)
	s.add("test_x", 1, "func test_x() {}", func(*testmode.T) {})
	s.opt.Coverage = func() []testmode.Coverage { return []testmode.Coverage{lines("a.go", 3, -1, 0)} }
	s.run()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("mode: count\na.go:1.2,1.9 1 3\na.go:3.2,3.9 1 0\n", string(got)); diff != "" {
		t.Error(diff)
	}
	s.opt.CoverProfile = filepath.Join(path, "no directory")
	if out, _ := s.run(); !strings.Contains(out, "\nno coverage profile: open ") {
		t.Error(out)
	}
}
