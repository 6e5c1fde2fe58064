package check

import "testing"

// A statement that has run must leave nothing in the program, and what a cell
// declares must stay.
func TestRelease(t *testing.T) {
	s := &session{t: t, Checker: New()}
	run := func(text string) int {
		t.Helper()
		s.n++
		cell, err := s.Files.Parse("cell", s.n, text, s.Declared)
		if err != nil {
			t.Fatal(err)
		}
		for _, items := range Units(cell) {
			u, err := s.Check(items)
			if err != nil {
				t.Fatal(err)
			}
			if u.Main != nil {
				s.Release(u.Main)
			}
		}
		return len(s.packages())
	}
	run("func f(n int) int { return n }")
	run("x := f(1)")
	first := run("x + 1")
	if second := run("f(x) + 2"); second != first {
		t.Errorf("a statement leaves %d packages", second-first)
	}
	if n := run("y := f(x)"); n <= first {
		t.Errorf("%d packages with a variable, %d without", n, first)
	}
	run("y + f(x)")
}
