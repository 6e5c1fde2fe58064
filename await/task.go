package await

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// A State is where a task is in its life.
type State uint8

const (
	// Ready tasks wait for their turn: they were just started, or what they
	// waited for has happened.
	Ready State = iota
	// Running is the one task that has the thread.
	Running
	// Waiting tasks wait for something.
	Waiting
	// Done tasks returned.
	Done
	// Failed tasks panicked, or left by runtime.Goexit.
	Failed
	// Cancelled tasks were cancelled before they were done.
	Cancelled
)

// String returns the state in lower case, as in "waiting".
func (s State) String() string {
	return [...]string{"ready", "running", "waiting", "done", "failed", "cancelled"}[s]
}

// Ended reports whether a task in this state will never run again.
func (s State) Ended() bool { return s >= Done }

// A Task0 is a task without results, and the part of every task that does not
// depend on them: Task, Task2 and so on embed it. Make tasks with Start0,
// Start, Start2 …, Loop.Start or Group.Start.
//
// Methods may be called from any goroutine unless they say otherwise.
type Task0 struct {
	// What every switch touches comes first, to lie together in memory.
	loop    *Loop
	strand  *strand
	on      waitable // what it waits for, while it does
	abroad  atomic.Pointer[abroad]
	state   State
	cut     bool   // its wait was ended by cancellation
	handled bool   // someone has seen to its failure
	refused uint8  // waits that failed because the loop is sealed
	shields uint16 // open calls of Shield
	asks    uint16 // cancellations not yet raised, of the task and its scopes
	*extras
	waiters waitList

	wait       waitNode
	prev, next *Task0 // in the loop's list of tasks
	id         uint64
	origin     atomic.Pointer[origin]

	// Local belongs to the host that runs the task (an interpreter, say); this
	// package never looks at it. Only the task's loop may touch it.
	Local any
}

// An origin is where tasks come from. Those that one statement starts one after
// the other share it, for there may be a million of them.
type origin struct {
	parent uint64
	place  uintptr // where it was started
	name   string
}

// originOf returns an origin, the last one if that is the same. It runs on the
// loop.
func (l *Loop) originOf(o origin) *origin {
	if l.origin == nil || *l.origin != o {
		l.origin = new(origin)
		*l.origin = o
	}
	return l.origin
}

// abroad is what is between a task and goroutines that do not belong to its
// loop.
type abroad struct {
	done   chan struct{} // closed when the task has ended
	remote atomic.Pointer[cancellation]
}

// ended is the same for all tasks that have ended.
var ended = abroad{done: func() chan struct{} { c := make(chan struct{}); close(c); return c }()}

// there returns what is between t and other goroutines.
func (t *Task0) there() *abroad {
	if t.abroad.Load() == nil {
		t.abroad.CompareAndSwap(nil, &abroad{done: make(chan struct{})})
	}
	return t.abroad.Load()
}

// end marks t as ended, for other goroutines as well.
func (t *Task0) end() {
	if a := t.abroad.Swap(&ended); a != nil {
		close(a.done)
	}
}

// extras are the parts of a task that most tasks do not need. They may be read
// always, but changed only after a call of extend.
type extras struct {
	asked  *cancellation // of the whole task, not yet raised
	scope  *scope        // the innermost open one
	ctx    *loopContext
	group  *Group
	vigils []*vigil
	onDone []func()
	more   *details
	err    error // once it has failed or was cancelled
}

// plain is the extras of all tasks that have none.
var plain extras

// extend gives t extras of its own.
func (t *Task0) extend() *extras {
	if t.extras == &plain {
		t.extras = &extras{}
	}
	return t.extras
}

// details are the parts of a task that are known only WithPlaces.
type details struct {
	began time.Duration
	since time.Duration
	pcs   [8]uintptr
}

// Start0 starts f as a task of the current loop. The task first runs when the
// caller waits. It panics with a *MisuseError if the caller belongs to no loop.
func Start0(f func()) *Task0 {
	return StartSkip(1, f)
}

// StartSkip is Start0 for functions that start tasks on behalf of others: the
// place where the task was started is given as that of the call skip levels
// up; 0 is the caller of StartSkip.
func StartSkip(skip int, f func()) *Task0 {
	l := CurrentLoop()
	if l == nil {
		panic(&MisuseError{"Start needs a loop: it was called by a goroutine that belongs to none; use Loop.Start"})
	}
	return l.start("", f, skip+1)
}

