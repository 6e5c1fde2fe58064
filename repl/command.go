package repl

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A command is something the user asks of the shell: a line that begins with a
// colon.
type command struct {
	name string
	args string // what may follow the name
	help string // one line
	run  func(s *Session, arg string) error
}

// commands are all commands, in the order in which :help lists them.
var commands []command

func init() {
	commands = []command{
		{"help", "[command]", "list the commands, or tell more of one", (*Session).helpCommand},
		{"test", "[options] [tests]", "run the session's tests, as pytest -q would", (*Session).testCommand},
		{"test?", "", "tell the exit status of the last :test", (*Session).testedCommand},
		{"bench", "[options] [benchmarks]", "run the session's benchmarks", (*Session).benchCommand},
		{"config", "[name [value…]]", "show or set what commands take for granted", (*Session).configCommand},
		{"locals", "[test] [n]", "show the variables of a failed test, or of its nth caller", (*Session).localsCommand},
		{"tasks", "", "list the tasks and goroutines that have not ended", (*Session).tasksCommand},
		{"cancel", "task…", "cancel tasks by their numbers", (*Session).cancelCommand},
		{"type", "expression", "show the type of an expression without evaluating it", (*Session).typeCommand},
		{"doc", "name", "show what a name stands for", (*Session).docCommand},
		{"time", "cell", "run a cell and say how long it took", (*Session).timeCommand},
		{"list", "[name…]", "list what the session has declared, or show it", (*Session).listCommand},
		{"reset", "[name…]", "forget everything that was declared, or some names", (*Session).resetCommand},
		{"save", "[-f] file", "write what was declared and run to a file; -f: although it exists", (*Session).saveCommand},
		{"export", "directory", "write the session as a Go module", (*Session).exportCommand},
		{"load", "file", "run the cells of a file", (*Session).loadCommand},
		{"quit", "[status]", "leave", (*Session).quitCommand},
	}
}

// A CommandError tells that a command cannot do what it was asked to.
type CommandError struct{ Msg string }

// Error returns the message.
func (e *CommandError) Error() string { return e.Msg }

// A QuitError tells that the user wants to leave.
type QuitError struct{ Status int }

// Error says so.
func (e *QuitError) Error() string { return fmt.Sprintf("quit with status %d", e.Status) }

// A TestError tells that a run of tests did not pass; the report has been
// printed.
type TestError struct{ Status int }

// Error says so.
func (e *TestError) Error() string { return fmt.Sprintf("the tests ended with status %d", e.Status) }

// IsCommand reports whether text is a command rather than code.
func IsCommand(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), ":") }

// Command runs a command, given as a line with its colon. The error is a
// *CommandError, a *QuitError, a *TestError or what Eval returns.
func (s *Session) Command(line string) error {
	word, arg, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), ":"), " ")
	word = strings.TrimSpace(word)
	c, err := findCommand(word)
	if err != nil {
		return err
	}
	return c.run(s, strings.TrimSpace(arg))
}

// findCommand returns the command of that name, or the only one that begins
// with it.
func findCommand(word string) (*command, error) {
	var names []string
	var match []*command
	for i := range commands {
		c := &commands[i]
		if c.name == word {
			return c, nil
		}
		if word != "" && strings.HasPrefix(c.name, word) && !strings.HasSuffix(c.name, "?") {
			match = append(match, c)
		}
		names = append(names, c.name)
	}
	if len(match) == 1 {
		return match[0], nil
	}
	if len(match) > 1 {
		var names []string
		for _, c := range match {
			names = append(names, ":"+c.name)
		}
		return nil, &CommandError{":" + word + " could be " + strings.Join(names, ", ")}
	}
	msg := "unknown command :" + word
	if word == "" {
		msg = "a command needs a name"
	}
	if near := check.Nearest(word, names); near != "" {
		return nil, &CommandError{msg + " (did you mean :" + near + "?)"}
	}
	return nil, &CommandError{msg + " (:help lists them)"}
}

func (s *Session) helpCommand(arg string) error {
	out := s.cfg.Out
	if arg != "" {
		c, err := findCommand(strings.TrimPrefix(arg, ":"))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, ":%s\n    %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
		if c.name == "test" {
			fmt.Fprintf(out, "\n%s", testHelp())
		}
		return nil
	}
	width := 0
	for _, c := range commands {
		width = max(width, len(c.name)+len(c.args)+2)
	}
	fmt.Fprintln(out, "Go, with await x, async f(x), async func and assert. Commands:")
	for _, c := range commands {
		fmt.Fprintf(out, "  %-*s  %s\n", width, strings.TrimSpace(":"+c.name+" "+c.args), c.help)
	}
	fmt.Fprintf(out, "Predeclared besides Go's own: %s.\n", strings.Join(check.PreludeNames(), ", "))
	return nil
}

func (s *Session) testCommand(arg string) error {
	args, err := SplitWords(arg)
	if err != nil {
		return err
	}
	if s.quiet {
		return nil
	}
	if status := s.Test(args); status != 0 {
		return &TestError{status}
	}
	return nil
}

// statusWords say what pytest's exit statuses mean.
var statusWords = [...]string{
	testmode.StatusOK:          "all tests passed",
	testmode.StatusFailed:      "tests failed",
	testmode.StatusInterrupted: "interrupted",
	testmode.StatusInternal:    "internal error",
	testmode.StatusUsage:       "usage error",
	testmode.StatusNoTests:     "no tests ran",
}

