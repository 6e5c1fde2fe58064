package await

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
)

// ErrClosed is what tasks and calls meet that come to a loop after its end.
var ErrClosed = errors.New("await: the loop is closed")

// ErrGoexit is the value of the PanicError of a task that ended by
// runtime.Goexit: it neither returned nor panicked, so it has no result.
var ErrGoexit = errors.New("await: the task called runtime.Goexit")

// A PanicError tells of a panic in a task, or in a call that a task made with
// Off. It is what Task0.Err returns after a panic, and what whoever awaits the
// task panics with; recovering hosts find the user's own value with
// PanicValue.
type PanicError struct {
	// Value is what the function panicked with. If the function panicked
	// because it awaited a task that had panicked, it is that task's
	// *PanicError; see Origin.
	Value any
	// Task is the number of the task, or 0 if the panic was not in a task.
	Task uint64
	// Name is the name of the task.
	Name string
	// Started is where the task was started, as "file:line", if known.
	Started string

	pcs []uintptr
}

// newPanicError records the stack of a panic. It must be called by the
// deferred function that recovered it.
func newPanicError(v any) *PanicError {
	var pcs [64]uintptr
	n := runtime.Callers(3, pcs[:])
	return &PanicError{Value: v, pcs: append([]uintptr(nil), pcs[:n]...)}
}

// Error returns the value, and the task it comes from.
func (e *PanicError) Error() string {
	o := e.Origin()
	text := fmt.Sprintf("panic: %v", o.Value)
	if o.Name != "" {
		text += fmt.Sprintf(" [in task %d, %s]", o.Task, o.Name)
	} else if o.Task != 0 {
		text += fmt.Sprintf(" [in task %d]", o.Task)
	}
	return text
}

// Unwrap returns the value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Origin returns the PanicError of the task where the trouble began: e itself,
// or the innermost of a chain of tasks each of which awaited the next.
func (e *PanicError) Origin() *PanicError {
	for {
		inner, ok := e.Value.(*PanicError)
		if !ok {
			return e
		}
		e = inner
	}
}

// Frames returns the calls that were active in the task when it panicked,
// innermost first, without those of the runtime's panic machinery and of this
// package.
func (e *PanicError) Frames() []runtime.Frame {
	var list []runtime.Frame
	if len(e.pcs) == 0 {
		return nil
	}
	for frames := runtime.CallersFrames(e.pcs); ; {
		f, more := frames.Next()
		if !internal(f.Function) {
			list = append(list, f)
		}
		if !more {
			return list
		}
	}
}

