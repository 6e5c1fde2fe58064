package lower

import (
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/rt"
	"golang.org/x/tools/go/ssa"
)

// instr lowers one instruction.
func (s *fn) instr(in ssa.Instruction) {
	switch in := in.(type) {
	case *ssa.DebugRef:
	case *ssa.Alloc:
		s.alloc(in)
	case *ssa.Store:
		s.store(in)
	case *ssa.UnOp:
		s.unOp(in)
	case *ssa.BinOp:
		s.binOp(in)
	case *ssa.FieldAddr:
		s.fieldAddr(in)
	case *ssa.Field:
		es, place := s.inputs(in, in.X)
		m := merge(es...)
		m.text = es[0].at(precPrimary) + "." + s.field(in.X.Type(), in.Field)
		m.prec = precPrimary
		if s.isHidden(in.X.Type(), in.Field) {
			m.whole = es[0].within(es[0].at(precPrimary), in.X.Type(), in.Field)
		}
		s.defineAt(in, &m, place)
	case *ssa.IndexAddr:
		s.indexAddr(in)
	case *ssa.Index:
		es := s.indexed(in, in.X, in.Index)
		m := merge(es...)
		m.text = es[0].at(precPrimary) + "[" + es[1].text + "]"
		m.prec = precPrimary
		s.define(in, &m)
	case *ssa.Lookup:
		s.lookup(in)
	case *ssa.MapUpdate:
		es := s.operands(in.Map, in.Key, in.Value)
		es[0] = s.typed(in.Map, es[0])
		es[1] = s.key(in.Key, es[1])
		s.flushEffects()
		if es[2].pos.IsValid() {
			// The engine deletes the entry if the value cannot be had.
			for i, v := range []ssa.Value{in.Map, in.Key} {
				if es[i].call || es[i].mem {
					es[i] = s.stable(v, es[i])
				}
			}
			es[2] = s.stable(in.Value, es[2])
		}
		m := merge(es...)
		m.pos = s.posOf(in)
		m.text, m.left, m.op, m.right = es[2].text, es[2].left, es[2].op, es[2].right
		s.assign(es[0].at(precPrimary)+"["+es[1].text+"]", &m)
	case *ssa.Slice:
		s.slice(in)
	case *ssa.MakeSlice:
		es := s.operands(in.Len, in.Cap)
		m := merge(es...)
		m.text = "make(" + s.typ(in.Type()) + ", " + s.toInt(in.Len, es[0])
		if es[0].text != es[1].text {
			m.text += ", " + s.toInt(in.Cap, es[1])
		}
		m.text += ")"
		m.prec = precPrimary
		m.call = true
		m.pos = s.posOf(in)
		s.define(in, &m)
	case *ssa.MakeMap:
		m := expr{text: "make(" + s.typ(in.Type()) + ")", prec: precPrimary, call: true}
		if in.Reserve != nil {
			s.operand(in.Reserve)
		}
		s.define(in, &m)
	case *ssa.MakeChan:
		e := s.operand(in.Size)
		m := merge(e)
		m.text = "make(" + s.typ(in.Type()) + ", " + s.toInt(in.Size, e) + ")"
		if ch := in.Type().Underlying().(*types.Chan); ch.Dir() != types.SendRecv || s.isHostType(ch) {
			m.text = "x.MakeChan(" + s.typeOf(in.Type()) + ", " + s.toInt(in.Size, e) + ").(" + s.typ(in.Type()) + ")"
		}
		m.prec = precPrimary
		m.call = true
		m.pos = s.posOf(in)
		s.define(in, &m)
	case *ssa.MakeClosure:
		es := s.operands(in.Bindings...)
		m := merge(es...)
		m.text = s.function(in.Fn.(*ssa.Function)) + "(" + join(es) + ")"
		m.prec = precPrimary
		m.call = true
		s.define(in, &m)
	case *ssa.MakeInterface:
		s.makeInterface(in)
	case *ssa.ChangeInterface:
		s.settle(in.X)
		s.changeInterface(in, in.X)
	case *ssa.ChangeType:
		s.changeType(in, in.X)
	case *ssa.Convert:
		s.convert(in, in.X)
	case *ssa.MultiConvert:
		s.convert(in, in.X)
	case *ssa.SliceToArrayPointer:
		e := s.operand(in.X)
		m := merge(e)
		m.text = "x.Conv(" + e.text + ", " + s.typeOf(in.Type()) + ").(" + s.typ(in.Type()) + ")"
		m.prec = precPrimary
		m.mem = true
		m.pos = s.posOf(in)
		s.define(in, &m)
	case *ssa.TypeAssert:
		s.typeAssert(in)
	case *ssa.Extract:
		s.define(in, &expr{text: s.component(in.Tuple, in.Index), prec: precPrimary})
	case *ssa.Call:
		s.call(in)
	case *ssa.Go:
		s.line("x.Go(" + strconv.Itoa(s.position(in.Pos())) + ", " + s.thunk(in.Common()) + ")")
		s.pos = 0
	case *ssa.Defer:
		s.deferCall(in)
	case *ssa.RunDefers:
		if s.protect {
			s.flushEffects()
			s.line("x.Run(d)")
			s.pos = 0
		}
	case *ssa.Send:
		s.send(in)
	case *ssa.Select:
		s.selectStmt(in)
	case *ssa.Range:
		s.rangeOver(in)
	case *ssa.Next:
		n := s.temp("bool")
		s.iters[in] = s.iters[in.Iter]
		s.names[in] = n
		s.flushEffects()
		s.line(n + " = x.Next(" + s.names[in.Iter] + ")")
	case *ssa.Panic:
		e := s.operand(in.X)
		s.flushEffects()
		m := *e
		m.pos = s.posOf(in)
		s.statement("x.Panic("+e.text+")", &m)
		s.returnZero()
	case *ssa.Jump:
		s.flushAll()
		s.edge(in.Block(), in.Block().Succs[0])
		s.jump(in.Block().Succs[0])
	case *ssa.If:
		if load, ok := in.Cond.(*ssa.UnOp); ok && s.isGuard(load.X) {
			s.jump(in.Block().Succs[1])
			return
		}
		s.branch(in)
	case *ssa.Return:
		s.ret(in)
	case *ssa.Phi:
		s.phi(in)
	default:
		s.fail(in.Pos(), "%T is not known to the lowering", in)
	}
}

