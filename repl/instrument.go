package repl

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// instrument has all functions of the session lowered anew, so that the
// variables of all are kept in sight if observe is true, and statements are
// counted if count is, until the returned function is called. Code that runs
// meanwhile, and function values that are kept somewhere, stay as they were.
func (s *Session) instrument(observe, count bool) (restore func()) {
	s.onLoop(func() {
		s.observeAll = observe
		s.renew(count)
	})
	return func() {
		s.onLoop(func() {
			s.observeAll = false
			s.renew(false)
		})
	}
}

// renew lowers all functions of the session anew.
func (s *Session) renew(count bool) {
	u, err := s.check.Renew(count)
	if err != nil {
		s.report(s.compileFailure(err))
		return
	}
	asserts := s.check.Asserts
	s.asserts.Store(&asserts)
	counts := make([]atomic.Int64, len(s.check.Counters))
	s.counts.Store(&counts)
	if _, err := s.load(u); err != nil {
		u.Undo()
		s.report(s.compileFailure(err))
	}
}

// count counts an execution of the statement of that number.
func (s *Session) count(n int) {
	if counts := *s.counts.Load(); n < len(counts) {
		counts[n].Add(1)
	}
}

// coverage returns how often each statement has been executed since they are
// counted, by the name of the source.
func (s *Session) coverage() []testmode.Coverage {
	var list []testmode.Coverage
	counts := *s.counts.Load()
	for n, c := range s.check.Counters {
		i := slices.IndexFunc(list, func(l testmode.Coverage) bool { return l.Name == c.Start.Cell.Name })
		if i < 0 {
			i = len(list)
			list = append(list, testmode.Coverage{Name: c.Start.Cell.Name})
		}
		list[i].Statements = append(list[i].Statements, testmode.Statement{
			Line: c.Start.Line(), Col: c.Start.Column(), EndLine: c.End.Line(), EndCol: c.End.Column(), Count: int(counts[n].Load()),
		})
	}
	for _, l := range list {
		slices.SortStableFunc(l.Statements, func(a, b testmode.Statement) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
		})
	}
	return list
}
