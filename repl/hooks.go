package repl

import (
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// hooks are the functions that lowered code calls besides those of package rt.
func (s *Session) hooks() map[string]reflect.Value {
	return map[string]reflect.Value{
		"Poll":     reflect.ValueOf(s.poll),
		"Go":       reflect.ValueOf(s.startGoroutine),
		"Bprint":   reflect.ValueOf(func(a ...any) { rt.Print(s.stderr(), a...) }),
		"Bprintln": reflect.ValueOf(func(a ...any) { rt.Println(s.stderr(), a...) }),
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
		check.PreludePath + ".failʹ":   s.failAssertion,
		check.PreludePath + ".echoʹ":   s.echo,

		"time.Sleep": s.sleep,

		"fmt.Fprint":   func(w io.Writer, a ...any) (int, error) { return fmt.Fprint(s.writer(w), rt.Args(a)...) },
		"fmt.Fprintln": func(w io.Writer, a ...any) (int, error) { return fmt.Fprintln(s.writer(w), rt.Args(a)...) },
		"fmt.Fprintf": func(w io.Writer, f string, a ...any) (int, error) {
			f, a = rt.Format(f, a)
			return fmt.Fprintf(s.writer(w), f, a...)
		},
		"log.Fatal":   func(a ...any) { log.Print(rt.Args(a)...); s.exit(1) },
		"log.Fatalln": func(a ...any) { log.Println(rt.Args(a)...); s.exit(1) },
		"log.Fatalf":  func(f string, a ...any) { f, a = rt.Format(f, a); log.Printf(f, a...); s.exit(1) },
	} {
		m[name] = reflect.ValueOf(f)
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
	if st := s.strand(); st != nil {
		if t := st.inTest(); t != nil {
			return t.Stdout()
		}
	}
	return s.cfg.Out
}

// stderr is stdout for error output.
func (s *Session) stderr() io.Writer {
	if st := s.strand(); st != nil {
		if t := st.inTest(); t != nil {
			return t.Stderr()
		}
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
	return w
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
			f.Message = fmt.Sprint(rt.Args(message)...)
		}
	}
	panic(f)
}
