package repl

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/repl/lower"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// Functions that can fail a test are observed: while one runs, its strand has
// pointers to its variables. When a failure is met, their values are written
// down, for :locals and --showlocals.

// An observed is a function whose variables can be looked at while it runs.
type observed struct {
	fn   *ssa.Function
	vars []lower.Variable
}

// An activation is a call of an observed function, with what running code has
// handed over: see lower.Variable.
type activation struct {
	of   *observed
	pos  *int // the number of the position that it has come to
	vars []any
}

// A noted is what is known of an activation at a failure.
type noted struct {
	of     *observed
	pos    int
	locals []testmode.Local // by the index of the variable, or nil
}

// maxNoted is how many activations are written down, and maxLocal how much of a
// value, in bytes.
const (
	maxNoted = 20
	maxLocal = 4 << 10
)

// observes reports whether the variables of fn are kept in sight: those of
// tests and fixtures, and of what else takes or uses a t. With -l it is those of
// all functions of the user's.
func (s *Session) observes(fn *ssa.Function) bool {
	if fn.Syntax() == nil || isCell(fn) || !s.isUser(fn) {
		return false
	}
	if s.observeAll {
		return true
	}
	root := fn
	for root.Parent() != nil {
		root = root.Parent()
	}
	kind := testmode.NoTest
	if root.Signature.Recv() == nil && !isCell(root) {
		kind = testmode.KindOf(root.Name())
	}
	switch {
	case kind == testmode.IsBenchmark:
		return false
	case kind != testmode.NoTest && (fn == root || s.check.IsAsyncBody(fn.Pos()) || asserts(fn)):
		return true
	}
	for _, p := range fn.Params {
		if isT(p.Type()) {
			return true
		}
	}
	for _, v := range fn.FreeVars {
		if p, ok := v.Type().(*types.Pointer); ok && isT(p.Elem()) {
			return true
		}
	}
	return false
}

// isT reports whether t is what tests take.
func isT(t types.Type) bool {
	switch testingType(t) {
	case "T", "F", "M":
		return true
	}
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "TB" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "testing"
}

// asserts reports whether there is an assertion in fn.
func asserts(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, in := range b.Instrs {
			c, ok := in.(*ssa.Call)
			if !ok {
				continue
			}
			if f := c.Call.StaticCallee(); f != nil && f.Name() == "failʹ" {
				return true
			}
		}
	}
	return false
}

// observed gives a function with those variables a number.
func (s *Session) observed(fn *ssa.Function, vars []lower.Variable) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observing = append(s.observing, &observed{fn, vars})
	return len(s.observing) - 1
}

// observe begins an activation of the function of that number.
func (s *Session) observe(n int, pos *int, vars ...any) int {
	st := s.strand()
	if st == nil {
		return 0
	}
	s.mu.Lock()
	of := s.observing[n]
	s.mu.Unlock()
	st.active = append(st.active, activation{of, pos, vars})
	return len(st.active)
}

// unobserve ends the activation for which observe returned n, and those that
// panicked in it.
func (s *Session) unobserve(n int) {
	if st := s.strand(); st != nil && 0 < n && n <= len(st.active) {
		clear(st.active[n-1:])
		st.active = st.active[:n-1]
	}
}

// note notes the running strand's activations, innermost first, and writes down
// their variables if locals is true.
func (s *Session) note(locals bool) []noted {
	st := s.strand()
	if st == nil {
		return nil
	}
	if st.noting {
		locals = false // a value that is written down has called a test's method
	}
	st.noting = true
	defer func() { st.noting = false }()
	maps := s.goroutinesLeft.Load() == 0
	var out []noted
	for i := len(st.active) - 1; i >= 0 && len(out) < maxNoted; i-- {
		a := st.active[i]
		n := noted{of: a.of, pos: *a.pos}
		if locals {
			n.locals = make([]testmode.Local, len(a.vars))
			for j, v := range a.of.vars {
				n.locals[j] = s.local(v, a.vars[j], maps)
			}
		}
		out = append(out, n)
	}
	return out
}

// noteFailure is note for a strand that was left by the panic v: what an
// assertion had noted counts.
func (s *Session) noteFailure(v any) []noted {
	if st := s.strand(); st != nil && st.failed != nil && v == any(st.failed) {
		notes := st.notes
		st.failed, st.notes = nil, nil
		return notes
	}
	return s.note(true)
}

