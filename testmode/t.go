package testmode

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// tb makes T satisfy testing.TB, which has an unexported method. Every exported
// method is T's own.
type tb = testing.TB

// A T is what a test sees of its run: it has the methods of *testing.T, with
// the same meaning. They may be called from any goroutine, except that Run,
// Parallel, FailNow and SkipNow concern the task that calls them.
type T struct {
	tb

	run    *run
	item   *item
	parent *T
	name   string // as Name returns it
	id     string // the node id
	loop   *await.Loop
	task   *await.Task0 // the one that runs the test's phases
	began  time.Time

	timedOut    atomic.Bool
	interrupted atomic.Bool

	mu        sync.Mutex
	phase     Phase
	failed    bool // the test or a subtest
	skipped   bool
	finished  bool
	hasSubs   bool
	failures  []Failure
	dropped   int // failures beyond maxFailures
	reason    string
	place     string
	xfail     string // "", "xfail" or "xfail_strict"
	xreason   string
	attrs     []Arg
	cleanups  []func()
	helpers   map[string]bool
	names     map[string]int // of subtests, to keep them apart
	env       bool           // Setenv or Chdir was called
	parallel  bool
	waiting   []*T // parallel subtests that wait for the parent's body
	temp      string
	temps     int
	artifacts string
	ctx       context.Context
	cancel    context.CancelCauseFunc
	captured  capture
	files     stdFiles
	stuck     []await.TaskInfo // what waited when the time was up
	cut       []Frame          // where a cancellation met the test
	wasCut    bool
	durations [3]time.Duration
	release   func()              // lets the parent's Run return
	start     func()              // lets a parallel subtest go on
	tasks     map[uint64]*T       // of running subtests, by task
	subs      []*await.Task0      // of all subtests
	panics    []*await.PanicError // reported background panics
	passUp    *unwind             // leaves the parent too
	worker    *worker
	main      bool // it stands for TestMain
	leaked    bool // tasks were left behind
	claimed   bool // someone says how it ended
	order     schedule
	rehearsal bool // reports and warnings are withheld
	withheld  []*Report
	warnings  []Warning
}

// maxFailures is how many failures of one test are kept; more are counted.
const maxFailures = 1000

// Name returns the name of the test, as in "TestX/sub".
func (t *T) Name() string { return t.name }

// Failed reports whether the test or a subtest has failed.
func (t *T) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Skipped reports whether the test was skipped.
func (t *T) Skipped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.skipped
}

// Helper marks the calling function as a helper: its frames are not shown.
func (t *T) Helper() {
	if frames := t.where(); len(frames) > 0 {
		t.mu.Lock()
		if t.helpers == nil {
			t.helpers = map[string]bool{}
		}
		t.helpers[frames[0].key()] = true
		t.mu.Unlock()
	}
}

// Fail marks the test as failed and goes on.
func (t *T) Fail() { t.fail("Failed", "") }

// FailNow marks the test as failed and leaves it.
func (t *T) FailNow() {
	if !t.Failed() {
		t.Fail()
	}
	t.leave()
}

// Error reports a failure and goes on.
func (t *T) Error(args ...any) { t.fail("Failed", sprintln(args)) }

// Errorf reports a failure and goes on.
func (t *T) Errorf(format string, args ...any) { t.fail("Failed", fmt.Sprintf(format, args...)) }

// Fatal reports a failure and leaves the test.
func (t *T) Fatal(args ...any) {
	t.fail("Failed", sprintln(args))
	t.leave()
}

// Fatalf reports a failure and leaves the test.
func (t *T) Fatalf(format string, args ...any) {
	t.fail("Failed", fmt.Sprintf(format, args...))
	t.leave()
}

// Assert reports the failure of an assertion, given its explanation and the
// message it was written with, if any, and leaves the test.
func (t *T) Assert(explanation []string, message string) {
	t.add(Failure{Kind: "AssertionError", Lines: assertion.Lines(explanation, message), Frames: t.here()})
	t.leave()
}

// Panicked reports a panic in a goroutine that belongs to the test.
func (t *T) Panicked(value any, frames []Frame) {
	if f, ok := t.describe(value, frames); ok {
		t.add(f)
	}
}

// SkipNow marks the test as skipped and leaves it.
func (t *T) SkipNow() {
	t.skip("")
	t.leave()
}

// Skip marks the test as skipped, for a reason, and leaves it.
func (t *T) Skip(args ...any) {
	t.skip(sprintln(args))
	t.leave()
}

// Skipf marks the test as skipped, for a reason, and leaves it.
func (t *T) Skipf(format string, args ...any) {
	t.skip(fmt.Sprintf(format, args...))
	t.leave()
}

// Log adds a line to the log section of the report.
func (t *T) Log(args ...any) { t.log(sprintln(args)) }

// Logf adds a line to the log section of the report.
func (t *T) Logf(format string, args ...any) { t.log(fmt.Sprintf(format, args...)) }

// log writes text with the place of the call.
func (t *T) log(text string) {
	place := ""
	if frames := t.visible(t.where()); len(frames) > 0 {
		place = fmt.Sprintf("%s:%d: ", frames[0].Source.location(), frames[0].Line)
	}
	text = strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ")
	t.captured.writer(t, streamLog).Write([]byte(place + text + "\n"))
}

