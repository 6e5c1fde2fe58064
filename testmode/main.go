package testmode

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/asyncrepl/asyncrepl/await"
)

// An M is what TestMain sees of its run. TestMain runs as a task of a loop and
// a thread of its own, so it may await; what it starts lives until it returns.
// Objects of its loop cannot be used in tests, which have other loops. What it
// does before the tests, and after them, may take as long as a test.
type M struct {
	t   *T // what TestMain prints and does wrong goes there
	run func() int
	end func() // of the watch over what TestMain does now

	once sync.Once
	code int
}

// Run runs the tests and returns their exit status. It runs them once; later
// calls return the same status.
func (m *M) Run() int {
	m.once.Do(func() {
		m.t.mu.Lock()
		m.t.phase = Call
		m.t.mu.Unlock()
		m.end()
		m.code = await.Off1(m.run)
		m.end = m.t.worker.watch(m.t)
		m.t.mu.Lock()
		m.t.phase = Teardown
		m.t.mu.Unlock()
	})
	return m.code
}

// An exit is what Exit panics with to leave TestMain.
type exit struct{}

// Exit is what os.Exit is to code of a run, for hosts: it ends the test, or
// TestMain, that the calling task belongs to. A test that calls it has failed;
// in TestMain a status other than 0 makes the run fail. It reports false, and
// does nothing, if the calling task belongs to neither.
func Exit(code int) bool {
	t := Current()
	if t == nil {
		return false
	}
	if t.main {
		t.run.mu.Lock()
		t.run.exitCode = code
		t.run.mu.Unlock()
		panic(&exit{})
	}
	t.Exited(code)
	return true
}

// Exited reports that the test called os.Exit, and leaves it. Hosts use it for
// goroutines, which belong to no task; see Exit.
func (t *T) Exited(code int) {
	t.fail("Failed", fmt.Sprintf("os.Exit(%d) was called", code))
	t.leave()
}

// under runs the tests of a group under its TestMain.
func (r *run) under(ctx context.Context, g *Group) {
	w := &worker{run: r, done: make(chan struct{}), stuck: make(chan *T, 1)}
	it := &item{Test: Test{Name: "TestMain", File: r.items[r.next].File, Line: g.MainSource.FirstLine, Source: g.MainSource, Group: g}}
	if g.MainSource.File != "" {
		it.File = g.MainSource.File
	}
	it.id = it.ID()
	t := &T{run: r, item: it, name: it.Name, id: it.id, worker: w, began: r.now(), main: true}
	r.mu.Lock()
	r.owner, w.current = w, t
	before := r.failures
	r.mu.Unlock()
	begun, over := make(chan struct{}), make(chan struct{}) // the tests
	m := &M{t: t, run: func() int {
		close(begun)
		defer close(over)
		r.supervise(ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		if !isClosed(r.abandoned) {
			r.owner = w
		}
		code := r.status()
		if code == StatusFailed && r.failures == before {
			code = StatusOK // another group failed
		}
		return code
	}}
	go func() {
		defer close(w.done)
		defer r.crashed()
		runtime.LockOSThread()
		loop := w.loop(t.id, nil, func() *T { return t })
		enter(loop, t)
		defer leave(loop)
		err := loop.Run(func() {
			t.mu.Lock()
			t.loop = loop
			t.mu.Unlock()
			m.end = w.watch(t)
			defer func() { m.end() }()
			task := loop.Start(t.name, func() { t.host(func() { g.Main(m) }) })
			t.mu.Lock()
			t.task = task
			t.mu.Unlock()
			await.Shield(func() { task.Wait() })
		})
		t.concludeMain(err)
	}()
	stopped := ctx.Done()
	for {
		select {
		case <-w.done:
			return
		case <-r.abandoned:
			if isClosed(begun) {
				<-over
			}
			r.dismiss(w, true)
			return
		case <-w.stuck:
			if r.giveUpMain(w, t) {
				return
			}
		case <-stopped:
			stopped = nil
			if !isClosed(begun) || isClosed(over) {
				r.mu.Lock()
				r.cutShort = true
				r.mu.Unlock()
				t.halt(&t.interrupted)
			}
		}
	}
}

// host runs TestMain as a task.
func (t *T) host(main func()) {
	t.mu.Lock()
	t.task = await.Current()
	t.mu.Unlock()
	t.guard(main)
	t.endContext()
	t.cleanUp(0)
}

// giveUpMain reports that TestMain does not stop, unless it has by now.
func (r *run) giveUpMain(w *worker, t *T) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owner != w || isClosed(w.done) || !t.claim() {
		return false
	}
	r.owner = nil
	f := t.timeout(nil)
	f.Lines = append(f.Lines, "TestMain did not stop; its thread was given up.")
	t.mu.Lock()
	f.phase = t.phase
	t.failures = append(t.failures, f)
	t.mu.Unlock()
	r.record(t, t.wrong())
	return true
}

// wrong returns the reports of what went wrong.
func (t *T) wrong() []*Report {
	var list []*Report
	for _, r := range t.report() {
		if r.Outcome == Errored || r.Outcome == Failed {
			list = append(list, r)
		}
	}
	return list
}

// concludeMain reports what went wrong in TestMain, before or after the tests.
func (t *T) concludeMain(err error) {
	t.settle(err)
	t.files.close(t.run.std)
	t.run.reports(t, t.wrong())
	t.captured.close()
	t.run.mu.Lock()
	defer t.run.mu.Unlock()
	if t.interrupted.Load() {
		t.run.place, t.run.frames = placeOf(t.cut, t.item), t.cut
	}
}

// latest holds the options of the run that began last.
var latest atomic.Pointer[Options]

// Short is what testing.Short is to tests: it reports whether --short was given
// to the run that began last.
func Short() bool { o := latest.Load(); return o != nil && o.ShortMode }

// Verbose is what testing.Verbose is to tests: it reports whether the run that
// began last is more verbose than pytest's default.
func Verbose() bool { o := latest.Load(); return o != nil && o.Verbosity > 0 }

// Testing is what testing.Testing is to tests: it reports whether the calling
// task belongs to one.
func Testing() bool { return Current() != nil }
