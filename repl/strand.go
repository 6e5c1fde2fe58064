package repl

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/await/gid"
	"github.com/asyncrepl/asyncrepl/repl/engine"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// A strand is a task or a goroutine of the session's code: something with a
// stack of its own, and with a place in the source that it has come to.
type strand struct {
	session *Session
	number  int // of the goroutine; 0 for tasks
	pos     int // the place it had come to when another strand went on
	start   int // the place where it was started
	cell    string
	test    *testmode.T        // the test it was started in
	active  []activation       // of observed functions, outermost first
	failed  *assertion.Failure // the assertion that failed last, in a test
	notes   []noted            // what was noted then
	noting  bool
	defers  *rt.Defers // of a cell: the calls that its statements defer

	main   bool // it runs a program's main function
	killed atomic.Bool
}

// A traced is the panic of a task, with what is known of where it came from.
type traced struct {
	value    any
	at       int      // the number of the position
	trace    []string // the engine functions that were active, innermost first
	notes    []noted  // the variables of functions that were left
	awaiting []noted  // those of functions in other tasks that awaited it
}

// Error returns the text that Go prints of the value.
func (t *traced) Error() string { return rt.PanicText(t.value) }

// Unwrap returns the value if it is an error.
func (t *traced) Unwrap() error {
	err, _ := t.value.(error)
	return err
}

var errKilled = errors.New("the goroutine was stopped")

// strand returns the running strand, or nil where code of the session is
// called back by compiled code in a goroutine of that code's own.
func (s *Session) strand() *strand {
	if t := await.Current(); t != nil {
		st, ok := t.Local.(*strand)
		if !ok {
			st = &strand{session: s}
			t.Local = st
		}
		return st
	}
	if v, ok := s.goroutines.Load(gid.ID()); ok {
		return v.(*strand)
	}
	return nil
}

// currentStrand returns the strand of the current task, or of the goroutine that
// runs a main function, or nil.
func currentStrand() *strand {
	if t := await.Current(); t != nil {
		st, _ := t.Local.(*strand)
		return st
	}
	if v, ok := mains.Load(gid.ID()); ok {
		return v.(*strand)
	}
	return nil
}

// inTest returns the test that the running strand st belongs to, or nil.
func (st *strand) inTest() *testmode.T {
	if t := testmode.Current(); t != nil {
		return t
	}
	return st.test
}

// switched keeps the place that running code has come to with the task that it
// is in: the engine knows of one only.
func switched(from, to *await.Task0) {
	if from != nil {
		if st, ok := from.Local.(*strand); ok {
			st.pos = st.session.engine.Position()
		}
	}
	if to != nil {
		if st, ok := to.Local.(*strand); ok {
			st.session.engine.SetPosition(st.pos)
		}
	}
}

// startTask takes the place of await.StartSkip: the task's strand knows where
// it was started, and where it has come to when it panics.
func (s *Session) startTask(_ int, f func()) *await.Task0 { return s.startNamed(f, "") }

// startNamed is startTask for a task that has a name.
func (s *Session) startNamed(f func(), name string) *await.Task0 {
	l := await.CurrentLoop()
	if l == nil {
		return await.Start0(f) // says what is wrong
	}
	st := s.child()
	f = engine.Guard(f)
	t := l.Start(name, func() {
		defer s.leave()
		gid.GrowStack()
		f()
	})
	t.Local = st
	return t
}

// startSleep starts a task that only sleeps.
func (s *Session) startSleep(d time.Duration, name string) *await.Task0 {
	t := await.StartSleep(d)
	t.SetName(name)
	t.Local = s.child()
	return t
}

func (s *Session) startTask0(f func()) *await.Task0 { return s.startTask(0, f) }

// strandOf returns the strand of t if code of a session started it, or nil. Only
// the task's loop may call it.
func strandOf(t *await.Task0) *strand {
	if st, ok := t.Local.(*strand); ok && st.start != 0 {
		return st
	}
	return nil
}

// child returns a strand that the running one starts.
func (s *Session) child() *strand {
	st := &strand{session: s, start: s.engine.Position()}
	st.pos = st.start
	if p := s.strand(); p != nil {
		st.cell, st.test = p.cell, p.inTest()
	}
	return st
}

// leave is deferred in every task: it adds to a panic where it came from.
func (s *Session) leave() {
	v := recover()
	if v == nil {
		return
	}
	at, trace := s.engine.Position(), s.engine.Trace()
	if await.IsCancellation(v) || testmode.IsUnwind(v) {
		panic(v)
	}
	v = rt.Normal(rt.PanicValue(v))
	pe, ok := v.(*await.PanicError)
	if !ok {
		v = &traced{value: v, at: at, trace: trace, notes: s.noteFailure(v)}
	} else if t, ok := pe.Origin().Value.(*traced); ok {
		t.awaiting = append(t.awaiting, s.note(true)...)
	}
	panic(v)
}

