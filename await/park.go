package await

import "runtime"

// A waitable is something a task waits for.
type waitable interface {
	// waitsFor describes it, as in "task 3 (fetch)" or "a lock".
	waitsFor() string
}

// A reason is a waitable that is only a description.
type reason string

func (r reason) waitsFor() string { return string(r) }

// A waitNode makes a task a member of one waitList: of those who wait for the
// same thing. A task waits for one thing at a time, so each has one node.
type waitNode struct {
	prev, next *Task0
	in         *waitList
	on         waitable
}

// A waitList is a queue of waiting tasks. Its zero value is empty.
type waitList struct {
	first, last *Task0
	size        int
}

func (q *waitList) empty() bool { return q.first == nil }

// add appends t.
func (q *waitList) add(t *Task0) {
	t.wait.in, t.wait.prev, t.wait.next = q, q.last, nil
	if q.last == nil {
		q.first = t
	} else {
		q.last.wait.next = t
	}
	q.last = t
	q.size++
}

// remove takes t out.
func (q *waitList) remove(t *Task0) {
	if t.wait.prev == nil {
		q.first = t.wait.next
	} else {
		t.wait.prev.wait.next = t.wait.next
	}
	if t.wait.next == nil {
		q.last = t.wait.prev
	} else {
		t.wait.next.wait.prev = t.wait.prev
	}
	t.wait.in, t.wait.prev, t.wait.next = nil, nil, nil
	q.size--
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

// park suspends t, which is the running task, until it is woken; in is the
// queue it stands in meanwhile, or nil, and on what it waits for. It reports
// whether t was woken: if not, the wait was ended by cancellation, and the
// caller, having put its own affairs in order, has to call unwind.
func (t *Task0) park(in *waitList, on waitable) bool {
	if t.interrupted() || t.loop.sealed {
		return false
	}
	t.state, t.wait.on = Waiting, on
	if in != nil {
		in.add(t)
	}
	t.leave()
	woken := !t.cut
	t.cut = false
	return woken
}

// leave lets others run until t is ready again.
func (t *Task0) leave() {
	l, s := t.loop, t.strand
	if t.more != nil {
		t.more.since = l.clock.now()
		clear(t.more.pcs[:])
		runtime.Callers(4, t.more.pcs[:])
	}
	if l.observed {
		l.left(t, t.wait.on)
	}
	l.switchTo(s, l.pick())
	t.state, t.wait.on = Running, nil
	if t.more != nil {
		t.more.since = l.clock.now()
	}
	if l.observed {
		l.entered(t)
	}
}

// wake makes a waiting task ready. It runs on the loop.
func (t *Task0) wake() {
	if t.state != Waiting {
		return
	}
	t.state = Ready
	if t.wait.in != nil {
		t.wait.in.remove(t)
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
		t.state, t.wait.on = Ready, yielding
		t.loop.ready.push(t)
		t.leave()
	}
	if t.interrupted() {
		t.unwind()
	}
}

var yielding waitable = reason("its turn")
