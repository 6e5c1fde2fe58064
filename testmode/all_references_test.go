package testmode_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// withoutCounterpart are the references that no test compares with, and why.
var withoutCounterpart = map[string]string{
	"tmo__waitfor-q": "shows the frames of Python's library; here only the user's are shown (TestTimeout)",
}

// Every reference is compared with by name in some test, or has a reason.
func TestEveryReferenceIsUsed(t *testing.T) {
	var tests strings.Builder
	for _, dir := range []string{".", "assertion"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if f != "all_references_test.go" {
				tests.Write(text)
				continue
			}
			_, rest, _ := strings.Cut(string(text), "\n}\n")
			tests.WriteString(rest)
		}
	}
	references, err := filepath.Glob(filepath.Join("testdata", "pytest", "*"))
	if err != nil || len(references) == 0 {
		t.Fatal("no references")
	}
	for _, r := range references {
		name := strings.TrimSuffix(filepath.Base(r), ".txt")
		used := strings.Contains(tests.String(), `"`+name+`"`) || strings.Contains(tests.String(), `"`+name+`.txt"`)
		if _, ok := withoutCounterpart[name]; ok == used {
			t.Errorf("%s: used %v, listed as without counterpart %v", name, used, ok)
		}
	}
}

// reference reads one of pytest's outputs.
func reference(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "pytest", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// same compares a reference with what was printed.
func same(t *testing.T, name, want, got string) {
	t.Helper()
	if diff := cmp.Diff(normal(want), normal(got)); diff != "" {
		t.Errorf("%s (-pytest +ours):\n%s", name, diff)
	}
}

// The runs of --lf and --ff remember the one before them.
func TestLastFailedReferences(t *testing.T) {
	var r testmode.Runner
	for _, c := range [][2]string{
		{"mix__lf1_first-q", "-q"},
		{"mix__lf2_lf-q", "-q --lf"},
		{"mix__lf2_lf-qq", "-qq --lf"},
		{"mix__lf2_lf", "-q -v --lf"},
		{"mix__lf3_ff-q", "-q --ff"},
	} {
		got, _ := run(t, &r, mix, 80, nil, strings.Fields(c[1])...)
		same(t, c[0], reference(t, c[0]), got)
	}
}

// A report that nothing failed before, with --lfnf.
func TestNothingFailedBefore(t *testing.T) {
	var r testmode.Runner
	got, result := run(t, &r, pass("test_a"), 80, nil, "-q", "-v", "--lf", "--lfnf=none")
	want := `
============================= test session starts ==============================
collected 1 item / 1 deselected / 0 selected
run-last-failure: no previously failed tests, deselecting all items.

============================ 1 deselected in 0.00s =============================
`[1:]
	same(t, "--lfnf=none", want, got)
	if result.Status != testmode.StatusNoTests {
		t.Errorf("status %d", result.Status)
	}
}

// In a file beside that of a failure nothing is collected; --lf says so.
func TestLastFailedSkipsFiles(t *testing.T) {
	s := newSuite(t, "-q", "-v")
	for i, name := range []string{"test_a", "test_b", "test_c"} {
		s.add(name, i+1, "func f() {}", func(t *testmode.T) {
			if name == "test_b" {
				t.Fail()
			}
		})
	}
	s.tests[2].File = "other.go"
	s.run()
	s.opt.LastFailed = true
	out, _ := s.run()
	if !strings.Contains(out, "\ncollected 1 item\nrun-last-failure: rerun previous 1 failure (skipped 1 file)\n") {
		t.Error(out)
	}
}

// The text of a run that writes a JUnit file at -q says nothing of it.
func TestJUnitTextReference(t *testing.T) {
	var r testmode.Runner
	got, _ := run(t, &r, mix, 80, nil, "-q", "--junitxml="+filepath.Join(t.TempDir(), "out.xml"))
	same(t, "mix__junit_q", reference(t, "mix__junit_q"), got)
}

// Files that cannot be collected stop the run.
func TestCollectErrorReferences(t *testing.T) {
	for name, args := range map[string]string{"collerr__collerr": "-q -v", "collerr__collerr-q": "-q", "collerr__collerr-qq": "-qq"} {
		want := reference(t, name)
		opt, err := testmode.ParseOptions(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"test_imp.py", "test_syntax.py"} {
			_, block, _ := strings.Cut(want, " ERROR collecting "+file+" ")
			_, block, _ = strings.Cut(block, "\n")
			block, _, _ = strings.Cut(block, "\n____")
			block, _, _ = strings.Cut(block, "\n====")
			opt.Broken = append(opt.Broken, testmode.Broken{File: file, Lines: strings.Split(block, "\n")})
		}
		s := newSuite(t)
		s.opt = opt
		s.add("test_ok", 1, "", func(*testmode.T) { t.Error("a test ran") })
		out, r := s.run()
		if regexp.MustCompile(`(?m)^in \d`).MatchString(out) {
			t.Error(out)
		}
		same(t, name, want, out)
		if r.Status != testmode.StatusInterrupted || r.Errors != 2 {
			t.Errorf("%s: %+v", name, r)
		}
		s.opt.ContinueOnBroken = true
		s.tests[0].Func = func(*testmode.T) {}
		if _, r := s.run(); r.Status != testmode.StatusFailed || r.Passed != 1 || r.Errors != 2 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestUsageReferences(t *testing.T) {
	s := newSuite(t, "-q", "-v", "nosuchfile.go")
	s.add("test_a", 1, "", func(*testmode.T) {})
	s.tests[0].File = "test_x.py"
	out, r := s.run()
	same(t, "usage__nofile", strings.ReplaceAll(reference(t, "usage__nofile"), ".py", ".go"), out)
	if r.Status != testmode.StatusUsage {
		t.Errorf("%+v", r)
	}
	s.opt.NodeIDs = []string{"test_x.py::test_nope"}
	out, r = s.run()
	same(t, "usage__nonode", strings.ReplaceAll(reference(t, "usage__nonode"), "usage/test_x.py", "test_x.py"), out)
	if r.Status != testmode.StatusUsage {
		t.Errorf("%+v", r)
	}
	_, err := testmode.ParseOptions([]string{"--nosuchopt"})
	want, _, _ := strings.Cut(reference(t, "usage__usage"), "  inifile")
	got := strings.NewReplacer("asyncrepl test", "python -m pytest", "[test ids]", "[file_or_dir] [file_or_dir] [...]").Replace(err.(*testmode.UsageError).Usage("asyncrepl test"))
	same(t, "usage__usage", want, got)
}

// pytest shows directories and classes, which Go does not have.
func TestCollectOnlyReference(t *testing.T) {
	want := reference(t, "mix__collectonly")
	want = strings.Replace(want, "<Dir mix>\n", "", 1)
	want = strings.Replace(want, "    <Class TestK>\n      <Function test_m>\n", "    <Function test_m>\n", 1)
	want = regexp.MustCompile(`(?m)^  ( *<)`).ReplaceAllString(want, "$1")
	suite := append([]pyTest{}, mix...)
	suite[len(suite)-1].name = "test_m"
	var r testmode.Runner
	got, _ := run(t, &r, suite, 80, nil, "-q", "-v", "--collect-only")
	same(t, "mix__collectonly", want, got)
}

// Async tests are listed as pytest-asyncio lists them.
func TestCollectOnlyOfAsyncTests(t *testing.T) {
	s := newSuite(t, "-q", "-v", "--collect-only")
	s.add("test_a", 1, "", nil)
	s.add("test_b", 2, "", nil)
	s.tests[1].Async = true
	if out, _ := s.run(); !strings.Contains(out, "<Module session>\n  <Function test_a>\n  <Coroutine test_b>\n") {
		t.Error(out)
	}
}

// Tests of a table, by pytest's ids.
func TestParametersReference(t *testing.T) {
	decorators := "@pytest.mark.parametrize('a,b', [(1, 2), (3, 3), ('x', None), (1.5, True), ([1], {'k': 1}), (pytest.param(9, 8, id='named')), (pytest.param(1, 1, marks=pytest.mark.xfail))])\n"
	differ := func(a, b string, lines ...string) func(*testmode.T, int) {
		return func(t *testmode.T, v int) {
			shown := lines
			if v > 0 && len(lines) > 1 {
				shown = []string{lines[0], "  ", "  Full diff:", "  - {", "  -     'k': 1,", "  - }", "  + [", "  +     1,", "  + ]"}
			}
			t.FailAs("AssertionError", shown, []testmode.Frame{frame("test_p", 2, decorators+"def test_p(a, b): «assert a == b»@", arg("a", a), arg("b", b))})
		}
	}
	long := strings.Repeat("a", 60)
	suite := []pyTest{
		{name: "test_p[1-2]", call: differ("1", "2", "assert 1 == 2")},
		{name: "test_p[3-3]", call: passes},
		{name: "test_p[x-None]", call: differ("'x'", "None", "AssertionError: assert 'x' == None")},
		{name: "test_p[1.5-True]", call: differ("1.5", "True", "assert 1.5 == True")},
		{name: "test_p[a4-b4]", call: differ("[1]", "{'k': 1}", "AssertionError: assert [1] == {'k': 1}", "  ", "  Use -v to get more diff")},
		{name: "test_p[named]", call: differ("9", "8", "assert 9 == 8")},
		{name: "test_p[1-1]", call: func(t *testmode.T, _ int) { t.Attr("xfail", "") }},
	}
	for _, y := range []string{"u", "v w", `\xe9`, "", long} {
		for x := range 2 {
			suite = append(suite, pyTest{name: fmt.Sprintf("test_cross[%s-%d]", y, x), call: passes})
		}
	}
	suite = append(suite, pass("test_dup[dup0]", "test_dup[dup1]", "TestC::test_m[one]")...)
	suite = append(suite, pyTest{name: "TestC::test_m[two]", call: fails("AssertionError", []string{"assert 2 == 1"},
		frame("test_m", 10, "    @pytest.mark.parametrize('n', [1, 2], ids=['one', 'two'])\n    def test_m(self, n): «assert n == 1»@",
			arg("self", "<test_x.TestC object at 0x0>"), arg("n", "2")))})
	for name, args := range map[string]string{"param__-q": "-q", "param__-v": "-v"} {
		var r testmode.Runner
		got, _ := run(t, &r, suite, 80, nil, args)
		same(t, name, address.ReplaceAllString(reference(t, name), "0x0"), got)
	}
}

// Subtests show in pytest's form where asked, and can be named so.
func TestIDsOfSubtests(t *testing.T) {
	s := newSuite(t, "-v", "--ids=pytest", "--count=2")
	s.add("TestTable", 1, "func TestTable(t *testing.T) {}", func(t *testmode.T) {
		t.Run("one case", func(*testmode.T) {})
		t.Run("two", func(t *testmode.T) { t.Run("deep", func(*testmode.T) {}) })
	})
	out, _ := s.run()
	for _, id := range []string{"TestTable[one_case-1-2]", "TestTable[two-deep-2-2]"} {
		if !strings.Contains(out, "\nsession::"+id+" PASSED") {
			t.Errorf("no %s\n%s", id, out)
		}
	}
	s.opt.Count = 1
	for arg, want := range map[string]string{"TestTable[one_case]": "TestTable[one_case]", "session::TestTable[two]": "TestTable[two-deep]",
		"TestTable[two-deep]": "TestTable[two-deep]", "TestTable/two/deep": "TestTable[two-deep]"} {
		s.opt.NodeIDs = []string{arg}
		if _, r := s.run(); len(r.Reports) != 1 || r.Reports[0].ID != "session::"+want {
			t.Errorf("%s: %+v", arg, r.Reports)
		}
	}
	for _, arg := range []string{"TestTable/nope", "TestTable[two-nope]"} {
		s.opt.NodeIDs = []string{arg}
		if out, r := s.run(); r.Status != testmode.StatusUsage || !strings.Contains(out, "ERROR: not found: "+arg+"\n(TestTable has no such subtest)\n") {
			t.Errorf("%s: %+v\n%s", arg, r, out)
		}
	}
}

// The runs of widths.txt are those of pytest at four widths, with and without
// colour, and at four verbosities, without blocks of failures (--tb=no). They
// are pytest 7's, which worded two messages otherwise than the other references.
func TestWidthReferences(t *testing.T) {
	var p85 []pyTest
	for i := range 85 {
		p85 = append(p85, pyTest{name: fmt.Sprintf("test_n[%d]", i), call: passes})
	}
	suites := map[string][]pyTest{"mix": mix, "skipx": skipx, "pass85": p85}
	text := reference(t, "widths")
	runs := strings.Split(strings.Trim(text, "@ \n"), "\n@ ")
	if len(runs) != 96 {
		t.Errorf("%d runs", len(runs))
	}
	for _, one := range runs {
		title, want, _ := strings.Cut(one, "\n")
		want += "\n"
		f := strings.Fields(title)
		width, color, args := 0, f[2], append([]string{"--tb=no", "--color=" + f[2]}, f[3:]...)
		fmt.Sscan(f[1], &width)
		t.Run(title, func(t *testing.T) {
			var r testmode.Runner
			got, _ := run(t, &r, suites[f[0]], width, nil, args...)
			if color == "yes" { // here a coloured line is cut where it would be without colour
				want, got = uncut(want), uncut(got)
			}
			reworded := regexp.MustCompile(`(?m)^(FAILED test_x.py::test_xpass_strict).*$`)
			if f[0] == "mix" && slices.Contains(args, "-v") && !slices.Contains(args, "-q") {
				reworded = regexp.MustCompile(`(?m)^(FAILED test_x.py::test_fail) .*$`)
			}
			same(t, title, reworded.ReplaceAllString(want, "$1"), reworded.ReplaceAllString(got, "$1"))
		})
	}
}

// uncut removes the messages of the short summary.
func uncut(text string) string {
	return regexp.MustCompile(`(?m)^(\x1b\[31m(FAILED|ERROR)\x1b\[0m \S+).*$`).ReplaceAllString(text, "$1")
}

// The runs of options.txt are those of pytest 7 with options that the other
// references lack; those from --sw on remember the one before.
func TestOptionReferences(t *testing.T) {
	runs := strings.Split(strings.Trim(reference(t, "options"), "@ \n"), "\n@ ")
	if len(runs) != 40 {
		t.Errorf("%d runs", len(runs))
	}
	var r *testmode.Runner
	for i, one := range runs {
		title, want, _ := strings.Cut(one, "\n")
		if r == nil || i <= len(runs)-5 {
			r = &testmode.Runner{}
		}
		// A class is a level of its own in pytest's list.
		want = strings.Replace(want, "  <Class TestK>\n    <Function test_m>\n", "  <Function TestK::test_m>\n", 1)
		args := append([]string{"--tb=no", "test_x.py"}, strings.Fields(title)...)
		if !strings.Contains(title, "-q") && !strings.Contains(title, "-v") {
			args = append(args, "--verbosity=0")
		}
		if strings.Contains(title, "-v") && !strings.Contains(title, "-q") {
			reworded := regexp.MustCompile(`(FAILED\S* \S*test_fail\S* - )(assert)`)
			want = reworded.ReplaceAllString(want, "${1}AssertionError: $2")
		}
		want = strings.ReplaceAll(want, "test_xp\x1b[0m \n", "test_xp\x1b[0m\n") // a blank that pytest 9 does not print
		got, _ := run(t, r, mix, 80, nil, args...)
		same(t, title, want+"\n", got)
	}
}
