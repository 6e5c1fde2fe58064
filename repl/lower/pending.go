package lower

import (
	"go/token"
	"go/types"
	"strconv"

	"golang.org/x/tools/go/ssa"
)

// Precedences of engine expressions, Go's own.
const (
	precOr = iota + 1
	precAnd
	precCompare
	precAdd
	precMul
	precUnary
	precPrimary
)

// expr is the engine's expression for an SSA value. While it is pending it has
// not been evaluated: it is put into the one place that uses it, provided that
// nothing in between can change what it yields.
type expr struct {
	text   string
	prec   int
	value  ssa.Value
	locals []*ssa.Alloc // local variables that it reads
	mem    bool         // it reads memory that others may write
	call   bool         // it has effects
	runs   bool         // it calls code of the session, which leaves the position elsewhere
	addr   bool         // text designates the variable whose address this is
	pos    token.Pos    // where it may panic, if it may
	raw    string       // of a conversion to any: the operand itself
	not    string       // of a comparison: its opposite
	lit    *literal     // of a slice literal under construction
	left   string       // of an operation: its operands and the operator
	op     string
	right  string
	whole  *whole // of a field that is not exported by compiled code
}

// A whole is what has a hidden field: the text of the struct, or of the pointer
// to it, its type, and the way from there to the field.
type whole struct {
	text string
	typ  types.Type
	path string // the fields' indexes, with commas
}

// within returns the whole of field i of what e, which may be a hidden field
// itself, stands for; text is that of the struct or of the pointer to it.
func (e *expr) within(text string, t types.Type, i int) *whole {
	if e.whole != nil {
		return &whole{e.whole.text, e.whole.typ, e.whole.path + ", " + strconv.Itoa(i)}
	}
	return &whole{text, t, strconv.Itoa(i)}
}

// receiver returns the expression to call a method of a compiled type on.
func (e *expr) receiver() *expr {
	if e.whole == nil {
		return e
	}
	r := *e
	r.text, r.prec, r.whole = e.whole.text, precUnary, nil
	return &r
}

type literal struct {
	elem  string
	elems []string
	raws  []string
	done  bool
}

func (e *expr) reads(a *ssa.Alloc) bool {
	for _, l := range e.locals {
		if l == a {
			return true
		}
	}
	return false
}

// pure reports whether e yields the same at any time as long as the local
// variables that it reads stay as they are.
func (e *expr) pure() bool { return !e.mem && !e.call }

// merge returns the effects of expressions taken together.
func merge(es ...*expr) expr {
	var m expr
	for _, e := range es {
		if e == nil {
			continue
		}
		m.locals = append(m.locals, e.locals...)
		m.mem = m.mem || e.mem
		m.call = m.call || e.call
		m.runs = m.runs || e.runs
		if !m.pos.IsValid() {
			m.pos = e.pos
		}
	}
	return m
}

// at returns e's text for a place that needs at least precedence prec.
func (e *expr) at(prec int) string {
	if e.prec < prec {
		return "(" + e.text + ")"
	}
	return e.text
}
