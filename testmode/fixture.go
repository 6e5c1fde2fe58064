package testmode

import (
	"fmt"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/await"
)

// A Fixture is a function that makes what tests ask for by the types of their
// parameters. A test lists those in Test.Needs; before its Setup, the fixtures
// that provide them run in the setup phase, first those that they need
// themselves, each once. They run as part of the test's task, and so may await.
//
// Values do not pass through this package: the host's Make keeps what it made
// where Func, and the Make of other fixtures, look for it.
type Fixture struct {
	// Name is the function's name.
	Name string
	// Type is what it provides, as a text that names the type uniquely.
	Type string
	// Needs are the types of its own parameters that other fixtures provide.
	Needs []string
	// Session makes the value once, for all tests of a run; otherwise it is
	// made for each test that needs it. With --loop-scope session it lives as
	// long as the loop, so that tasks it started go on; otherwise such tasks
	// end with the test that came first.
	Session bool
	// Source is the declaration.
	Source Source
	// Doc is its comment, for --fixtures.
	Doc string
	// Make makes the value. teardown, if not nil, is called when the value is
	// no longer needed, after those of the fixtures that needed it. A failure
	// of t is an error of the test in whose setup it happens, and, for a
	// session fixture, of all that need it. What t.Cleanup registers is called
	// right after teardown.
	Make func(t *T) (teardown func())
}

// A made is a session fixture that was made, or could not be.
type made struct {
	t        *T // what Make was called with
	failures []Failure
	skipped  bool
}

// sessionFixtures are those of a worker.
type sessionFixtures struct {
	made  map[string]*made // by name
	order []*made          // in which they were made
	tasks map[uint64]bool  // that they started
}

// inSetup reports whether the test is being set up.
func (t *T) inSetup() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.phase == Setup
}

// provide makes the fixtures that the test needs, and leaves it if one cannot
// be made.
func (t *T) provide(needs []string) {
	done := map[string]bool{}
	var path []string // of types being provided
	var ask func(need string)
	ask = func(need string) {
		if done[need] {
			return
		}
		f := t.fixture(need)
		if i := slices.Index(path, need); i >= 0 {
			t.fail("Failed", "fixtures need each other: "+strings.Join(append(path[i:], need), " needs "))
			t.leave()
		}
		path = append(path, need)
		for _, n := range f.Needs {
			ask(n)
		}
		path = path[:len(path)-1]
		done[need] = true
		if f.Session {
			t.session(f)
		} else if teardown := f.Make(t); teardown != nil {
			t.Cleanup(teardown)
		}
		if t.Failed() || t.Skipped() {
			t.leave()
		}
	}
	for _, n := range needs {
		ask(n)
	}
}

// fixture returns the one fixture that provides a type. If there is none, or
// more than one, it fails the test and leaves it.
func (t *T) fixture(need string) *Fixture {
	var found *Fixture
	var all []string
	group := t.run.group(t.item.Test)
	for i := range group.Fixtures {
		f := &group.Fixtures[i]
		all = append(all, f.Type)
		if f.Type != need {
			continue
		}
		if found != nil {
			t.fail("Failed", fmt.Sprintf("two fixtures provide %s: %s and %s", need, found.Name, f.Name))
			t.leave()
		}
		found = f
	}
	if found != nil {
		return found
	}
	slices.Sort(all)
	it := t.item
	f := Failure{Bare: true, Place: it.place()}
	f.Lines = append(f.Lines, fmt.Sprintf("file %s, line %d", it.location(), it.Line))
	for _, l := range dedent(it.Source.Lines) {
		f.Lines = append(f.Lines, "  "+l)
		if strings.HasSuffix(l, "{") {
			break
		}
	}
	f.Lines = append(f.Lines,
		"E       fixture '"+need+"' not found",
		">       available fixtures: "+strings.Join(all, ", "),
		">       use '--fixtures' for help on them.")
	t.add(f)
	t.leave()
	return nil
}

// session makes a session fixture, unless that has been done.
func (t *T) session(f *Fixture) {
	r, s := t.run, &t.root().worker.session
	m := s.made[f.Name]
	if m == nil {
		m = &made{t: &T{run: r, item: t.item, name: f.Name, id: t.id, loop: t.loop, task: t.task, worker: t.worker, began: r.now()}}
		before := t.loop.Tasks()
		var teardown func()
		if v := m.t.attempt(func() { teardown = f.Make(m.t) }); v != nil {
			panic(v)
		}
		if teardown != nil {
			m.t.Cleanup(teardown)
		}
		s.keepTasks(before, t.loop.Tasks())
		m.t.mu.Lock()
		m.failures, m.skipped = m.t.failures, m.t.skipped
		m.t.phase = Teardown
		m.t.mu.Unlock()
		if s.made == nil {
			s.made = map[string]*made{}
		}
		s.made[f.Name] = m
		s.order = append(s.order, m)
	}
	if m.skipped {
		t.Skip(m.t.reason)
	}
	for _, failure := range m.failures {
		t.add(failure)
	}
}

// attempt is guard, except that it returns a cancellation instead of noting it:
// that concerns the test the caller is part of.
func (t *T) attempt(f func()) (cancellation any) {
	defer func() {
		if v := recover(); await.IsCancellation(v) {
			cancellation = v
		} else if v != nil {
			t.caught(v)
		}
	}()
	f()
	return nil
}

// keepTasks notes the tasks that session fixtures have started: they are no
// leaks of the test in whose setup that happened.
func (s *sessionFixtures) keepTasks(before, after []await.TaskInfo) {
	if s.tasks == nil {
		s.tasks = map[uint64]bool{}
	}
	for _, info := range after {
		if !slices.ContainsFunc(before, func(b await.TaskInfo) bool { return b.ID == info.ID }) {
			s.tasks[info.ID] = true
		}
	}
}

// keeps reports whether a task belongs to a session fixture, and lives as long.
func (w *worker) keeps(info await.TaskInfo) bool {
	if w.run.opt.LoopScope != "session" {
		return false
	}
	tasks := w.session.tasks
	if tasks[info.Parent] {
		tasks[info.ID] = true
	}
	return tasks[info.ID]
}

// endSession tears the session fixtures down, last first, as a task of the loop.
// What fails is reported as an error of the last test.
func (w *worker) endSession(loop *await.Loop) {
	r, order := w.run, w.session.order
	if len(order) == 0 {
		return
	}
	last := order[len(order)-1].t
	if w.last != nil {
		last = w.last
	}
	t := &T{run: r, item: last.item, name: last.name, id: last.id, loop: loop, worker: w, began: r.now(), phase: Teardown}
	task := loop.Start("session fixtures", func() {
		for _, m := range slices.Backward(order) {
			m.t.mu.Lock()
			m.t.loop, m.t.failures = loop, nil
			m.t.mu.Unlock()
			m.t.endContext()
			m.t.cleanUp(0)
			for _, f := range m.t.failures {
				t.add(f)
			}
		}
	})
	task.Wait()
	w.session = sessionFixtures{}
	var wrong []*Report
	for _, rep := range t.report() {
		if rep.Outcome == Errored {
			wrong = append(wrong, rep)
		}
	}
	r.reports(t, wrong)
}