func (s *Session) testedCommand(string) error {
	if s.tested == nil {
		return &CommandError{"there was no :test yet"}
	}
	fmt.Fprintf(s.cfg.Out, "%d: %s\n", *s.tested, statusWords[*s.tested])
	return nil
}

func (s *Session) benchCommand(arg string) error { return s.testCommand("--bench " + arg) }

// configCommand shows or sets the session's settings; there is one.
func (s *Session) configCommand(arg string) error {
	name, value, _ := strings.Cut(arg, " ")
	switch {
	case name == "":
	case name != "test.addopts":
		return &CommandError{"there is no setting " + name + " (there is test.addopts, the options that :test begins with)"}
	default:
		words, err := SplitWords(value)
		if err != nil {
			return err
		}
		s.addopts = words
	}
	fmt.Fprintf(s.cfg.Out, "test.addopts %s\n", strings.Join(s.addopts, " "))
	return nil
}

// SplitWords splits the arguments of a command as a shell does: words may be
// quoted.
func SplitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, has := rune(0), false
	for _, r := range text {
		switch {
		case in != 0:
			if r == in {
				in = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			in, has = r, true
		case r == ' ' || r == '\t':
			if has {
				words = append(words, word.String())
				word.Reset()
				has = false
			}
		default:
			word.WriteRune(r)
			has = true
		}
	}
	if in != 0 {
		return nil, &CommandError{fmt.Sprintf("the quote %c is not closed", in)}
	}
	if has {
		words = append(words, word.String())
	}
	return words, nil
}

func (s *Session) timeCommand(arg string) error {
	if arg == "" {
		return &CommandError{":time needs a cell to run, as in :time await f()"}
	}
	began := time.Now()
	err := s.Eval(Source{Text: arg})
	fmt.Fprintf(s.cfg.Out, "%s\n", round(time.Since(began)))
	return err
}

// round leaves three digits of d.
func round(d time.Duration) time.Duration {
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}

func (s *Session) quitCommand(arg string) error {
	status := 0
	if arg != "" {
		if _, err := fmt.Sscanf(arg, "%d", &status); err != nil {
			return &CommandError{":quit takes a status, a number, not " + arg}
		}
	}
	return &QuitError{status}
}

func (s *Session) loadCommand(arg string) error {
	if arg == "" {
		return &CommandError{":load needs a file"}
	}
	text, err := os.ReadFile(arg)
	if err != nil {
		return &CommandError{err.Error()}
	}
	return s.Run(arg, strings.NewReader(string(text)), false)
}

func (s *Session) resetCommand(arg string) error {
	var err error
	s.onLoop(func() {
		if arg == "" {
			s.cancelTasks()
			err = s.clear()
			s.steps, s.unused, s.reports, s.tested = nil, nil, nil, nil
			return
		}
		for _, name := range strings.Fields(arg) {
			if !s.check.Declared(name) {
				err = &CommandError{name + " is not declared"}
				return
			}
		}
		for _, name := range strings.Fields(arg) {
			for _, n := range s.check.Remove(name) {
				s.errorf("%s", n)
			}
		}
		s.steps, s.unused = append(s.steps, step{text: ":reset " + arg}), nil
	})
	return err
}

// onLoop calls f in a task of the session's loop and waits for its end.
func (s *Session) onLoop(f func()) {
	task := s.loop.Start("command", f)
	<-task.Done()
}

func (s *Session) listCommand(arg string) error {
	var err error
	s.onLoop(func() {
		names := strings.Fields(arg)
		for _, n := range names {
			if !s.check.Declared(n) {
				err = &CommandError{n + " is not declared"}
				return
			}
		}
		type place struct {
			cell  *syntax.Cell
			start int
		}
		seen := map[place]bool{} // a declaration may declare several names
		for _, e := range s.check.Declarations() {
			if len(names) > 0 && !slices.Contains(names, e.Name) {
				continue
			}
			if len(names) > 0 {
				for _, it := range e.Items {
					if at := (place{it.Cell, it.Start}); !seen[at] {
						seen[at] = true
						fmt.Fprintln(s.cfg.Out, s.colored(it.Text()))
					}
				}
				continue
			}
			line := s.check.Describe(e)
			if e.Off != nil {
				line += "  // off: " + e.Off.Error()
			}
			fmt.Fprintln(s.cfg.Out, s.colored(line))
		}
	})
	return err
}

// colored highlights source text where colours are wanted.
func (s *Session) colored(text string) string {
	if s.cfg.Color {
		return s.cfg.Highlight(text)
	}
	return text
}

func (s *Session) typeCommand(arg string) error {
	if arg == "" {
		return &CommandError{":type needs an expression"}
	}
	var text string
	var err error
	s.onLoop(func() { text, err = s.typeOf(arg) })
	if err != nil {
		return err
	}
	fmt.Fprintln(s.cfg.Out, s.colored(text))
	return nil
}

// typeOf returns the type of an expression as Go writes it.
func (s *Session) typeOf(text string) (string, error) {
	cell, err := s.check.Files.Parse("expression", 1, text, s.check.Declared)
	if err != nil {
		return "", s.compileFailure(err)
	}
	if len(cell.Items) != 1 {
		return "", &CommandError{":type takes one expression"}
	}
	t, err := s.check.TypeOf(cell.Items[0])
	if err != nil {
		return "", s.compileFailure(err)
	}
	return t, nil
}
