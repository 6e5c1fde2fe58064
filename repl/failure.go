package repl

import (
	"errors"
	"fmt"
	"go/token"
	"io"

	"strings"

	"github.com/mattn/go-runewidth"
	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/engine"
	"github.com/asyncrepl/asyncrepl/repl/lower"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// A Kind is the way in which a cell failed.
type Kind int

// The kinds.
const (
	Compile     Kind = iota // it cannot be run
	Panicked                // it ran and panicked
	Interrupted             // it was cancelled
	Exited                  // it called os.Exit
)

// A Failure is what went wrong in a cell.
type Failure struct {
	Kind Kind
	// Pos is the place; its Cell is nil if it is not known.
	Pos syntax.Position
	Msg string
	// Hint is what may help, or empty.
	Hint string
	// Notes are further lines: the calls that were active, for one.
	Notes []string
	// Incomplete tells that more text could make the cell right.
	Incomplete bool
	// Status is the exit status that the failure means for a process, where it
	// is not 1: the argument of os.Exit, or 2 for a program that panicked.
	Status int
}

// Error returns the place, the message and the hint in one line.
func (f *Failure) Error() string {
	msg := f.Msg
	if f.Hint != "" {
		msg += " (" + f.Hint + ")"
	}
	if f.Pos.Cell == nil {
		return msg
	}
	return f.Pos.String() + ": " + msg
}

// Failures are several failures of one cell.
type Failures []*Failure

// Error returns the first one's text.
func (fs Failures) Error() string { return fs[0].Error() }

// compileFailure makes a failure of what a stage says of a cell.
func (s *Session) compileFailure(err error) error {
	var se *syntax.Error
	var ces check.Errors
	var ce *check.Error
	var le *lower.Error
	switch {
	case errors.As(err, &se):
		return &Failure{Pos: se.Pos, Msg: se.Msg, Incomplete: se.Incomplete}
	case errors.As(err, &ces):
		var fs Failures
		for _, e := range ces {
			fs = append(fs, &Failure{Pos: e.Pos, Msg: e.Msg, Hint: e.Hint})
		}
		return fs
	case errors.As(err, &ce):
		return &Failure{Pos: ce.Pos, Msg: ce.Msg, Hint: ce.Hint}
	case errors.As(err, &le):
		pos, _ := s.check.Files.Position(le.Pos)
		return &Failure{Pos: pos, Msg: le.Msg}
	}
	var ee *engine.Error
	if errors.As(err, &ee) {
		return &Failure{Msg: ee.Error()}
	}
	return &Failure{Msg: err.Error()}
}

// panicked makes a failure of a recovered panic; at is the number of the
// position that running code had come to, and trace the engine functions that
// were left, innermost first.
func (s *Session) panicked(v any, at int, trace []string) *Failure {
	if pe, ok := v.(*await.PanicError); ok {
		return s.taskFailure(pe)
	}
	f := &Failure{Kind: Panicked, Msg: "panic: " + rt.PanicText(v)}
	if a, ok := rt.PanicValue(v).(*assertion.Failure); ok {
		lines := a.Lines()
		f.Msg = "assertion failed: " + strings.TrimPrefix(lines[0], "AssertionError: ")
		f.Notes = lines[1:]
	}
	frames := s.calls(at, trace, nil)
	if len(frames) > 0 {
		f.Pos = frames[0].pos
	}
	for i, c := range frames {
		switch {
		case i == 0 && c.name != "":
			f.Notes = append(f.Notes, "in "+c.name)
		case i > 0 && c.pos.Cell != nil:
			f.Notes = append(f.Notes, "called "+within(c.name)+"at "+c.pos.String())
		case i > 0 && c.name != "":
			f.Notes = append(f.Notes, "called by "+c.name)
		}
	}
	const most = 12
	if n := len(f.Notes); n > most {
		f.Notes = append(append(f.Notes[:most/2:most/2], fmt.Sprintf("… %d calls …", n-most)), f.Notes[n-most/2:]...)
	}
	return f
}

func within(name string) string {
	if name == "" {
		return ""
	}
	return "in " + name + " "
}

// taskFailure makes a failure of the panic of a task.
func (s *Session) taskFailure(pe *await.PanicError) *Failure {
	origin := pe.Origin()
	var f *Failure
	if t, ok := origin.Value.(*traced); ok {
		f = s.panicked(t.value, t.at, t.trace)
	} else {
		f = s.panicked(origin.Value, 0, nil)
	}
	if origin.Task != 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("in task %d%s", origin.Task, quoted(origin.Name)))
	}
	return f
}

// A call is an active call of the user's code.
type call struct {
	name string // of the function; empty for a cell's own statements
	pos  syntax.Position
	at   token.Pos
	fn   *ssa.Function
}