// Start starts f as a task of l, with a name that may be empty. Called on the
// loop, it queues the task at once; called from another goroutine, it posts
// it. If the loop is over, the task is cancelled already, with cause
// ErrClosed.
func (l *Loop) Start(name string, f func()) *Task0 {
	if CurrentLoop() == l {
		return l.start(name, f, 1)
	}
	t := &Task0{loop: l, on: body(f), extras: &plain}
	t.origin.Store(&origin{name: name, place: caller(1)})
	if !l.post(post{start: t}) {
		t.refuse()
	}
	return t
}

// refuse ends a task that a loop which is over cannot run.
func (t *Task0) refuse() {
	t.extend().err = &CancelError{Name: t.Name(), Cause: ErrClosed}
	t.state = Cancelled
	t.end()
}

// start makes a task and queues it. It runs on the loop.
func (l *Loop) start(name string, f func(), skip int) *Task0 {
	var place uintptr
	if skip > 0 {
		place = caller(skip + 1)
	}
	t := l.newTask(name, place)
	t.on = body(f)
	l.admit(t)
	return t
}

// newTask makes a task that was started at that place. It runs on the loop.
func (l *Loop) newTask(name string, place uintptr) *Task0 {
	o := origin{name: name, place: place}
	if parent := l.cur.task; parent != nil {
		o.parent = parent.id
	}
	t := &Task0{loop: l, extras: &plain}
	t.origin.Store(l.originOf(o))
	return t
}

// admit gives t its number and queues it.
func (l *Loop) admit(t *Task0) {
	l.enroll(t)
	l.unborn++
	l.ready.push(t)
}

// enroll gives t its number and a place among the loop's tasks.
func (l *Loop) enroll(t *Task0) {
	l.started++
	atomic.StoreUint64(&t.id, l.started)
	l.tasks.add(t)
	if l.slow != nil {
		l.slow.tasks.Add(1)
	}
	if l.places {
		t.extend().more = &details{began: l.clock.now(), since: l.clock.now()}
	}
	if l.tracer != nil {
		l.tracer.add(l, t, traceStart)
	}
	if l.closing {
		t.cancel(ErrClosed)
	}
}

// caller returns the place skip calls above the function that calls it.
func caller(skip int) uintptr {
	var pc [1]uintptr
	runtime.Callers(skip+2, pc[:])
	return pc[0]
}

// execute runs the task of strand s to its end.
func (l *Loop) execute(s *strand) {
	t := s.task
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		switch c, cancelled := v.(*cancellation); {
		case v == nil:
			l.finish(t, Failed, t.describe(&PanicError{Value: ErrGoexit}))
			s.task = nil
			l.leaveByGoexit(s)
			return
		case cancelled && c.task == t && c.scope == nil:
			l.finish(t, Cancelled, &CancelError{Task: t.id, Name: t.Name(), Cause: c.cause})
		default:
			l.finish(t, Failed, t.describe(newPanicError(v)))
		}
		s.task = nil
	}()
	f := t.on.(body)
	t.state, t.on = Running, nil
	if l.observed {
		l.entered(t)
	}
	if c := t.asked; c != nil {
		l.finish(t, Cancelled, &CancelError{Task: t.id, Name: t.Name(), Cause: c.cause})
	} else {
		f()
		l.finish(t, Done, nil)
	}
	returned = true
	s.task = nil
}

// describe completes e with what is known of t.
func (t *Task0) describe(e *PanicError) *PanicError {
	e.Task, e.Name, e.Started = t.id, t.Name(), t.Started()
	return e
}

// finish records how t ended and tells those who wait.
func (l *Loop) finish(t *Task0, s State, err error) {
	if t.state = s; err != nil {
		t.extend().err = err
	}
	t.strand = nil
	l.tasks.remove(t)
	if l.slow != nil {
		l.slow.tasks.Add(-1)
	}
	switch {
	case !l.observed:
	case l.cur.task == t:
		l.left(t, nil)
	case l.tracer != nil:
		l.tracer.add(l, t, traceEnd) // it only slept
	}
	if t.ctx != nil {
		t.ctx.end(context.Canceled)
	}
	t.end()
	if s == Failed && !t.handled && t.waiters.empty() {
		l.report(t)
	}
	t.waiters.wakeAll()
	x := t.extras
	if x == &plain {
		return
	}
	for _, v := range x.vigils {
		v.ended(t)
	}
	if x.group != nil {
		x.group.ended(t)
	}
	for _, f := range x.onDone {
		l.calls.push(f)
		l.poke.Store(true)
	}
	x.vigils, x.group, x.onDone = nil, nil, nil
}

