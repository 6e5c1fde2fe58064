package testmode

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// errCut is the cause with which the runner cancels what belongs to a test.
var errCut = errors.New("the test was stopped")

// live runs the phases of a test, as a task, and reports a subtest.
func (t *T) live(setup, body func(*T)) {
	t.mu.Lock()
	t.task = await.Current()
	t.mu.Unlock()
	root := t.root()
	if t != root {
		root.adopt(t)
		defer root.disown(t)
	}
	ready := true
	if setup != nil {
		ready = t.timed(Setup, func() { t.guard(func() { setup(t) }) }) && !t.Failed() && !t.Skipped()
	}
	if ready {
		t.timed(Call, func() {
			t.guard(func() { body(t) })
			t.guard(t.endSubs)
		})
	}
	t.teardown()
	if t != root {
		t.finish(nil)
	}
}

// timed runs f as a phase of the test.
func (t *T) timed(p Phase, f func()) bool {
	t.mu.Lock()
	t.phase = p
	t.mu.Unlock()
	began := t.run.now()
	f()
	t.files.drain()
	took := t.run.now().Sub(began)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.durations[p] += took
	return !t.wasCut
}

// guard calls f and deals with what it panics with.
func (t *T) guard(f func()) {
	if hook := t.run.opt.Guard; hook != nil {
		f = hook(f)
	}
	defer func() {
		if v := recover(); v != nil {
			defer t.run.crashed() // hooks may panic
			t.caught(v)
		}
	}()
	f()
}

// caught deals with a recovered panic of the test's task. It is called by the
// deferred function that recovered it.
func (t *T) caught(v any) {
	if _, ok := await.PanicValue(v).(*exit); ok {
		return
	}
	if u, ok := await.PanicValue(v).(*unwind); ok && u.t != nil {
		if u.t != t {
			t.mu.Lock()
			t.passUp = u
			t.mu.Unlock()
		}
		return
	} else if ok || await.IsCancellation(v) {
		_, frames := t.run.panicFrames(v)
		t.mu.Lock()
		if !t.wasCut {
			t.wasCut, t.cut = true, frames
		}
		t.mu.Unlock()
		return
	}
	if pe, ok := v.(*await.PanicError); ok && t.root().reported(pe.Origin()) {
		return
	}
	value, frames := t.run.panicFrames(v)
	t.Panicked(value, frames)
}

// describe turns a panic into a failure; ok is false if there is nothing to
// tell.
func (t *T) describe(value any, frames []Frame) (f Failure, ok bool) {
	frames = t.visible(frames)
	switch v := value.(type) {
	case *unwind:
		return f, false
	case *assertion.Failure:
		return Failure{Kind: "AssertionError", Lines: v.Lines(), Frames: frames}, true
	}
	return Failure{Kind: "panic", Lines: strings.Split("panic: "+panicText(value), "\n"), Frames: frames}, true
}

// panicText formats a panic's value as Go prints it. A value that panics itself
// when it is shown is shown by its parts.
func panicText(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = assertion.Repr(v, 240)
		}
	}()
	switch v := v.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case string:
		return v
	case nil:
		return "nil"
	}
	switch text := fmt.Sprint(v); fmt.Sprintf("%T", v) {
	case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr",
		"float32", "float64", "complex64", "complex128", "bool":
		return fmt.Sprintf("%T(%s)", v, text)
	}
	return assertion.Repr(v, 240)
}

// background records the panic of a task that nobody awaits.
func (t *T) background(task *await.Task0) {
	pe, ok := task.Err().(*await.PanicError)
	if !ok || IsUnwind(pe) || t.reported(pe.Origin()) {
		return
	}
	t.mu.Lock()
	t.panics = append(t.panics, pe.Origin())
	t.mu.Unlock()
	defer t.run.crashed() // hooks may panic
	owner := t.owner(task.ID(), task.Parent())
	value, frames := t.run.panicFrames(pe)
	if pe.Value == await.ErrGoexit {
		value = await.ErrGoexit
	}
	f, ok := owner.describe(value, frames)
	if !ok {
		return
	}
	f.Lines = append(f.Lines, "in the background, in "+taskTitle(pe.Task, pe.Name))
	owner.add(f)
}

// taskTitle names a task.
func taskTitle(id uint64, name string) string {
	switch {
	case id == 0:
		return "a call off the loop"
	case name == "":
		return fmt.Sprintf("task %d", id)
	}
	return fmt.Sprintf("task %d (%s)", id, name)
}

// reported reports whether a background panic was recorded before.
func (t *T) reported(pe *await.PanicError) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, seen := range t.panics {
		if seen == pe {
			return true
		}
	}
	return false
}

// teardown ends the test's context, runs its clean-up and looks for leaks.
func (t *T) teardown() {
	t.timed(Teardown, func() {
		t.endContext()
		t.cleanUp(0)
		if t.parent == nil {
			t.guard(t.leaks)
		}
	})
}

