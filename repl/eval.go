package repl

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// A Source is the text of a cell and where it comes from.
type Source struct {
	// Name is what messages call the place, as in "cell3" or "script.aw". If
	// it is empty, the cell gets the next number.
	Name string
	// Line is the number of the text's first line there, from 1.
	Line int
	Text string
}

// running is the cell that runs now.
type running struct {
	task *await.Task0
	name string
}

func newRunning(name string) *running {
	return &running{task: await.Current(), name: name}
}

var errInterrupted = errors.New("interrupted")

// Eval runs a cell as a task of the session's loop and waits for its end. The
// error is nil, a *Failure, or Failures; nothing of it has been printed.
func (s *Session) Eval(src Source) error {
	var err error
	task := s.loop.Start("cell", func() {
		err = s.runCell(src)
	})
	<-task.Done()
	var cancelled *await.CancelError
	if err == nil && errors.As(task.Err(), &cancelled) {
		return &Failure{Kind: Interrupted, Msg: "interrupted"}
	}
	return err
}

// runCell runs a cell in the current task.
func (s *Session) runCell(src Source) error {
	run := newRunning(src.Name)
	if src.Name == "" {
		s.cells++
		src.Name, src.Line = fmt.Sprintf("cell%d", s.cells), 1
		run.name = src.Name
	}
	run.task.SetName(run.name)
	defers := rt.NewDefers()
	run.task.Local = &strand{session: s, cell: run.name, defers: defers}
	s.current.Store(run)
	defer s.current.Store(nil)
	if s.cfg.StopOnFailure && s.failed.Load() > 0 {
		return &Failure{Kind: Interrupted, Msg: "interrupted"}
	}

	s.touched = nil
	ready, err := s.prepare(src)
	if err != nil {
		return err
	}
	done, err := s.runUnits(ready, defers)
	// What did not happen leaves no names behind.
	for i := len(ready) - 1; i >= done; i-- {
		if i > done || ready[i].unit.Main != nil {
			ready[i].unit.Undo()
		}
	}
	return err
}

// runUnits runs the units of a cell, and then what its statements deferred. It
// returns how many were run to their end; a deferred call that recovers a panic
// ends the cell without an error.
func (s *Session) runUnits(ready []readyUnit, defers *rt.Defers) (done int, err error) {
	var failure error // of the unit that panicked
	finished, replaced := false, false
	defer func() {
		if finished {
			return
		}
		if v := recover(); failure == nil || replaced {
			err = s.ended(v)
		} else {
			err = failure
		}
	}()
	returned := rt.Protect(defers, func() {
		for _, u := range ready {
			var cause any
			if cause, failure = s.runUnit(u); failure != nil {
				if !isExit(cause) && !defers.Empty() {
					panic(cause)
				}
				return
			}
			done++
			s.keep(u.items)
			for _, n := range u.unit.Notices {
				if !s.resuming {
					s.errorf("%s", n)
				}
			}
			for _, e := range u.unit.Declared {
				s.touched = append(s.touched, e.Name)
			}
		}
		defers.Run()
	}, func(_ any, other bool) bool {
		replaced = other
		return false
	})
	finished = true
	if returned {
		return done, failure
	}
	return done, nil
}

// A readyUnit is a unit that is in the engine.
type readyUnit struct {
	unit  *check.Unit
	items []*syntax.Item
	main  func()
}

// prepare checks, lowers and loads a cell: all of it, or nothing.
func (s *Session) prepare(src Source) (ready []readyUnit, err error) {
	defer func() {
		if v := recover(); v != nil {
			ready, err = nil, ownFault(v)
		}
	}()
	cell, err := s.check.Files.Parse(src.Name, src.Line, src.Text, s.check.Declared)
	if err != nil {
		return nil, s.compileFailure(err)
	}
	var units []*check.Unit
	defer func() {
		if err != nil {
			for _, u := range slices.Backward(units) {
				u.Undo()
			}
		}
	}()
	groups := check.Units(cell)
	for _, items := range groups {
		u, err := s.check.Check(items)
		if err != nil {
			return nil, s.compileFailure(err)
		}
		units = append(units, u)
	}
	asserts := s.check.Asserts
	s.asserts.Store(&asserts)
	for i, u := range units {
		r, err := s.load(u)
		if err != nil {
			return nil, s.compileFailure(err)
		}
		r.items = groups[i]
		ready = append(ready, r)
	}
	return ready, nil
}

