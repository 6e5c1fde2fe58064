package await

import (
	"context"
	"sync"
)

// A taskContext is the context of a task or of a scope, made when it is asked
// for.
type taskContext struct {
	context.Context
	cancel context.CancelCauseFunc
}

func (c *taskContext) end(cause error) { c.cancel(cause) }

// Context returns a context that ends when the task is cancelled, with the
// same cause, or has ended. Inside a Timeout or other scope, it is the scope's
// context, which ends with that as well. Only the task's loop may call it.
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
	c := &taskContext{}
	c.Context, c.cancel = context.WithCancelCause(context.Background())
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
		s.ctx = &taskContext{}
		s.ctx.Context, s.ctx.cancel = context.WithCancelCause(parent)
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

// CancelWith cancels the task when ctx ends, with the cause of that. The tie
// is cut by the returned function, or when the task ends.
func (t *Task0) CancelWith(ctx context.Context) (untie func()) {
	release := t.loop.Hold()
	stop := context.AfterFunc(ctx, func() {
		t.Cancel(context.Cause(ctx))
		release()
	})
	untie = func() {
		stop()
		release()
	}
	t.OnDone(untie)
	return untie
}

// Context waits until ctx ends and returns the cause of that.
func Context(ctx context.Context) error {
	done := ctx.Done()
	if done == nil {
		Forever("a context that never ends")
	}
	WaitOn("a context", func() bool {
		return ctx.Err() != nil
	}, func(stop <-chan struct{}) bool {
		select {
		case <-done:
			return true
		case <-stop:
			return false
		}
	})
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
	for me.park(nil, reason(what)) {
	}
	me.unwind()
}
