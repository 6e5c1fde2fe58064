package testmode_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// source makes a Source of the session; the first line's number is first.
func source(first int, text string) testmode.Source {
	return testmode.Source{File: "session", FirstLine: first, Lines: strings.Split(strings.Trim(text, "\n"), "\n")}
}

// A suite runs tests whose places are told by the tests themselves.
type suite struct {
	testmode.Runner
	opt   testmode.Options
	here  []testmode.Frame // what Where returns
	tests []testmode.Test
	out   bytes.Buffer
}

// newSuite parses arguments and makes a suite without tests.
func newSuite(t *testing.T, args ...string) *suite {
	t.Helper()
	s := &suite{}
	var err error
	if s.opt, err = testmode.ParseOptions(args); err != nil {
		t.Fatal(err)
	}
	s.Getenv = func(string) string { return "" }
	s.opt.Where = func() []testmode.Frame { return s.here }
	s.opt.PanicFrames = func(v any) (any, []testmode.Frame) { return await.PanicValue(v), s.here }
	return s
}

// add adds a test of the session with its source.
func (s *suite) add(name string, first int, text string, f func(t *testmode.T)) {
	s.tests = append(s.tests, testmode.Test{Name: name, File: "session", Line: first, Func: f, Source: source(first, text)})
}

// at says that a line of a test is being executed.
func (s *suite) at(test string, line int) {
	for _, t := range s.tests {
		if t.Name == test {
			s.here = []testmode.Frame{{Source: t.Source, Line: line, Func: test}}
		}
	}
}

// run runs the suite and returns what it prints, without the time.
func (s *suite) run() (string, testmode.Result) {
	s.out.Reset()
	r := s.Run(context.Background(), s.tests, s.opt, &s.out)
	return durations.ReplaceAllString(s.out.String(), "in 0.00s"), r
}

// check compares what is printed.
func check(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, got)
	}
}

const asyncSource = `
async func test_some_asyncio_code() {
	actual := await do_something()
	assert actual == 43
}`

// addAsync adds the test the product comes from; it expects want.
func (s *suite) addAsync(want string) {
	s.add("test_some_asyncio_code", 6, asyncSource, func(t *testmode.T) {
		actual := "43"
		task := await.Start0(func() { await.Sleep(100 * time.Millisecond); actual = "42" })
		task.Await()
		if actual != want {
			s.at("test_some_asyncio_code", 8)
			t.Assert([]string{"assert " + actual + " == " + want}, "")
		}
	})
}

func TestScenarioPasses(t *testing.T) {
	s := newSuite(t, "-q", "--virtual")
	c := &clock{now: time.Now()} // of the report
	s.Now = func() time.Time { return c.now }
	s.addAsync("42")
	body := s.tests[0].Func
	s.tests[0].Func = func(t *testmode.T) {
		began := await.Now()
		body(t)
		c.pass(await.Now().Sub(began))
	}
	s.Run(context.Background(), s.tests, s.opt, &s.out)
	got := s.out.String()
	want := "." + strings.Repeat(" ", 72) + "[100%]\n1 passed in 0.10s\n"
	if len(want) != 79+1+len("1 passed in 0.10s\n") {
		t.Fatal("the expectation is wrong")
	}
	check(t, got, want)
}

func TestScenarioFails(t *testing.T) {
	s := newSuite(t, "-q", "--virtual")
	s.addAsync("43")
	got, r := s.run()
	check(t, got, `
F                                                                        [100%]
=================================== FAILURES ===================================
____________________________ test_some_asyncio_code ____________________________

    async func test_some_asyncio_code() {
        actual := await do_something()
>       assert actual == 43
E       assert 42 == 43

session:8: AssertionError
=========================== short test summary info ============================
FAILED session::test_some_asyncio_code - assert 42 == 43
1 failed in 0.00s
`)
	if r.Status != testmode.StatusFailed {
		t.Errorf("status %d", r.Status)
	}
}
