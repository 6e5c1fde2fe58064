package repl

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/engine"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A testRun is a run of tests of one or more sessions, of which one at a time
// has its turn.
type testRun struct {
	runner    *testmode.Runner
	verbosity int
	now       atomic.Pointer[Session] // whose tests run
	stop      atomic.Bool             // code of tests is to stop
	resume    func()                  // undoes that
	ctx       context.Context
	cancel    context.CancelFunc
	asked     atomic.Int32 // how often the user asked for its end
}

// newTestRun returns a run, and connects opt with it: through it test mode
// learns where code of the sessions is, and stops it.
func newTestRun(runner *testmode.Runner, opt *testmode.Options) *testRun {
	r := &testRun{runner: runner, verbosity: max(opt.Verbosity, 0)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	opt.Interrupt = func() {
		if s := r.now.Load(); r.stop.CompareAndSwap(false, true) {
			r.resume = s.stop()
			s.rouse()
		}
	}
	opt.Resume = func() {
		if r.stop.CompareAndSwap(true, false) && r.resume != nil {
			r.resume()
		}
	}
	opt.Where = func() []testmode.Frame {
		s := r.now.Load()
		return s.frames(s.engine.Position(), nil, s.note(false))
	}
	opt.Locals = func(frames []testmode.Frame) {
		s := r.now.Load()
		s.addLocals(frames, s.note(true))
	}
	opt.PanicFrames = func(v any) (any, []testmode.Frame) { return r.now.Load().panicFrames(v) }
	opt.Guard = engine.Guard
	opt.TaskPlace = func(info await.TaskInfo) (testmode.Frame, bool) {
		s := r.now.Load()
		st := strandOf(info.Task)
		if st == nil {
			return testmode.Frame{}, false
		}
		fs := s.frames(st.start, nil, nil)
		if len(fs) == 0 {
			return testmode.Frame{}, false
		}
		return fs[0], true
	}
	opt.Switch = switched
	return r
}

// run runs the tests, which opt is for.
func (r *testRun) run(tests []testmode.Test, opt testmode.Options, out io.Writer) testmode.Result {
	defer r.cancel()
	defer opt.Resume()
	return r.runner.Run(r.ctx, tests, opt, out)
}

// interrupt asks for the end of the run: the first time the tests clean up and
// report, the second time their thread is abandoned. It may be called from
// anywhere.
func (r *testRun) interrupt() {
	if r.asked.Add(1) == 1 {
		r.cancel()
	} else {
		r.runner.Abandon()
	}
}

// report sets how test mode prints.
func (c *Config) report(opt *testmode.Options) {
	opt.Width = c.Width()
	opt.Color = c.Color
	if c.Color {
		opt.Highlight = c.Highlight
	}
}
