package await

import (
	"iter"
	"runtime"

	"github.com/asyncrepl/asyncrepl/await/gid"
)

// A coro is a place where exactly one suspended goroutine stands. Swapping
// with it lets the one that stands there go on, and puts the running one in
// its place, which costs about 40 ns and never leaves the thread.
//
// It is made of iter.Pull, whose next and yield are the same exchange seen
// from its two sides. The standard library asks only that they alternate, not
// who calls them; so any task of a loop may hand the thread straight to any
// other, without a trip through a scheduler between them.
type coro struct {
	next    func() (struct{}, bool)
	yield   func(struct{}) bool
	inNext  bool    // the goroutine that stands here called next, not yield
	standee *strand // who stands here
}

// A strand is a goroutine that belongs to a loop: the one that runs the loop
// (its hub), or a coroutine that runs tasks, one after the other.
type strand struct {
	at    *coro   // where it stands while it does not run
	g     uintptr // its goroutine, once it has run
	task  *Task0  // the task it runs, if any
	own   coro    // the coroutine it is the body of; unused by the hub
	calls bool    // it runs the loop's callbacks
}

// newStrand makes a suspended strand. Any strand of the loop may make it: it
// inherits the thread.
func (l *Loop) newStrand() *strand {
	s := &strand{}
	s.at, s.own.standee = &s.own, s
	s.own.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		s.own.yield = yield
		s.g = gid.ID()
		l.running.Store(s.g)
		l.follow(s)
		l.work(s)
	})
	return s
}

// hop hands the thread from s, which runs, to n; it returns when s is resumed.
//
// A processor predicts where calls return to, and after each switch it is
// wrong about all calls between here and the task's own code. That costs more
// than what the calls do; so there are few of them, and leave has a copy of
// this one.
func (l *Loop) hop(s, n *strand) {
	if l.locks != 0 {
		l.relock()
	}
	c := n.at
	s.at, c.standee = c, s
	l.cur = n
	l.running.Store(n.g)
	if c.inNext {
		c.inNext = false
		c.yield(struct{}{})
	} else {
		c.inNext = true
		c.next()
	}
}

// relock undoes what a task did to the thread's lock: Go's runtime ends the
// process if two coroutines that change places do not agree about that. Nothing
// is lost, for as long as the loop lives no task ever has another thread.
func (l *Loop) relock() {
	for {
		switch n, _ := gid.Locks(); {
		case n > l.locks:
			runtime.UnlockOSThread()
		case n < l.locks:
			runtime.LockOSThread()
		default:
			return
		}
	}
}

// follow carries out what was planned in l.itinerary: a strand that finds its
// successor there was resumed only to pass the thread on.
func (l *Loop) follow(s *strand) {
	for len(l.itinerary) > 0 {
		n := l.itinerary[0]
		l.itinerary = l.itinerary[1:]
		if n != s {
			l.hop(s, n)
		}
	}
}

// switchTo hands the thread from s to n and returns when it is s's turn again.
func (l *Loop) switchTo(s, n *strand) {
	if s == n {
		return
	}
	l.hop(s, n)
	if len(l.itinerary) > 0 {
		l.follow(s)
	}
}

// work is the life of a strand: it runs what it was given, lets others run,
// and comes back when it is given something again. Given nothing, it ends.
func (l *Loop) work(s *strand) {
	for {
		next := &l.hub // it has more to see to than the callbacks
		switch {
		case s.task != nil:
			l.execute(s)
			l.idle = append(l.idle, s)
			next = l.pick()
		case s.calls:
			l.runCalls(s)
			l.idle = append(l.idle, s)
		default:
			return
		}
		l.switchTo(s, next)
	}
}

// prepare makes strands for tasks that have not begun. Only the hub calls it:
// on the stack of a task it might not fit, which would then have to grow.
func (l *Loop) prepare() {
	for len(l.idle) == 0 || len(l.idle) < min(l.unborn, 64) {
		l.idle = append(l.idle, l.newStrand())
	}
}

// spare returns a strand that has nothing to do.
func (l *Loop) spare() *strand {
	if n := len(l.idle); n > 0 {
		s := l.idle[n-1]
		l.idle[n-1] = nil
		l.idle = l.idle[:n-1]
		return s
	}
	return l.newStrand()
}

// trim ends idle strands until at most keep are left. Only the hub calls it.
//
// A coroutine that ends resumes whoever stands in its own place. To be that
// one, the hub first goes there, which sets the former occupant running; that
// one does nothing but pass the thread on to the strand that is to end.
func (l *Loop) trim(keep int) {
	for len(l.idle) > keep {
		s := l.spare()
		l.itinerary = append(l.itinerary[:0], s)
		l.hop(&l.hub, s.own.standee)
	}
}

// leaveByGoexit prepares the end of strand s, whose task called
// runtime.Goexit. The runtime will end the goroutine whatever we do, and
// iter.Pull passes a Goexit on to whoever stands in the coroutine's place by
// having called next; so someone who comes there by yield has to take the
// place before: an idle strand h, which then has nothing to do but let the
// hub run.
func (l *Loop) leaveByGoexit(s *strand) {
	if l.locks != 0 {
		l.relock()
	}
	there := s.own.standee
	if s.own.inNext {
		h := l.newStrand()
		l.idle = append(l.idle, h)
		l.itinerary = append(l.itinerary[:0], there, s)
		l.hop(s, h)
	}
	l.itinerary = append(l.itinerary[:0], &l.hub)
	l.poke.Store(true)
}