// Trace returns the whole story as text: the value, the calls that were active
// in the task that panicked, the place it was started, and the same for each
// task that met the panic by awaiting.
func (e *PanicError) Trace() string {
	var chain []*PanicError
	for p := e; p != nil; p, _ = p.Value.(*PanicError) {
		chain = append(chain, p)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "panic: %v\n", e.Origin().Value)
	for i := len(chain) - 1; i >= 0; i-- {
		p := chain[i]
		b.WriteString("\n")
		if i < len(chain)-1 {
			b.WriteString("awaited by ")
		}
		b.WriteString(title(p.Task, p.Name))
		if p.Started != "" {
			fmt.Fprintf(&b, ", started at %s", p.Started)
		}
		b.WriteString(":\n")
		for _, f := range p.Frames() {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
	}
	return b.String()
}

// PanicValue returns the value that a function really panicked with, given
// what recover returned to someone who awaited it: it looks through any
// number of *PanicError. Other values it returns as they are.
func PanicValue(v any) any {
	if e, ok := v.(*PanicError); ok {
		return e.Origin().Value
	}
	return v
}

// A CancelError tells that a task was cancelled. It is what Task0.Err returns
// after that, and what whoever awaits such a task panics with.
// errors.Is(err, context.Canceled) holds for it, and it wraps the cause.
type CancelError struct {
	// Task and Name are those of the cancelled task.
	Task uint64
	Name string
	// Cause is the argument of Cancel; it may be nil.
	Cause error
}

// Error names the task and the cause.
func (e *CancelError) Error() string {
	text := title(e.Task, e.Name) + " was cancelled"
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Is reports whether target is context.Canceled.
func (e *CancelError) Is(target error) bool { return target == context.Canceled }

// Unwrap returns the cause.
func (e *CancelError) Unwrap() error { return e.Cause }

// A TimeoutError tells that a Timeout or Deadline scope ran out of time.
// errors.Is(err, context.DeadlineExceeded) holds for it.
type TimeoutError struct {
	// After is how long the scope was allowed to take.
	After time.Duration
}

// Error tells the duration.
func (e *TimeoutError) Error() string { return fmt.Sprintf("timed out after %v", e.After) }

// Is reports whether target is context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout reports true, as net.Error asks.
func (e *TimeoutError) Timeout() bool { return true }

// A DeadlockError tells that no task of a loop can ever go on: none is ready,
// no timer runs, and nothing is outstanding that could wake one.
type DeadlockError struct {
	// Loop is the loop's name.
	Loop string
	// Tasks are those that wait, with what each waits for.
	Tasks []TaskInfo
}

// Error lists the tasks, one a line.
func (e *DeadlockError) Error() string {
	return fmt.Sprintf("deadlock: every task of %s waits for something that cannot happen", e.Loop) + list(e.Tasks)
}

// A ShutdownError tells what a loop left behind because it did not end in
// time after it was cancelled.
type ShutdownError struct {
	// Loop is the loop's name.
	Loop string
	// Tasks did not end although they were cancelled.
	Tasks []TaskInfo
	// Calls is the number of calls made by Off (and of waits for channels)
	// that still held a goroutine.
	Calls int
}

// Error lists what was left behind.
func (e *ShutdownError) Error() string {
	return fmt.Sprintf("%s closed with %d tasks and %d calls unfinished", e.Loop, len(e.Tasks), e.Calls) + list(e.Tasks)
}

// A ForeignError tells that a task waited for something that belongs to
// another loop. Only a goroutine that belongs to no loop may do that.
type ForeignError struct {
	// What describes the thing.
	What string
	// Owner and Caller name the loop it belongs to and the loop of the task.
	Owner, Caller string
}

// Error names both loops.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s belongs to %s and cannot be awaited in %s", e.What, e.Owner, e.Caller)
}

// A CycleError tells that a task would have waited for itself, directly or
// through others, and so forever.
type CycleError struct {
	// Tasks is the circle: each waits for the next, the last for the first.
	Tasks []TaskInfo
}

// Error shows the circle.
func (e *CycleError) Error() string {
	if len(e.Tasks) == 1 {
		return title(e.Tasks[0].ID, e.Tasks[0].Name) + " awaits itself"
	}
	var b strings.Builder
	b.WriteString("tasks await each other in a circle: ")
	for _, t := range e.Tasks {
		b.WriteString(title(t.ID, t.Name) + " → ")
	}
	b.WriteString(title(e.Tasks[0].ID, e.Tasks[0].Name))
	return b.String()
}

// A MisuseError tells of a call that makes no sense where it was made, such
// as waiting inside a callback of the loop.
type MisuseError struct {
	// Problem says what and why.
	Problem string
}

// Error returns the problem.
func (e *MisuseError) Error() string { return "await: " + e.Problem }

// internal reports whether a function is one that users need not see: of this
// package, or of what it stands on.
func internal(function string) bool {
	return strings.HasPrefix(function, thisPackage) ||
		strings.HasPrefix(function, "runtime.") ||
		strings.HasPrefix(function, "iter.Pull")
}

// thisPackage begins the names of this package's functions.
const thisPackage = "github.com/asyncrepl/asyncrepl/await."

// title names a task in messages.
func title(id uint64, name string) string {
	switch {
	case id == 0 && name == "":
		return "call"
	case id == 0:
		return name
	case name == "":
		return fmt.Sprintf("task %d", id)
	}
	return fmt.Sprintf("task %d (%s)", id, name)
}

// list puts tasks one a line, each line begun by a newline.
func list(tasks []TaskInfo) string {
	var b strings.Builder
	for i, t := range tasks {
		if i == 20 {
			fmt.Fprintf(&b, "\n\tand %d more", len(tasks)-i)
			break
		}
		b.WriteString("\n\t" + t.String())
	}
	return b.String()
}
