package repl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A testRun is a run of :test.
type testRun struct {
	verbosity int
	stop      atomic.Bool // code of tests is to stop
	cancel    context.CancelFunc
	asked     atomic.Int32 // how often the user asked for its end
}

// Test runs the session's tests as the arguments, in pytest's words, say, on a
// thread of their own, and returns the exit status: pytest's, 0 to 5.
func (s *Session) Test(args []string) int {
	opt, err := testmode.ParseOptions(append(append([]string(nil), s.addopts...), args...))
	var usage *testmode.UsageError
	switch {
	case errors.As(err, &usage):
		s.errorf("%s", strings.TrimRight(usage.Usage(":test"), "\n"))
		return testmode.StatusUsage
	case err != nil:
		s.errorf("%s", err)
		return testmode.StatusUsage
	case opt.Help:
		fmt.Fprint(s.cfg.Out, testmode.Help())
		return testmode.StatusOK
	case opt.Cover, opt.Native:
		s.errorf("--cov, --native and --race are not available in this version")
		return testmode.StatusUsage
	}
	s.watched = nil
	if opt.Watch {
		s.watched = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--watch" || slices.Contains(opt.NodeIDs, a) })
		if s.watched == nil {
			s.watched = []string{}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	run := &testRun{verbosity: max(opt.Verbosity, 0), cancel: cancel}
	if !s.testing.CompareAndSwap(nil, run) {
		s.errorf("tests are running already")
		return testmode.StatusUsage
	}
	defer s.testing.Store(nil)
	var resume func()
	opt.Interrupt = func() {
		if run.stop.CompareAndSwap(false, true) {
			resume = s.stop()
			s.rouse()
		}
	}
	opt.Resume = func() {
		if run.stop.CompareAndSwap(true, false) && resume != nil {
			resume()
		}
	}
	defer opt.Resume()
	opt.Width = s.cfg.Width()
	opt.Color = s.cfg.Color
	if s.cfg.Color {
		opt.Highlight = s.cfg.Highlight
	}
	opt.Where = func() []testmode.Frame { return s.frames(s.engine.Position(), nil) }
	opt.PanicFrames = s.panicFrames
	opt.TaskPlace = func(info await.TaskInfo) (testmode.Frame, bool) {
		st := strandOf(info.Task)
		if st == nil {
			return testmode.Frame{}, false
		}
		fs := s.frames(st.start, nil)
		if len(fs) == 0 {
			return testmode.Frame{}, false
		}
		return fs[0], true
	}
	opt.Switch = s.switched
	var su *suite
	s.onLoop(func() { su = s.suite() })
	opt.Fixtures, opt.Main, opt.MainSource = su.fixtures, su.main, su.mainAt
	return s.runner.Run(ctx, su.tests, opt, s.cfg.Out).Status
}

// InterruptTests asks the tests that run to end: the first time they clean up
// and report, the second time their thread is abandoned. It reports whether
// there are any. It may be called from anywhere.
func (s *Session) InterruptTests() bool {
	run := s.testing.Load()
	if run == nil {
		return false
	}
	if run.asked.Add(1) == 1 {
		run.cancel()
	} else {
		s.runner.Abandon()
	}
	return true
}

// panicFrames takes a recovered panic of a test apart. It runs on the
// goroutine that recovered it.
func (s *Session) panicFrames(v any) (any, []testmode.Frame) {
	at, trace := s.engine.Position(), s.engine.Trace()
	if pe, ok := v.(*await.PanicError); ok {
		v = pe.Origin().Value
	}
	if t, ok := v.(*traced); ok {
		v, at, trace = t.value, t.at, t.trace
	}
	value := rt.Normal(rt.PanicValue(v))
	if _, ok := value.(error); !ok && value != nil {
		if _, boxed := value.(rt.Box); boxed {
			value = rt.PanicText(value)
		}
	}
	return value, s.frames(at, trace)
}

// frame makes a frame of an active call whose position is known.
func (s *Session) frame(c call) testmode.Frame {
	f := testmode.Frame{Line: c.pos.Line(), Func: c.name}
	if f.Func == "" {
		f.Func = c.pos.Cell.Name
	}
	for _, it := range c.pos.Cell.Items {
		if it.Start <= c.pos.Offset && c.pos.Offset <= it.End {
			f.Source = source(it)
		}
	}
	if f.Source.Lines == nil {
		f.Source = testmode.Source{File: "session", Location: c.pos.Cell.Name}
	}
	return f
}

// watch runs the tests again that mention, directly or through others, one of
// the names that a cell has declared.
func (s *Session) watch() {
	if s.watched == nil || len(s.touched) == 0 {
		return
	}
	var ids []string
	s.onLoop(func() {
		concerned := s.check.Concerned(s.touched)
		for _, t := range s.suite().tests {
			if concerned[t.Name] {
				ids = append(ids, t.ID())
			}
		}
	})
	if len(ids) > 0 {
		s.Test(append(append([]string{"--watch"}, s.watched...), ids...))
	}
}
