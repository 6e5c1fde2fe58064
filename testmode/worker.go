package testmode

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// shutdown is how long the tasks a test has left behind may take to end.
const shutdown = 5 * time.Second

// loop makes a loop for tests. The unhandled panics of its tasks go to the test
// that current returns.
func (w *worker) loop(name string, seed *uint64, current func() *T) *await.Loop {
	o := &w.run.opt
	opts := []await.Option{
		await.WithName("of " + name),
		await.WithShutdown(shutdown),
		await.WithUnhandled(func(task *await.Task0) {
			if t := current(); t != nil {
				t.background(task)
			}
		}),
	}
	if o.Virtual || seed != nil {
		opts = append(opts, await.WithClock(await.Virtual))
	}
	if seed != nil {
		opts = append(opts, await.WithSeed(*seed))
	}
	if seed != nil || o.Switch != nil {
		opts = append(opts, await.WithSwitch(func(from, to *await.Task0) {
			if t := current(); t != nil && seed != nil && to != nil {
				t.order.note(to)
			}
			if o.Switch != nil {
				o.Switch(from, to)
			}
		}))
	}
	return await.NewLoop(append(opts, o.LoopOptions...)...)
}

// alone runs a test on a loop of its own; with --schedules on one after the
// other, until it fails.
func (w *worker) alone(t *T) {
	if w.run.opt.Schedules <= 0 {
		w.once(t, nil)
		return
	}
	for i := range w.run.opt.Schedules {
		seed := w.run.seed + uint64(i)
		last := i == w.run.opt.Schedules-1
		try := w.rehearse(t, seed)
		if try.Failed() || try.Skipped() || try.interrupted.Load() || last {
			if try.Failed() {
				try.blame(seed, i+1)
			}
			w.conclude(try)
			return
		}
	}
}

// once runs a test on a loop of its own and reports it.
func (w *worker) once(t *T, seed *uint64) {
	loop := w.loop(t.id, seed, func() *T { return t })
	enter(loop, t)
	defer leave(loop)
	end := w.watch(t)
	err := loop.Run(func() { t.perform(loop) })
	end()
	t.finish(err)
	w.run.over(t)
}

// rehearse runs a fresh copy of the test under one schedule, without reporting
// it.
func (w *worker) rehearse(t *T, seed uint64) *T {
	try := &T{run: w.run, item: t.item, name: t.name, id: t.id, worker: w, began: w.run.now(), rehearsal: true}
	w.run.mu.Lock()
	if w.run.owner == w {
		w.current = try
	}
	cut := w.run.cutShort
	w.run.mu.Unlock()
	if cut {
		try.interrupted.Store(true)
		return try
	}
	loop := w.loop(t.id, &seed, func() *T { return try })
	enter(loop, try)
	defer leave(loop)
	end := w.watch(try)
	err := loop.Run(func() { try.perform(loop) })
	end()
	try.settle(err)
	return try
}

// conclude reports a rehearsed test.
func (w *worker) conclude(t *T) {
	t.mu.Lock()
	t.finished = true
	subs := t.withheld
	t.mu.Unlock()
	if !t.interrupted.Load() {
		w.run.reports(t, append(subs, t.report()...))
		for _, warning := range t.warnings {
			w.run.warn(warning)
		}
	}
	t.captured.close()
	w.run.over(t)
}

