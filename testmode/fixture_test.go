package testmode_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A fixtureSuite has fixtures that note what they do.
type fixtureSuite struct {
	*suite
	did []string
}

func newFixtureSuite(t *testing.T, args ...string) *fixtureSuite {
	return &fixtureSuite{suite: newSuite(t, args...)}
}

// fixture adds a fixture.
func (s *fixtureSuite) fixture(name, provides string, session bool, needs ...string) *testmode.Fixture {
	s.opt.Fixtures = append(s.opt.Fixtures, testmode.Fixture{Name: name, Type: provides, Needs: needs, Session: session,
		Source: source(1, "func "+name+"() {}"),
		Make: func(*testmode.T) func() {
			await.Sleep(time.Microsecond)
			s.did = append(s.did, "make "+provides)
			return func() { await.Sleep(time.Microsecond); s.did = append(s.did, "end "+provides) }
		}})
	return &s.opt.Fixtures[len(s.opt.Fixtures)-1]
}

// test adds a test that needs types.
func (s *fixtureSuite) test(name string, needs ...string) *testmode.Test {
	s.add(name, len(s.tests)+1, "func "+name+"() {}", func(t *testmode.T) { s.did = append(s.did, name) })
	s.tests[len(s.tests)-1].Needs = needs
	return &s.tests[len(s.tests)-1]
}

func TestFixtures(t *testing.T) {
	for _, scope := range []string{"function", "session"} {
		s := newFixtureSuite(t, "-qq", "--loop-scope", scope)
		s.fixture("fixtureDB", "*DB", true, "Config")
		s.fixture("fixtureUser", "User", false, "*DB", "Config")
		s.fixture("fixtureConfig", "Config", true)
		s.fixture("fixtureUnused", "Unused", false)
		s.test("test_a", "User", "*DB")
		s.test("test_b")
		s.test("test_c", "User", "User")
		_, r := s.run()
		want := []string{"make Config", "make *DB", "make User", "test_a", "end User", "test_b", "make User", "test_c", "end User", "end *DB", "end Config"}
		if !slices.Equal(s.did, want) || r.Passed != 3 || r.Warnings != 0 || r.Errors != 0 {
			t.Errorf("%s: %q %+v", scope, s.did, r)
		}
	}
}