// renewContext makes Context return a new one.
func (t *T) renewContext() {
	t.mu.Lock()
	t.ctx, t.cancel = nil, nil
	t.mu.Unlock()
}

// endContext ends what Context returned.
func (t *T) endContext() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel != nil {
		t.cancel(context.Canceled)
	}
}

// registered returns how many functions are registered by Cleanup.
func (t *T) registered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.cleanups)
}

// cleanUp calls what was registered by Cleanup, last first, except the first
// keep functions.
func (t *T) cleanUp(keep int) {
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n <= keep {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[n-1]
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		t.guard(f)
	}
}

// drain is how many turns tasks get to end after the clean-up.
const drain = 16

// leaks reports tasks that the test has left behind. The loop cancels and
// awaits them.
func (t *T) leaks() {
	var left []await.TaskInfo
	for turn := 0; ; turn++ {
		left = left[:0]
		ready := false
		for _, info := range t.loop.Tasks() {
			if info.ID > t.task.ID() && !t.worker.keeps(info) {
				left = append(left, info)
				ready = ready || info.State == await.Ready
			}
		}
		if !ready || turn == drain {
			break
		}
		await.Yield()
	}
	t.mu.Lock()
	stopped := t.wasCut
	t.mu.Unlock()
	if len(left) == 0 || stopped {
		return
	}
	t.leaked = true
	w := Warning{ID: t.id, Place: t.item.place(), Kind: "TaskLeak"}
	if hook := t.run.opt.TaskPlace; hook != nil {
		if f, ok := hook(left[0]); ok {
			w.Place = fmt.Sprintf("%s:%d", f.Source.location(), f.Line)
			w.Code = strings.TrimSpace(sourceLine(f))
		}
	}
	what := "a task was"
	if len(left) > 1 {
		what = fmt.Sprintf("%d tasks were", len(left))
	}
	w.Lines = []string{what + " still pending at the end of the test"}
	w.Lines = append(w.Lines, listTasks(left)...)
	if t.run.opt.Warnings == "error" {
		t.add(Failure{Kind: w.Kind, Lines: append([]string{w.Kind + ": " + w.Lines[0]}, w.Lines[1:]...)})
		return
	}
	t.warn(w)
}

// maxListed is how many tasks are listed.
const maxListed = 5

