package testmode_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// A pyTest says what one of pytest's reference tests did.
type pyTest struct {
	name  string
	setup func(t *testmode.T, v int)
	call  func(t *testmode.T, v int)
}

// frame returns a frame of a Python function: src is its text with the first
// line's number, and the failing line is marked by "@" at the line's end.
func frame(name string, first int, src string, args ...testmode.Arg) testmode.Frame {
	f := testmode.Frame{Func: name, Args: args}
	f.Source = testmode.Source{File: "test_x.py", FirstLine: first}
	for i, line := range strings.Split(src, "\n") {
		if s, ok := strings.CutSuffix(line, "@"); ok {
			line, f.Line = s, first+i
		}
		if s, at, ok := strings.Cut(line, "«"); ok {
			s2, rest, _ := strings.Cut(at, "»")
			f.Col, f.EndCol = len(s)+1, len(s)+len(s2)+1
			line = s + s2 + rest
		}
		f.Source.Lines = append(f.Source.Lines, line)
	}
	return f
}

// fails makes a body that fails as the reference did; outermost frame last.
func fails(kind string, lines []string, frames ...testmode.Frame) func(*testmode.T, int) {
	return func(t *testmode.T, _ int) { t.FailAs(kind, lines, frames) }
}

func passes(*testmode.T, int) {}

// mix is test_mix.py.
var mix = []pyTest{
	{name: "test_pass", call: passes},
	{name: "test_fail", call: func(t *testmode.T, v int) {
		lines := []string{"assert [1, 2] == [1, 3]", "  ", "  At index 1 diff: 2 != 3"}
		switch {
		case v <= 0:
			lines = append(lines, "  Use -v to get more diff")
		case v == 1:
			lines[0] = "AssertionError: " + lines[0]
			lines = append(lines, "  ", "  Full diff:", "    [", "        1,", "  -     3,...", "  ", "  ...Full output truncated (4 lines hidden), use '-vv' to show")
		default:
			lines = append(lines, "  ", "  Full diff:", "    [", "        1,", "  -     3,", "  ?     ^", "  +     2,", "  ?     ^", "    ]")
		}
		t.FailAs("AssertionError", lines, []testmode.Frame{frame("test_fail", 5, "def test_fail(): «assert [1, 2] == [1, 3]»@")})
	}},
	{name: "test_skip", call: func(t *testmode.T, _ int) { t.Skip("later") }},
	{name: "test_xf", call: func(t *testmode.T, _ int) { t.Attr("xfail", "bug"); t.Fail() }},
	{name: "test_xp", call: func(t *testmode.T, _ int) { t.Attr("xfail", "") }},
	{name: "test_err", call: passes, setup: fails("RuntimeError", []string{"RuntimeError: nope"},
		frame("bad", 2, "@pytest.fixture\ndef bad(): «raise RuntimeError('nope')»@"))},
	{name: "test_warn", call: func(t *testmode.T, _ int) {
		t.Warn(testmode.Warning{ID: "test_x.py::test_warn", Place: "mix/test_x.py:14", Kind: "DeprecationWarning",
			Lines: []string{"deprecated thing"}, Code: "import warnings; warnings.warn('deprecated thing', DeprecationWarning)"})
	}},
	{name: "test_fail2", call: fails("ValueError", []string{"ValueError: boom"},
		frame("test_fail2", 15, "def test_fail2(): «raise ValueError('boom')»@"))},
	{name: "TestK::test_m", call: passes},
}

// pass returns n tests that pass.
func pass(names ...string) []pyTest {
	var list []pyTest
	for _, n := range names {
		list = append(list, pyTest{name: n, call: passes})
	}
	return list
}

// here is what Where returns in the reference tests, which run one by one.
var here []testmode.Frame

// at says where a reference test is.
func at(f testmode.Frame) { here = []testmode.Frame{f} }

// run runs a suite with arguments and returns what is printed.
func run(t *testing.T, r *testmode.Runner, suite []pyTest, width int, env map[string]string, args ...string) (string, testmode.Result) {
	t.Helper()
	opt, err := testmode.ParseOptions(args)
	if err != nil {
		t.Fatal(err)
	}
	opt.Width = width
	here = nil
	opt.Where = func() []testmode.Frame { return here }
	var tests []testmode.Test
	for i, p := range suite {
		test := testmode.Test{Name: p.name, File: "test_x.py", Line: 3 * (i + 1),
			Source: testmode.Source{File: "test_x.py", FirstLine: 3 * (i + 1)}}
		if p.name == "test_skip" {
			test.Line, test.Source.FirstLine = 6, 6
		}
		if p.setup != nil {
			test.Setup = func(t *testmode.T) { p.setup(t, opt.Verbosity) }
		}
		test.Func = func(t *testmode.T) { p.call(t, opt.Verbosity) }
		tests = append(tests, test)
	}
	r.Getenv = func(name string) string { return env[name] }
	var out bytes.Buffer
	result := r.Run(context.Background(), tests, opt, &out)
	return out.String(), result
}

var (
	durations = regexp.MustCompile(`in \d+\.\d\ds`)
	header    = regexp.MustCompile(`(?m)^(platform|rootdir:|plugins:|asyncio:|-- Docs:) ?.*\n`)
	statsLine = regexp.MustCompile(`(?m)^=* ?(.* in 0\.00s) =*$`)
)

