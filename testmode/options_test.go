package testmode_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/asyncrepl/asyncrepl/testmode"
)

func TestParseOptions(t *testing.T) {
	three, zero, seed := 3, 0, uint64(42)
	base := testmode.Options{Verbosity: -1, Timeout: 10 * time.Minute}
	with := func(f func(o *testmode.Options)) testmode.Options { o := base; f(&o); return o }
	for args, want := range map[string]testmode.Options{
		"":                        base,
		"-q":                      base,
		"-qq":                     with(func(o *testmode.Options) { o.Verbosity = -2 }),
		"-v":                      with(func(o *testmode.Options) { o.Verbosity = 1 }),
		"-vv":                     with(func(o *testmode.Options) { o.Verbosity = 2 }),
		"-qq -vv":                 with(func(o *testmode.Options) { o.Verbosity = 0 }),
		"--quiet --verbose":       with(func(o *testmode.Options) { o.Verbosity = 0 }),
		"--verbosity=2":           with(func(o *testmode.Options) { o.Verbosity = 2 }),
		"-x TestA f.go::TestB/c":  with(func(o *testmode.Options) { o.MaxFail = 1; o.NodeIDs = []string{"TestA", "f.go::TestB/c"} }),
		"--maxfail 3 -k a --lf":   with(func(o *testmode.Options) { o.MaxFail = 3; o.Keyword = "a"; o.LastFailed = true }),
		"-xvs -rfE":               with(func(o *testmode.Options) { o.MaxFail = 1; o.Verbosity = 1; o.Capture = "no"; o.Report = "fE" }),
		"--durations=3":           with(func(o *testmode.Options) { o.Durations = &three }),
		"--durations 0":           with(func(o *testmode.Options) { o.Durations = &zero }),
		"--tb=short --color yes":  with(func(o *testmode.Options) { o.TB = "short"; o.ColorWhen = "yes" }),
		"--timeout=0.5":           with(func(o *testmode.Options) { o.Timeout = 500 * time.Millisecond }),
		"--timeout=1m30s":         with(func(o *testmode.Options) { o.Timeout = 90 * time.Second }),
		"--timeout 0":             with(func(o *testmode.Options) { o.Timeout = 0 }),
		"--shuffle --seed=42":     with(func(o *testmode.Options) { o.Shuffle = true; o.Seed = &seed }),
		"--virtual --schedules=3": with(func(o *testmode.Options) { o.Virtual = true; o.Schedules = 3 }),
		"--loop-scope=session":    with(func(o *testmode.Options) { o.LoopScope = "session" }),
		"--ff --sw --co --count=3": with(func(o *testmode.Options) {
			o.FailedFirst, o.Stepwise, o.CollectOnly, o.Count = true, true, true, 3
		}),
		"--junitxml=a.xml --capture=tee-sys -W error": with(func(o *testmode.Options) { o.JUnit = "a.xml"; o.Capture = "tee-sys"; o.Warnings = "error" }),
		"--bench --benchtime=2s --benchmem --short": with(func(o *testmode.Options) {
			o.Bench, o.BenchTime, o.BenchMem, o.ShortMode = true, 2*time.Second, true, true
		}),
		"--benchtime 100x": with(func(o *testmode.Options) { o.BenchCount = 100 }),
		"--cov x":          with(func(o *testmode.Options) { o.Cover = true; o.NodeIDs = []string{"x"} }),
		"--cov --cov-report=term-missing --native --race": with(func(o *testmode.Options) { o.Cover, o.Missing, o.Native, o.Race = true, true, true, true }),
		"--lf --lfnf=none --fixtures -h --watch": with(func(o *testmode.Options) {
			o.LastFailed, o.NoFailures, o.ShowFixtures, o.Help, o.Watch = true, "none", true, true, true
		}),
		"--ids=pytest --continue-on-collection-errors": with(func(o *testmode.Options) { o.IDs, o.ContinueOnBroken = "pytest", true }),
		"-l": with(func(o *testmode.Options) { o.ShowLocals = true }),
		"--showlocals --tb=no --no-showlocals -q":    with(func(o *testmode.Options) { o.TB = "no" }),
		"--coverprofile=c.out --cov-fail-under=66.5": with(func(o *testmode.Options) { o.Cover, o.CoverProfile, o.CoverLeast = true, "c.out", 66.5 }),
		"-- -x": with(func(o *testmode.Options) { o.NodeIDs = []string{"-x"} }),
	} {
		got, err := testmode.ParseOptions(strings.Fields(args))
		if err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(testmode.Options{}, "Where", "PanicFrames", "TaskPlace", "Interrupt", "Resume", "Highlight", "Listen", "LoopOptions", "Switch", "Coverage", "Main")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"--nosuchopt":       "unrecognized arguments: --nosuchopt",
		"-z --y=1":          "unrecognized arguments: -z --y=1",
		"-k":                "argument -k: expected one argument",
		"--maxfail":         "argument --maxfail: expected one argument",
		"--maxfail=a":       "argument --maxfail: invalid int value: 'a'",
		"--timeout=x":       "argument --timeout: invalid float value: 'x'",
		"--tb=blue":         "argument --tb: invalid choice: 'blue' (choose from 'auto', 'long', 'short', 'line', 'native', 'no')",
		"--lf=1":            "argument --lf/--last-failed: ignored explicit argument '1'",
		"--benchtime=0x":    "argument --benchtime: invalid count: '0x'",
		"--benchtime=1":     "argument --benchtime: invalid duration: '1'",
		"--cov-report=html": "argument --cov-report: invalid choice: 'html' (choose from 'term', 'term-missing')",
		"--seed=-1":         "argument --seed: invalid int value: '-1'",
	} {
		_, err := testmode.ParseOptions(strings.Fields(args))
		var u *testmode.UsageError
		if !errors.As(err, &u) || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
			continue
		}
		if got := u.Usage(":test"); got != "ERROR: usage: :test [options] [test ids]\n:test: error: "+want+"\n" {
			t.Errorf("%s: usage %q", args, got)
		}
	}
	_, err := testmode.ParseOptions([]string{"-k", "(a"})
	var u *testmode.UsageError
	if !errors.As(err, &u) || u.Usage(":test") != "ERROR: Wrong expression passed to '-k': (a: at column 3: expected right parenthesis; got end of input\n" {
		t.Errorf("%v", err)
	}
}

