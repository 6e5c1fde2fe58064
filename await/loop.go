package await

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asyncrepl/asyncrepl/await/gid"
)

// A Loop runs tasks on one operating system thread, one at a time. A task
// keeps the thread until it waits, so that between two waits no other task of
// the loop can touch what it uses. Make loops with NewLoop, and give each its
// thread with Run or Serve. Unless said otherwise, methods may be called from
// any goroutine.
type Loop struct {
	name      string
	grace     time.Duration
	offLimit  int
	places    bool
	unhandled func(*Task0)
	onSwitch  func(from, to *Task0)
	shown     *Task0 // what onSwitch was told last
	tracer    *Tracer
	slow      *slowWatch
	observed  bool // any of these, or places

	// What follows belongs to the loop's thread.
	clock     clock
	locks     uint32 // what gid.Locks has to return at every switch; 0 if unknown
	hub       strand
	cur       *strand
	idle      []*strand
	itinerary []*strand
	ready     ready
	calls     callQueue
	timers    timers
	tasks     taskList
	started   uint64  // tasks started so far
	origin    *origin // of the last one
	unborn    int     // ready tasks that have no strand yet
	ports     portList
	ties      []*tie
	off       offices
	serving   bool
	closing   bool // every task was cancelled
	stalled   bool // closing, and nothing can happen any more
	sealed    bool // every wait fails at once
	deadlock  *DeadlockError

	emptied []post // the inbox of the next exchange

	running atomic.Uintptr // the goroutine that has the thread
	thread  atomic.Int64   // the thread's number, if that can be known
	poke    atomic.Bool    // the hub is wanted
	asleep  atomic.Bool    // the hub blocks on wake
	wake    chan struct{}
	alarm   alarm
	holds   atomic.Int64

	mu     sync.Mutex
	inbox  []post
	phase  phase
	closed chan struct{}
	lived  bool // Run or Serve began
}

// phase is where a loop is in its life.
type phase uint8

const (
	fresh phase = iota
	alive
	stopping // asked to close
	over
)

var (
	loopCount   atomic.Int64
	activeMu    sync.Mutex
	activeLoops atomic.Pointer[[]*Loop]
)

// NewLoop makes a loop that does nothing yet. Tasks may be started and
// functions posted at once; they run when Run or Serve does.
func NewLoop(opts ...Option) *Loop {
	l := &Loop{
		name:     fmt.Sprintf("loop %d", loopCount.Add(1)),
		grace:    5 * time.Second,
		offLimit: 256,
		wake:     make(chan struct{}, 1),
		closed:   make(chan struct{}),
	}
	for _, o := range opts {
		o(l)
	}
	l.observed = l.places || l.onSwitch != nil || l.tracer != nil || l.slow != nil
	l.clock.start()
	return l
}

// Name returns the loop's name.
func (l *Loop) Name() string { return l.name }

// Clock returns the kind of the loop's clock.
func (l *Loop) Clock() Clock { return l.clock.kind }

// Run locks the calling goroutine to its thread, runs f there as the loop's
// first task, named "main", and returns when f has ended and everything else
// was shut down: all other tasks are cancelled and their deferred calls run,
// which may take as long as WithShutdown allows.
//
// If f panicked the error is, or wraps, a *PanicError; if it was cancelled, a
// *CancelError; if no task could ever have gone on, a *DeadlockError; if
// something did not end in time, there is a *ShutdownError. If f called
// runtime.Goexit, so does Run at its end, as if f had been called directly.
// A loop runs once: after that Run returns ErrClosed.
//
// A goroutine that intends to call Post or Start later counts as "nothing
// outstanding" unless it says so with Hold.
func (l *Loop) Run(f func()) error {
	var main *Task0
	err := l.live(func() {
		main = l.start("main", f, 0)
		main.handled = true
		main.OnDone(l.stop)
	})
	if main == nil {
		return err
	}
	if pe, ok := main.err.(*PanicError); ok && pe.Value == ErrGoexit {
		runtime.Goexit()
	}
	var own error = main.err
	if l.deadlock != nil {
		own = l.deadlock
	}
	return errors.Join(own, err)
}

