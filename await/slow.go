package await

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asyncrepl/asyncrepl/await/gid"
)

// A SlowStep tells of a step of a loop that has held the thread for long, so
// that no other task could run.
type SlowStep struct {
	// Loop is the loop's name.
	Loop string
	// Task and Name are those of the task; 0 and "callback" for a callback.
	Task uint64
	Name string
	// Others is how many other tasks the loop has.
	Others int
	// Held is how long the step has lasted at least; it goes on.
	Held time.Duration
	// Place is where the step is, as "file:line": the innermost call that is
	// not of the standard library. It is "" if that could not be found out.
	Place string
	// Stack is the stack trace of the step, in the runtime's format.
	Stack string
}

// String puts it in one line.
func (s SlowStep) String() string {
	text := fmt.Sprintf("%s has held %s for %v", title(s.Task, s.Name), s.Loop, s.Held)
	if s.Place != "" {
		text += " at " + s.Place
	}
	return text
}

// WithSlowStep has f called when a step has held the loop for longer than d (or
// up to half as long again: the loop is looked at now and then), once for each
// step, while the step still lasts. f is called on a goroutine of its own. While
// the loop is idle nothing is looked at.
func WithSlowStep(d time.Duration, f func(SlowStep)) Option {
	return func(l *Loop) { l.slow = &slowWatch{limit: d, tell: f} }
}

// slowWatch looks whether a loop's steps change.
type slowWatch struct {
	limit time.Duration
	tell  func(SlowStep)
	tasks atomic.Int64 // that have not ended

	mu      sync.Mutex
	loop    *Loop
	step    uint64 // counts steps
	busy    bool   // a step is under way
	id      uint64 // its task
	name    string
	routine uint64 // its goroutine's number
	told    uint64 // the last step that was told of
	seen    uint64 // the step at the last look
	looks   int    // how often that one was seen before
	timer   *time.Timer
	set     bool
	closed  bool
}

// begin notes that a step begins.
func (w *slowWatch) begin(l *Loop, t *Task0) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loop = l
	w.step++
	w.busy = true
	w.id, w.name, w.routine = 0, "callback", gid.Number()
	if t != nil {
		w.id, w.name = t.id, t.Name()
	}
	if !w.set && !w.closed {
		w.set = true
		if w.timer == nil {
			w.timer = time.AfterFunc(w.limit/2, w.look)
		} else {
			w.timer.Reset(w.limit / 2)
		}
	}
}

// end notes that the step is over.
func (w *slowWatch) end() {
	w.mu.Lock()
	w.busy = false
	w.mu.Unlock()
}

// close ends the watch.
func (w *slowWatch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// look is called by the timer, every half limit while the loop is not idle.
func (w *slowWatch) look() {
	w.mu.Lock()
	if !w.busy || w.closed {
		w.set = false
		w.mu.Unlock()
		return
	}
	if w.seen == w.step {
		w.looks++
	} else {
		w.seen, w.looks = w.step, 0
	}
	w.timer.Reset(w.limit / 2)
	if w.looks < 2 || w.told == w.step {
		w.mu.Unlock()
		return
	}
	w.told = w.step
	s := SlowStep{Loop: w.loop.name, Task: w.id, Name: w.name, Others: int(w.tasks.Load()), Held: w.limit}
	if w.id != 0 {
		s.Others--
	}
	routine := w.routine
	w.mu.Unlock()
	s.Stack = stackOf(routine)
	s.Place = innermost(s.Stack)
	w.tell(s)
}

// stackOf returns the stack trace of a goroutine, or "" if it is not among the
// first in a dump of them all.
func stackOf(routine uint64) string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	head := fmt.Appendf(nil, "goroutine %d ", routine)
	for _, g := range bytes.Split(buf, []byte("\n\n")) {
		if bytes.HasPrefix(g, head) {
			return string(g)
		}
	}
	return ""
}

// innermost returns the place of the first call in a stack trace that is not of
// the standard library or this package.
func innermost(stack string) string {
	lines := strings.Split(stack, "\n")
	for i := 1; i+1 < len(lines); i += 2 {
		file := strings.TrimSpace(lines[i+1])
		if cut := strings.LastIndex(file, " +0x"); cut >= 0 {
			file = file[:cut]
		}
		if !strings.HasPrefix(file, library) && !internal(lines[i]) {
			return file
		}
	}
	return ""
}

// library begins the file names of the standard library.
var library = func() string {
	var pcs [1]uintptr
	runtime.Callers(0, pcs[:])
	frame, _ := runtime.CallersFrames(pcs[:]).Next()
	return strings.TrimSuffix(frame.File, "runtime/extern.go")
}()