// Cleanup has f called when the test and its subtests are over, last first.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Context returns a context that ends just before the functions registered by
// Cleanup are called.
func (t *T) Context() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil {
		parent := context.Background()
		if t.parent != nil {
			parent = t.parent.Context()
		}
		t.ctx, t.cancel = context.WithCancelCause(parent)
		if t.phase == Teardown {
			t.cancel(context.Canceled)
		}
	}
	return t.ctx
}

// Deadline returns when the test's time will be up, if it is limited.
func (t *T) Deadline() (deadline time.Time, ok bool) {
	d := t.timeLimit()
	if d <= 0 {
		return time.Time{}, false
	}
	return t.root().began.Add(d), true
}

// timeLimit is how long the test may take; 0 means for ever.
func (t *T) timeLimit() time.Duration {
	if t.item.Timeout != 0 {
		return t.item.Timeout
	}
	return t.run.opt.Timeout
}

// Attr notes an attribute of the test. The keys "xfail" and "xfail_strict" tell
// that the test is expected to fail; the value is the reason. It is a failure if
// the key contains white space or the value a newline.
func (t *T) Attr(key, value string) {
	if strings.ContainsFunc(key, unicode.IsSpace) {
		t.Errorf("disallowed whitespace in attribute key %q", key)
		return
	}
	if strings.ContainsAny(value, "\r\n") {
		t.Errorf("disallowed newline in attribute value %q", value)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if key == "xfail" || key == "xfail_strict" {
		t.xfail, t.xreason = key, value
	}
	t.attrs = append(t.attrs, Arg{key, value})
}

// root returns the test that t is a subtest of, or t.
func (t *T) root() *T {
	for t.parent != nil {
		t = t.parent
	}
	return t
}

// fail records a failure of a kind; text may be empty.
func (t *T) fail(kind, text string) {
	line := kind
	if text = strings.Trim(text, "\n"); text != "" {
		line += ": " + text
	}
	t.add(Failure{Kind: kind, Lines: strings.Split(line, "\n"), Frames: t.here()})
}

// here returns the active calls for a failure, with their variables.
func (t *T) here() []Frame {
	frames := t.where()
	if locals := t.run.opt.Locals; locals != nil {
		locals(frames)
	}
	return t.visible(frames)
}

// add records a failure and marks the test and its parents.
func (t *T) add(f Failure) {
	t.mu.Lock()
	late := t.finished
	f.phase = t.phase
	if late {
		t.mu.Unlock()
		t.warn(Warning{ID: t.id, Place: placeOf(f.Frames, t.item), Kind: "LateFailure",
			Lines: append([]string{"the test failed after it had completed:"}, f.Lines...)})
		return
	}
	if len(t.failures) < maxFailures {
		t.failures = append(t.failures, f)
	} else {
		t.dropped++
	}
	t.mu.Unlock()
	for p := t; p != nil; p = p.parent {
		p.mu.Lock()
		p.failed = true
		p.mu.Unlock()
	}
}

// warn reports a warning, or withholds it until it is clear that the test is
// reported.
func (t *T) warn(w Warning) {
	root := t.root()
	root.mu.Lock()
	withhold := root.rehearsal && !root.finished
	if withhold {
		root.warnings = append(root.warnings, w)
	}
	root.mu.Unlock()
	if !withhold {
		t.run.warn(w)
	}
}

// skip marks the test as skipped.
func (t *T) skip(reason string) {
	frames := t.visible(t.where())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.skipped = true
	t.reason = strings.TrimSuffix(reason, "\n")
	t.place = placeOf(frames, t.item)
}

// leave ends the calling task, or goroutine, on behalf of the test.
func (t *T) leave() {
	if await.Current() == nil {
		runtime.Goexit()
	}
	panic(&unwind{t})
}

// where asks the host for the active calls.
func (t *T) where() []Frame {
	if t.run.opt.Where == nil {
		return nil
	}
	return t.run.opt.Where()
}

// visible returns frames without those of helpers.
func (t *T) visible(frames []Frame) []Frame {
	if len(frames) < 2 {
		return frames
	}
	shown := make([]Frame, 0, len(frames))
	for _, f := range frames {
		if !t.isHelper(f) {
			shown = append(shown, f)
		}
	}
	if len(shown) == 0 {
		return frames
	}
	return shown
}

// isHelper reports whether f is a call of a helper of the test or its parents.
func (t *T) isHelper(f Frame) bool {
	for p := t; p != nil; p = p.parent {
		p.mu.Lock()
		found := p.helpers[f.key()]
		p.mu.Unlock()
		if found {
			return true
		}
	}
	return false
}

// placeOf returns "location:line" of the innermost frame, or the test's own.
func placeOf(frames []Frame, it *item) string {
	if len(frames) > 0 {
		return fmt.Sprintf("%s:%d", frames[0].Source.location(), frames[0].Line)
	}
	return it.place()
}

func sprintln(args []any) string { return strings.TrimSuffix(fmt.Sprintln(args...), "\n") }