// blame adds to the failures under which schedule they happened.
func (t *T) blame(seed uint64, n int) {
	lines := []string{"under schedule " + strconv.Itoa(n) + "; to repeat it: --schedules=1 --seed=" + uintText(seed)}
	if len(t.order.steps) > 0 {
		lines = append(lines, t.order.String())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.failures {
		t.failures[i].Lines = append(t.failures[i].Lines, lines...)
	}
	for _, r := range t.withheld {
		for i := range r.Failures {
			r.Failures[i].Lines = append(r.Failures[i].Lines, lines...)
		}
	}
}

// A schedule is the order in which the tasks of a test ran.
type schedule struct {
	steps []string
	more  int // steps that were not kept
}

// maxSteps is how many steps of a schedule are kept.
const maxSteps = 40

// note adds a step. Task 1 is the runner's own.
func (s *schedule) note(task *await.Task0) {
	switch {
	case task.ID() == 1:
	case len(s.steps) == maxSteps:
		s.more++
	case task.Name() != "":
		s.steps = append(s.steps, fmt.Sprintf("%d (%s)", task.ID(), task.Name()))
	default:
		s.steps = append(s.steps, strconv.FormatUint(task.ID(), 10))
	}
}

// String returns the steps in a line.
func (s *schedule) String() string {
	text := "the tasks ran in this order: " + strings.Join(s.steps, ", ")
	if s.more > 0 {
		text += fmt.Sprintf(", and %d steps more", s.more)
	}
	return text
}

// shared runs tests one after the other on one loop. It reports whether there
// may be more to run, because the loop ended early.
func (w *worker) shared() bool {
	var current atomic.Pointer[T]
	loop := w.loop("the run", nil, current.Load)
	var last *T
	again := false
	err := loop.Run(func() {
		for t := w.run.take(w); t != nil; t = w.run.take(w) {
			last = t
			current.Store(t)
			enter(loop, t)
			end := w.watch(t)
			t.perform(loop)
			end()
			if await.Interrupted() { // a deadlock has ended the loop
				return
			}
			t.finish(nil)
			last = nil
			w.run.over(t)
			w.last = t
			if t.leaked { // its tasks end with the loop
				again = true
				break
			}
		}
		current.Store(nil)
		w.endSession(loop)
	})
	leave(loop)
	if last == nil {
		return again
	}
	w.session = sessionFixtures{} // they ended with the loop
	last.finish(err)
	w.run.over(last)
	return true
}

// perform runs the test's phases in a task of their own and waits for it.
func (t *T) perform(loop *await.Loop) {
	t.mu.Lock()
	t.loop = loop
	t.mu.Unlock()
	task := loop.Start(t.name, func() { t.live(t.item.setup(), t.item.run) })
	t.mu.Lock()
	t.task = task
	t.mu.Unlock()
	if t.interrupted.Load() || t.timedOut.Load() {
		task.Cancel(errCut)
	}
	await.Shield(func() { task.Wait() })
	if pe, ok := task.Err().(*await.PanicError); ok && pe.Value == await.ErrGoexit {
		t.fail("Failed", "runtime.Goexit ended the test")
	}
}

// watch ends the test when its time is up. The returned function ends the
// watch.
func (w *worker) watch(t *T) (end func()) {
	o, limit := &w.run.opt, t.timeLimit()
	if limit <= 0 {
		return func() {}
	}
	var ended atomic.Bool
	timer := time.AfterFunc(limit, func() {
		if ended.Load() {
			return
		}
		t.halt(&t.timedOut)
		time.AfterFunc(o.grace(), func() {
			if !ended.Load() {
				w.stuck <- t
			}
		})
	})
	return func() {
		ended.Store(true)
		timer.Stop()
		if t.timedOut.Load() && o.Resume != nil {
			o.Resume()
		}
	}
}

// halt cancels the test, for a reason that is marked first.
func (t *T) halt(why *atomic.Bool) {
	why.Store(true)
	t.mu.Lock()
	loop, task := t.loop, t.task
	t.mu.Unlock()
	if task != nil {
		loop.Post(func() {
			infos := loop.Tasks()
			t.mu.Lock()
			for _, info := range infos {
				if info.ID >= task.ID() {
					t.stuck = append(t.stuck, info)
				}
			}
			t.mu.Unlock()
			task.Cancel(errCut)
		})
	}
	if interrupt := t.run.opt.Interrupt; interrupt != nil {
		interrupt()
	}
}

func uintText(n uint64) string { return strconv.FormatUint(n, 10) }
