// Package repl is the shell: a Session that runs cells of the user's code on
// one event loop, the commands that look after it, and the fronts through which
// cells come in – a terminal, a script, a file.
//
// A cell goes through packages syntax (text to marked syntax), check (meaning),
// lower (a form the interpreter runs right) and engine (the interpreter), and
// then runs as a task of the session's loop. Whatever fails on the way leaves
// the session as it was.
package repl

import (
	"fmt"
	"go/token"
	"go/types"
	"io"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/engine"
	"github.com/asyncrepl/asyncrepl/repl/lower"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/repl/std"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// Version is that of the shell.
const Version = "0.1.0"

// A Config says what a session is connected to.
type Config struct {
	// Out and Err take what the session's code and the session itself print.
	Out, Err io.Writer
	// In is the standard input of the session's code.
	In io.Reader
	// Exit is called where the session's code calls os.Exit. If it returns, or
	// is nil, the cell ends there and the session goes on.
	Exit func(code int)
	// StopOnFailure tells to interrupt the cell that runs when a goroutine of
	// the session panics, as a program would end there.
	StopOnFailure bool
	// TestOptions are the options that :test begins with, until :config says
	// otherwise.
	TestOptions []string
	// Journal, unless it is nil, is given each cell and command before it runs.
	Journal Journal
	// Width is the number of columns of a page; 80 if it is nil.
	Width func() int
	// Color tells that Out and Err take colours.
	Color bool
	// Highlight colours source text; nil leaves it plain.
	Highlight func(src string) string
	// Shutdown bounds the end of the session's tasks when it is closed; five
	// seconds if it is zero.
	Shutdown time.Duration
}

// A Journal keeps what is entered.
type Journal interface {
	// Add is given a cell or a command that is about to run.
	Add(text string)
	// Fail is given the error of a cell that does not compile, so that nothing
	// of it has run.
	Fail(text string, err error)
}

// A Session holds what the user has declared and runs cells. Serve runs it, on
// the thread it is called on; other methods may be called from any goroutine
// but a task of the session, one at a time unless they say otherwise.
type Session struct {
	cfg    Config
	loop   *await.Loop
	runner testmode.Runner

	// What follows belongs to the loop's thread.
	check      *check.Checker
	lower      *lower.Lowerer
	engine     *engine.Engine
	types      *rt.Registry
	cells      int
	file       string            // the script that the session is the run of, in node ids
	quiet      bool              // :test and :bench do nothing, for tests are being collected
	resuming   bool              // declarations of an earlier session are being restored
	lines      map[string]int    // lines read so far, by source name
	addopts    []string          // defaults of :test
	watched    []string          // the options of :test --watch, nil if nothing is watched
	touched    []string          // the names that the last cell declared
	reports    []testmode.Report // of what failed in the last run of :test
	steps      []step            // what :save writes
	unused     map[string]int    // the steps that declare names, as long as no statement has run since
	tested     *int              // the exit status of the last :test, or nil
	observeAll bool              // the variables of all functions are kept in sight

	mu        sync.Mutex
	places    []place        // by the number that running code reports
	observing []*observed    // by number
	unawaited []*await.Task0 // tasks that failed while nobody awaited them

	asserts        atomic.Pointer[[]*check.Assertion]
	counts         atomic.Pointer[[]atomic.Int64] // of executions, by statement
	goroutines     sync.Map                       // goroutine id → *strand
	goroutineCount atomic.Int32
	goroutinesLeft atomic.Int32 // that have not ended
	current        atomic.Pointer[running]
	interrupts     atomic.Pointer[chan struct{}] // closed, and replaced, by each interrupt
	stops          atomic.Int32                  // reasons for running code to poll
	warned         atomic.Bool                   // that something held the loop
	testing        atomic.Pointer[testRun]
	failed         atomic.Int32 // failures outside of cells
}

// A place is a position in running code.
type place struct {
	pos token.Pos
	fn  *ssa.Function
}

// New returns a session that knows the predeclared names.
func New(cfg Config) (*Session, error) {
	s := &Session{cfg: cfg, addopts: cfg.TestOptions, places: []place{{}}, lines: map[string]int{}}
	s.interrupts.Store(newChan())
	if s.cfg.Width == nil {
		s.cfg.Width = func() int { return 80 }
	}
	if s.cfg.Highlight == nil {
		s.cfg.Highlight = func(src string) string { return src }
	}
	if s.cfg.Shutdown == 0 {
		s.cfg.Shutdown = 5 * time.Second
	}
	s.loop = await.NewLoop([]await.Option{
		await.WithName("the session's loop"),
		await.WithUnhandled(s.unhandled),
		await.WithShutdown(s.cfg.Shutdown),
		await.WithSwitch(switched),
		await.WithSlowStep(time.Second, s.starving),
	}...)
	if err := s.clear(); err != nil {
		return nil, err
	}
	return s, nil
}

// clear makes the session forget all that was declared.
func (s *Session) clear() error {
	c := check.New()
	eng, err := engine.New(s.hooks())
	if err != nil {
		return err
	}
	s.check, s.engine, s.types = c, eng, registry(c)
	host := s.host()
	s.lower = &lower.Lowerer{
		Types: s.types,
		Compiled: func(path, name string) (reflect.Value, bool) {
			if v, ok := host[path+"."+name]; ok {
				return v, true
			}
			v, ok := std.Symbols(path)[name]
			return v, ok
		},
		Native:   s.compiled,
		Position: s.position,
		Observes: s.observes,
		Observed: s.observed,
		Methods:  func(t types.Type) []lower.Method { return methods(c.Prog(), t) },
	}
	s.asserts.Store(&[]*check.Assertion{})
	s.counts.Store(&[]atomic.Int64{})
	return nil
}

// registry returns the registry of a session's types.
func registry(c *check.Checker) *rt.Registry {
	reg := rt.NewRegistry()
	reg.IsCompiled = c.IsCompiled
	reg.Compiled = func(path, name string) (reflect.Type, bool) {
		v, ok := std.Symbols(path)[name]
		if !ok || v.Kind() != reflect.Pointer {
			return nil, false
		}
		return v.Type().Elem(), true
	}
	reg.Wrap = func(path, name string) func(rt.Boxed) any {
		w := std.Wrapper(path, name)
		if w == nil {
			return nil
		}
		return func(b rt.Boxed) any { return w(b) }
	}
	return reg
}

// methods returns the method set of t, each method as a function.
func methods(prog *ssa.Program, t types.Type) []lower.Method {
	var ms []lower.Method
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		if f := prog.MethodValue(set.At(i)); f != nil {
			ms = append(ms, lower.Method{Name: set.At(i).Obj().Name(), Func: f})
		}
	}
	return ms
}

