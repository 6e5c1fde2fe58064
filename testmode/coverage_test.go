package testmode_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

func TestCoverage(t *testing.T) {
	s := newSuite(t, "-q", "--cov=term-missing")
	s.add("test_x", 1, "func test_x() {}", func(*testmode.T) {})
	s.opt.Coverage = func() []testmode.Coverage {
		return []testmode.Coverage{
			{Name: "session", Statements: 10, Missed: 3, Lines: [][2]int{{3, 4}, {9, 9}}},
			{Name: "a/file.go", Statements: 0},
			{Name: "b.go", Statements: 3},
		}
	}
	out, _ := s.run()
	check(t, regexp.MustCompile(`_+ coverage: platform .* _+`).ReplaceAllString(out, "___ coverage ___"), `
.                                                                        [100%]
================================ tests coverage ================================
___ coverage ___

Name       Stmts   Miss  Cover   Missing
----------------------------------------
session       10      3    70%   3-4, 9
a/file.go      0      0   100%
b.go           3      0   100%
----------------------------------------
TOTAL         13      3    76%
1 passed in 0.00s
`)
	s.opt.Missing = false
	if out, _ := s.run(); !strings.Contains(out, "\nName       Stmts   Miss  Cover\n------------------------------\nsession       10      3    70%\n") {
		t.Error(out)
	}
	s.opt.Cover = false
	if out, _ := s.run(); strings.Contains(out, "coverage") {
		t.Error(out)
	}
}