// ownFault returns the failure of a cell that made the shell panic. It must be
// called by the function that recovered v; a cancellation goes on.
func ownFault(v any) *Failure {
	if await.IsCancellation(v) {
		panic(v)
	}
	if os.Getenv("ASYNCREPL_STACK") != "" { // for those who work on the shell
		debug.PrintStack()
	}
	return &Failure{Msg: fmt.Sprintf("the shell has a fault of its own and cannot run this: %v", v)}
}

// load lowers a unit and loads it into the engine.
func (s *Session) load(u *check.Unit) (readyUnit, error) {
	for neu, old := range u.Renewed {
		s.types.Same(neu, old)
	}
	for neu, old := range u.Kept {
		if !slices.Contains(u.Vars, old) {
			s.lower.Alias(neu, old)
		}
	}
	r := readyUnit{unit: u}
	if len(u.Funcs) == 0 && len(u.Vars) == 0 {
		return r, nil
	}
	s.lower.Once, s.lower.Statement = true, u.Main
	lowered, err := s.lower.Lower(u.Funcs, u.Vars)
	if err != nil {
		return r, err
	}
	if os.Getenv("ASYNCREPL_SOURCE") != "" { // for those who work on the shell
		s.errorf("%s", lowered.Source)
	}
	for neu, old := range u.Kept {
		if slices.Contains(u.Vars, old) {
			s.lower.Alias(neu, old)
		}
	}
	if r.main, err = s.engine.Load(lowered, lowered.Names[u.Main]); err != nil {
		lowered.Forget()
	}
	for _, v := range u.Vars {
		s.engine.Detach(s.lower.Global(v))
	}
	return r, err
}

// runUnit runs a unit's statements. It returns why they did not come to their
// end, as a panic's value and as what that means for the cell.
func (s *Session) runUnit(u readyUnit) (cause any, err error) {
	if u.main == nil {
		return nil, nil
	}
	defer func() {
		if cause = recover(); cause != nil {
			err = s.ended(cause)
		}
	}()
	u.main()
	s.done(u)
	return nil, nil
}

// done lets go of a statement that has run and whose code nothing can call any
// more.
func (s *Session) done(u readyUnit) {
	if u.unit == nil {
		return
	}
	f := u.unit.Main
	s.engine.Drop(s.lower.Name(f))
	if len(f.AnonFuncs) > 0 {
		return // whose places are looked for in f
	}
	s.lower.Forget(f)
	s.check.Release(f)
}

// ended says what a recovered panic means for the cell.
func (s *Session) ended(v any) error {
	at, trace := s.engine.Position(), s.engine.Trace()
	if await.IsCancellation(v) || rt.PanicValue(v) == any(errKilled) {
		return &Failure{Kind: Interrupted, Msg: "interrupted"}
	}
	switch p := rt.PanicValue(v).(type) {
	case exited:
		return &Failure{Kind: Exited, Msg: fmt.Sprintf("os.Exit(%d) was called; the session goes on", int(p)), Status: int(p)}
	case error:
		if p == rt.ErrGoexit {
			return nil
		}
	}
	if pe, ok := v.(*await.PanicError); ok {
		f := s.taskFailure(pe)
		if calls := s.calls(at, trace, nil); len(calls) > 0 && calls[0].pos.Cell != nil {
			f.Notes = append(f.Notes, "awaited at "+calls[0].pos.String())
		}
		return f
	}
	return s.panicked(v, at, trace)
}

// Interrupt cancels the cell that runs, and nothing else. It reports whether
// there is one. It may be called from anywhere.
func (s *Session) Interrupt() bool {
	run := s.current.Load()
	if run == nil {
		return false
	}
	resume := s.stop()
	run.task.OnDone(resume)
	run.task.Cancel(errInterrupted)
	s.rouse()
	return true
}

// Declared reports whether the session knows a name that the user declared.
func (s *Session) Declared(name string) bool { return s.check.Declared(name) }

// Complete reports whether text is a whole cell, and by how many tabs a line
// that follows it is to be indented.
func Complete(text string) (complete bool, indent int) {
	if strings.HasPrefix(strings.TrimSpace(text), ":") {
		return true, 0
	}
	complete, depth := syntax.Complete(text)
	return complete, depth
}
