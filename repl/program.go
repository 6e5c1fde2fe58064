package repl

import (
	"errors"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/await"
)

// Program runs a Go program of one file, with a package clause, as go run
// would, and waits for its end: its main function is a task of the session's
// loop. It sees nothing of what the session has declared, and leaves nothing
// behind. The error is nil, a *Failure, or Failures.
func (s *Session) Program(src Source) error {
	return s.asCell(src.Name, func() error { return s.runProgram(src) })
}

// asCell runs f as a cell of that name and waits for its end. It returns f's
// error, or that it was interrupted.
func (s *Session) asCell(name string, f func() error) error {
	var err error
	task := s.loop.Start(name, func() {
		run := newRunning(name)
		run.task.Local = &strand{session: s, cell: name}
		s.current.Store(run)
		defer s.current.Store(nil)
		defer func() {
			if v := recover(); v != nil {
				err = ownFault(v)
			}
		}()
		err = f()
	})
	<-task.Done()
	var cancelled *await.CancelError
	if err == nil && errors.As(task.Err(), &cancelled) {
		return &Failure{Kind: Interrupted, Msg: "interrupted"}
	}
	return err
}

func (s *Session) runProgram(src Source) error {
	p, err := s.check.Files.ParseProgram(src.Name, src.Text, nil)
	if err != nil {
		return s.compileFailure(err)
	}
	init, main, err := s.check.CheckProgram(p)
	if err != nil {
		return s.compileFailure(err)
	}
	asserts := s.check.Asserts
	s.asserts.Store(&asserts)
	s.lower.Once, s.lower.Statement = false, nil
	lowered, err := s.lower.Lower([]*ssa.Function{init, main}, nil)
	if err != nil {
		return s.compileFailure(err)
	}
	if _, err := s.engine.Load(lowered, ""); err != nil {
		return s.compileFailure(err)
	}
	for _, f := range []*ssa.Function{init, main} {
		v, err := s.engine.Func(lowered.Names[f])
		if err != nil {
			return s.compileFailure(err)
		}
		run := v.Interface().(func())
		if _, err := s.runUnit(readyUnit{main: run}); err != nil {
			if f, ok := err.(*Failure); ok && f.Kind == Panicked {
				f.Status = 2
			}
			return err
		}
	}
	return nil
}