func join(es []*expr) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = e.text
	}
	return strings.Join(parts, ", ")
}

func (s *fn) position(pos token.Pos) int {
	if s.Position == nil || !pos.IsValid() {
		return 0
	}
	return s.Position(pos, s.f)
}

func (s *fn) flushAll() { s.flush(func(*expr) bool { return true }) }

// toInt returns e as an int.
func (s *fn) toInt(v ssa.Value, e *expr) string {
	if b, ok := types.Unalias(v.Type()).(*types.Basic); ok && (b.Kind() == types.Int || b.Kind() == types.UntypedInt) {
		return e.text
	}
	return "int(" + e.text + ")"
}

func (s *fn) zero(t types.Type) string {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Kind() == types.UnsafePointer:
			return "nil"
		case u.Info()&types.IsBoolean != 0:
			return "false"
		case u.Info()&types.IsString != 0:
			return `""`
		case u.Info()&types.IsNumeric != 0:
			return "0"
		}
		return "nil"
	case *types.Struct, *types.Array:
		return s.typ(t) + "{}"
	}
	if s.needsTyped(t) {
		return s.temp(s.typ(t))
	}
	return "nil"
}

// needsTyped reports whether t is a compiled interface type, such as io.Reader:
// the engine can compare those with a bare nil, and do nothing else with it.
func (s *fn) needsTyped(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && types.IsInterface(t) && s.compiledInterface(t)
}

func (s *fn) unOp(in *ssa.UnOp) {
	switch in.Op {
	case token.MUL:
		if s.isGuard(in.X) || s.reread(in) {
			return
		}
		if g, ok := in.X.(*ssa.Global); ok && g.Pkg.Pkg.Path() == "os" && (g.Name() == "Stdout" || g.Name() == "Stderr") {
			// A test has its own.
			s.define(in, &expr{text: Host + ".Stdfile(" + strconv.FormatBool(g.Name() == "Stderr") + ")", prec: precPrimary, mem: true})
			return
		}
		e := s.lvalue(in.X)
		m := *e
		m.value, m.addr = nil, false
		if m.prec == precUnary && m.pos == token.NoPos && !s.isCell(in.X) {
			m.pos = in.Pos()
		}
		if a, ok := in.X.(*ssa.Alloc); ok && s.vars[a] != "" && s.vars[a][0] == 'v' {
			m.pos = token.NoPos
		}
		s.define(in, &m)
	case token.ARROW:
		s.receive(in)
	default:
		es, place := s.inputs(in, in.X)
		m := merge(es...)
		m.text = in.Op.String() + es[0].at(precPrimary)
		m.prec = precUnary
		s.defineAt(in, &m, place)
	}
}

// tuple names the components of a tuple value.
func (s *fn) tuple(v ssa.Value, names ...string) { s.names[v] = strings.Join(names, ",") }

