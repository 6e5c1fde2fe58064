package await

import (
	"fmt"
	"iter"
	"runtime"
	"strings"
	"time"
)

// A TaskInfo is what was known of a task at one moment.
type TaskInfo struct {
	// Task is the task itself.
	Task       *Task0
	ID, Parent uint64
	Name       string
	State      State
	// Started is where the task was started, as "file:line"; "" if unknown.
	Started string
	// Age is how long ago that was, and Since how long ago the current wait or
	// step began, by the loop's clock. Both are known only WithPlaces.
	Age, Since time.Duration
	// WaitsFor describes what the task waits for, and Awaits is the number of
	// the task if it is one.
	WaitsFor string
	Awaits   uint64
	// Where is the stack of the wait, innermost call first, without this
	// package's own frames. It is known only WithPlaces.
	Where []runtime.Frame
}

// String puts it in one line.
func (i TaskInfo) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", title(i.ID, i.Name), i.State)
	if i.WaitsFor != "" {
		b.WriteString(" for " + i.WaitsFor)
	}
	if len(i.Where) > 0 {
		fmt.Fprintf(&b, " at %s:%d", i.Where[0].File, i.Where[0].Line)
	}
	if i.Started != "" {
		b.WriteString(", started at " + i.Started)
	}
	return b.String()
}

// Tasks returns what is known of the loop's tasks that have not ended, in the
// order they were started. Called by another goroutine it asks the loop, and
// so returns only after the step under way. A loop that has not begun or is
// over has none.
func (l *Loop) Tasks() (infos []TaskInfo) {
	l.ask(func() { infos = l.tasks.infos() })
	return infos
}

// ask has f called on the loop if that runs.
func (l *Loop) ask(f func()) {
	l.mu.Lock()
	running := l.phase == alive || l.phase == stopping
	l.mu.Unlock()
	if running {
		l.Call(f)
	}
}

// Find returns the task of that number, or nil if there is none or it has ended.
// Called by another goroutine it asks the loop, as Tasks does.
func (l *Loop) Find(id uint64) (t *Task0) {
	l.ask(func() {
		for x := range l.tasks.all() {
			if x.id == id {
				t = x
				return
			}
		}
	})
	return t
}

// info tells what is known of t.
func (t *Task0) info() TaskInfo {
	i := TaskInfo{Task: t, ID: t.id, Parent: t.Parent(), Name: t.Name(), State: t.state, Started: t.Started()}
	if t.state == Waiting && t.on != nil {
		i.WaitsFor = t.on.waitsFor()
		if u, ok := t.on.(*Task0); ok {
			i.Awaits = u.id
		}
	}
	if d := t.more; d != nil {
		now := t.loop.clock.now()
		i.Age, i.Since = now-d.began, now-d.since
		if t.state == Waiting {
			i.Where = d.where()
		}
	}
	return i
}

// where returns the frames of the wait that are not this package's.
func (d *details) where() []runtime.Frame {
	var list []runtime.Frame
	n := 0
	for n < len(d.pcs) && d.pcs[n] != 0 {
		n++
	}
	if n == 0 {
		return nil
	}
	for frames := runtime.CallersFrames(d.pcs[:n]); ; {
		f, more := frames.Next()
		if !internal(f.Function) {
			list = append(list, f)
		}
		if !more {
			return list
		}
	}
}

// A taskList holds the tasks of a loop that have not ended, oldest first.
type taskList struct {
	first, last *Task0
	size        int
}

func (q *taskList) add(t *Task0) {
	t.prev, t.next = q.last, nil
	if q.last == nil {
		q.first = t
	} else {
		q.last.next = t
	}
	q.last = t
	q.size++
}

func (q *taskList) remove(t *Task0) {
	if t.prev == nil {
		q.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		q.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	q.size--
}

// all yields the tasks; the one it yielded last may be removed meanwhile.
func (q *taskList) all() iter.Seq[*Task0] {
	return func(yield func(*Task0) bool) {
		for t := q.first; t != nil; {
			next := t.next
			if !yield(t) {
				return
			}
			t = next
		}
	}
}

func (q *taskList) infos() []TaskInfo {
	infos := make([]TaskInfo, 0, q.size)
	for t := range q.all() {
		infos = append(infos, t.info())
	}
	return infos
}