func TestFixtureFailures(t *testing.T) {
	s := newFixtureSuite(t, "-qq")
	s.fixture("fixtureA", "A", false).Make = func(t *testmode.T) func() { t.Fatal("no A"); return nil }
	s.fixture("fixtureB", "B", true).Make = func(t *testmode.T) func() { s.did = append(s.did, "make B"); panic("no B") }
	s.fixture("fixtureC", "C", false, "B")
	s.fixture("fixtureD", "D", true).Make = func(t *testmode.T) func() { t.Skip("no D here"); return nil }
	s.fixture("fixtureE", "E", false).Make = func(t *testmode.T) func() { return func() { t.Error("late E") } }
	s.fixture("fixtureF", "F", true).Make = func(t *testmode.T) func() {
		t.Cleanup(func() { panic("late F") })
		return nil
	}
	s.fixture("fixtureG", "G", false, "H")
	s.fixture("fixtureH", "H", false, "G")
	s.fixture("fixtureI", "I", false)
	s.fixture("fixtureJ", "I", false)
	for _, need := range []string{"A", "B", "B", "C", "D", "D", "E", "F", "G", "I", "K"} {
		s.test("test_"+need+strings.Repeat("_", len(s.tests)), need)
	}
	_, r := s.run()
	var got []string
	for _, rep := range r.Reports {
		line := rep.Outcome.String()
		if len(rep.Failures) > 0 {
			line += " " + rep.Phase.String() + " " + rep.Failures[0].Lines[0]
		} else if rep.Reason != "" {
			line += " " + rep.Reason
		}
		got = append(got, line)
	}
	want := []string{"error setup Failed: no A", "error setup panic: no B", "error setup panic: no B", "error setup panic: no B",
		"skipped no D here", "skipped no D here", "passed", "error teardown Failed: late E", "passed",
		"error setup Failed: fixtures need each other: G needs H needs G", "error setup Failed: two fixtures provide I: fixtureI and fixtureJ",
		"error setup file session, line 11", "error teardown panic: late F"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := strings.Count(strings.Join(s.did, " "), "make B"); n != 1 {
		t.Errorf("the session fixture was tried %d times", n)
	}
}

// Tasks of a session fixture live as long as the loop.
func TestFixtureTasks(t *testing.T) {
	for scope, leaks := range map[string]int{"function": 1, "session": 0} {
		s := newFixtureSuite(t, "-qq", "--loop-scope", scope)
		beats, stopped := 0, false
		s.fixture("fixtureServer", "Server", true).Make = func(*testmode.T) func() {
			task := await.Start0(func() {
				for {
					await.Start0(func() { beats++ }).Await()
					await.Sleep(time.Microsecond)
				}
			})
			return func() { stopped = task.Cancel(nil) }
		}
		for _, name := range []string{"test_a", "test_b"} {
			s.test(name, "Server").Func = func(*testmode.T) {
				for began := beats; scope == "session" && beats < began+3; {
					await.Sleep(time.Microsecond)
				}
			}
		}
		_, r := s.run()
		if r.Passed != 2 || r.Warnings != leaks || stopped != (scope == "session") {
			t.Errorf("%s: %d beats, stopped %v, %+v", scope, beats, stopped, r)
		}
	}
}

// A leak in a shared loop ends with that loop; session fixtures are made again.
func TestLeakInASharedLoop(t *testing.T) {
	s := newFixtureSuite(t, "-qq", "--loop-scope=session")
	s.fixture("fixtureA", "A", true)
	ended := false
	s.test("test_leak", "A").Func = func(*testmode.T) {
		await.Start0(func() { defer func() { ended = true }(); await.Forever("the bus") })
		await.Yield()
	}
	s.test("test_next", "A").Func = func(t *testmode.T) {
		if !ended {
			t.Error("the task of another test is still there")
		}
	}
	_, r := s.run()
	if want := []string{"make A", "end A", "make A", "end A"}; r.Passed != 2 || r.Warnings != 1 || !slices.Equal(s.did, want) {
		t.Errorf("%+v %q", r, s.did)
	}
}

// Session fixtures outlive a test that is given up; one that is given up while
// it is being made is made anew.
func TestFixturesAndAStuckTest(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	s := newFixtureSuite(t, "-qq")
	s.opt.Grace = 20 * time.Millisecond
	s.fixture("fixtureA", "A", true)
	var tries atomic.Int32
	s.fixture("fixtureB", "B", true).Make = func(*testmode.T) func() {
		if tries.Add(1) == 1 {
			<-forever
		}
		return nil
	}
	s.test("test_first", "A")
	s.test("test_stuck", "A").Func = func(*testmode.T) { <-forever }
	s.test("test_next", "A")
	s.test("test_stuck_in_setup", "A", "B")
	s.test("test_last", "A", "B")
	s.tests[1].Timeout, s.tests[3].Timeout = 20*time.Millisecond, 20*time.Millisecond
	_, r := s.run()
	want := []string{"make A", "test_first", "test_next", "make A", "test_last", "end A"}
	if !slices.Equal(s.did, want) || r.Passed != 3 || r.Failed != 2 || tries.Load() != 2 {
		t.Errorf("%q, %d tries, %+v", s.did, tries.Load(), r)
	}
}

func TestListOfFixtures(t *testing.T) {
	s := newFixtureSuite(t, "-q", "--fixtures")
	s.fixture("fixtureDB", "*DB", true).Doc = "fixtureDB opens a database.\n\nIt is closed at the end."
	s.fixture("fixtureUser", "User", false)
	s.test("test_a")
	out, r := s.run()
	check(t, out, `
------------------------ fixtures defined from session -------------------------
fixtureDB [session scope] *DB -- session:1
    fixtureDB opens a database.

    It is closed at the end.

fixtureUser User -- session:1
    no docstring available


no tests ran in 0.00s
`)
	if r.Status != testmode.StatusOK || len(s.did) > 0 {
		t.Errorf("%+v %q", r, s.did)
	}
}

// A missing fixture is reported as pytest does.
func TestMissingFixtureReference(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "pytest", "fixerr__-qq.txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(want), "________________________ ERROR at setup of test_missing")
	block, _, _ = strings.Cut(block, "====")
	s := newFixtureSuite(t, "-qq")
	for _, name := range []string{"_asyncio_loop_factory", "bad", "badtear"} {
		s.fixture(name, name, false)
	}
	s.tests = []testmode.Test{{Name: "test_missing", File: "test_x.py", Line: 12, Needs: []string{"nosuchfixture"}, Func: func(*testmode.T) {},
		Source: testmode.Source{File: "test_x.py", Location: "fixerr/test_x.py", FirstLine: 12, Lines: []string{"def test_missing(nosuchfixture): pass"}}}}
	out, _ := s.run()
	_, ours, _ := strings.Cut(out, "________________________ ERROR at setup of test_missing")
	ours, _, _ = strings.Cut(ours, "====")
	same := func(text string) string {
		lines := strings.Split(text, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, ">       available fixtures: _asyncio_loop_factory, ") {
				lines[i] = ">       available fixtures: "
			}
			if strings.HasPrefix(l, ">       use '") {
				lines[i] = ">       use for help on them."
			}
		}
		return strings.Join(lines, "\n")
	}
	if diff := cmp.Diff(same(block), same(ours)); diff != "" {
		t.Errorf("-pytest +ours:\n%s", diff)
	}
	if !strings.Contains(out, "\nERROR test_x.py::test_missing\n") {
		t.Error(out)
	}
}