func (s *fn) component(v ssa.Value, i int) string {
	if next, ok := v.(*ssa.Next); ok {
		if i == 0 {
			return s.names[next]
		}
		return "*" + s.iters[next][i-1]
	}
	return strings.Split(s.names[v], ",")[i]
}

var binPrec = map[token.Token]int{
	token.ADD: precAdd, token.SUB: precAdd, token.OR: precAdd, token.XOR: precAdd,
	token.MUL: precMul, token.QUO: precMul, token.REM: precMul, token.SHL: precMul, token.SHR: precMul, token.AND: precMul, token.AND_NOT: precMul,
	token.EQL: precCompare, token.NEQ: precCompare, token.LSS: precCompare, token.LEQ: precCompare, token.GTR: precCompare, token.GEQ: precCompare,
}

func (s *fn) binOp(in *ssa.BinOp) {
	s.comparing = true
	es, place := s.inputs(in, in.X, in.Y)
	s.comparing = false
	m := merge(es...)
	xc, yc := isNilConst(in.X), isNilConst(in.Y)
	if xc && yc || es[0].text == "nil" && es[1].text == "nil" {
		s.defineAt(in, &expr{text: strconv.FormatBool(in.Op == token.EQL), prec: precPrimary}, place)
		return
	}
	if (in.Op == token.EQL || in.Op == token.NEQ) && !xc && !yc {
		if f := equality(in.X.Type()); f != "" {
			m.text = "x." + f + "(" + es[0].text + ", " + es[1].text + ")"
			if f == "Same" && rt.HasBlank(in.X.Type()) {
				m.text = "x.Equal(" + es[0].text + ", " + es[1].text + ", " + s.typeOf(in.X.Type()) + ")"
			}
			m.prec = precPrimary
			m.mem = true
			m.pos = s.posOf(in)
			if in.Op == token.NEQ {
				m.text, m.prec = "!"+m.text, precUnary
			}
			s.defineAt(in, &m, place)
			return
		}
	}
	if (in.Op == token.EQL || in.Op == token.NEQ) && (xc || yc) && isFunc(in.X.Type()) {
		e := es[0]
		if xc {
			e = es[1]
		}
		m.text = "x.NilFunc(" + e.text + ")"
		m.prec = precPrimary
		if in.Op == token.NEQ {
			m.text, m.prec = "!"+m.text, precUnary
		}
		s.defineAt(in, &m, place)
		return
	}
	prec := binPrec[in.Op]
	left, right := es[0].at(prec), es[1].at(prec+1)
	switch in.Op {
	case token.SHL, token.SHR:
		if b, ok := in.Y.Type().Underlying().(*types.Basic); ok && b.Info()&types.IsUnsigned == 0 {
			if _, isConst := in.Y.(*ssa.Const); !isConst {
				m.pos = s.posOf(in)
				right = "x.ShiftCount(int64(" + es[1].text + "))"
			}
		}
		if right == es[1].at(prec+1) && es[1].prec < precPrimary && s.typ(in.X.Type()) != s.typ(in.Y.Type()) {
			// The engine computes what is nested in an expression in the type of the whole.
			right = s.conversion(in.Y.Type()) + "(" + es[1].text + ")"
		}
		if _, isConst := in.X.(*ssa.Const); isConst {
			n := s.temp(s.typ(in.X.Type()))
			s.line(n + " = " + es[0].text)
			left = n
		}
	case token.QUO, token.REM:
		if b, ok := in.X.Type().Underlying().(*types.Basic); ok && b.Info()&types.IsInteger != 0 {
			if _, isConst := in.Y.(*ssa.Const); !isConst {
				m.pos = s.posOf(in)
			}
		}
	}
	m.text = left + " " + in.Op.String() + " " + right
	m.prec = prec
	if _, compares := opposite[in.Op]; !compares {
		m.left, m.op, m.right = left, in.Op.String(), right
	}
	if op, ok := opposite[in.Op]; ok && !isFloat(in.X.Type()) {
		m.not = left + " " + op.String() + " " + right
	}
	s.defineAt(in, &m, place)
}

var opposite = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.GEQ, token.GEQ: token.LSS, token.GTR: token.LEQ, token.LEQ: token.GTR,
}

func isFloat(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsFloat != 0
}

func isNilConst(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

func isFunc(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// equality names the hook that compares values of type t, or is empty if the
// engine's own operator is right.
func equality(t types.Type) string {
	switch t.Underlying().(type) {
	case *types.Interface:
		return "Eq"
	case *types.Struct, *types.Array:
		return "Same"
	case *types.Chan:
		return "SameChan"
	}
	return ""
}