// calls returns the calls that were active, innermost first. The position is
// known of the innermost one, of those that notes are about, and of others where
// only one place comes into question. Without a trace, it is the innermost call
// and those that notes are about.
func (s *Session) calls(at int, trace []string, notes []noted) []call {
	var out []call
	here := s.place(at)
	// What panics that were recovered earlier have left comes first, and does
	// not count.
	for i, name := range trace {
		if here.fn != nil && s.lower.Function(name) == here.fn {
			trace = trace[i:]
			break
		}
	}
	var inner *ssa.Function
	for _, name := range trace {
		fn := s.lower.Function(name)
		if fn == nil {
			continue
		}
		again := fn == inner && !callPosition(fn, fn).IsValid() // the engine may list a call twice
		outside := inner != nil && inner.Parent() == fn && s.check.IsAsyncBody(inner.Pos())
		if s.isUser(fn) && !again && !outside {
			c := call{name: s.functionName(fn), fn: fn}
			pos := here.pos
			if n := take(&notes, fn); n != nil && n.pos != 0 {
				pos = s.place(n.pos).pos
			} else if len(out) > 0 || here.fn != fn {
				pos = callPosition(fn, inner)
			}
			c.pos, _ = s.check.Files.Position(pos)
			c.at = pos
			out = append(out, c)
		}
		inner = fn
	}
	if len(out) > 0 {
		return out
	}
	add := func(p place) {
		c := call{fn: p.fn, name: s.functionName(p.fn), at: p.pos}
		c.pos, _ = s.check.Files.Position(p.pos)
		out = append(out, c)
	}
	if here.fn != nil {
		take(&notes, here.fn)
		add(here)
	}
	for _, n := range notes {
		if p := s.place(n.pos); p.fn != nil {
			add(p)
		}
	}
	return out
}

// isUser reports whether fn stands in a cell.
func (s *Session) isUser(fn *ssa.Function) bool {
	if isCell(fn) {
		return true
	}
	pos, ok := s.check.Files.Position(fn.Pos())
	return ok && !pos.Cell.Foreign
}

// isCell reports whether fn runs a cell's own statements.
func isCell(fn *ssa.Function) bool {
	return strings.HasPrefix(fn.Name(), check.CellPrefix) || fn.Synthetic == "package initializer"
}

// callPosition returns the only place where caller calls callee, if there is
// just one.
func callPosition(caller, callee *ssa.Function) token.Pos {
	pos := token.NoPos
	if callee == nil {
		return pos
	}
	for _, b := range caller.Blocks {
		for _, in := range b.Instrs {
			c, ok := in.(ssa.CallInstruction)
			if !ok {
				continue
			}
			target, _ := c.Common().Value.(*ssa.Function)
			if mc, ok := c.Common().Value.(*ssa.MakeClosure); ok {
				target = mc.Fn.(*ssa.Function)
			}
			if target != callee {
				continue
			}
			if pos.IsValid() && pos != in.Pos() {
				return token.NoPos
			}
			pos = in.Pos()
		}
	}
	return pos
}

// functionName names fn as the user does.
func (s *Session) functionName(fn *ssa.Function) string {
	if p := fn.Parent(); p != nil {
		outer := s.functionName(p)
		if s.check.IsAsyncBody(fn.Pos()) {
			return outer
		}
		if outer != "" {
			return "a function literal of " + outer
		}
		return ""
	}
	name := fn.Name()
	if isCell(fn) {
		return ""
	}
	if recv := fn.Signature.Recv(); recv != nil {
		t := recv.Type().String()
		star := ""
		if strings.HasPrefix(t, "*") {
			star, t = "*", t[1:]
		}
		t = t[strings.LastIndexByte(t, '.')+1:]
		if star != "" {
			return "(*" + t + ")." + name
		}
		return t + "." + name
	}
	return name
}

// where names the place with that number.
func (s *Session) where(n int) string {
	if pos, ok := s.check.Files.Position(s.place(n).pos); ok {
		return pos.String()
	}
	return "an unknown place"
}

// frames returns the active calls as test mode shows them.
func (s *Session) frames(at int, trace []string, notes []noted) []testmode.Frame {
	var out []testmode.Frame
	for _, c := range s.calls(at, trace, notes) {
		if c.pos.Cell == nil {
			continue
		}
		out = append(out, s.frame(c))
	}
	return out
}

// report prints a failure.
func (s *Session) report(err error) { Report(s.cfg.Err, err, s.cfg.Color) }

// Report prints an error of Eval: each failure with its place, the line of
// source and a caret below the column.
func Report(w io.Writer, err error, color bool) {
	var fs Failures
	if !errors.As(err, &fs) {
		var f *Failure
		if !errors.As(err, &f) {
			fmt.Fprintln(w, err)
			return
		}
		fs = Failures{f}
	}
	var b strings.Builder
	for _, f := range fs {
		f.write(&b, color)
	}
	io.WriteString(w, b.String())
}

var redBold, plain = "\x1b[1;31m", "\x1b[0m"

func (f *Failure) write(b *strings.Builder, color bool) {
	head, rest, multi := strings.Cut(f.Error(), "\n")
	if color {
		head = redBold + head + plain
	}
	b.WriteString(head + "\n")
	if multi {
		for _, l := range strings.Split(rest, "\n") {
			b.WriteString(strings.TrimRight(l, " ") + "\n")
		}
	}
	if f.Pos.Cell != nil && f.Kind != Interrupted {
		line := f.Pos.Source()
		b.WriteString("\t" + line + "\n")
		b.WriteString("\t" + caret(line, f.Pos.Column()) + "\n")
	}
	for _, n := range f.Notes {
		b.WriteString("\t" + n + "\n")
	}
}

// caret returns a line whose caret stands below column col, in bytes from 1,
// of line.
func caret(line string, col int) string {
	head := line[:min(max(col-1, 0), len(line))]
	var b strings.Builder
	for _, part := range strings.SplitAfter(head, "\t") {
		text, tab := strings.CutSuffix(part, "\t")
		b.WriteString(strings.Repeat(" ", runewidth.StringWidth(text)))
		if tab {
			b.WriteByte('\t')
		}
	}
	return b.String() + "^"
}
