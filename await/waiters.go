package await

// Waiters is a queue of tasks that wait for a turn: what locks, events and
// queues are made of, and one's own primitives can be. Its zero value is ready
// to use. It belongs to the loop that touched it first, as long as that loop is
// not over; tasks of another loop are refused with a *ForeignError, and
// goroutines that belong to no loop with a *MisuseError.
type Waiters struct {
	loop *Loop
	list waitList
	last *turn // what the last one waited for
}

// A turn is what tasks wait for in a queue.
type turn struct {
	of   *Waiters
	what string
}

func (t *turn) waitsFor() string { return t.what }
func (t *turn) line() *waitList  { return &t.of.list }

// Claim makes the queue belong to the current loop, if it belongs to none or to
// one that is over, and panics if it belongs to another; what describes the
// thing that the queue is part of, as in "a lock". The other methods claim the
// queue themselves: call Claim where a primitive is used without waiting.
func (w *Waiters) Claim(what string) {
	l := CurrentLoop()
	if w.loop == l {
		return
	}
	if w.loop != nil {
		select {
		case <-w.loop.closed:
			w.list = waitList{} // nobody will ever come back for it
		default:
			if l == nil {
				panic(&MisuseError{what + " belongs to " + w.loop.name + ", but was used by a goroutine that belongs to no loop: use Loop.Post or Loop.Call"})
			}
			panic(&ForeignError{What: what, Owner: w.loop.name, Caller: l.name})
		}
	}
	w.loop = l
}

// Wait makes the current task wait until it is woken; what describes the wait.
// Once woken, a task has its turn: a cancellation that comes between waking and
// running is raised by its next wait.
func (w *Waiters) Wait(what string) {
	me := mustTask("wait for " + what)
	w.Claim(what)
	if w.last == nil || w.last.what != what {
		w.last = &turn{w, what}
	}
	if !me.park(w.last) {
		me.unwind()
	}
}

// Len returns how many tasks wait, by counting them.
func (w *Waiters) Len() int { return w.list.size() }

// WakeOne makes the task ready that has waited longest, and reports whether
// there was one.
func (w *Waiters) WakeOne() bool {
	w.Claim(w.describe())
	return w.list.wake() != nil
}

// WakeAll makes all of the tasks ready.
func (w *Waiters) WakeAll() {
	w.Claim(w.describe())
	w.list.wakeAll()
}

// describe names the queue by what the last task waited for.
func (w *Waiters) describe() string {
	if w.last == nil {
		return "a queue"
	}
	return w.last.what
}
