package await

// Waiters is a queue of tasks that wait for a turn: what locks, events and
// queues are made of, and one's own primitives can be. Its zero value is ready
// to use. It belongs to the loop of the first task that waits in it; tasks of
// another are refused with a *ForeignError, and goroutines that belong to no
// loop with a *MisuseError.
type Waiters struct {
	loop *Loop
	list waitList
	what waitable // what the last one waited for
}

// Wait makes the current task wait until it is woken; what describes the wait.
// Once woken, a task has its turn: a cancellation that comes between waking and
// running is raised by its next wait.
func (w *Waiters) Wait(what string) {
	me := w.enter(what)
	if r, ok := w.what.(reason); !ok || string(r) != what {
		w.what = reason(what)
	}
	if !me.park(&w.list, w.what) {
		me.unwind()
	}
}

// Len returns how many tasks wait, by counting them.
func (w *Waiters) Len() int { return w.list.size() }

// WakeOne makes the task ready that has waited longest, and reports whether
// there was one. Only the loop's tasks and callbacks may call it.
func (w *Waiters) WakeOne() bool { return w.list.wake() != nil }

// WakeAll makes all of the tasks ready. Only the loop's tasks and callbacks may
// call it.
func (w *Waiters) WakeAll() { w.list.wakeAll() }

// enter returns the current task, which has to belong to the queue's loop.
func (w *Waiters) enter(what string) *Task0 {
	me := mustTask("wait for " + what)
	if w.loop == nil {
		w.loop = me.loop
	}
	if w.loop != me.loop {
		panic(&ForeignError{What: what, Owner: w.loop.name, Caller: me.loop.name})
	}
	return me
}
