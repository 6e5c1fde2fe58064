package repl

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// hooks are the functions that lowered code calls besides those of package rt.
func (s *Session) hooks() map[string]reflect.Value {
	return map[string]reflect.Value{
		"Poll":       reflect.ValueOf(s.poll),
		"Stdfile":    reflect.ValueOf(s.stdfile),
		"Observe":    reflect.ValueOf(s.observe),
		"Unobserve":  reflect.ValueOf(s.unobserve),
		"Go":         reflect.ValueOf(s.startGoroutine),
		"Panics":     reflect.ValueOf(s.panics),
		"CellDefers": reflect.ValueOf(func() *rt.Defers { return s.strand().defers }),
		"Bprint":     reflect.ValueOf(func(a ...any) { rt.Print(s.stderr(), a...) }),
		"Bprintln":   reflect.ValueOf(func(a ...any) { rt.Println(s.stderr(), a...) }),
	}
}

// host returns the functions that take the place of compiled ones, and those
// that the prelude declares without a body, by import path and name.
func (s *Session) host() map[string]reflect.Value {
	m := rt.Overrides(rt.Host{Stdout: s.stdout, Stderr: s.stderr, Stdin: s.cfg.In, Exit: s.exit})
	for name, f := range map[string]any{
		check.AwaitPath + ".StartSkip": s.startTask,
		check.AwaitPath + ".Start0":    s.startTask0,

		check.PreludePath + ".recordʹ": s.record,
		check.PreludePath + ".countʹ":  s.count,
		check.PreludePath + ".failʹ":   s.failAssertion,
		check.PreludePath + ".echoʹ":   s.echo,

		"time.Sleep":           s.sleep,
		"time.AfterFunc":       s.afterFunc,
		"context.AfterFunc":    s.afterContext,
		"sync.(*WaitGroup).Go": s.goInGroup,

		"fmt.Fprint":   func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(s.writer(w), rt.Operands(a)...) },
		"fmt.Fprintln": func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(s.writer(w), rt.Args(a)...) },
		"fmt.Fprintf": func(w io.Writer, f string, a ...any) (int, error) {
			f, a = rt.Format(f, a)
			return fmt.Fprintf(s.writer(w), f, a...)
		},
		"internal/bytealg.Compare":             bytes.Compare,
		"internal/bytealg.CompareString":       strings.Compare,
		"internal/bytealg.Count":               func(b []byte, c byte) int { return bytes.Count(b, []byte{c}) },
		"internal/bytealg.CountString":         func(s string, c byte) int { return strings.Count(s, string([]byte{c})) },
		"internal/bytealg.Equal":               bytes.Equal,
		"internal/bytealg.Index":               bytes.Index,
		"internal/bytealg.IndexByte":           bytes.IndexByte,
		"internal/bytealg.IndexByteString":     strings.IndexByte,
		"internal/bytealg.IndexString":         strings.Index,
		"internal/bytealg.LastIndexByte":       bytes.LastIndexByte,
		"internal/bytealg.LastIndexByteString": strings.LastIndexByte,

		"maps.clone":                    rt.CloneMap,
		"math/rand.runtime_rand":        rand.Uint64,
		"math/rand/v2.runtime_rand":     rand.Uint64,
		"sync/atomic.runtime_procPin":   func() int { return 0 },
		"sync/atomic.runtime_procUnpin": func() {},

		"internal/stringslite.Clone":      strings.Clone,
		"internal/stringslite.Cut":        strings.Cut,
		"internal/stringslite.CutPrefix":  strings.CutPrefix,
		"internal/stringslite.CutSuffix":  strings.CutSuffix,
		"internal/stringslite.HasPrefix":  strings.HasPrefix,
		"internal/stringslite.HasSuffix":  strings.HasSuffix,
		"internal/stringslite.Index":      strings.Index,
		"internal/stringslite.IndexByte":  strings.IndexByte,
		"internal/stringslite.TrimPrefix": strings.TrimPrefix,
		"internal/stringslite.TrimSuffix": strings.TrimSuffix,
	} {
		m[name] = reflect.ValueOf(f)
	}
	for _, more := range []map[string]any{s.stackReaders(), s.logging()} {
		for name, f := range more {
			m[name] = reflect.ValueOf(f)
		}
	}
	return m
}

// sleep is time.Sleep: it blocks the thread, but an interrupt ends it.
func (s *Session) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		stop := rt.Interrupts()
		s.poll() // stop may belong to the interrupt after this one
		select {
		case <-timer.C:
			return
		case <-stop:
		}
	}
}

// stdout returns where the running code's output goes: to the test that it
// belongs to, or to the session's.
func (s *Session) stdout() io.Writer {
	if t := s.inTest(); t != nil {
		return t.Stdout()
	}
	return s.cfg.Out
}

// stderr is stdout for error output.
func (s *Session) stderr() io.Writer {
	if t := s.inTest(); t != nil {
		return t.Stderr()
	}
	return s.cfg.Err
}

// writer returns w, or what stands for it if it is one of the process's
// standard files.
func (s *Session) writer(w io.Writer) io.Writer {
	switch w {
	case io.Writer(os.Stdout):
		return s.stdout()
	case io.Writer(os.Stderr):
		return s.stderr()
	}
	if f, ok := w.(*os.File); ok {
		if t := s.inTest(); t != nil {
			if stderr, ok := t.IsStdfile(f); ok && stderr {
				return t.Stderr()
			} else if ok {
				return t.Stdout()
			}
		}
	}
	return w
}

// inTest returns the test that the running code belongs to, or nil.
func (s *Session) inTest() *testmode.T {
	if st := s.strand(); st != nil {
		return st.inTest()
	}
	return nil
}

// stdfile returns what os.Stdout or os.Stderr is to the running code.
func (s *Session) stdfile(stderr bool) *os.File {
	if t := s.inTest(); t != nil {
		return t.Stdfile(stderr)
	}
	if stderr {
		return os.Stderr
	}
	return os.Stdout
}

// Stderr returns a writer for error output of the session's code that does not
// come through the session, such as that of package log: what a test writes
// there is the test's. It may be used from any goroutine.
func (s *Session) Stderr() io.Writer { return stderrWriter{s} }

type stderrWriter struct{ s *Session }

func (w stderrWriter) Write(p []byte) (int, error) { return w.s.stderr().Write(p) }

// record begins the evaluation of the assertion of that number.
func (s *Session) record(n int) *assertion.Record {
	return assertion.NewRecord((*s.asserts.Load())[n].Expr)
}

// failAssertion ends a failed assertion: in a test the test, else as a panic.
func (s *Session) failAssertion(r *assertion.Record, message ...any) {
	verbosity := 0
	if run := s.testing.Load(); run != nil {
		verbosity = run.verbosity
	}
	f := &assertion.Failure{Explanation: r.Explain(verbosity, s.cfg.Width())}
	if len(message) > 0 {
		if format, ok := message[0].(string); ok {
			text, args := rt.Format(format, message[1:])
			f.Message = fmt.Sprintf(text, args...)
		} else {
			f.Message = fmt.Sprint(rt.Operands(message)...)
		}
	}
	if st := s.strand(); st != nil && st.inTest() != nil {
		st.failed, st.notes = f, s.note(true)
	}
	panic(f)
}
