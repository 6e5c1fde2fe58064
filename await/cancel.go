package await

// A cancellation is what a cancelled task panics with. It unwinds to the end
// of the task, or to the scope it belongs to.
type cancellation struct {
	task  *Task0
	scope *scope // nil: the whole task
	cause error
}

// String explains a cancellation that someone recovered and printed.
func (c *cancellation) String() string { return "await: cancellation of " + c.task.String() }

// IsCancellation reports whether v, a value returned by recover, is the
// cancellation of the task that recovered it, or of a scope in it. It is no
// failure, and whoever recovers it should panic with it again when his clean-up
// is done.
func IsCancellation(v any) bool {
	_, ok := v.(*cancellation)
	return ok
}

// Cancel asks the task to end, for a cause that may be nil. Its current wait,
// or its next one if it runs, panics with a private value; deferred calls run,
// and may wait; then the task has ended as Cancelled. A task that has not run
// yet never will. The cancellation is raised once: a task that recovers it and
// goes on is not cancelled until it is asked again.
//
// Cancel reports whether the task had yet to end, as far as could be told.
func (t *Task0) Cancel(cause error) bool {
	if t.Ended() {
		return false
	}
	if CurrentLoop() == t.loop {
		t.cancel(cause)
		return true
	}
	a := t.there()
	if a == &ended {
		return false
	}
	a.remote.CompareAndSwap(nil, &cancellation{task: t, cause: cause})
	return t.loop.Post(t.takeRemote)
}

// takeRemote accepts a cancellation asked for by another goroutine.
func (t *Task0) takeRemote() {
	if c := t.abroad.Load().remote.Swap(nil); c != nil {
		t.cancel(c.cause)
	}
}

// cancel asks the task to end. It runs on the loop.
func (t *Task0) cancel(cause error) {
	if t.asked != nil {
		return
	}
	t.extend().asked = &cancellation{task: t, cause: cause}
	if t.ctx != nil {
		t.ctx.end(cause)
	}
	t.asks++
	t.interrupt()
}

// interrupt ends the task's wait if there is a cancellation to raise.
func (t *Task0) interrupt() {
	if t.state != Waiting || t.due() == nil {
		return
	}
	if timer, ok := t.on.(*Timer); ok && t.strand == nil {
		t.rise(timer)
		return
	}
	t.cut = true
	t.wake()
}

// due returns the cancellation to raise now: of those asked for, and not held
// back by a shield, the one that encloses most.
func (t *Task0) due() *cancellation {
	if t.asks == 0 {
		return nil
	}
	if t.asked != nil && t.shields == 0 {
		return t.asked
	}
	var c *cancellation
	for s := t.scope; s != nil && s.shields >= t.shields; s = s.outer {
		if s.asked != nil {
			c = s.asked
		}
	}
	return c
}

// interrupted reports whether a cancellation has to be raised.
func (t *Task0) interrupted() bool {
	if a := t.abroad.Load(); a != nil && a.remote.Load() != nil {
		t.takeRemote()
	}
	return t.asks > 0 && t.due() != nil
}

// unwind raises the cancellation that is due.
func (t *Task0) unwind() {
	c := t.due()
	switch {
	case c == nil: // the loop is sealed
		c = &cancellation{task: t, cause: ErrClosed}
	case c.scope != nil:
		c.scope.asked, c.scope.raised = nil, true
		t.asks--
	default:
		t.asked = nil
		t.asks--
	}
	panic(c)
}

// Interrupted reports whether the current task was asked to end and has not
// noticed yet. Code that computes for long without waiting may ask, or call
// CheckCancel. It is false in a goroutine that belongs to no loop.
func Interrupted() bool {
	t := Current()
	return t != nil && t.interrupted()
}

// CheckCancel raises the pending cancellation of the current task, if there
// is one, as a wait would.
func CheckCancel() {
	if t := Current(); t != nil && t.interrupted() {
		t.unwind()
	}
}

// Interrupted reports whether the task was asked to end and has not noticed
// yet. Only the goroutine that runs the task may call it; a host can afford to
// poll it, for it costs two loads.
func (t *Task0) Interrupted() bool { return t.interrupted() }

// Shield runs f while cancellation of the current task waits: it is raised by
// the first wait after f. Shields nest. Use it for what must not be left half
// done; f should be short, or bounded by a Timeout inside, which still works.
func Shield(f func()) {
	t := Current()
	if t == nil {
		f()
		return
	}
	t.shields++
	defer func() { t.shields-- }()
	f()
}
