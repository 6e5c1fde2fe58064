package check

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// A session is a checker that is fed cells.
type session struct {
	t *testing.T
	*Checker
	n int
}

// enter checks a cell and returns its notices, or the first fault.
func (s *session) enter(text string) (notices []string, fault string, undo func()) {
	s.t.Helper()
	s.n++
	cell, err := s.Files.Parse("cell", s.n, text, s.Declared)
	if err != nil {
		return nil, err.Error(), nil
	}
	var units []*Unit
	undo = func() {
		for i := len(units) - 1; i >= 0; i-- {
			units[i].Undo()
		}
	}
	for _, items := range Units(cell) {
		u, err := s.Check(items)
		if err != nil {
			undo()
			return nil, err.Error(), nil
		}
		units = append(units, u)
		notices = append(notices, u.Notices...)
	}
	return notices, "", undo
}

// describe lists the names of the session.
func (s *session) describe() string {
	var out []string
	for _, e := range s.Declarations() {
		line := s.Describe(e)
		if e.Off != nil {
			line += " (off)"
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

func TestRedefinition(t *testing.T) {
	for _, test := range []struct {
		name  string
		cells []string
		want  string // the notices and faults of the last cell
		names string
	}{
		{"a function's dependents are checked again",
			[]string{"func f() int { return 1 }", "func g() int { return f() }", "func h() int { return g() }", "func f() string { return \"\" }"},
			"func g no longer compiles and is off: cell:2:23: cannot use f() (value of type string) as int value in return statement|func h no longer compiles and is off: cell:3:23: undefined: g",
			"func f() string; func g (off); func h (off)"},
		{"and come back",
			[]string{"func f() int { return 1 }", "func g() int { return f() }", "func f() string { return \"\" }", "func f() int { return 2 }"},
			"func g is back", "func f() int; func g() int"},
		{"a variable of another type",
			[]string{"x := 1", "func f() int { return x }", "x := \"s\""},
			"func f no longer compiles and is off: cell:2:23: cannot use x (variable of type string) as int value in return statement",
			"var x string; func f (off)"},
		{"a variable of the same type disturbs nobody",
			[]string{"x := 1", "func f() int { return x }", "x := 2"}, "", "var x int; func f() int"},
		{"functions wait for names",
			[]string{"func f() int { return g() }"}, "func f waits for g", "func f (off)"},
		{"and for each other",
			[]string{"func even(n int) bool { return n == 0 || odd(n-1) }", "func odd(n int) bool { return n != 0 && even(n-1) }"},
			"func even is back", "func even(n int) bool; func odd(n int) bool"},
		{"types wait too", []string{"type A struct { b *B }", "type B struct { a *A }"}, "type A is back", "type A; type B"},
		{"methods stay with their type", []string{"type T struct{ a int }", "func (t T) M() int { return t.a }", "type T struct{ a, b int }"}, "", "type T"},
		{"unless they cannot", []string{"type T struct{ a int }", "func (t T) M() int { return t.a }", "type T struct{ b int }"},
			"method T.M no longer compiles and is off: cell:2:31: t.a undefined (type T has no field or method a)", "type T"},
		{"variables of a type that changed", []string{"type T struct{ a int }", "t := T{1}", "type T struct{ b int }"}, "var t was reset: its type has changed", "type T; var t T"},
		{"of a type declared alike keep their value", []string{"type T struct{ a int }", "t := T{1}", "type T struct{ a int }"}, "", "type T; var t T"},
		{"constants", []string{"const c = 1", "func f() [c]int { return [c]int{} }", "const c = 2"}, "", "const c untyped int = 2; func f() [2]int"},
		{"a cell with a fault leaves nothing behind", []string{"a := 1", "b := 2; c := undefinedName"}, "cell:2:14: undefined: undefinedName", "var a int"},
		{"two kinds of one name", []string{"x := 1", "func x() {}"}, "", "func x()"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &session{t: t, Checker: New()}
			var notices []string
			var fault string
			for _, c := range test.cells {
				notices, fault, _ = s.enter(c)
			}
			if fault != "" {
				notices = append(notices, fault)
			}
			if got := strings.Join(notices, "|"); got != test.want {
				t.Errorf("notices\n%s\nwant\n%s", got, test.want)
			}
			if got := s.describe(); got != test.names {
				t.Errorf("names %s\nwant %s", got, test.names)
			}
		})
	}
}

func TestUndo(t *testing.T) {
	s := &session{t: t, Checker: New()}
	s.enter("x := 1")
	s.enter("func f() int { return x }")
	before := s.describe()
	for _, cell := range []string{"x := \"s\"", "type x struct{}", "y := 2; func g() int { return f() + y }", "func f() string { return \"\" }"} {
		_, fault, undo := s.enter(cell)
		if fault != "" {
			t.Fatalf("%s: %s", cell, fault)
		}
		undo()
		if got := s.describe(); got != before {
			t.Errorf("after %s was undone: %s, want %s", cell, got, before)
		}
		if _, fault, _ := s.enter("_ = f() + x"); fault != "" {
			t.Errorf("after %s was undone: %s", cell, fault)
		}
	}
}

func TestNearest(t *testing.T) {
	for _, test := range []struct {
		wrong string
		names []string
		want  string
	}{
		{"cuont", []string{"count", "court", "len"}, "count"},
		{"Prntln", []string{"Print", "Println", "Printf"}, "Println"},
		{"toupper", []string{"ToUpper", "ToLower"}, "ToUpper"},
		{"xyz", []string{"abc", "len"}, ""},
		{"ab", []string{"abc"}, ""},
	} {
		if got := Nearest(test.wrong, test.names); got != test.want {
			t.Errorf("Nearest(%q) = %q, want %q", test.wrong, got, test.want)
		}
	}
}

func TestMembers(t *testing.T) {
	s := &session{t: t, Checker: New()}
	s.enter("type P struct{ X, y int; time.Time }")
	s.enter("func (p *P) Sum() int { return p.X + p.y }")
	s.enter("p := P{}")
	for _, test := range []struct{ expr, prefix, want string }{
		{"p", "S", "Second func() int|String func() string|Sub func(u time.Time) time.Duration|Sum func() int"},
		{"p", "X", "X int"},
		{"p", "y", "y int"},
		{"strings", "ToUp", "ToUpper func(s string) string|ToUpperSpecial func(c unicode.SpecialCase, s string) string"},
		{"p.Sub(p.Time)", "Hou", "Hours func() float64"},
		{"nothing", "X", ""},
		{"p +", "X", ""},
	} {
		var got []string
		for _, n := range s.Members(test.expr, test.prefix) {
			got = append(got, n.Name+" "+n.Detail)
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("members of %s with %s: %s, want %s", test.expr, test.prefix, strings.Join(got, "|"), test.want)
		}
	}
}

// FuzzCheck looks for panics of the checker, and for cells that leave something
// behind although they fail.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"x := await f()", "type T struct { T }", "func f[T any](x T) T { return x }; f(1)", "var a, b = b, a", "type A = B; type B = A",
		"func (t T) m() {}; type T int", "const c = c", "assert x", "async f(await g())", "x, y := 1", "func f() { await select {} }",
		"type I interface { I }", "for await x := range x {}", "var _ = func() { async func() {}() }",
	} {
		f.Add(seed, "x + 1")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 300 {
			return
		}
		timer := time.AfterFunc(5*time.Second, func() { panic(fmt.Sprintf("still busy with %q and %q", a, b)) })
		defer timer.Stop()
		s := &session{t: t, Checker: New()}
		for _, cell := range []string{"type S struct { n int }", "s := S{1}", a, b} {
			before := s.describe()
			if _, fault, _ := s.enter(cell); fault != "" && s.describe() != before {
				t.Fatalf("%q fails with %q and leaves %s, not %s", cell, fault, s.describe(), before)
			}
		}
	})
}

// A package under test has types of its own, which compiled packages do not use.
func TestPackageUnderTest(t *testing.T) {
	c := New()
	check := func(path, text string) error {
		p, err := c.Files.ParseProgram(path+".go", text, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.CheckPackage(path, []*syntax.Program{p})
		return err
	}
	if err := check("go/token", "package token\ntype FileSet struct{}"); err != nil {
		t.Fatal(err)
	}
	err := check("go/token_test", `package token_test
import ("go/parser"; "go/token")
func f(fset *token.FileSet, n string) { parser.ParseFile(n, fset, nil, 0); parser.ParseFile(fset, n, nil, 0) }`)
	errs, _ := err.(Errors)
	if len(errs) != 3 {
		t.Fatal(err)
	}
	for i, want := range []string{"", "", "compiled packages use the compiled token.FileSet, not that of the package under test"} {
		if errs[i].Hint != want {
			t.Errorf("%v: the hint is %q", errs[i], errs[i].Hint)
		}
	}
}
