package await

import "runtime"

// A waitable is something a task waits for.
type waitable interface {
	// waitsFor describes it, as in "task 3 (fetch)" or "a lock".
	waitsFor() string
	// line returns the queue of those who wait for it, or nil if there is none.
	line() *waitList
}

// unqueued is the part of a waitable for which nobody stands in line.
type unqueued struct{}

func (unqueued) line() *waitList { return nil }

// A reason is a waitable that is only a description.
type reason string

func (r reason) waitsFor() string { return string(r) }
func (r reason) line() *waitList  { return nil }

// A body is what a task that has not begun will run. It stands in the place of
// what the task waits for.
type body func()

func (body) waitsFor() string { return "its first turn" }
func (body) line() *waitList  { return nil }

// A waitNode makes a task a member of one waitList: of those who wait for the
// same thing. A task waits for one thing at a time, so each has one node.
type waitNode struct{ prev, next *Task0 }

// A waitList is a queue of waiting tasks: a ring of which it knows the first.
// Its zero value is empty.
type waitList struct{ first *Task0 }

func (q *waitList) empty() bool { return q.first == nil }

// add appends t.
func (q *waitList) add(t *Task0) {
	if q.first == nil {
		q.first = t
		t.wait.prev = t
	}
	first, last := q.first, q.first.wait.prev
	t.wait = waitNode{last, first}
	last.wait.next, first.wait.prev = t, t
}

// remove takes t out.
func (q *waitList) remove(t *Task0) {
	if t.wait.next == t {
		q.first = nil
	} else if q.first == t {
		q.first = t.wait.next
	}
	t.wait.prev.wait.next, t.wait.next.wait.prev = t.wait.next, t.wait.prev
	t.wait = waitNode{}
}

// size counts the tasks.
func (q *waitList) size() int {
	n := 0
	for t := q.first; t != nil; t = t.wait.next {
		if n++; t.wait.next == q.first {
			break
		}
	}
	return n
}

// wake makes the first task of the queue ready and returns it; nil if there is
// none.
func (q *waitList) wake() *Task0 {
	t := q.first
	if t != nil {
		t.wake()
	}
	return t
}

// wakeAll makes every task of the queue ready.
func (q *waitList) wakeAll() {
	for q.wake() != nil {
	}
}

// park suspends t, which is the running task, until it is woken; on is what it
// waits for. It reports whether t was woken: if not, the wait was ended by
// cancellation, and the caller, having put its own affairs in order, has to
// call unwind.
func (t *Task0) park(on waitable) bool {
	if t.interrupted() {
		return false
	}
	if t.loop.sealed && t.refused < 100 { // one that goes on waiting is left there
		t.refused++
		return false
	}
	t.state, t.on = Waiting, on
	if q := on.line(); q != nil {
		q.add(t)
	}
	t.leave()
	woken := !t.cut
	t.cut = false
	return woken
}

// leave lets others run until t is ready again.
func (t *Task0) leave() {
	l := t.loop
	if l.observed {
		t.remember()
		l.left(t, t.on)
	}
	if s, n := t.strand, l.pick(); n != s { // what follows is switchTo(s, n); see hop
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
		if len(l.itinerary) > 0 {
			l.follow(s)
		}
	}
	t.state, t.on = Running, nil
	if l.observed {
		if t.more != nil {
			t.more.since = l.clock.now()
		}
		l.entered(t)
	}
}

// remember records where t waits, if places are recorded.
func (t *Task0) remember() {
	if t.more != nil {
		t.more.since = t.loop.clock.now()
		clear(t.more.pcs[:])
		runtime.Callers(4, t.more.pcs[:])
	}
}

// wake makes a waiting task ready. It runs on the loop.
func (t *Task0) wake() {
	if t.state != Waiting {
		return
	}
	t.state = Ready
	if q := t.on.line(); q != nil {
		q.remove(t)
	}
	t.loop.ready.push(t)
}

// waiter returns the task that is about to wait, or nil if the caller is a
// goroutine that belongs to no loop and may simply block. It panics if the
// caller must not wait, or not for something that belongs to owner (if there
// is one).
func waiter(verb string, owner *Loop, on waitable) *Task0 {
	l := CurrentLoop()
	if l == nil {
		return nil
	}
	t := l.cur.task
	if t == nil {
		panic(&MisuseError{verb + " inside a callback of " + l.name + ": callbacks must not wait; start a task"})
	}
	if owner != nil && owner != l {
		panic(&ForeignError{What: on.waitsFor(), Owner: owner.name, Caller: l.name})
	}
	return t
}

// Yield lets the other ready tasks run before the caller goes on. In a
// goroutine that belongs to no loop it is runtime.Gosched.
func Yield() {
	t := waiter("yield", nil, nil)
	if t == nil {
		runtime.Gosched()
		return
	}
	if !t.interrupted() {
		t.state, t.on = Ready, yielding
		t.loop.ready.push(t)
		t.leave()
	}
	if t.interrupted() {
		t.unwind()
	}
}

var yielding waitable = reason("its turn")
