package repl

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// maxNotRun is how many of the statements that it does not run Resume shows.
const maxNotRun = 10

// Resume restores what the cells of an earlier session have declared: functions,
// types, constants, imports, and variables without a value. Statements, which
// may have effects, are not run again. It prints what is restored and what is
// not. name is what it calls the earlier session.
func (s *Session) Resume(name string, cells []string) {
	var failed []error
	var statements []string
	s.resuming = true
	for _, text := range cells {
		if IsCommand(text) {
			word, _, _ := strings.Cut(strings.TrimSpace(text)[1:], " ")
			if c, err := findCommand(word); err == nil && c.name == "reset" {
				s.enter(Source{Text: text}) // what it cannot find was not restored
			}
			continue
		}
		declarations, others := s.divide(text)
		statements = append(statements, others...)
		if declarations == "" {
			continue
		}
		if err := s.enter(Source{Text: declarations}); err != nil {
			failed = append(failed, err)
		}
	}
	s.resuming = false

	var restored, off []string
	s.onLoop(func() {
		for _, e := range s.check.Declarations() {
			what := e.Kind.String() + " " + e.Name
			if e.Off != nil {
				off = append(off, what+" is off: "+e.Off.Error())
				continue
			}
			restored = append(restored, what)
			for _, m := range e.Pending {
				off = append(off, "a method of "+what+" is off: "+m.Err.Error())
			}
		}
	})
	if len(restored) == 0 {
		restored = []string{"nothing is declared in it"}
	}
	s.errorf("resumed %s: %s", name, strings.Join(restored, ", "))
	for _, o := range off {
		s.errorf("%s", o)
	}
	for _, err := range failed {
		s.errorf("not restored: %s", err)
	}
	if n := len(statements) - maxNotRun; n > 0 {
		s.errorf("not run again: %d statements, the last of them", len(statements))
		statements = statements[n:]
	} else if len(statements) > 0 {
		s.errorf("not run again:")
	}
	for _, st := range statements {
		line, _, more := strings.Cut(st, "\n")
		if line = s.colored(line); more {
			line += " …"
		}
		s.errorf("\t%s", line)
	}
}

// divide parts a cell into the declarations that Resume restores, as a cell, and
// the statements.
func (s *Session) divide(text string) (declarations string, statements []string) {
	var list []string
	s.onLoop(func() {
		cell, err := s.check.Files.Parse("resumed", 1, text, s.check.Declared)
		if err != nil {
			return // it did not parse when it was entered either
		}
		for _, it := range cell.Items {
			if hasEffects(it) {
				statements = append(statements, it.Text())
			} else {
				list = append(list, documented(it.Doc, it.Text()))
			}
		}
	})
	if len(statements) == 0 && len(list) > 0 {
		return text, nil
	}
	return strings.Join(list, "\n"), statements
}

// hasEffects reports whether an item does more than declare.
func hasEffects(it *syntax.Item) bool {
	d, ok := it.Decl.(*ast.GenDecl)
	if !ok || d.Tok != token.VAR {
		return it.Decl == nil
	}
	return slices.ContainsFunc(d.Specs, func(s ast.Spec) bool { return len(s.(*ast.ValueSpec).Values) > 0 })
}
