package testmode_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// example adds an example that prints text.
func (s *suite) example(name, prints string, e testmode.Example) {
	e.Func = func() { fmt.Fprint(testmode.Current().Stdout(), prints) }
	s.tests = append(s.tests, testmode.Test{Name: name, File: "session", Line: len(s.tests) + 1, Example: &e,
		Source: source(len(s.tests)+1, "func "+name+"() {\n\tfmt.Println(add(1, 2))\n\t// Output: 4\n}")})
}

func TestExamples(t *testing.T) {
	for _, c := range []struct {
		prints, output string
		unordered, ok  bool
	}{
		{"3\n", "3", false, true},
		{"\n 3 \n\n", "3\n", false, true},
		{"a\nb\n", "a\nb", false, true},
		{"a \nb\n", "a\nb", false, false},
		{"b\na\n", "a\nb", false, false},
		{"b\na\n", "a\nb", true, true},
		{"b\na\na\n", "a\nb", true, false},
		{"", "", false, true},
		{"x", "", false, false},
		{"", "x", false, false},
	} {
		for _, flags := range []string{"-qq", "-qq -s"} {
			s := newSuite(t, strings.Fields(flags)...)
			s.example("ExampleX", c.prints, testmode.Example{Output: c.output, Unordered: c.unordered})
			if out, r := s.run(); r.Passed == 1 != c.ok || r.Failed == 1 == c.ok {
				t.Errorf("%+v: %+v\n%s", c, r, out)
			}
		}
	}
}

// A failed example looks as a failed doctest does in pytest.
func TestExampleReference(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "pytest", "doct__doctest-q.txt"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSuite(t, "-q")
	s.example("ExampleAdd", "3\n", testmode.Example{Output: "4"})
	s.tests[0].Line = 3
	s.tests[0].Source = testmode.Source{File: "test_x.py", FirstLine: 2, Lines: []string{"", ">>> add(1, 2)"}}
	s.tests[0].File = "test_x.py"
	out, _ := s.run()
	theirs := strings.NewReplacer("::test_x.add", "::ExampleAdd", "[doctest] test_x.add", "[example] ExampleAdd",
		"DocTestFailure", "ExampleFailure", "doct/", "").Replace(string(want))
	if diff := cmp.Diff(theirs, out); diff != "" {
		t.Errorf("-pytest +ours:\n%s", diff)
	}
}

func TestExampleDifferences(t *testing.T) {
	s := newSuite(t, "-qq", "--no-summary")
	s.example("ExampleX", "one\ntwo\n3\nfour\n", testmode.Example{Output: "one\ntwo\nthree\nfour\n"})
	s.example("ExampleNothing", "", testmode.Example{Output: "x"})
	s.opt.NoSummary = false
	s.opt.Report = "N"
	out, _ := s.run()
	check(t, out, `
FF                                                                       [100%]
=================================== FAILURES ===================================
______________________________ [example] ExampleX ______________________________
001 func ExampleX() {
002     fmt.Println(add(1, 2))
003     // Output: 4
004 }
Differences (unified diff with -expected +actual):
    @@ -1,4 +1,4 @@
     one
     two
    -three
    +3
     four

session:1: ExampleFailure
___________________________ [example] ExampleNothing ___________________________
002 func ExampleNothing() {
003     fmt.Println(add(1, 2))
004     // Output: 4
005 }
Expected:
    x
Got nothing

session:2: ExampleFailure
`)
}

func TestExampleThatPanics(t *testing.T) {
	s := newSuite(t, "-qq")
	s.tests = []testmode.Test{{Name: "ExampleX", File: "session", Example: &testmode.Example{Func: func() { panic("boom") }, Output: "x"}}}
	if _, r := s.run(); r.Failed != 1 || len(r.Reports[0].Failures) != 1 || r.Reports[0].Failures[0].Lines[0] != "panic: boom" {
		t.Errorf("%+v", r)
	}
}

func TestExampleOutput(t *testing.T) {
	for comment, want := range map[string]string{
		" Output: 4\n":              "4\n false true",
		"Output:\n1\n2\n":           "1\n2\n false true",
		"\n\n output:  x":           "x false true",
		" Unordered output: b\na\n": "b\na\n true true",
		"UNORDERED OUTPUT:":         " true true",
		" Outputs: 4":               " false false",
		"see Output: 4":             " false false",
		"Output":                    " false false",
		"":                          " false false",
	} {
		output, unordered, ok := testmode.ExampleOutput(comment)
		if got := fmt.Sprint(output, " ", unordered, ok); got != want {
			t.Errorf("%q: got %q, want %q", comment, got, want)
		}
	}
}
