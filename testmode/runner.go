package testmode

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// A Runner runs tests and remembers what failed, for --lf, --ff and --sw. Its
// zero value is ready. It does one run at a time.
type Runner struct {
	// Now and Getenv stand in for time.Now and os.Getenv, if not nil.
	Now    func() time.Time
	Getenv func(name string) string

	busy sync.Mutex
	last memory

	mu      sync.Mutex
	current *run
}

// memory is what a Runner remembers of the last run.
type memory struct {
	failed map[string]bool     // by node id
	subs   map[string][]string // the subtests that made it fail, if nothing else did
	step   string              // where --sw goes on
	bench  []Measurement       // the last of each benchmark
}

// A Memory is what a host keeps between processes, for --lf, --ff and --sw.
type Memory struct {
	// Failed are the node ids of the tests that failed when they last ran, in
	// the order of the alphabet.
	Failed []string
	// Subtests are the names of the subtests that made a test fail, by its id,
	// if nothing else did: --lf runs only those.
	Subtests map[string][]string
	// Step is the node id where --sw goes on, if there is one.
	Step string
}

// Memory returns what the Runner remembers. It waits for a run to end.
func (r *Runner) Memory() Memory {
	failed := r.LastFailed()
	r.busy.Lock()
	defer r.busy.Unlock()
	return Memory{Failed: failed, Subtests: maps.Clone(r.last.subs), Step: r.last.step}
}

// Remember gives back what Memory returned. It waits for a run to end.
func (r *Runner) Remember(m Memory) {
	r.SetLastFailed(m.Failed)
	r.busy.Lock()
	defer r.busy.Unlock()
	r.last.step, r.last.subs = m.Step, maps.Clone(m.Subtests)
}

// LastFailed returns the node ids of the tests that failed when they last ran,
// so that a host can keep them, in the order of the alphabet.
func (r *Runner) LastFailed() []string {
	r.busy.Lock()
	defer r.busy.Unlock()
	ids := make([]string, 0, len(r.last.failed))
	for id := range r.last.failed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// SetLastFailed gives back what LastFailed returned.
func (r *Runner) SetLastFailed(ids []string) {
	r.busy.Lock()
	defer r.busy.Unlock()
	r.last.failed, r.last.subs = map[string]bool{}, nil
	for _, id := range ids {
		r.last.failed[id] = true
	}
}

// Run runs the tests that opt selects, prints the report to out and returns
// what came of it. The tests run on a thread of their own, the same for the
// whole run, each as a task on a fresh loop; Run blocks until they are done.
//
// When ctx ends, as by a first Ctrl-C, the current test is cancelled, its
// clean-up runs, and the report is printed as far as the run came. Abandon, as
// by a second one, gives up on a test that does not stop.
func (r *Runner) Run(ctx context.Context, tests []Test, opt Options, out io.Writer) Result {
	r.busy.Lock()
	defer r.busy.Unlock()
	run := &run{opt: opt, clock: r.Now, abandoned: make(chan struct{}), failedNow: map[string]bool{}, failedSub: map[string][]string{}, ran: map[string]bool{}}
	if run.clock == nil {
		run.clock = time.Now
	}
	getenv := r.Getenv
	if getenv == nil {
		getenv = os.Getenv
	}
	run.ci = getenv("CI") != "" || getenv("BUILD_NUMBER") != ""
	run.std = standardNow()
	run.seed = rand.Uint64N(1 << 32)
	if opt.Seed != nil {
		run.seed = *opt.Seed
	}
	run.result.Seed = run.seed
	run.ungrouped = Group{Main: opt.Main, MainSource: opt.MainSource, Fixtures: opt.Fixtures}
	latest.Store(&run.opt)
	term := newTerminal(&run.opt, run.ci, out)
	term.measuredBefore = r.last.bench
	if opt.JUnit != "" {
		term.junit = newJUnit(&run.opt)
		run.listeners = append(run.listeners, term.junit.event)
	}
	run.listeners = append(run.listeners, term.event)
	if opt.Listen != nil {
		run.listeners = append(run.listeners, opt.Listen)
	}
	r.mu.Lock()
	r.current = run
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.current = nil
		r.mu.Unlock()
	}()
	func() {
		defer func() {
			if v := recover(); v != nil {
				run.result.Status = StatusInternal
				io.WriteString(out, strings.Join(internal(v), "\n")+"\n")
			}
		}()
		run.do(ctx, tests, &r.last)
	}()
	return run.result
}

