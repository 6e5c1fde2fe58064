package repl

import (
	"context"
	"fmt"
	"go/types"
	"reflect"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
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
	if err != nil {
		var usage *testmode.UsageError
		if u, ok := err.(*testmode.UsageError); ok {
			usage = u
			s.errorf("%s", strings.TrimRight(usage.Usage(":test"), "\n"))
		} else {
			s.errorf("%s", err)
		}
		return testmode.StatusUsage
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
		st := s.started(await.CurrentLoop(), info.ID)
		if st == nil {
			return testmode.Frame{}, false
		}
		fs := s.frames(st.start, nil)
		if len(fs) == 0 {
			return testmode.Frame{}, false
		}
		return fs[0], true
	}
	opt.LoopOptions = append(opt.LoopOptions, s.observers()...)
	return s.runner.Run(ctx, s.tests(), opt, s.cfg.Out).Status
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

// tests returns the test functions of the session, in the order in which they
// were declared.
func (s *Session) tests() []testmode.Test {
	var out []testmode.Test
	for _, e := range s.check.Declarations() {
		if t, ok := s.test(e); ok {
			out = append(out, t)
		}
	}
	return out
}

// isTestName reports whether a function of that name is a test: TestXxx as in
// Go, or test_xxx and testXxx as in Python.
func isTestName(name string) bool {
	rest, ok := strings.CutPrefix(name, "Test")
	if ok {
		r, _ := utf8.DecodeRuneInString(rest)
		return rest == "" || !unicode.IsLower(r)
	}
	rest, ok = strings.CutPrefix(name, "test")
	if !ok || rest == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return r == '_' || unicode.IsUpper(r) || unicode.IsDigit(r)
}

// test makes a test of a declared function, if it is one.
func (s *Session) test(e *check.Entity) (t testmode.Test, ok bool) {
	if e.Kind != check.Func || !isTestName(e.Name) || len(e.Items) == 0 {
		return t, false
	}
	it := e.Items[0]
	pos := syntax.Position{Cell: it.Cell, Offset: it.Start}
	t = testmode.Test{Name: e.Name, File: "session", Line: pos.Line(), Async: e.Async, Source: source(it)}
	if e.Off != nil {
		msg := e.Off.Error()
		t.Func = func(t *testmode.T) { t.Fatalf("%s does not compile: %s", e.Name, msg) }
		return t, true
	}
	obj, isFunc := e.Obj.(*types.Func)
	if !isFunc {
		return t, false
	}
	sig := obj.Signature()
	if sig.TypeParams().Len() > 0 || sig.Params().Len() > 1 || sig.Results().Len() > 1 {
		return t, false
	}
	withT := sig.Params().Len() == 1
	if withT && !isTestT(sig.Params().At(0).Type()) {
		return t, false
	}
	name := s.lower.Name(s.check.Prog().FuncValue(obj))
	v, err := s.engine.Func(name)
	if name == "" || err != nil {
		return t, false
	}
	t.Func = func(t *testmode.T) {
		await.Current().Local = &strand{test: t}
		var in []reflect.Value
		if withT {
			in = []reflect.Value{reflect.ValueOf(t)}
		}
		for _, r := range v.Call(in) {
			if task := taskOf(r.Interface()); task != nil {
				task.Await()
			} else if task := taskField(r); task != nil {
				task.Await()
			}
		}
	}
	return t, true
}

// isTestT reports whether t is *testing.T, which is test mode's own in a
// session.
func isTestT(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && n.Obj().Name() == "T" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == modulePath+"testmode"
}

const modulePath = "github.com/asyncrepl/asyncrepl/"

// source returns the text of a declaration.
func source(it *syntax.Item) testmode.Source {
	pos := syntax.Position{Cell: it.Cell, Offset: it.Start}
	return testmode.Source{
		File:      "session",
		Location:  it.Cell.Name,
		FirstLine: pos.Line(),
		Lines:     strings.Split(it.Text(), "\n"),
	}
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

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
