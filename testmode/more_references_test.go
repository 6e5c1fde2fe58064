package testmode_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

func arg(name, value string) testmode.Arg { return testmode.Arg{Name: name, Value: value} }

// passesNot stands for a test without a counterpart, which is left out of the
// comparison.
func passesNot(t *testmode.T, _ int) { t.Fail() }

// exc is test_exc.py; three tests have no counterpart in Go.
var exc = []pyTest{
	{name: "test_exc", call: fails("KeyError", []string{"KeyError: 'missing'"},
		frame("inner", 2, "def inner(d): return «d['missing']»@", arg("d", "{'a': 1}")),
		frame("outer", 3, "def outer(d): return «inner(d)»@", arg("d", "{'a': 1}")),
		frame("test_exc", 4, "def test_exc(): «outer({'a': 1})»@"))},
	{name: "test_value", call: fails("ValueError", []string{"ValueError: bad value"},
		frame("test_value", 5, "def test_value(): «raise ValueError('bad value')»@"))},
	{name: "test_noarg", call: fails("ValueError", []string{"ValueError"},
		frame("test_noarg", 6, "def test_noarg(): «raise ValueError»@"))},
	{name: "test_multiline", call: fails("ValueError", []string{"ValueError: line one", "line two", "line three"},
		frame("test_multiline", 7, `def test_multiline(): «raise ValueError('line one\nline two\nline three')»@`))},
	{name: "test_chain", call: passesNot},
	{name: "test_during", call: passesNot},
	{name: "test_zero", call: fails("ZeroDivisionError", []string{"ZeroDivisionError: division by zero"},
		frame("test_zero", 14, "def test_zero(): «1 / 0»@"))},
	{name: "test_name", call: fails("NameError", []string{"NameError: name 'undefined_name' is not defined"},
		frame("test_name", 15, "def test_name(): «undefined_name»@"))},
	{name: "test_group", call: passesNot},
	{name: "test_sysexit", call: fails("SystemExit", []string{"SystemExit: 3"},
		frame("test_sysexit", 18, "def test_sysexit(): «raise SystemExit(3)»@"))},
	{name: "TestGroup::test_method", call: fails("FileNotFoundError", []string{"FileNotFoundError: [Errno 2] No such file: 'x.txt'"},
		frame("test_method", 20, "    def test_method(self): «raise OSError(2, 'No such file', 'x.txt')»@", arg("self", "<test_x.TestGroup object at 0x7f5fedde9e50>")))},
}

// capt is test_capt.py.
var capt = []pyTest{
	{name: "test_fail", setup: func(t *testmode.T, _ int) {
		fmt.Fprintln(t.Stdout(), "in setup")
		fmt.Fprintln(t.Output(), "WARNING  my.logger:test_x.py:5 setup log")
		t.Cleanup(func() {
			fmt.Fprintln(t.Stdout(), "in teardown")
			fmt.Fprintln(t.Output(), "ERROR    my.logger:test_x.py:7 teardown log")
		})
	}, call: func(t *testmode.T, _ int) {
		fmt.Fprintln(t.Stdout(), "hello out")
		fmt.Fprintln(t.Stderr(), "hello err")
		fmt.Fprintln(t.Output(), "WARNING  my.logger:test_x.py:10 warn 3")
		t.FailAs("AssertionError", []string{"assert 1 == 2"}, []testmode.Frame{frame("test_fail", 8,
			"def test_fail(fx):\n    print('hello out'); print('hello err', file=sys.stderr)\n    log.info('info not shown by default'); log.warning('warn %d', 3)\n    assert 1 == 2@",
			arg("fx", "None"))})
	}},
	{name: "test_pass", call: func(t *testmode.T, _ int) { fmt.Fprintln(t.Stdout(), "quiet") }},
}

func init() { capt[1].setup = capt[0].setup }