// normal removes what cannot be the same: times, versions, the header.
func normal(s string) string {
	s = header.ReplaceAllString(s, "")
	s = strings.ReplaceAll(s, "\nmix/", "\n")
	s = durations.ReplaceAllString(s, "in 0.00s")
	return s
}

func TestReferences(t *testing.T) {
	var p85 []pyTest
	for range 85 {
		p85 = append(p85, pyTest{call: passes})
	}
	for i := range p85 {
		p85[i].name = "test_n[" + itoa(i) + "]"
	}
	cases := []struct {
		file  string
		suite []pyTest
		width int
		args  string
		want  int
	}{
		{"mix__-q", mix, 80, "-q", 1},
		{"mix__-qq", mix, 80, "-qq", 1},
		{"mix__-v", mix, 80, "-v", 1},
		{"mix__-vv", mix, 80, "-vv", 1},
		{"mix__default", mix, 80, "-q -v", 1},
		{"mix__-qq_--tb=line", mix, 80, "-qq --tb=line", 1},
		{"mix__-qq_--tb=no", mix, 80, "-qq --tb=no", 1},
		{"mix__-qq_--tb=short", mix, 80, "-qq --tb=short", 1},
		{"mix__-qq_-rA", mix, 80, "-qq -rA", 1},
		{"mix__-qq_-rN", mix, 80, "-qq -rN", 1},
		{"mix__-qq_-rP", mix, 80, "-qq -rP", 1},
		{"mix__-qq_-ra", mix, 80, "-qq -ra", 1},
		{"mix__-qq_-rs", mix, 80, "-qq -rs", 1},
		{"mix__-qq_-rx", mix, 80, "-qq -r x", 1},
		{"mix__qq_cols40", mix, 40, "-qq", 1},
		{"mix__qq_cols120", mix, 120, "-qq", 1},
		{"mix__qq_nosummary", mix, 80, "-qq --no-summary", 1},
		{"mix__x-q", mix, 80, "-q -x", 1},
		{"mix__x-qq", mix, 80, "-qq -x", 1},
		{"mix__maxfail2-q", mix, 80, "-q --maxfail=2", 1},
		{"mix__maxfail2-qq", mix, 80, "-qq --maxfail 2", 1},
		{"mix__k", mix, 80, "-q -v -k|test_pass or fail2", 1},
		{"mix__k-q", mix, 80, "-q -k|test_pass or fail2", 1},
		{"mix__k-qq", mix, 80, "-qq -k|test_pass or fail2", 1},
		{"mix__k_none-q", mix, 80, "-q -k nothing_such", 5},
		{"mix__k_none-qq", mix, 80, "-qq -k nothing_such", 5},
		{"mix__collectonly-q", mix, 80, "-q --collect-only", 0},
		{"mix__collectonly-qq", mix, 80, "-qq --collect-only", 0},
		{"none__-q", nil, 80, "-q", 5},
		{"none__-qq", nil, 80, "-qq", 5},
		{"none__-v", nil, 80, "-v", 5},
		{"none__default", nil, 80, "-q -v", 5},
		{"pass1__-q", pass("test_one"), 80, "-q", 0},
		{"pass1__-qq", pass("test_one"), 80, "-qq", 0},
		{"pass1__-v", pass("test_one"), 80, "-v", 0},
		{"pass1__default", pass("test_one"), 80, "-q -v", 0},
		{"pass3__-q", pass("test_a", "test_b", "test_c"), 80, "", 0},
		{"pass3__-qq", pass("test_a", "test_b", "test_c"), 80, "-qq", 0},
		{"pass3__-qq__color", pass("test_a", "test_b", "test_c"), 80, "-qq --color=yes", 0},
		{"pass3__-v", pass("test_a", "test_b", "test_c"), 80, "-v", 0},
		{"pass3__lf5_lf_nofail-q", pass("test_a", "test_b", "test_c"), 80, "-q --lf", 0},
		{"pass3__lf5_lf_nofail", pass("test_a", "test_b", "test_c"), 80, "-q -v --lf", 0},
		{"pass85__-q", p85, 80, "-q", 0},
		{"pass85__-qq", p85, 80, "-qq", 0},
		{"pass85__-qq__color", p85, 80, "-qq --color=yes", 0},
		{"pass85__-v", p85, 80, "-v", 0},
		{"pass85__qq_cols20", p85, 20, "-qq", 0},
		{"pass85__qq_cols40", p85, 40, "-qq", 0},
		{"pass85__qq_cols120", p85, 120, "-qq", 0},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", "pytest", c.file+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			flags, last, ok := strings.Cut(c.args, "|")
			args := strings.Fields(flags)
			if ok {
				args = append(args, last)
			}
			var r testmode.Runner
			got, result := run(t, &r, c.suite, c.width, nil, args...)
			if diff := cmp.Diff(normal(string(want)), normal(got)); diff != "" {
				t.Errorf("%s (-pytest +ours):\n%s", c.args, diff)
			}
			if result.Status != c.want {
				t.Errorf("status %d, want %d", result.Status, c.want)
			}
		})
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}