// internal describes a panic of this package, or of a hook of the host. It must
// be called by the function that recovered it.
func internal(v any) []string {
	text := fmt.Sprintf("panic: %v\n%s", v, debug.Stack())
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		lines[i] = "INTERNALERROR> " + l
	}
	return lines
}

// Abandon makes the Run under way return at once, with what is done reported.
// A test that does not stop keeps its thread, and what it still does is
// ignored. Without a run, Abandon does nothing.
func (r *Runner) Abandon() {
	r.mu.Lock()
	run := r.current
	r.mu.Unlock()
	if run != nil {
		run.giveUp()
	}
}

// A run is one call of Runner.Run.
type run struct {
	opt       Options
	clock     func() time.Time
	ci        bool
	seed      uint64
	items     []*item
	ids       []nodeID
	found     int
	notes     []string
	ungrouped Group                   // the tests that belong to none
	std       [len(standard)]*os.File // as the run found them
	abandoned chan struct{}
	once      sync.Once

	mu        sync.Mutex // guards what follows, and orders the events
	owner     *worker    // whose events count
	next      int        // of items
	limit     int        // of items: where those of the present group end
	done      int
	stop      string // why the run ends early
	stepped   bool   // ... by --sw
	cutShort  bool   // ... by Ctrl-C
	place     string // where that met a test
	frames    []Frame
	failures  int
	failedNow map[string]bool     // root ids
	failedSub map[string][]string // names of subtests, by root id; none if the root failed itself
	only      map[string][]string // of subtests to run, by root id
	ran       map[string]bool
	exitCode  int      // of TestMain
	internal  []string // what went wrong in this package or in a hook
	result    Result
	listeners []func(Event)
}

func (r *run) now() time.Time { return r.clock() }

func (r *run) giveUp() { r.once.Do(func() { close(r.abandoned) }) }

// emit tells the listeners. The run must be locked.
func (r *run) emit(e Event) {
	for _, listen := range r.listeners {
		listen(e)
	}
}

// emitFor tells the listeners, unless the test belongs to a thread that was
// given up.
func (r *run) emitFor(t *T, e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := t.root().worker; w == nil || w == r.owner {
		r.emit(e)
	}
}

// warn reports a warning.
func (r *run) warn(w Warning) {
	if r.opt.Warnings == "ignore" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owner != nil {
		r.result.Warnings++
		r.emit(Warned{w})
	}
}

// reports counts and tells the reports of a test.
func (r *run) reports(t *T, list []*Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.root().worker == r.owner {
		r.record(t, list)
	}
}

// record counts and tells the reports of a test. The run must be locked.
func (r *run) record(t *T, list []*Report) {
	for _, rep := range list {
		r.result.count(rep.Outcome)
		r.result.Reports = append(r.result.Reports, *rep)
		if rep.Outcome == Failed || rep.Outcome == Errored {
			r.failures++
			id := t.root().id
			if t.parent == nil {
				r.failedSub[id] = nil
			} else if before, ok := r.failedSub[id]; !ok || before != nil {
				r.failedSub[id] = append(before, t.name)
			}
			r.failedNow[id] = true
		}
		r.emit(Reported{rep})
	}
}

// panicFrames asks the host about a recovered value.
func (r *run) panicFrames(v any) (any, []Frame) {
	if r.opt.PanicFrames == nil {
		return await.PanicValue(v), nil
	}
	return r.opt.PanicFrames(v)
}