// fixerr is test_fixerr.py; TestMissingFixtureReference has the missing fixture.
var fixerr = func() []pyTest {
	bad := fails("RuntimeError", []string{"RuntimeError: setup broke"},
		frame("bad", 2, "@pytest.fixture\ndef bad():\n    raise RuntimeError('setup broke')@"))
	badtear := func(t *testmode.T, _ int) {
		t.Cleanup(func() {
			t.FailAs("RuntimeError", []string{"RuntimeError: teardown broke"}, []testmode.Frame{
				frame("badtear", 5, "@pytest.fixture\ndef badtear():\n    yield 1\n    raise RuntimeError('teardown broke')@")})
		})
	}
	return []pyTest{
		{name: "test_setup", setup: bad, call: passes},
		{name: "test_teardown", setup: badtear, call: passes},
		{name: "test_both", setup: badtear, call: fails("AssertionError", []string{"assert 1 == 2"},
			frame("test_both", 11, "def test_both(badtear): «assert badtear == 2»@", arg("badtear", "1")))},
		{name: "test_missing", setup: passesNot, call: passes},
		{name: "test_ok", call: passes},
	}
}()

// skipx is test_skipx.py.
var skipx = func() []pyTest {
	skip := func(line int, reason string) func(*testmode.T, int) {
		return func(t *testmode.T, _ int) {
			at(frame("", line, "@"))
			if reason == "" {
				t.SkipNow()
			}
			t.Skip(reason)
		}
	}
	xfail := func(key, reason string, fail bool) func(*testmode.T, int) {
		return func(t *testmode.T, _ int) {
			t.Attr(key, reason)
			if fail {
				t.FailNow()
			}
		}
	}
	return []pyTest{
		{name: "test_skip", call: skip(2, "not today")},
		{name: "test_skip_noreason", call: skip(4, "")},
		{name: "test_skipif", call: skip(6, "not on linux")},
		{name: "test_skip_body", call: skip(8, "from the body")},
		{name: "test_xfail", call: xfail("xfail", "known bug #12", true)},
		{name: "test_xfail_noreason", call: xfail("xfail", "", true)},
		{name: "test_xpass", call: xfail("xfail", "fixed now?", false)},
		{name: "test_xpass_strict", call: xfail("xfail_strict", "must fail", false)},
		{name: "test_xfail_wrong_exc", call: fails("KeyError", []string{"KeyError: 'k'"},
			frame("test_xfail_wrong_exc", 17, "@pytest.mark.xfail(raises=ValueError)\ndef test_xfail_wrong_exc(): «raise KeyError('k')»@"))},
		{name: "test_xfail_body", call: xfail("xfail", "imperative", true)},
		{name: "test_ok", call: passes},
	}
}()

// rec is test_rec.py: a function that calls itself until the limit.
var rec = []pyTest{{name: "test_rec", call: func(t *testmode.T, _ int) {
	r := frame("r", 2, "    def r(): return «r()»@")
	var frames []testmode.Frame
	for range 900 {
		frames = append(frames, r)
	}
	frames = append(frames, frame("test_rec", 1, "def test_rec():\n    def r(): return r()\n    r()@"))
	t.FailAs("RecursionError", []string{"RecursionError: maximum recursion depth exceeded"}, frames)
}}}

