package repl

import (
	"errors"
	"go/ast"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/await/gid"
)

// Program runs a Go program of one file, with a package clause, as go run
// would, and waits for its end. Where it uses a word of the language, or package
// await, its main function is a task of the session's loop; otherwise that is
// a goroutine, which no thread is kept for: it hands over to others much faster.
// It sees nothing of what the session has declared, and leaves nothing
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
		run := func() error {
			_, err := s.runUnit(readyUnit{main: v.Interface().(func())})
			return err
		}
		if len(p.Marks) == 0 && !slices.ContainsFunc(p.File.Imports, func(i *ast.ImportSpec) bool { return strings.Contains(i.Path.Value, modulePath) }) {
			err = s.offLoop(run)
		} else {
			err = run()
		}
		if err != nil {
			if f, ok := err.(*Failure); ok && f.Kind == Panicked {
				f.Status = 2
			}
			return err
		}
	}
	return nil
}

// offLoop runs f, code of a program, on a goroutine. When the current task is
// cancelled, that ends f, which has a second to clean up.
func (s *Session) offLoop(f func() error) error {
	st := s.child()
	st.main = true
	ended := make(chan error, 1)
	go func() {
		g := gid.ID()
		s.goroutines.Store(g, st)
		mains.Store(g, st)
		defer s.goroutines.Delete(g)
		defer mains.Delete(g)
		ended <- f()
	}()
	defer func() {
		if v := recover(); v != nil {
			st.killed.Store(true)
			s.rouse()
			select {
			case <-ended:
			case <-time.After(time.Second):
			}
			panic(v)
		}
	}()
	return await.Recv(ended)
}

// mains are the goroutines that run main functions, by id: their strands, which
// interrupts reach wherever they wait.
var mains sync.Map
