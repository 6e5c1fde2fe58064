package repl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// Test runs the session's tests as the arguments, in pytest's words, say, on a
// thread of their own, and returns the exit status: pytest's, 0 to 5.
func (s *Session) Test(args []string) (status int) {
	opt, err := testmode.ParseOptions(append(append([]string(nil), s.addopts...), args...))
	defer func() {
		if !opt.Help {
			s.tested = &status
		}
	}()
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
	case opt.Race && !opt.Native:
		s.errorf("--race needs --native: interpreted code cannot be watched for data races")
		return testmode.StatusUsage
	}
	s.watched = nil
	if opt.Watch {
		s.watched = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--watch" || slices.Contains(opt.NodeIDs, a) })
		if s.watched == nil {
			s.watched = []string{}
		}
	}
	run := newTestRun(&s.runner, &opt)
	defer run.cancel()
	run.now.Store(s)
	if !s.testing.CompareAndSwap(nil, run) {
		s.errorf("tests are running already")
		return testmode.StatusUsage
	}
	defer s.testing.Store(nil)
	if opt.Native {
		return s.native(run.ctx, opt)
	}
	s.cfg.report(&opt)
	if opt.Cover || opt.ShowLocals && !opt.Bench {
		defer s.instrument(opt.ShowLocals, opt.Cover)()
		opt.Coverage = s.coverage
	}
	var su *suite
	s.onLoop(func() { su = s.suite() })
	opt.Fixtures, opt.Main, opt.MainSource = su.fixtures, su.main, su.mainAt
	result := run.run(su.tests, opt, s.cfg.Out)
	s.reports = slices.DeleteFunc(result.Reports, func(r testmode.Report) bool { return len(r.Failures) == 0 })
	return result.Status
}

// InterruptTests asks the tests that run to end: the first time they clean up
// and report, the second time their thread is abandoned. It reports whether
// there are any. It may be called from anywhere.
func (s *Session) InterruptTests() bool {
	run := s.testing.Load()
	if run == nil {
		return false
	}
	run.interrupt()
	return true
}

// panicFrames takes a recovered panic of a test apart. It runs on the
// goroutine that recovered it.
func (s *Session) panicFrames(v any) (any, []testmode.Frame) {
	at, trace := s.engine.Position(), s.engine.Trace()
	var notes []noted
	var awaiting []noted
	if pe, ok := v.(*await.PanicError); ok {
		v = pe.Origin().Value
		if me := await.Current(); me != nil && me.ID() != pe.Origin().Task {
			awaiting = s.note(true)
		}
	}
	if t, ok := v.(*traced); ok {
		v, at, trace, notes = t.value, t.at, t.trace, t.notes
		awaiting = append(slices.Clone(t.awaiting), awaiting...)
	} else {
		notes = s.noteFailure(rt.PanicValue(v))
	}
	value := rt.Normal(rt.PanicValue(v))
	if _, ok := value.(error); !ok && value != nil {
		if _, boxed := value.(rt.Box); boxed {
			value = rt.PanicText(value)
		}
	}
	frames := s.frames(at, trace, notes)
	s.addLocals(frames, notes)
	outer := s.frames(0, nil, awaiting)
	s.addLocals(outer, awaiting)
	return value, append(frames, outer...)
}

// frame makes a frame of an active call whose position is known.
func (s *Session) frame(c call) testmode.Frame {
	f := testmode.Frame{Line: c.pos.Line(), Func: c.name, Data: c}
	if f.Func == "" {
		f.Func = c.pos.Cell.Name
	}
	for _, it := range c.pos.Cell.Items {
		if it.Start <= c.pos.Offset && c.pos.Offset <= it.End {
			f.Source = s.source(it)
		}
	}
	if f.Source.Lines == nil {
		f.Source = testmode.Source{File: s.fileOf(c.pos.Cell), Location: c.pos.Cell.Name}
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