// cut returns the blocks and summary lines of a reference whose title or id
// contains one of the names, so that tests without a counterpart in Go can be
// left out.
func cut(text string, names ...string) string {
	var out []string
	dropping := false
	for _, line := range strings.Split(text, "\n") {
		named := false
		for _, n := range names {
			named = named || strings.HasPrefix(line, "_") && strings.HasSuffix(line, "_") && strings.Contains(line, " "+n+" ") ||
				strings.Contains(line, "::"+n+" ") || strings.HasSuffix(line, "::"+n)
		}
		switch {
		case named && strings.HasPrefix(line, "_"):
			dropping = true
		case strings.HasPrefix(line, "====") || strings.HasPrefix(line, "__"):
			dropping = false
		}
		if !dropping && !named {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

var address = regexp.MustCompile(`0x[0-9a-f]+`)

func TestMoreReferences(t *testing.T) {
	noCounterpart := []string{"test_chain", "test_during", "test_group", "test_missing"}
	for _, c := range []struct {
		file  string
		suite []pyTest
		args  string
	}{
		{"exc__-q", exc, "-q"},
		{"exc__-qq", exc, "-qq"},
		{"exc__-qq_--tb=short", exc, "-qq --tb=short"},
		{"exc__-v", exc, "-v"},
		{"capt__-q", capt, "-q"},
		{"capt__-qq", capt, "-qq"},
		{"capt__-v", capt, "-v"},
		{"capt__qq_rP", capt, "-qq -rfEP"},
		{"capt__qq_showcap_no", capt, "-qq --show-capture=no"},
		{"fixerr__-q", fixerr, "-q"},
		{"fixerr__-qq", fixerr, "-qq"},
		{"fixerr__-v", fixerr, "-v"},
		{"skipx__-q", skipx, "-q"},
		{"skipx__-qq", skipx, "-qq"},
		{"skipx__-v", skipx, "-v"},
		{"skipx__q_rs", skipx, "-q -rs"},
		{"skipx__qq_ra", skipx, "-qq -ra"},
		{"rec__-qq", rec, "-qq"},
	} {
		t.Run(c.file, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", "pytest", c.file+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			var r testmode.Runner
			got, _ := run(t, &r, c.suite, 80, nil, strings.Fields(c.args)...)
			wanted := normal(cut(string(want), noCounterpart...))
			got = cut(got, noCounterpart...)
			if c.file == "capt__qq_rP" {
				// -rP replaces fE in pytest, which the reference shows.
				wanted, got = strings.TrimSpace(wanted), strings.Split(got, "\n=========================== short")[0]
			}
			if diff := cmp.Diff(address.ReplaceAllString(wanted, "0x0"), address.ReplaceAllString(normal(got), "0x0")); diff != "" {
				t.Errorf("%s (-pytest +ours):\n%s", c.args, diff)
			}
		})
	}
}

func TestNoCapture(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "pytest", "capt__qq_s.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var r testmode.Runner
	got, _ := run(t, &r, capt, 80, nil, "-qq", "-s")
	// pytest writes the letter before the teardown begins; here a test is
	// reported when it is over.
	adjusted := strings.Replace(string(want), "Fin teardown\n", "in teardown\nF", 1)
	adjusted = strings.Replace(adjusted, ".in teardown\n", "in teardown\n.\n", 1)
	adjusted = strings.Replace(adjusted, ".\n\n", ".\n", 1)
	if diff := cmp.Diff(adjusted, got); diff != "" {
		t.Errorf("-pytest +ours:\n%s", diff)
	}
}

// A clock is advanced by the tests that tell it.
type clock struct{ now time.Time }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

func TestDurations(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 22, 9, 54, 54, 0, time.UTC)}
	takes := func(d time.Duration) func(*testmode.T, int) { return func(*testmode.T, int) { c.pass(d) } }
	dur := []pyTest{
		{name: "test_fast", call: takes(10 * time.Microsecond)},
		{name: "test_slow", call: takes(200 * time.Millisecond)},
		{name: "test_fx", setup: func(t *testmode.T, _ int) {
			c.pass(120 * time.Millisecond)
			t.Cleanup(func() { c.pass(50 * time.Millisecond) })
		}, call: takes(30 * time.Millisecond)},
	}
	for file, args := range map[string]string{
		"dur__durations0-q":    "-q --durations=0",
		"dur__durations3-q":    "-q --durations=3",
		"dur__durations3-qq":   "-qq --durations=3",
		"dur__durations3_vv-q": "-vv --durations=3",
	} {
		want, err := os.ReadFile(filepath.Join("testdata", "pytest", file+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		r := testmode.Runner{Now: func() time.Time { return c.now }}
		got, result := run(t, &r, dur, 80, nil, strings.Fields(args)...)
		if diff := cmp.Diff(normal(string(want)), normal(got)); diff != "" {
			t.Errorf("%s (-pytest +ours):\n%s", file, diff)
		}
		if result.Duration != 400010*time.Microsecond {
			t.Errorf("the run took %v", result.Duration)
		}
	}
}

func TestLongRun(t *testing.T) {
	c := &clock{now: time.Now()}
	r := testmode.Runner{Now: func() time.Time { return c.now }}
	for d, want := range map[time.Duration]string{
		61230 * time.Millisecond:      "1 passed in 61.23s (0:01:01)\n",
		25*time.Hour + 61*time.Second: "1 passed in 90061.00s (1 day, 1:01:01)\n",
	} {
		got, _ := run(t, &r, []pyTest{{name: "test_x", call: func(*testmode.T, int) { c.pass(d) }}}, 80, nil, "-q")
		if _, last, _ := strings.Cut(got, "\n"); last != want {
			t.Errorf("%v: %q, want %q", d, last, want)
		}
	}
}

// In colour, pytest's references have Python's highlighting in the source
// lines; those are compared without colour, all others with it.
func TestColours(t *testing.T) {
	for file, args := range map[string]string{"mix__-q__color": "-q", "mix__-qq__color": "-qq", "mix__-v__color": "-v"} {
		want, err := os.ReadFile(filepath.Join("testdata", "pytest", file+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		var r testmode.Runner
		got, _ := run(t, &r, mix, 80, nil, append(strings.Fields(args), "--color=yes")...)
		w, g := strings.Split(normal(string(want)), "\n"), strings.Split(normal(got), "\n")
		for i := range max(len(w), len(g)) {
			if i >= len(w) || i >= len(g) {
				t.Errorf("%s: %d lines, want %d", file, len(g), len(w))
				break
			}
			source := strings.HasPrefix(w[i], ">   ") || strings.HasPrefix(w[i], "    ") || strings.Contains(w[i], "At index")
			if source && plainText(w[i]) == plainText(g[i]) || w[i] == g[i] {
				continue
			}
			t.Errorf("%s, line %d:\n got %q\nwant %q", file, i+1, g[i], w[i])
		}
	}
}

// plainText removes escape sequences.
func plainText(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i++ {
		if s[i] == '\x1b' {
			for s[i] != 'm' {
				i++
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// The lines of a difference are coloured as pytest colours them.
func TestColoursOfADifference(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "pytest", "asserts__-qq__color.txt"))
	if err != nil {
		t.Fatal(err)
	}
	suite := []pyTest{{name: "test_str_short", call: fails("AssertionError",
		[]string{"AssertionError: assert 'hello' == 'hallo'", "  ", "  - hallo", "  ?  ^", "  + hello", "  ?  ^"},
		frame("test_str_short", 45, "def test_str_short():\n    assert 'hello' == 'hallo'@"))}}
	var r testmode.Runner
	got, _ := run(t, &r, suite, 80, nil, "-qq", "--color=yes")
	_, block, _ := strings.Cut(string(want), "test_str_short ")
	block, _, _ = strings.Cut(block, "\n\n\x1b[1m\x1b[31mtest_x.py\x1b[0m:46")
	i := strings.Index(block, "\x1b[1m\x1b[31mE ")
	if !strings.Contains(got, block[i:]) {
		t.Errorf("got  %q\nwant %q", got, block[i:])
	}
}

func TestInterruptedReference(t *testing.T) {
	for file, args := range map[string]string{"slow__sigint": "-q -v", "slow__sigint-q": "-q", "slow__sigint-qq": "-qq"} {
		want, err := os.ReadFile(filepath.Join("testdata", "pytest", file+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		opt, _ := testmode.ParseOptions(strings.Fields(args))
		ctx, cancel := context.WithCancel(context.Background())
		opt.PanicFrames = func(v any) (any, []testmode.Frame) {
			return v, []testmode.Frame{frame("test_hang", 4, "def test_hang(): time.sleep(30)@")}
		}
		var out bytes.Buffer
		var r testmode.Runner
		body := map[string]func(*testmode.T){
			"test_a": func(*testmode.T) {},
			"test_b": func(t *testmode.T) {
				t.FailAs("AssertionError", []string{"assert 0"}, []testmode.Frame{frame("test_b", 3, "def test_b(): «assert 0»@")})
			},
			"test_hang": func(*testmode.T) { cancel(); await.Sleep(time.Hour) },
			"test_c":    func(*testmode.T) {},
		}
		var tests []testmode.Test
		for _, n := range []string{"test_a", "test_b", "test_hang", "test_c"} {
			tests = append(tests, testmode.Test{Name: n, File: "test_x.py", Func: body[n]})
		}
		r.Run(ctx, tests, opt, &out)
		if diff := cmp.Diff(normal(strings.ReplaceAll(string(want), "slow/", "")), normal(out.String())); diff != "" {
			t.Errorf("%s (-pytest +ours):\n%s", file, diff)
		}
	}
}
