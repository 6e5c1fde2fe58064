package await

import "time"

// A scope is a part of a task that can be cancelled by itself.
type scope struct {
	task    *Task0
	outer   *scope
	shields uint16        // how many shields were around it when it opened
	asked   *cancellation // not yet raised
	raised  bool          // it was raised
	until   time.Time     // when it runs out of time, if ever
	ctx     *loopContext
}

// open begins a scope in the current task.
func (t *Task0) open() *scope {
	s := &scope{task: t, outer: t.scope, shields: t.shields}
	t.extend().scope = s
	return s
}

// cancel ends what runs in the scope.
func (s *scope) cancel(cause error) {
	t := s.task
	if s.asked != nil || s.ended() {
		return
	}
	s.asked = &cancellation{task: t, scope: s, cause: cause}
	t.asks++
	if s.ctx != nil {
		s.ctx.end(cause)
	}
	t.interrupt()
}

// ended reports whether the scope is closed.
func (s *scope) ended() bool { return s.task == nil }

// close ends the scope.
func (s *scope) close() {
	t := s.task
	t.scope = s.outer
	if s.asked != nil {
		s.asked = nil
		t.asks--
	}
	if s.ctx != nil {
		s.ctx.end(nil)
	}
	s.task = nil
}

// own decides what becomes of v, which a deferred function recovered at the end
// of the scope: it returns the scope's own cancellation, and panics again with
// anything else. A scope whose cancellation was not raised must not recover at
// all, because a panic that is raised again has lost its stack.
func (s *scope) own(v any) *cancellation {
	if c, ok := v.(*cancellation); ok && c.scope == s {
		return c
	}
	if v != nil {
		panic(v)
	}
	return nil
}

// CancelScope calls f with a function that cancels what f is doing, for a
// cause: f's current wait, or its next, is unwound as by Task0.Cancel, but only
// up to here, and CancelScope returns a *CancelError with that cause. It
// returns nil if f returns. Only tasks and callbacks of the loop may call
// cancel; after the scope's end it does nothing. CancelScope may be called in
// tasks only.
func CancelScope(f func(cancel func(cause error))) (err error) {
	me := mustTask("CancelScope")
	s := me.open()
	defer func() {
		s.close()
		if s.raised {
			if c := s.own(recover()); c != nil {
				err = &CancelError{Task: me.id, Name: me.Name(), Cause: c.cause}
			}
		}
	}()
	f(s.cancel)
	return nil
}

// Timeout calls f, and ends it if it has not returned when d has passed: its
// current wait is unwound as by Task0.Cancel, but only up to here, and Timeout
// returns a *TimeoutError. It returns nil if f returned. Timeouts nest; the
// context that Task0.Context returns inside f ends with the scope.
//
// A goroutine that belongs to no loop cannot be unwound; there Timeout returns
// when f does, and tells whether it was too late.
func Timeout(d time.Duration, f func()) (err error) {
	me := waiter("Timeout", nil, nil)
	if me == nil {
		began := time.Now()
		f()
		if time.Since(began) > d {
			return &TimeoutError{After: d}
		}
		return nil
	}
	s := me.open()
	late := &TimeoutError{After: d}
	timer := me.loop.After(d, func() { s.cancel(late) })
	s.until = timer.When()
	defer func() {
		timer.stop()
		s.close()
		if s.raised && s.own(recover()) != nil {
			err = late
		}
	}()
	f()
	return nil
}

// Deadline is Timeout with a point in time, by the loop's clock.
func Deadline(t time.Time, f func()) error { return Timeout(t.Sub(Now()), f) }

// mustTask returns the current task, or panics for want of one.
func mustTask(what string) *Task0 {
	t := waiter(what, nil, nil)
	if t == nil {
		panic(&MisuseError{what + " needs a task: it was called by a goroutine that belongs to no loop"})
	}
	return t
}