// listTasks describes tasks, one a line, and not too many.
func listTasks(infos []await.TaskInfo) []string {
	var lines []string
	for i, info := range infos {
		if i == maxListed && len(infos) > maxListed+1 {
			lines = append(lines, fmt.Sprintf("  and %d more", len(infos)-i))
			break
		}
		line := "  " + taskTitle(info.ID, info.Name) + ": " + info.State.String()
		if info.WaitsFor != "" {
			line += " (" + info.WaitsFor + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// adopt notes that a task is that of a subtest.
func (t *T) adopt(sub *T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tasks == nil {
		t.tasks = map[uint64]*T{}
	}
	t.tasks[sub.task.ID()] = sub
}

// disown forgets the task of a subtest.
func (t *T) disown(sub *T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tasks, sub.task.ID())
}

// owner returns the subtest that a task of the loop belongs to, or t.
func (t *T) owner(id, parent uint64) *T {
	t.mu.Lock()
	if len(t.tasks) == 0 {
		t.mu.Unlock()
		return t
	}
	for _, n := range []uint64{id, parent} {
		if sub := t.tasks[n]; sub != nil {
			t.mu.Unlock()
			return sub
		}
	}
	t.mu.Unlock()
	parents := map[uint64]uint64{}
	for _, info := range t.loop.Tasks() {
		parents[info.ID] = info.Parent
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := parent; n != 0; n = parents[n] {
		if sub := t.tasks[n]; sub != nil {
			return sub
		}
	}
	return t
}

// claim reports whether the caller is the first who is to say how the test
// ended: the thread that ran it, or whoever gave that up.
func (t *T) claim() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := !t.claimed
	t.claimed = true
	return first
}

// settle records why the test was cut short, once its loop is over. err is
// what the loop returned.
func (t *T) settle(err error) {
	if !t.claim() { // its thread was given up
		return
	}
	root := t.root()
	t.mu.Lock()
	cut, frames, sub := t.wasCut, t.cut, t.hasSubs
	failed := t.failed
	t.mu.Unlock()
	var deadlock *await.DeadlockError
	switch {
	case root.interrupted.Load():
	case root.timedOut.Load():
		if cut && !(sub && failed) {
			t.inCall(t.timeout(frames))
		}
	case errors.As(err, &deadlock):
		f := Failure{Kind: "Deadlock", Frames: frames}
		f.Lines = append(f.Lines, "Deadlock: every task waits for what cannot happen")
		var infos []await.TaskInfo
		for _, info := range deadlock.Tasks {
			if info.ID != 1 { // the runner's own
				infos = append(infos, info)
			}
		}
		f.Lines = append(f.Lines, listTasks(infos)...)
		t.inCall(f)
	case cut:
		t.inCall(Failure{Kind: "Cancelled", Lines: []string{"Cancelled: the test's task was cancelled"}, Frames: frames})
	}
	var left *await.ShutdownError
	if errors.As(err, &left) && !root.timedOut.Load() {
		t.warn(Warning{ID: t.id, Place: t.item.place(), Kind: "TaskLeak",
			Lines: strings.Split(strings.TrimSpace(left.Error()), "\n")})
	}
}

// timeout returns the failure of a test whose time is up.
func (t *T) timeout(frames []Frame) Failure {
	f := Failure{Kind: "Failed", Frames: frames}
	f.Lines = []string{"Failed: Timeout >" + secondsText(t.timeLimit())}
	root := t.root()
	root.mu.Lock()
	defer root.mu.Unlock()
	f.Lines = append(f.Lines, listTasks(root.stuck)...)
	return f
}

// secondsText formats a number of seconds as Python does a float.
func secondsText(d time.Duration) string {
	s := fmt.Sprint(d.Seconds())
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s + "s"
}

// inCall adds a failure that belongs to the call phase, or, of TestMain, to the
// phase it is in.
func (t *T) inCall(f Failure) {
	if t.main {
		t.add(f)
		return
	}
	t.mu.Lock()
	phase := t.phase
	t.phase = Call
	t.mu.Unlock()
	t.add(f)
	t.mu.Lock()
	t.phase = phase
	t.mu.Unlock()
}

// finish reports the test; err is what its loop returned, if it had one.
func (t *T) finish(err error) {
	t.settle(err)
	t.files.close(t.run.std)
	t.mu.Lock()
	t.finished = true
	t.mu.Unlock()
	switch root := t.root(); {
	case root.interrupted.Load():
	case root.rehearsal:
		root.mu.Lock()
		list := root.withheld
		root.mu.Unlock()
		list = append(list, t.report()...)
		root.mu.Lock()
		root.withheld = list
		root.mu.Unlock()
	default:
		t.run.reports(t, t.report())
	}
	t.captured.close()
}

// report returns what there is to report of the test itself.
func (t *T) report() []*Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	base := Report{ID: t.id, File: t.item.File, Line: t.item.Line, Attrs: t.attrs,
		Durations: t.durations, Subtest: t.parent != nil, Source: t.item.Source}
	var of [3][]Failure
	for _, f := range t.failures {
		of[f.phase] = append(of[f.phase], f)
	}
	if t.dropped > 0 {
		of[Call] = append(of[Call], Failure{Kind: "Failed", Lines: []string{fmt.Sprintf("and %d more failures", t.dropped)}, Bare: true})
	}
	strict, expected, reason := t.expected()
	var list []*Report
	if len(of[Setup]) > 0 {
		r := base
		r.Phase, r.Outcome, r.Failures = Setup, Errored, of[Setup]
		list = append(list, &r)
	} else if r := base; true {
		r.Phase = Call
		switch {
		case len(of[Call]) > 0 && expected:
			r.Outcome, r.Failures, r.Reason = XFailed, of[Call], reason
		case len(of[Call]) > 0:
			r.Outcome, r.Failures = Failed, of[Call]
		case t.skipped:
			r.Outcome, r.Reason, r.Place = Skipped, t.reason, t.place
			if r.Reason == "" {
				r.Reason = "unconditional skip"
			}
		case expected && !t.hasSubs && strict:
			r.Outcome = Failed
			r.Failures = []Failure{{Kind: "XPASS(strict)", Lines: []string{"[XPASS(strict)] " + reason}, Bare: true}}
		case expected && !t.hasSubs:
			r.Outcome, r.Reason = XPassed, reason
		}
		if !t.hasSubs || r.Outcome != Passed {
			list = append(list, &r)
		}
	}
	if len(of[Teardown]) > 0 {
		r := base
		r.Phase, r.Outcome, r.Failures = Teardown, Errored, of[Teardown]
		list = append(list, &r)
	}
	for _, r := range list {
		r.Sections = t.captured.sections(Setup, Call, Teardown)
	}
	return list
}

// expected reports whether the test, or one it is part of, is expected to
// fail.
func (t *T) expected() (strict, expected bool, reason string) {
	for p := t; p != nil; p = p.parent {
		if p != t {
			p.mu.Lock()
		}
		kind, why := p.xfail, p.xreason
		if p != t {
			p.mu.Unlock()
		}
		if kind != "" {
			return kind == "xfail_strict", true, why
		}
	}
	return false, false, ""
}
