package lower

import (
	"fmt"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

func (s *fn) phi(in *ssa.Phi) {
	// Its variable was declared by the first predecessor that assigned it.
	s.names[in] = s.phiName(in)
}

func (s *fn) phiName(in *ssa.Phi) string {
	if n, ok := s.names[in]; ok {
		return n
	}
	n := s.temp(s.typ(in.Type()))
	s.names[in] = n
	return n
}

// edge assigns the phis of the block that control goes to.
func (s *fn) edge(from, to *ssa.BasicBlock) {
	var lhs, rhs []string
	for _, in := range to.Instrs {
		p, ok := in.(*ssa.Phi)
		if !ok {
			break
		}
		if !used(p) {
			continue
		}
		for i, pred := range to.Preds {
			if pred == from {
				e := s.take(p.Edges[i])
				n := s.phiName(p)
				if e.text != n {
					lhs, rhs = append(lhs, n), append(rhs, e.text)
				}
				break
			}
		}
	}
	if len(lhs) == 1 {
		s.line(lhs[0] + " = " + rhs[0])
	} else if len(lhs) > 1 {
		var tmps []string
		for i := range lhs {
			t := s.temp(s.typ(phiAt(to, i).Type()))
			s.line(t + " = " + rhs[i])
			tmps = append(tmps, t)
		}
		for i := range lhs {
			s.line(lhs[i] + " = " + tmps[i])
		}
	}
}

func phiAt(b *ssa.BasicBlock, i int) *ssa.Phi { return b.Instrs[i].(*ssa.Phi) }

func hasPhi(b *ssa.BasicBlock) bool {
	_, ok := b.Instrs[0].(*ssa.Phi)
	return ok
}

func (s *fn) next() *ssa.BasicBlock {
	i := s.block.Index + 1
	if i < len(s.f.Blocks) && s.f.Blocks[i] == s.f.Recover {
		i++
	}
	if i < len(s.f.Blocks) {
		return s.f.Blocks[i]
	}
	return nil
}

func (s *fn) jump(to *ssa.BasicBlock) {
	if s.next() == to {
		return
	}
	s.line("goto " + label(to))
}

func (s *fn) branch(in *ssa.If) {
	b := in.Block()
	yes, no := b.Succs[0], b.Succs[1]
	e := s.operand(in.Cond)
	if hasPhi(yes) || hasPhi(no) {
		if !e.pure() || len(s.pend) > 0 {
			n := s.temp("bool")
			s.statement(n+" = "+e.text, e)
			e = &expr{text: n, prec: precPrimary}
		}
		s.flushAll()
		s.edge(b, yes)
		s.edge(b, no)
	} else {
		s.flushAll()
	}
	s.report(e.pos)
	switch s.next() {
	case yes:
		s.line("if " + negate(e) + " {\n\t\tgoto " + label(no) + "\n\t}")
	default:
		s.line("if " + e.text + " {\n\t\tgoto " + label(yes) + "\n\t}")
		s.jump(no)
	}
}

func negate(e *expr) string {
	if e.not != "" {
		return e.not
	}
	if strings.HasPrefix(e.text, "!") && e.prec == precUnary {
		return e.text[1:]
	}
	return "!" + e.at(precPrimary)
}

func (s *fn) ret(in *ssa.Return) {
	results := slices.Clone(in.Results)
	for i, r := range results {
		if v := s.returned[r]; v != nil {
			results[i] = v
		}
	}
	es := s.operands(results...)
	s.flushEffects()
	for i, r := range results {
		if isFunc(r.Type()) {
			es[i] = s.stable(r, s.typed(r, es[i])) // the engine returns no other function
		}
	}
	if s.protect {
		for i, e := range es {
			s.statement("r"+strconv.Itoa(i)+" = "+e.text, e)
		}
		s.bareReturn()
		return
	}
	if s.observed {
		for i, r := range results {
			es[i] = s.stable(r, s.typed(r, es[i]))
		}
		s.line(unobserve)
	}
	text := "return"
	if len(es) == 0 {
		s.bareReturn()
		return
	}
	for i, e := range es[1:] {
		if callsBuiltin(e) {
			// The engine has it leave its value in the place of the first result.
			m := *e
			m.text = "(" + e.text + ")"
			es[i+1] = &m
		}
	}
	s.statement(text+" "+join(es), es...)
}

// callsBuiltin reports whether e begins with a call of one of the engine's
// predeclared functions.
func callsBuiltin(e *expr) bool {
	name, _, _ := strings.Cut(e.text, "(")
	switch name {
	case "append", "cap", "complex", "copy", "imag", "len", "make", "new", "real":
		return true
	}
	return false
}

// bareReturn writes a return without results. The engine loops for ever when
// one is entered from two places, so a statement keeps it from the label.
func (s *fn) bareReturn() {
	s.unlabel()
	s.line("return")
}

// unlabel keeps what follows from a label that was just written.
func (s *fn) unlabel() {
	if strings.HasSuffix(s.body.String(), ":\n") {
		s.line(s.temp("bool") + " = false")
	}
}

// returnZero ends a path that control never gets to the end of.
func (s *fn) returnZero() {
	if s.protect {
		s.bareReturn()
		return
	}
	var parts []string
	for i := range s.f.Signature.Results().Len() {
		t := s.f.Signature.Results().At(i).Type()
		z := s.zero(t)
		if z == "0" {
			z = s.conversion(t) + "(0)"
		}
		parts = append(parts, z)
	}
	if len(parts) == 0 {
		s.bareReturn()
		return
	}
	s.line("return " + strings.Join(parts, ", "))
}

func (s *fn) rangeOver(in *ssa.Range) {
	e := s.typed(in.X, s.operand(in.X))
	s.flushEffects()
	ptrs := [2]string{"nil", "nil"}
	var key, val types.Type
	for _, r := range *in.Referrers() {
		if next, ok := r.(*ssa.Next); ok {
			tuple := next.Type().(*types.Tuple)
			for _, x := range *next.Referrers() {
				if ex, ok := x.(*ssa.Extract); ok {
					switch ex.Index {
					case 1:
						key = tuple.At(1).Type()
					case 2:
						val = tuple.At(2).Type()
					}
				}
			}
		}
	}
	hook := "IterString"
	if m, ok := in.X.Type().Underlying().(*types.Map); ok {
		hook = "IterMap"
		if key != nil {
			key = m.Key()
		}
		if val != nil {
			val = m.Elem()
		}
	}
	for i, t := range []types.Type{key, val} {
		if t == nil {
			continue
		}
		n := s.temp("*" + s.typ(t))
		s.line(n + " = new(" + s.typ(t) + ")")
		ptrs[i] = n
	}
	n := s.temp("*x.Iter")
	s.names[in] = n
	s.iters[in] = ptrs
	m := *e
	m.pos = s.posOf(in)
	s.statement(fmt.Sprintf("%s = x.%s(%s, %s, %s)", n, hook, e.text, ptrs[0], ptrs[1]), &m)
}

func (s *fn) selectStmt(in *ssa.Select) {
	var vs []ssa.Value
	for _, st := range in.States {
		vs = append(vs, st.Chan)
		if st.Dir == types.SendOnly {
			vs = append(vs, st.Send)
		}
	}
	es := s.operands(vs...)
	s.flushEffects()
	names := []string{s.temp("int"), s.temp("bool")}
	var cases []string
	for _, st := range in.States {
		ch := s.channel(st.Chan, es[0])
		es = es[1:]
		elem := st.Chan.Type().Underlying().(*types.Chan).Elem()
		p := s.temp("*" + s.typ(elem))
		s.line(p + " = new(" + s.typ(elem) + ")")
		if st.Dir == types.SendOnly {
			s.statement("*"+p+" = "+es[0].text, es[0])
			es = es[1:]
			cases = append(cases, "x.SendCase("+ch.text+", "+p+")")
			continue
		}
		cases = append(cases, "x.RecvCase("+ch.text+", "+p+")")
		names = append(names, "*"+p)
	}
	s.report(s.posOf(in))
	s.line(fmt.Sprintf("%s, %s = x.Select(%s)", names[0], names[1],
		strings.Join(append([]string{strconv.FormatBool(in.Blocking)}, cases...), ", ")))
	s.tuple(in, names...)
}

// channel takes the expression for ch, a channel, and returns a variable that
// holds it: the engine takes no other expression for a channel everywhere.
func (s *fn) channel(ch ssa.Value, e *expr) *expr {
	e = s.typed(ch, e)
	if plain.MatchString(e.text) {
		return e
	}
	n := s.temp(s.typ(ch.Type()))
	s.statement(n+" = "+e.text, e)
	return &expr{text: n, prec: precPrimary}
}

func (s *fn) send(in *ssa.Send) {
	es := s.operands(in.Chan, in.X)
	s.flushEffects()
	ch := s.channel(in.Chan, es[0])
	m := *es[1]
	m.pos = s.posOf(in)
	t := s.typ(in.X.Type())
	v := s.temp(t)
	s.statement(v+" = "+es[1].text, es[1])
	s.report(m.pos)
	if s.engineSends(in.Chan.Type()) {
		s.line(ch.text + " <- " + v)
	} else {
		p := s.temp("*" + t)
		s.line(p + " = new(" + t + ")\n\t*" + p + " = " + v + "\n\tx.Send(" + ch.text + ", " + p + ")")
	}
	s.pos = 0
}

// engineSends reports whether the engine's own operators are right for channels
// of type t.
func (u *unit) engineSends(t types.Type) bool {
	return !u.isHostType(t) && !isFunc(t.Underlying().(*types.Chan).Elem())
}

func (s *fn) receive(in *ssa.UnOp) {
	e := s.operand(in.X)
	s.flushEffects()
	ch := s.channel(in.X, e)
	m := expr{pos: s.posOf(in), call: true}
	t := in.Type()
	if in.CommaOk {
		t = t.(*types.Tuple).At(0).Type()
	}
	if !used(in) {
		s.statement("x.Receive("+ch.text+", nil)", &m)
		return
	}
	v, ok := s.temp(s.typ(t)), s.temp("bool")
	s.report(m.pos)
	switch {
	case !s.engineSends(in.X.Type()):
		p := s.temp("*" + s.typ(t))
		s.line(p + " = new(" + s.typ(t) + ")\n\t" + ok + " = x.Receive(" + ch.text + ", " + p + ")\n\t" + v + " = *" + p)
	case in.CommaOk:
		s.line(v + ", " + ok + " = <-" + ch.text)
	default:
		s.line(v + " = <-" + ch.text)
	}
	s.pos = 0
	if in.CommaOk {
		s.tuple(in, v, ok)
		return
	}
	s.names[in] = v
}

// isHostType reports whether the engine knows the representation of t only as
// a type of the host, whose values it cannot send or receive itself.
func (u *unit) isHostType(t types.Type) bool { return strings.HasPrefix(u.typ(t), Host+".") }