// report tells of a failure that nobody awaits.
func (l *Loop) report(t *Task0) {
	if l.unhandled == nil {
		e, _ := t.err.(*PanicError)
		fmt.Fprintf(os.Stderr, "await: %s: nobody awaits this:\n%s", l.name, e.Trace())
		return
	}
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(os.Stderr, "await: %s: panic in the function that reports panics: %v\n", l.name, v)
		}
	}()
	l.unhandled(t)
}

// Loop returns the loop the task belongs to.
func (t *Task0) Loop() *Loop { return t.loop }

// ID returns the task's number, which counts the tasks of its loop from 1. It
// is 0 for a task that was started from outside and has not reached its loop.
func (t *Task0) ID() uint64 { return atomic.LoadUint64(&t.id) }

// Parent returns the number of the task that started this one, or 0.
func (t *Task0) Parent() uint64 { return t.origin.Load().parent }

// Name returns the task's name, which may be empty. Only the task's loop may
// call it.
func (t *Task0) Name() string { return t.origin.Load().name }

// SetName names the task. Only the task's loop may call it.
func (t *Task0) SetName(name string) {
	o := *t.origin.Load()
	o.name = name
	t.origin.Store(t.loop.originOf(o))
}

// String returns the task's number and name.
func (t *Task0) String() string { return title(t.ID(), t.Name()) }

// State returns the task's state. On the task's loop it is exact; elsewhere
// only an ended state is told, and any other is given as Waiting.
func (t *Task0) State() State {
	if t.Ended() || CurrentLoop() == t.loop {
		return t.state
	}
	return Waiting
}

// Started returns where in the program the task was started, as "file:line",
// or "" if that is not known.
func (t *Task0) Started() string { return place(t.origin.Load().place) }

// Ended reports whether the task has ended.
func (t *Task0) Ended() bool { return t.abroad.Load() == &ended }

// Done returns a channel that is closed when the task has ended.
func (t *Task0) Done() <-chan struct{} { return t.there().done }

// Err returns nil while the task has not ended and after it returned, a
// *PanicError after it panicked, and a *CancelError after it was cancelled.
func (t *Task0) Err() error {
	if !t.Ended() {
		return nil
	}
	return t.err
}

// Await waits until the task has ended. If it panicked, Await panics with its
// *PanicError; if it was cancelled, with its *CancelError. Any number of tasks
// and goroutines may await a task, and as often as they like. When the wait
// itself is cut short by cancellation the awaited task goes on.
//
// Awaiting oneself, or closing a circle of tasks that await each other, panics
// with a *CycleError; awaiting a task of another loop, with a *ForeignError.
func (t *Task0) Await() {
	if err := t.Wait(); err != nil {
		panic(err)
	}
}

// Wait waits as Await does, but returns how the task ended, as Err does,
// instead of panicking.
func (t *Task0) Wait() error {
	if t.Ended() {
		if t.state == Failed && CurrentLoop() == t.loop {
			t.handled = true
		}
		return t.err
	}
	me := waiter("await", t.loop, t)
	if me == nil {
		<-t.Done()
		return t.err
	}
	if t == me || t.state == Waiting { // else there is none, and no need to search
		refuseCycle(me, t)
	}
	t.handled = true
	if !me.park(t) {
		me.unwind()
	}
	return t.err
}

// OnDone has f called on the loop after the task has ended, or soon if it has
// already. f must not wait. If the loop is over, the caller calls f itself.
func (t *Task0) OnDone(f func()) {
	if CurrentLoop() != t.loop {
		if !t.loop.Post(func() { t.OnDone(f) }) {
			f()
		}
		return
	}
	if t.Ended() {
		t.loop.calls.push(f)
		t.loop.poke.Store(true)
		return
	}
	x := t.extend()
	x.onDone = append(x.onDone, f)
}

// Handled reports whether someone has awaited the task, or has declared by
// Detach that nobody need. A host that was told of an unhandled failure may
// ask again later. Only the task's loop may call it.
func (t *Task0) Handled() bool { return t.handled }

// Detach declares that nobody will await the task: if it panics, that is not
// reported. Err still tells. Only the task's loop may call it.
func (t *Task0) Detach() { t.handled = true }

// waitsFor describes the task as something that is waited for.
func (t *Task0) waitsFor() string { return t.String() }
func (t *Task0) line() *waitList  { return &t.waiters }

// place returns the file and line of a program counter.
func place(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}