// Serve locks the calling goroutine to its thread and runs what is started on
// or posted to the loop until Close is called; then it shuts down as Run does
// and returns nil, or a *ShutdownError. When there is nothing to do it blocks:
// it takes no state for a deadlock, since something may always be posted.
func (l *Loop) Serve() error {
	l.serving = true
	err := l.live(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == ErrClosed && !l.lived {
		return nil // it was closed before it could begin
	}
	return err
}

// Close asks the loop to end: its tasks are cancelled, and Run or Serve
// returns when they are done. Close itself does not wait for that; see Closed.
// Closing a loop again does nothing. A loop that never ran is over at once:
// what was posted to it is dropped, and tasks started on it are cancelled.
func (l *Loop) Close() {
	l.mu.Lock()
	switch l.phase {
	case fresh:
		l.phase = over
		for _, p := range l.inbox {
			if p.start != nil {
				p.start.refuse()
			}
		}
		l.inbox = nil
		close(l.closed)
	case alive:
		l.phase = stopping
		l.inbox = append(l.inbox, post{call: l.stop})
	}
	l.mu.Unlock()
	l.rouse()
}

// Closed returns a channel that is closed when the loop is over.
func (l *Loop) Closed() <-chan struct{} { return l.closed }

// Hold tells the loop that something outside will call Post or Start, so that
// waiting for it is no deadlock, until the returned function is called. That
// function may be called from anywhere, more than once.
func (l *Loop) Hold() (release func()) {
	l.holds.Add(1)
	var once sync.Once
	return func() {
		once.Do(func() {
			l.holds.Add(-1)
			l.rouse()
		})
	}
}

// live is the loop's life, on the calling goroutine.
func (l *Loop) live(first func()) error {
	l.mu.Lock()
	if l.phase != fresh {
		old := l.phase
		l.mu.Unlock()
		if old == over {
			return ErrClosed
		}
		return &MisuseError{l.name + " runs already"}
	}
	if CurrentLoop() != nil {
		l.mu.Unlock()
		return &MisuseError{l.name + " cannot run inside a task of " + CurrentLoop().name + ": a thread has one loop"}
	}
	l.phase, l.lived = alive, true
	l.mu.Unlock()

	for range locked {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	l.locks, _ = gid.Locks()
	l.hub.g, l.cur = gid.ID(), &l.hub
	l.running.Store(l.hub.g)
	l.thread.Store(int64(threadID()))
	enlist(l)

	if first != nil {
		first()
	}
	l.turn(func() bool { return l.closing })
	return l.shutdown()
}

// locked is how often a loop locks its thread. Once would do; more often, tasks
// may call runtime.UnlockOSThread in error that many times less one.
const locked = 16

// turn lets everything run until the loop is told to end by until.
func (l *Loop) turn(until func() bool) {
	for {
		l.poke.Store(false)
		l.takePosts()
		l.fireTimers()
		if l.calls.size() > 0 {
			s := l.spare()
			s.calls = true
			l.switchTo(&l.hub, s) // and then tasks, however many calls there are by now
		}
		if until() {
			return
		}
		if l.ready.size == 0 && !l.poke.Load() {
			l.trim(keepIdle)
			l.rest()
			continue
		}
		if l.ports.attend() {
			l.poke.Store(true)
		}
		if l.ready.size > 0 {
			if l.unborn > 0 {
				l.prepare()
			}
			l.switchTo(&l.hub, l.nextStrand())
		}
	}
}

// keepIdle is how many idle strands a loop keeps for reuse.
const keepIdle = 4096

// pick chooses who runs next: the hub if it is wanted, or has to make strands,
// or if nobody is ready.
func (l *Loop) pick() *strand {
	if l.ready.size == 0 || l.poke.Load() || l.unborn > 0 && len(l.idle) == 0 {
		return &l.hub
	}
	return l.nextStrand()
}

// nextStrand takes the next ready task and returns its strand.
func (l *Loop) nextStrand() *strand {
	if l.ready.size > crowd {
		l.ready.fetch()
	}
	t := l.ready.pop()
	if t.strand == nil {
		l.unborn--
		s := l.spare()
		s.task, t.strand = t, s
	}
	return t.strand
}

// rest is called by the hub when nobody is ready: it polls channels, lets
// virtual time jump, finds deadlocks, or blocks until something happens.
func (l *Loop) rest() {
	if l.ports.poll() {
		return
	}
	if l.clock.kind == Virtual && l.off.active == 0 {
		if l.ports.disarm() || l.pull() {
			return
		}
		if l.jump() {
			return
		}
	}
	if l.stuck() {
		if l.closing {
			l.stalled = true
			return
		}
		d := &DeadlockError{Loop: l.name, Tasks: l.tasks.infos()}
		l.deadlock = d
		l.stop()
		return
	}
	l.ports.dispatch(0)
	l.setAlarm()
	l.block()
}

// block waits until the hub is wanted.
func (l *Loop) block() {
	l.asleep.Store(true)
	if l.poke.Load() && l.asleep.CompareAndSwap(true, false) {
		return
	}
	<-l.wake
}

// stuck reports whether nothing can ever happen again.
func (l *Loop) stuck() bool {
	return (!l.serving || l.closing) && l.timers.live == 0 && l.off.active == 0 &&
		!l.ports.any() && len(l.ties) == 0 && l.holds.Load() == 0 && !l.poke.Load()
}

// stop cancels every task. It runs on the loop.
func (l *Loop) stop() {
	if l.closing {
		return
	}
	l.closing = true
	l.mu.Lock()
	l.phase = stopping
	l.mu.Unlock()
	for t := range l.tasks.all() {
		t.cancel(ErrClosed)
	}
	l.poke.Store(true)
}

// shutdown waits until what was cancelled has ended, and closes the loop.
func (l *Loop) shutdown() error {
	limit := time.Now().Add(l.grace)
	overdue := time.AfterFunc(l.grace, l.rouse)
	quiet := func() bool { return l.tasks.size == 0 && l.off.active+l.ports.helpers == 0 }
	l.turn(func() bool { return quiet() || l.stalled || time.Now().After(limit) })
	overdue.Stop()
	if !quiet() {
		// Last call: from now on waits fail, so that what only kept waiting
		// ends. A task that begins new waits again and again is given up.
		l.sealed = true
		for round := 0; round < 100 && l.tasks.size > 0; round++ {
			for t := range l.tasks.all() {
				t.cancel(ErrClosed)
			}
			n := l.ready.size
			l.turn(func() bool { n--; return n < 0 || l.ready.size == 0 })
		}
	}
	l.mu.Lock()
	l.phase = over
	late := l.inbox
	l.inbox = nil
	l.mu.Unlock()
	for _, p := range late {
		if p.start != nil {
			p.start.refuse()
		} else {
			l.calls.push(p.call)
		}
	}
	if l.calls.size() > 0 {
		s := l.spare()
		s.calls = true
		l.switchTo(&l.hub, s)
	}
	l.trim(0)
	l.alarm.stop()
	if l.slow != nil {
		l.slow.close()
	}
	delist(l)
	l.running.Store(0)
	l.thread.Store(0)
	defer close(l.closed)
	if !quiet() {
		return &ShutdownError{Loop: l.name, Tasks: l.tasks.infos(), Calls: l.off.active + l.ports.helpers}
	}
	return nil
}

// enlist makes CurrentLoop find l.
func enlist(l *Loop) {
	activeMu.Lock()
	defer activeMu.Unlock()
	var list []*Loop
	if old := activeLoops.Load(); old != nil {
		list = append(list, *old...)
	}
	list = append(list, l)
	activeLoops.Store(&list)
}

// delist undoes enlist.
func delist(l *Loop) {
	activeMu.Lock()
	defer activeMu.Unlock()
	var list []*Loop
	for _, x := range *activeLoops.Load() {
		if x != l {
			list = append(list, x)
		}
	}
	activeLoops.Store(&list)
}

// CurrentLoop returns the loop whose task or callback calls it, or nil if the
// caller belongs to no loop. A goroutine started by a task belongs to no loop.
// A coroutine that a task made with iter.Pull counts as the task, on Linux and
// Windows; elsewhere as a goroutine.
func CurrentLoop() *Loop {
	list := activeLoops.Load()
	if list == nil || len(*list) == 0 {
		return nil
	}
	g := gid.ID()
	for _, l := range *list {
		if l.running.Load() == g {
			return l
		}
	}
	return loopOfThread(*list)
}

// loopOfThread finds the loop of a coroutine that a task made by itself, with
// iter.Pull. Such a coroutine has a goroutine of its own, but runs on the
// loop's thread, where nothing runs but the current task and what it calls; so
// it is the current task, and may wait as that may.
func loopOfThread(list []*Loop) *Loop {
	if thread := threadID(); thread != 0 {
		for _, l := range list {
			if l.thread.Load() == int64(thread) {
				return l
			}
		}
	}
	return nil
}

// Current returns the task that calls it, or nil if the caller is not a task.
func Current() *Task0 {
	l := CurrentLoop()
	if l == nil {
		return nil
	}
	return l.cur.task
}
