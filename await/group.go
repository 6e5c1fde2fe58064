package await

import (
	"errors"
	"maps"
	"slices"
)

// A Group is a set of tasks that do not outlive the function that made it; see
// WithGroup. Only tasks of its loop may use it.
type Group struct {
	owner  *Task0
	scope  *scope
	live   map[*Task0]struct{}
	errs   []error
	failed bool
	closed bool
	idle   waitList // the owner, when he waits for the rest
}

// errGroup is the cause of cancellations in a group that failed.
var errGroup = errors.New("its group was cancelled")

// WithGroup calls f with a new group, waits until f and all tasks started in
// the group have ended, and returns what went wrong: the joined errors of the
// tasks, which are *PanicErrors for those that panicked. The first failure
// cancels the other tasks, and f; tasks that end by cancellation count as no
// failure. If f panics, or the current task is cancelled, the group's tasks are
// cancelled and have ended before that panic leaves WithGroup.
func WithGroup(f func(g *Group)) error {
	me := mustTask("WithGroup")
	g := &Group{owner: me, scope: me.open(), live: map[*Task0]struct{}{}}
	g.body(f)
	return errors.Join(g.errs...)
}

// body runs f and then waits for the tasks.
func (g *Group) body(f func(g *Group)) {
	returned := false
	defer func() {
		if !returned {
			g.Cancel(errGroup)
			Shield(g.rest)
		}
		g.closed = true
		g.scope.close()
		if g.scope.raised {
			g.scope.own(recover())
		}
	}()
	f(g)
	g.rest()
	returned = true
}

func (g *Group) waitsFor() string { return "its group" }
func (g *Group) line() *waitList  { return &g.idle }

// pending yields the tasks of the group, for each of which its owner waits.
func (g *Group) pending(yield func(*Task0) bool) {
	for t := range g.live {
		if !yield(t) {
			return
		}
	}
}

// rest waits until no task of the group is left.
func (g *Group) rest() {
	me := g.owner
	refuseCycle(me, slices.Collect(maps.Keys(g.live))...)
	for len(g.live) > 0 {
		if !me.park(g) {
			me.unwind()
		}
	}
}

// Start starts f as a task of the group, with a name that may be empty. It
// panics if the group has ended.
func (g *Group) Start(name string, f func()) *Task0 {
	if g.closed {
		panic(&MisuseError{"a task was started in a group that has ended"})
	}
	waiter("start in a group", g.owner.loop, g.owner)
	t := g.owner.loop.start(name, f, 1)
	g.adopt(t)
	return t
}

// Go starts f as a task of the group; an error that f returns is a failure of
// the group.
func (g *Group) Go(f func() error) *Task0 {
	return g.Start("", func() {
		if err := f(); err != nil {
			g.fail(err)
		}
	})
}

// adopt makes t a member of the group.
func (g *Group) adopt(t *Task0) {
	t.handled = true
	g.live[t] = struct{}{}
	if g.failed {
		t.cancel(errGroup)
	}
	t.extend().group = g
}

// ended is called when a task of the group has ended.
func (g *Group) ended(t *Task0) {
	delete(g.live, t)
	if t.state == Failed {
		g.fail(t.err)
	}
	if len(g.live) == 0 {
		g.idle.wakeAll()
	}
}

// fail notes a failure.
func (g *Group) fail(err error) {
	g.errs = append(g.errs, err)
	g.Cancel(errGroup)
}

// Cancel cancels the group's tasks and the function that made it; WithGroup
// then returns without an error, unless something failed.
func (g *Group) Cancel(cause error) {
	if g.failed || g.closed {
		return
	}
	g.failed = true
	for t := range g.live {
		t.cancel(cause)
	}
	g.scope.cancel(cause)
}