func init() {
	wrapped := rt.EnginePanic
	rt.EnginePanic = func(v any) (any, bool) {
		if t, ok := v.(*traced); ok {
			return t.value, true
		}
		return wrapped(v)
	}
	rt.SetUnwrap(func(x any) (any, bool) {
		b, ok := std.Unbox(x)
		return b, ok
	})
	rt.Interrupts = func() <-chan struct{} {
		if st := currentStrand(); st != nil && st.session != nil {
			return *st.session.interrupts.Load()
		}
		return nil
	}
	rt.Poll = func() {
		if st := currentStrand(); st != nil && st.session != nil {
			st.session.poll()
		}
	}
	rt.Unrecoverable = func(v any) bool {
		return await.IsCancellation(v) || testmode.IsUnwind(v) || v == any(errKilled) || isExit(v)
	}
}

// position gives a position of the user's code a number. Code that the user has
// not written, such as a generic function of the standard library, gets 0, so
// that what happens there is put down to the place that it was called from.
func (s *Session) position(pos token.Pos, fn *ssa.Function) int {
	if p, ok := s.check.Files.Position(pos); !ok || p.Cell.Foreign {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places = append(s.places, place{pos, fn})
	return len(s.places) - 1
}

// place returns the position with the given number.
func (s *Session) place(n int) place {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n < 0 || n >= len(s.places) {
		return place{}
	}
	return s.places[n]
}

// Serve runs the session on the calling goroutine's thread until Close is
// called. Then it cancels the session's tasks, runs their deferred calls, and
// returns what had not ended in time as an error.
func (s *Session) Serve() error { return s.loop.Serve() }

// Close asks the session to end. It may be called from anywhere.
func (s *Session) Close() { s.loop.Close() }

// crashed reports whether a goroutine of the session has panicked since it was
// last asked.
func (s *Session) crashed() bool { return s.failed.Swap(0) > 0 }

// Unawaited returns how many tasks have failed and been reported, and nobody
// has awaited since.
func (s *Session) Unawaited() int {
	n := 0
	s.onLoop(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, t := range s.unawaited {
			if !t.Handled() {
				n++
			}
		}
	})
	return n
}

// errorf prints a message of the shell itself.
func (s *Session) errorf(format string, args ...any) {
	fmt.Fprintf(s.cfg.Err, format+"\n", args...)
}

// exit ends the process, or the cell, for the session's code.
func (s *Session) exit(code int) {
	testmode.Exit(code)
	if st := s.strand(); st != nil && st.test != nil {
		st.test.Exited(code)
	}
	if s.cfg.Exit != nil {
		s.cfg.Exit(code)
	}
	panic(exited(code))
}

// exited is what a call of os.Exit unwinds a cell with.
type exited int

func isExit(v any) bool {
	_, ok := v.(exited)
	return ok
}

func newChan() *chan struct{} {
	c := make(chan struct{})
	return &c
}

// rouse has code that blocks look whether it has to stop.
func (s *Session) rouse() { close(*s.interrupts.Swap(newChan())) }