// do collects, runs and reports.
func (r *run) do(ctx context.Context, tests []Test, last *memory) {
	began := r.now()
	problem := r.collect(tests, last)
	r.result.Deselected = r.found - len(r.items)
	var selected []Test
	for _, it := range r.items {
		t := it.Test
		t.Name += it.suffix
		selected = append(selected, t)
	}
	if r.opt.Shuffle && r.opt.Seed == nil {
		r.note("shuffled: --seed=" + uintText(r.seed))
	}
	r.emit(Collected{Time: began, Tests: selected, Found: r.found, Errors: len(r.opt.Broken), Notes: r.notes})
	r.broken()
	if problem == nil && r.stop == "" && !r.opt.CollectOnly && !r.opt.ShowFixtures && len(r.items) > 0 {
		r.groups(ctx)
	}
	if r.opt.Cover && r.opt.Coverage != nil {
		r.result.Coverage = r.opt.Coverage()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owner = nil
	r.result.Duration = r.now().Sub(began)
	end := Ended{Result: &r.result, Stop: r.stop, Frames: r.frames, Internal: r.internal}
	r.result.Status = r.status()
	if problem == nil && r.done > 0 && r.done == len(r.items) {
		problem = r.unmet()
	}
	switch {
	case problem != nil:
		r.result.Status = StatusUsage
		end.Problem = problem.Error()
	case r.cutShort:
		end.Interrupted = r.place
		if end.Interrupted == "" {
			end.Interrupted = "?"
		}
	}
	r.remember(last)
	r.emit(end)
}

// broken reports the files that could not be collected. Unless told otherwise,
// no test is run then.
func (r *run) broken() {
	for _, b := range r.opt.Broken {
		rep := &Report{ID: b.File, File: b.File, Phase: Collecting, Outcome: Errored,
			Failures: []Failure{{Kind: "CollectError", Lines: b.Lines, Bare: true}}}
		r.result.count(Errored)
		r.result.Reports = append(r.result.Reports, *rep)
		r.emit(Reported{rep})
	}
	if n := len(r.opt.Broken); n > 0 && !r.opt.ContinueOnBroken {
		r.stop = "Interrupted: " + plural(n, "error") + " during collection"
	}
}

// status is the exit status as far as the run has come. The run must be locked.
func (r *run) status() int {
	switch {
	case r.internal != nil:
		return StatusInternal
	case r.cutShort, r.stepped, len(r.opt.Broken) > 0 && !r.opt.ContinueOnBroken:
		return StatusInterrupted
	case r.result.Failed+r.result.Errors > 0, r.exitCode != 0:
		return StatusFailed
	case r.result.Coverage != nil && totalOf(r.result.Coverage).percent() < r.opt.CoverLeast:
		return StatusFailed
	case r.opt.ShowFixtures:
		return StatusOK
	case r.done == 0 && !r.opt.CollectOnly, len(r.items) == 0:
		return StatusNoTests
	}
	return StatusOK
}

// remember keeps what --lf, --ff and --sw need.
func (r *run) remember(last *memory) {
	if last.failed == nil {
		last.failed = map[string]bool{}
	}
	last.step = ""
	again := map[string]bool{}
	for _, m := range r.result.Benchmarks {
		again[m.Name] = true
	}
	kept := slices.DeleteFunc(slices.Clone(last.bench), func(m Measurement) bool { return again[m.Name] })
	last.bench = append(kept, r.result.Benchmarks...)
	if last.subs == nil {
		last.subs = map[string][]string{}
	}
	for id := range r.ran {
		delete(last.failed, id)
		delete(last.subs, id)
	}
	for _, it := range r.items {
		if r.failedNow[it.id] {
			last.failed[it.id] = true
			if subs := r.failedSub[it.id]; subs != nil {
				last.subs[it.id] = subs
			}
			if last.step == "" && r.opt.Stepwise {
				last.step = it.id
			}
		}
	}
}

// supervise runs the tests on a worker, and on another if one is stuck.
func (r *run) supervise(ctx context.Context) {
	stopped := ctx.Done()
	var before *worker
	for {
		if isClosed(r.abandoned) {
			return
		}
		w := r.employ(before)
		before = w
		for working := true; working; {
			select {
			case <-w.done:
				return
			case <-r.abandoned:
				r.dismiss(w, true)
				return
			case <-stopped:
				stopped = nil
				r.interrupt(w)
			case t := <-w.stuck:
				working = !r.replace(w, t)
			}
		}
	}
}

// isClosed reports whether a channel that nobody sends to is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// owns reports whether it is the worker whose doings count.
func (r *run) owns(w *worker) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.owner == w
}

// employ starts a worker for the tests that are left, after another that was
// given up, if there was one.
func (r *run) employ(before *worker) *worker {
	w := &worker{run: r, done: make(chan struct{}), stuck: make(chan *T, 1)}
	if before != nil {
		w.session = before.heritage
	}
	r.mu.Lock()
	r.owner = w
	r.mu.Unlock()
	go w.work()
	return w
}