func TestHelpNamesEveryOption(t *testing.T) {
	for _, name := range []string{"-q, --quiet", "-k EXPR", "--junitxml PATH", "--loop-scope SCOPE"} {
		if !strings.Contains(testmode.Help(), name) {
			t.Errorf("no %s in\n%s", name, testmode.Help())
		}
	}
}

func TestKeyword(t *testing.T) {
	ids := []string{"session::TestGet", "session::TestGet_slow", "session::test_put", "f.go::TestPut[1-2]"}
	for expr, want := range map[string][]int{
		"":                               {0, 1, 2, 3},
		"get":                            {0, 1},
		"GET and not slow":               {0},
		"not (get or f.go)":              {2},
		"put or get and slow":            {1, 2, 3},
		"(put or get) and slow":          {1},
		"not not get":                    {0, 1},
		"[1-2]":                          {3},
		"::test_":                        {2},
		"get and get and (get) and slow": {1},
	} {
		k, err := testmode.ParseKeyword(expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		var got []int
		for i, id := range ids {
			if k.Match(id) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s matches %v, want %v", expr, got, want)
		}
	}
	for expr, want := range map[string]string{
		"(":       "at column 2: expected not OR left parenthesis OR identifier; got end of input",
		"a b":     "at column 3: expected end of input; got identifier",
		"a and":   "at column 6: expected not OR left parenthesis OR identifier; got end of input",
		"or a":    "at column 1: expected not OR left parenthesis OR identifier; got or",
		"a)":      "at column 2: expected end of input; got right parenthesis",
		"a & b":   `at column 3: unexpected character "&"`,
		"not":     "at column 4: expected not OR left parenthesis OR identifier; got end of input",
		"(a or b": "at column 8: expected right parenthesis; got end of input",
	} {
		_, err := testmode.ParseKeyword(expr)
		if err == nil || err.Error() != "Wrong expression passed to '-k': "+expr+": "+want {
			t.Errorf("%s: %v, want %s", expr, err, want)
		}
	}
	if _, err := testmode.ParseKeyword(strings.Repeat("(", 1e6)); err == nil {
		t.Error("no error for deep nesting")
	}
}

// A parsed expression and its negation split all names.
func FuzzKeyword(f *testing.F) {
	for _, s := range []string{"", "a", "a and not (b or c)", "not not a", "((", "a or", "é and \xff", "[1-2]"} {
		f.Add(s, "session::TestA[1-2]")
	}
	f.Fuzz(func(t *testing.T, expr, id string) {
		k, err := testmode.ParseKeyword(expr)
		if err != nil {
			return
		}
		if strings.TrimSpace(expr) == "" {
			return
		}
		n, err := testmode.ParseKeyword("not (" + expr + ")")
		if err != nil {
			if strings.Contains(err.Error(), "nested") {
				return
			}
			t.Fatalf("%q parses, its negation does not: %v", expr, err)
		}
		if k.Match(id) == n.Match(id) {
			t.Errorf("%q and its negation agree on %q", expr, id)
		}
	})
}

// Arguments are accepted or refused with a UsageError, and every argument that
// is no option arrives.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"", "-q", "-qq -k a", "--durations=0 x", "-rA -xs --", "--timeout 1e400", "--seed 99999999999999999999", "-", "--", "--=", "-k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		o, err := testmode.ParseOptions(args)
		var u *testmode.UsageError
		if err != nil && !errors.As(err, &u) {
			t.Fatalf("%q: %T", line, err)
		}
		if err == nil && (o.Timeout < 0 && !strings.Contains(line, "-") || len(o.NodeIDs) > len(args)) {
			t.Errorf("%q: %+v", line, o)
		}
	})
}

// The manual names every option.
func TestManualNamesEveryOption(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range regexp.MustCompile(`(?m)^  (-.*?)(  |$)`).FindAllStringSubmatch(testmode.Help(), -1) {
		for name := range strings.SplitSeq(f[1], ",") {
			name = strings.Fields(name)[0]
			if !regexp.MustCompile("[`(]" + name + "[`= )]").Match(text) {
				t.Errorf("no %s", name)
			}
		}
	}
}
