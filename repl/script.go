package repl

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// Run runs the cells that come from r, each as soon as it is complete: a line,
// or as many as it takes. name is what messages call the source. A cell that
// fails, and a :test that does, ends the run, unless keepGoing. The error is
// the first failure, which has been printed, or a *QuitError.
func (s *Session) Run(name string, r io.Reader, keepGoing bool) error {
	in, ok := r.(*bufio.Reader)
	if !ok {
		in = bufio.NewReader(r)
	}
	var first error
	line, start := 0, 1
	var cell strings.Builder
	for {
		text, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			s.errorf("%s: %s", name, err)
			return err
		}
		if text != "" {
			line++
			cell.WriteString(text)
		}
		end := err == io.EOF
		whole := cell.String()
		if strings.Contains(text, "package") && syntax.IsProgram(whole) {
			rest, err := io.ReadAll(in)
			if err != nil {
				s.errorf("%s: %s", name, err)
				return err
			}
			// The comments that stood above it were cells of their own.
			above := strings.Repeat("\n", start-1)
			err = s.Program(Source{name, 1, above + whole + string(rest)})
			if s.crashed() && s.cfg.StopOnFailure {
				return &QuitError{2} // a goroutine's panic has been reported
			}
			return s.printed(err)
		}
		if isBlank(whole) && !end {
			continue
		}
		if !end && !IsCommand(whole) {
			if complete, _ := syntax.Complete(whole); !complete {
				continue
			}
		}
		cell.Reset()
		err = s.enter(Source{name, start, strings.TrimSuffix(whole, "\n")})
		crashed := s.crashed()
		if isInterrupted(err) && crashed {
			err = errFailed // which interrupted the cell
		}
		err = s.printed(err)
		start = line + 1
		if quit := (*QuitError)(nil); errors.As(err, &quit) {
			return err
		}
		if err == nil && crashed && s.cfg.StopOnFailure {
			err = errFailed
		}
		if err != nil {
			if !keepGoing {
				return err
			}
			if first == nil {
				first = err
			}
		}
		if end {
			return first
		}
	}
}

var errFailed = errors.New("a goroutine of the session panicked")

func isInterrupted(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Kind == Interrupted
}

// isUncompiled reports whether err is that of a cell that does not compile.
func isUncompiled(err error) bool {
	var f *Failure
	return errors.As(err, new(Failures)) || errors.As(err, &f) && f.Kind == Compile
}

// isBlank reports whether text has nothing but space and whole-line comments,
// which belong to the cell that follows.
func isBlank(text string) bool {
	for _, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "//") && !strings.HasPrefix(l, "#!") {
			return false
		}
	}
	return true
}

// Enter runs a cell or a command and prints what goes wrong.
func (s *Session) Enter(src Source) error { return s.printed(s.enter(src)) }

// enter runs a cell or a command.
func (s *Session) enter(src Source) error {
	text := src.Text
	if isBlank(text) {
		return nil
	}
	if s.cfg.Journal != nil {
		s.cfg.Journal.Add(text)
	}
	for { // comments may stand above a command
		head, rest, ok := strings.Cut(text, "\n")
		if !ok || !isBlank(head) {
			break
		}
		if IsCommand(rest) {
			text = rest
			continue
		}
		break
	}
	if IsCommand(text) {
		return s.Command(text)
	}
	err := s.Eval(src)
	if s.cfg.Journal != nil && isUncompiled(err) {
		s.cfg.Journal.Fail(src.Text, err)
	}
	s.watch()
	return err
}

// printed prints err, unless that has been done.
func (s *Session) printed(err error) error {
	var quit *QuitError
	var tests *TestError
	switch {
	case err == nil, errors.As(err, &quit), errors.As(err, &tests), errors.Is(err, errFailed), errors.As(err, new(alreadyPrinted)):
		return err
	}
	s.report(err)
	return alreadyPrinted{err}
}

// alreadyPrinted marks an error that the user has seen.
type alreadyPrinted struct{ error }

func (e alreadyPrinted) Unwrap() error { return e.error }

// Status returns the exit status that an error of Run, Eval or Command means
// for a process.
func Status(err error) int {
	var quit *QuitError
	var tests *TestError
	var f *Failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &quit):
		return quit.Status
	case errors.As(err, &tests):
		return tests.Status
	case errors.As(err, &f) && f.Kind == Interrupted:
		return 130
	case errors.As(err, &f) && f.Kind == Panicked && f.Status != 0:
		return f.Status
	}
	return 1
}

func testHelp() string { return testmode.Help() }