// startGoroutine runs f on a goroutine, for a go statement at the position of
// that number.
func (s *Session) startGoroutine(pos int, f func()) {
	run := s.onGoroutine(pos, f)
	s.goroutinesLeft.Add(1)
	go func() {
		defer s.goroutinesLeft.Add(-1)
		run()
	}()
}

// onGoroutine returns what a goroutine runs that is started for f at the
// position of that number: a panic in it is reported, and the session lives on.
func (s *Session) onGoroutine(pos int, f func()) func() {
	st := s.child()
	st.start = pos
	st.number = int(s.goroutineCount.Add(1))
	return func() {
		g := gid.ID()
		s.goroutines.Store(g, st)
		defer s.goroutines.Delete(g)
		defer func() {
			if v := recover(); v != nil {
				s.goroutineFailed(st, v)
			}
		}()
		s.engine.SetPosition(pos)
		f()
	}
}

// callback returns what compiled code is given in the place of f, code of the
// session that it runs on a goroutine of its own.
func (s *Session) callback(f func()) func() {
	return s.onGoroutine(s.engine.Position(), engine.Guard(f))
}

// goInGroup is the method Go of a sync.WaitGroup.
func (s *Session) goInGroup(wg *sync.WaitGroup, f func()) {
	wg.Add(1)
	run := s.callback(f)
	s.goroutinesLeft.Add(1)
	go func() {
		defer s.goroutinesLeft.Add(-1)
		defer wg.Done()
		run()
	}()
}

// afterFunc is time.AfterFunc.
func (s *Session) afterFunc(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, s.callback(f))
}

// afterContext is context.AfterFunc.
func (s *Session) afterContext(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, s.callback(f))
}

// goroutineFailed reports the panic that ended a goroutine.
func (s *Session) goroutineFailed(st *strand, v any) {
	at, trace := s.engine.Position(), s.engine.Trace()
	v = rt.PanicValue(v)
	if v == any(rt.ErrGoexit) || v == any(errKilled) || await.IsCancellation(v) || testmode.IsUnwind(v) {
		return
	}
	if st.test != nil {
		notes := s.noteFailure(v)
		frames := s.frames(at, trace, notes)
		s.addLocals(frames, notes)
		st.test.Panicked(rt.Normal(v), frames)
		return
	}
	if isExit(v) {
		return
	}
	f := s.panicked(v, at, trace)
	f.Notes = append(f.Notes, fmt.Sprintf("in a goroutine started at %s", s.where(st.start)))
	s.failed.Add(1)
	s.report(f)
	if s.cfg.StopOnFailure {
		s.Interrupt()
	}
}

// unhandled reports a task that failed while nobody was awaiting it.
func (s *Session) unhandled(t *await.Task0) {
	pe, ok := t.Err().(*await.PanicError)
	if !ok || isExit(await.PanicValue(pe)) {
		return
	}
	f := s.taskFailure(pe)
	if st, ok := t.Local.(*strand); ok {
		f.Notes = append(f.Notes, "which nobody awaits, started at "+s.where(st.start))
	}
	s.mu.Lock()
	s.unawaited = append(s.unawaited, t)
	s.mu.Unlock()
	s.report(f)
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return " " + name
}

// poll is called by running code, in loops and calls, while there is a reason.
func (s *Session) poll() {
	await.CheckCancel()
	if run := s.testing.Load(); run != nil && run.stop.Load() && await.CurrentLoop() != s.loop {
		if st := s.strand(); st != nil && st.inTest() != nil {
			panic(testmode.Unwind())
		}
	}
	if st := s.strand(); st != nil && st.killed.Load() {
		panic(errKilled)
	}
}

// stop makes running code poll until the returned function is called.
func (s *Session) stop() (resume func()) {
	s.stops.Add(1)
	s.engine.SetStop(true)
	done := false
	return func() {
		if !done {
			done = true
			if s.stops.Add(-1) == 0 {
				s.engine.SetStop(false)
			}
		}
	}
}

// starving says once that something holds the loop while tasks wait for their
// turn, and what would help. It is called on a goroutine of its own.
func (s *Session) starving(step await.SlowStep) {
	waiting := step.Others
	if waiting == 0 || !s.warned.CompareAndSwap(false, true) {
		return
	}
	tasks := "a task waits"
	if waiting > 1 {
		tasks = fmt.Sprintf("%d tasks wait", waiting)
	}
	s.errorf("%s: this has held the loop for %s while %s for it; await lets them run (this is said once)",
		s.where(s.engine.Position()), round(step.Held), tasks)
}