// interrupt stops the current test, and no other will start.
func (r *run) interrupt(w *worker) {
	r.mu.Lock()
	r.cutShort = true
	t := w.current
	r.mu.Unlock()
	if t != nil {
		t.halt(&t.interrupted)
	}
}

// dismiss ignores what w still does.
func (r *run) dismiss(w *worker, interrupted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owner = nil
	if interrupted {
		r.cutShort = true
		if t := w.current; t != nil && r.place == "" {
			r.place = t.item.place()
		}
	}
}

// replace gives up the thread of a test that does not stop. It reports whether
// the run goes on with another worker.
func (r *run) replace(w *worker, t *T) bool {
	select {
	case <-w.done: // it stopped at last
		return false
	default:
	}
	r.mu.Lock()
	if r.cutShort || r.owner != w || w.current != t || !t.claim() {
		r.mu.Unlock()
		return false
	}
	r.owner = nil // what the test does from now on is not told
	r.mu.Unlock()
	f := t.timeout(nil)
	f.Lines = append(f.Lines, "The test did not stop; its thread was given up.")
	f.phase = Call
	t.mu.Lock()
	t.failures, t.failed = append(t.failures, f), true
	t.mu.Unlock()
	list := t.report()
	if !t.inSetup() && r.opt.LoopScope != "session" {
		w.heritage = w.session // stuck as it is, the test does not use them
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.record(t, list)
	r.conclude(t)
	return true
}

// take returns the next test for w, or nil if there is none.
func (r *run) take(w *worker) *T {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owner != w || r.next == r.limit || r.stop != "" || r.cutShort || r.internal != nil {
		return nil
	}
	it := r.items[r.next]
	r.next++
	t := &T{run: r, item: it, name: it.Name, id: it.id, worker: w, began: r.now()}
	w.current = t
	r.ran[it.id] = true
	r.emit(Started{Time: t.began, ID: t.id})
	return t
}

// over ends a test and decides whether the run goes on.
func (r *run) over(t *T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := t.worker; r.owner == w && w.current == t {
		r.conclude(t)
	}
}

// conclude ends a test and decides whether the run goes on. The run must be
// locked.
func (r *run) conclude(t *T) {
	t.worker.current = nil
	if t.interrupted.Load() {
		delete(r.ran, t.id)
		r.place, r.frames = placeOf(t.cut, t.item), t.cut
		return
	}
	r.done++
	t.mu.Lock()
	durations := t.durations
	t.mu.Unlock()
	r.emit(Finished{Time: r.now(), ID: t.id, Done: r.done, Durations: durations})
	switch {
	case r.opt.Stepwise && r.failures > 0:
		r.stepped = true
		r.stop = "Interrupted: Test failed, continuing from this test next run."
	case r.opt.MaxFail > 0 && r.failures >= r.opt.MaxFail:
		r.stop = "stopping after " + uintText(uint64(r.failures)) + " failures"
	}
}

// crashed notes a panic of the thread that runs the tests; it is to be deferred.
func (r *run) crashed() {
	if v := recover(); v != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.internal = internal(v)
	}
}

// A worker is a thread that runs tests.
type worker struct {
	run     *run
	done    chan struct{}
	stuck   chan *T // a test that does not stop
	current *T      // guarded by run.mu

	// What follows belongs to the worker's thread.
	last    *T // the test that ended last
	session sessionFixtures

	heritage sessionFixtures // for the next worker, set when this one is given up
}

// work runs tests until there are no more. The goroutine ends locked to its
// thread, so that the thread ends with it.
func (w *worker) work() {
	defer close(w.done)
	defer w.run.crashed()
	runtime.LockOSThread()
	if w.run.opt.LoopScope == "session" {
		for w.shared() {
		}
		return
	}
	for t := w.run.take(w); t != nil; t = w.run.take(w) {
		w.alone(t)
		w.last = t
	}
	if len(w.session.order) > 0 && w.run.owns(w) {
		loop := w.loop("session fixtures", nil, func() *T { return nil })
		loop.Run(func() { w.endSession(loop) })
	}
}
