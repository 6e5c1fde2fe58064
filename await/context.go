package await

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// A loopContext is a context that a loop ends: that of a task or of a scope,
// made when it is asked for, or one made by TimeoutContext.
type loopContext struct {
	context.Context
	cancel context.CancelCauseFunc
	until  time.Time // when it will run out of time, if ever
}

func newLoopContext(parent context.Context) *loopContext {
	c := &loopContext{}
	c.Context, c.cancel = context.WithCancelCause(parent)
	return c
}

func (c *loopContext) end(cause error) { c.cancel(cause) }

// expire sets the time when l will end the context. A virtual time is not told
// to anybody: outside the loop it would be taken for a real one, long past.
func (c *loopContext) expire(l *Loop, t time.Time) {
	if l.clock.kind == Real {
		c.until = t
	}
}

// Deadline returns when the context will run out of time, if that is known.
func (c *loopContext) Deadline() (time.Time, bool) {
	t, ok := c.Context.Deadline()
	if !c.until.IsZero() && (!ok || c.until.Before(t)) {
		return c.until, true
	}
	return t, ok
}

// Err returns context.DeadlineExceeded after a time-out, as contexts do.
func (c *loopContext) Err() error {
	err := c.Context.Err()
	if late := (*TimeoutError)(nil); err != nil && errors.As(context.Cause(c.Context), &late) {
		return context.DeadlineExceeded
	}
	return err
}

// Context returns a context that ends when the task is cancelled, with the
// same cause, or has ended. Inside a Timeout or other scope, it is the scope's
// context, which ends with that as well; that of a Timeout has a deadline,
// unless the clock is virtual. Only the task's loop may call it.
func (t *Task0) Context() context.Context {
	if t.scope != nil {
		return t.scope.context()
	}
	return t.ownContext()
}

func (t *Task0) ownContext() context.Context {
	if t.ctx != nil {
		return t.ctx
	}
	c := newLoopContext(context.Background())
	if t.Ended() {
		cause := context.Canceled
		if ce, ok := t.err.(*CancelError); ok && ce.Cause != nil {
			cause = ce.Cause
		}
		c.end(cause)
		return c // not kept: what has ended does not change
	}
	if t.asked != nil {
		c.end(t.asked.cause)
	}
	t.extend().ctx = c
	return c
}

func (s *scope) context() context.Context {
	if s.ctx == nil {
		parent := s.task.ownContext()
		if s.outer != nil {
			parent = s.outer.context()
		}
		s.ctx = newLoopContext(parent)
		if !s.until.IsZero() {
			s.ctx.expire(s.task.loop, s.until)
		}
		if s.asked != nil {
			s.ctx.end(s.asked.cause)
		}
	}
	return s.ctx
}

// CurrentContext returns the current task's Context, or context.Background in
// a goroutine that is not a task.
func CurrentContext() context.Context {
	if t := Current(); t != nil {
		return t.Context()
	}
	return context.Background()
}

// TimeoutContext is context.WithTimeout by the clock of the current loop: the
// context ends when d has passed, with a *TimeoutError as its cause, when
// parent ends, or when cancel is called, which anybody may do and somebody
// should. The deadline is told only if the clock is real. In a goroutine that
// belongs to no loop it is context.WithTimeout.
func TimeoutContext(parent context.Context, d time.Duration) (ctx context.Context, cancel context.CancelFunc) {
	l := CurrentLoop()
	if l == nil {
		return context.WithTimeoutCause(parent, d, &TimeoutError{After: d})
	}
	c := newLoopContext(parent)
	timer := l.After(d, func() { c.end(&TimeoutError{After: d}) })
	c.expire(l, timer.When())
	stop := func() { timer.stop() }
	forget := context.AfterFunc(c.Context, func() { l.Post(stop) })
	return c, func() {
		if CurrentLoop() == l && forget() {
			stop()
		}
		c.end(nil)
	}
}

// DeadlineContext is TimeoutContext with a point in time, by the clock of the
// current loop.
func DeadlineContext(parent context.Context, t time.Time) (ctx context.Context, cancel context.CancelFunc) {
	return TimeoutContext(parent, t.Sub(Now()))
}

// A tie makes the end of a context cancel a task.
type tie struct {
	task *Task0
	ctx  context.Context
}

// CancelWith cancels the task when ctx ends, with the cause of that. The tie
// is cut by the returned function, which may be called from anywhere, or when
// the task ends. While it holds, waiting is no deadlock.
func (t *Task0) CancelWith(ctx context.Context) (untie func()) {
	l, x := t.loop, &tie{t, ctx}
	here := func(f func()) {
		if CurrentLoop() == l {
			f()
		} else {
			l.Post(f)
		}
	}
	here(func() { l.ties = append(l.ties, x) })
	stop := context.AfterFunc(ctx, func() { l.Post(func() { l.pull() }) })
	untie = func() {
		stop()
		here(func() { l.ties = slices.DeleteFunc(l.ties, func(y *tie) bool { return x == y }) })
	}
	t.OnDone(untie)
	return untie
}

// pull cancels the tasks that are tied to contexts which have ended, and
// reports whether there were any.
func (l *Loop) pull() bool {
	tied := len(l.ties)
	l.ties = slices.DeleteFunc(l.ties, func(x *tie) bool {
		if x.ctx.Err() == nil {
			return false
		}
		x.task.Cancel(context.Cause(x.ctx))
		return true
	})
	return len(l.ties) < tied
}

// Context waits until ctx ends and returns the cause of that. A context made
// by package context ends in real time, whatever the loop's clock; use
// TimeoutContext for others.
func Context(ctx context.Context) error {
	done := ctx.Done()
	if done == nil {
		Forever("a context that never ends")
	}
	c := &choice{cases: []Case{CaseRecv(done)}}
	c.wait("a context")
	return context.Cause(ctx)
}

// WaitGroup waits until wg's counter is zero. It occupies a goroutine, as a
// call of Off does.
func WaitGroup(wg *sync.WaitGroup) { Off(wg.Wait) }

// Forever waits until the current task is cancelled; what describes the wait.
// A goroutine that belongs to no loop it blocks for good.
func Forever(what string) {
	me := waiter("wait for "+what, nil, nil)
	if me == nil {
		select {}
	}
	for me.park(reason(what)) {
	}
	me.unwind()
}