// local writes down the variable v. maps tells whether to look into maps.
func (s *Session) local(v lower.Variable, at any, maps bool) testmode.Local {
	l := testmode.Local{Name: v.Name, Type: types.TypeString(v.Type, qualifier)}
	p := reflect.ValueOf(at)
	if v.Moved {
		p = p.Elem()
	}
	if p.IsNil() {
		return l // it is not declared yet
	}
	if t := testingType(v.Type); t != "" {
		l.Value = "&testing." + t + "{...}"
		l.Line = l.Value
		return l
	}
	x := p.Elem().Interface()
	switch {
	case types.IsInterface(v.Type):
		x = rt.Normal(x)
	case !s.types.Faithful(v.Type):
		x = rt.MakeBox(s.types.Of(v.Type), x)
	}
	if t := taskOf(x); t != nil {
		l.Value = taskText(t)
		l.Line = l.Value
		return l
	}
	if b, ok := x.(rt.Box); ok {
		if text, ok := own(b); ok {
			l.Value, l.Line = text, text
			return l
		}
	}
	x = assertion.Guard(x, maps)
	l.Value = assertion.Text(x, s.cfg.Width(), maxLocal)
	l.Line = assertion.Repr(x, 240)
	return l
}

// qualifier names packages in types as the user does.
func qualifier(p *types.Package) string {
	switch p.Path() {
	case "main":
		return ""
	case modulePath + "testmode":
		return "testing"
	}
	return p.Name()
}

// addLocals gives each frame the variables that are visible there, as far as
// they were noted.
func (s *Session) addLocals(frames []testmode.Frame, notes []noted) {
	for i := range frames {
		c, ok := frames[i].Data.(call)
		if !ok {
			continue
		}
		if n := take(&notes, c.fn); n != nil && n.locals != nil {
			frames[i].Locals = visible(*n, c.at)
		}
	}
}

// take returns the next of the notes that is of fn, without those before it, or
// nil if there is none.
func take(notes *[]noted, fn *ssa.Function) *noted {
	for i := range *notes {
		if n := &(*notes)[i]; n.of.fn == fn {
			*notes = (*notes)[i+1:]
			return n
		}
	}
	return nil
}

// visible returns the variables that code at pos can mention.
func visible(n noted, pos token.Pos) []testmode.Local {
	locals := []testmode.Local{}
	scope := scopeAt(n.of.fn, pos)
	for i, v := range n.of.vars {
		if scope != nil {
			if _, obj := scope.LookupParent(v.Name, pos); obj == nil || obj.Pos() != v.Pos {
				continue
			}
		}
		locals = append(locals, n.locals[i])
	}
	return locals
}

// scopeAt returns the innermost scope of fn at pos.
func scopeAt(fn *ssa.Function, pos token.Pos) *types.Scope {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	f, ok := fn.Object().(*types.Func)
	if !ok || f.Scope() == nil {
		return nil
	}
	return f.Scope().Innermost(pos)
}

// localsCommand shows the variables of a test that failed in the last run.
func (s *Session) localsCommand(arg string) error {
	words := strings.Fields(arg)
	number := 0
	if n := len(words); n > 0 {
		if i, err := strconv.Atoi(words[n-1]); err == nil {
			number, words = i, words[:n-1]
		}
	}
	if len(words) > 1 {
		return &CommandError{":locals takes a test and the number of a call"}
	}
	f, name, err := s.lastFailure(words)
	if err != nil {
		return err
	}
	if number == 0 {
		number = 1
		for i, fr := range f.Frames {
			if fr.Locals != nil {
				number = i + 1
				break
			}
		}
	}
	if number < 1 || number > len(f.Frames) {
		return &CommandError{fmt.Sprintf("%s failed %d calls deep", name, len(f.Frames))}
	}
	fr := f.Frames[number-1]
	fmt.Fprintf(s.cfg.Out, "%s:%d in %s\n", fr.Source.Location, fr.Line, fr.Func)
	if fr.Locals == nil {
		return &CommandError{"the variables of " + fr.Func + " were not kept; :test -l keeps those of all functions"}
	}
	for _, l := range fr.Locals {
		fmt.Fprintln(s.cfg.Out, s.colored(l.Name+" "+l.Type+" = "+l.Value))
	}
	return nil
}

// lastFailure returns the last failure of the last run, or of the test that is
// named.
func (s *Session) lastFailure(names []string) (*testmode.Failure, string, error) {
	for i := len(s.reports) - 1; i >= 0; i-- {
		r := &s.reports[i]
		_, name, _ := strings.Cut(r.ID, "::")
		if len(names) > 0 && names[0] != r.ID && names[0] != name && !strings.HasPrefix(name, names[0]+"/") {
			continue
		}
		for j := len(r.Failures) - 1; j >= 0; j-- {
			if len(r.Failures[j].Frames) > 0 {
				return &r.Failures[j], name, nil
			}
		}
	}
	if len(names) > 0 {
		return nil, "", &CommandError{names[0] + " did not fail in the last run of :test"}
	}
	return nil, "", &CommandError{"no test failed in the last run of :test"}
}
