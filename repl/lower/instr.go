package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

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
		s.defineAt(in, &m, place)
	case *ssa.IndexAddr:
		s.indexAddr(in)
	case *ssa.Index:
		es := s.operands(in.X, in.Index)
		m := merge(es...)
		m.text = es[0].at(precPrimary) + "[" + es[1].text + "]"
		m.prec = precPrimary
		m.pos = s.posOf(in)
		s.define(in, &m)
	case *ssa.Lookup:
		s.lookup(in)
	case *ssa.MapUpdate:
		es := s.operands(in.Map, in.Key, in.Value)
		es[0] = s.typed(in.Map, es[0])
		s.flushEffects()
		m := merge(es...)
		m.pos = s.posOf(in)
		s.statement(es[0].at(precPrimary)+"["+es[1].text+"] = "+es[2].text, &m)
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
		s.changeInterface(in)
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
		es := s.operands(in.Chan, in.X)
		es[0] = s.typed(in.Chan, es[0])
		s.flushEffects()
		m := merge(es...)
		m.pos = s.posOf(in)
		sent := es[1].text
		if m.call {
			sent = s.temp(s.typ(in.X.Type()))
			s.statement(sent+" = "+es[1].text, es[1])
		}
		s.statement(es[0].at(precUnary)+" <- "+sent, &m)
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

func (s *fn) alloc(in *ssa.Alloc) {
	if n, ok := s.vars[in]; ok {
		if s.firstUseStores(in) || in.Block().Index == 0 && !isLoop(in.Block()) && n[0] == 'v' {
			return
		}
		s.flushStore(in)
		s.line(n + " = " + s.zero(deref(in.Type())))
		return
	}
	t := deref(in.Type())
	if arr, ok := t.Underlying().(*types.Array); ok && s.isLiteral(in) {
		s.pend = append(s.pend, &expr{value: in, prec: precPrimary, lit: &literal{elem: s.typ(arr.Elem())}, call: false})
		return
	}
	n := s.temp("*" + s.typ(t))
	s.names[in] = n
	s.line(n + " = new(" + s.typ(t) + ")")
}

// firstUseStores reports whether the local variable in is assigned before it
// is read, so that it needs no zero value.
func (s *fn) firstUseStores(in *ssa.Alloc) bool {
	found := false
	for _, next := range in.Block().Instrs {
		if next == ssa.Instruction(in) {
			found = true
			continue
		}
		if !found {
			continue
		}
		if st, ok := next.(*ssa.Store); ok && st.Addr == ssa.Value(in) && st.Val != ssa.Value(in) {
			return true
		}
		for _, o := range next.Operands(nil) {
			if *o == ssa.Value(in) {
				return false
			}
		}
	}
	return false
}

// isLiteral recognises the array behind a slice literal or a call's variadic
// arguments: each element is stored once, in order, and then it is sliced.
func (s *fn) isLiteral(in *ssa.Alloc) bool {
	if in.Comment != "varargs" && in.Comment != "slicelit" {
		return false
	}
	refs := *in.Referrers()
	next := int64(0)
	for i, r := range refs {
		if r.Block() != in.Block() {
			return false
		}
		if i == len(refs)-1 {
			sl, ok := r.(*ssa.Slice)
			return ok && sl.Low == nil && sl.High == nil && sl.Max == nil && s.inBlock(sl) && next == deref(in.Type()).Underlying().(*types.Array).Len()
		}
		ia, ok := r.(*ssa.IndexAddr)
		if !ok || len(*ia.Referrers()) != 1 {
			return false
		}
		st, ok := (*ia.Referrers())[0].(*ssa.Store)
		if !ok || st.Addr != ssa.Value(ia) || st.Block() != in.Block() {
			return false
		}
		c, ok := ia.Index.(*ssa.Const)
		if !ok || c.Int64() != next {
			return false
		}
		next++
	}
	return false
}

// spill gives up a literal under construction: the array is made after all.
func (s *fn) spill(e *expr) {
	a := e.value.(*ssa.Alloc)
	n := s.temp("*" + s.typ(deref(a.Type())))
	s.names[a] = n
	s.statement(n+" = new("+s.typ(deref(a.Type()))+")", &expr{})
	for i, el := range e.lit.elems {
		s.statement("(*"+n+")["+strconv.Itoa(i)+"] = "+el, e)
	}
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
	return "nil"
}

func (s *fn) store(in *ssa.Store) {
	if ia, ok := in.Addr.(*ssa.IndexAddr); ok {
		if i := s.pending(ia.X); i >= 0 && s.pend[i].lit != nil && !s.pend[i].lit.done {
			s.literalElement(i, in.Val)
			return
		}
	}
	if a, ok := in.Addr.(*ssa.Alloc); ok {
		if n, ok := s.vars[a]; ok && n[0] == 'v' {
			e := s.operand(in.Val)
			s.flushStore(a)
			if e.call {
				s.flushEffects()
			}
			s.statement(n+" = "+e.text, e)
			return
		}
	}
	var val, addr *expr
	if i := s.pending(in.Addr); i >= 0 && s.pend[i].addr {
		s.order([]ssa.Value{in.Addr, in.Val}, true)
		addr = s.lvalue(in.Addr)
		val = s.take(in.Val)
	} else {
		switch in.Addr.(type) {
		case *ssa.Alloc, *ssa.Global:
			addr = s.lvalue(in.Addr)
			val = s.operand(in.Val)
		default:
			es := s.operands(in.Addr, in.Val)
			es[0] = s.typed(in.Addr, es[0])
			addr = &expr{text: "*" + es[0].at(precUnary), call: es[0].call, locals: es[0].locals, pos: in.Addr.Pos()}
			if !addr.pos.IsValid() {
				addr.pos = in.Pos()
			}
			val = es[1]
		}
	}
	s.flushEffects()
	s.statement(addr.text+" = "+val.text, val, addr)
}

func (s *fn) literalElement(i int, v ssa.Value) {
	lit := s.pend[i]
	es, place := s.inputs(lit.value, lit.value, v)
	if s.names[lit.value] != "" { // it had to be spilled
		n := s.names[lit.value]
		s.statement("(*"+n+")["+strconv.Itoa(len(lit.lit.elems))+"] = "+es[1].text, es[1])
		lit.lit.elems = append(lit.lit.elems, es[1].text)
		return
	}
	e := es[1]
	m := merge(lit, e)
	lit.locals, lit.mem, lit.call, lit.pos = m.locals, m.mem, m.call, m.pos
	lit.lit.elems = append(lit.lit.elems, e.text)
	raw := e.raw
	if raw == "" {
		raw = e.text
	}
	lit.lit.raws = append(lit.lit.raws, raw)
	s.pend = slices.Insert(s.pend, min(place, len(s.pend)), lit)
}

func (s *fn) unOp(in *ssa.UnOp) {
	switch in.Op {
	case token.MUL:
		e := s.lvalue(in.X)
		m := *e
		m.value, m.addr, m.again = nil, false, false
		if m.prec == precUnary && m.pos == token.NoPos {
			m.pos = in.Pos()
		}
		if a, ok := in.X.(*ssa.Alloc); ok && s.vars[a] != "" && s.vars[a][0] == 'v' {
			m.pos = token.NoPos
		}
		s.define(in, &m)
	case token.ARROW:
		e := s.typed(in.X, s.operand(in.X))
		if in.CommaOk {
			s.flushEffects()
			t := in.Type().(*types.Tuple).At(0).Type()
			m := *e
			m.pos, m.call = s.posOf(in), true
			if _, basic := t.Underlying().(*types.Basic); !basic {
				p, ok := s.temp("*"+s.typ(t)), s.temp("bool")
				s.line(p + " = new(" + s.typ(t) + ")")
				s.statement(ok+" = x.Receive("+e.text+", "+p+")", &m)
				s.tuple(in, "*"+p, ok)
				return
			}
			v, ok := s.temp(s.typ(t)), s.temp("bool")
			s.statement(v+", "+ok+" = <-"+e.at(precUnary), &m)
			s.tuple(in, v, ok)
			return
		}
		s.flushEffects()
		m := *e
		m.pos, m.call = s.posOf(in), true
		if !used(in) {
			s.statement("<-"+e.at(precUnary), &m)
			return
		}
		n := s.temp(s.typ(in.Type()))
		s.statement(n+" = <-"+e.at(precUnary), &m)
		s.names[in] = n
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
	es, place := s.inputs(in, in.X, in.Y)
	m := merge(es...)
	xc, yc := isNilConst(in.X), isNilConst(in.Y)
	if xc && yc {
		s.defineAt(in, &expr{text: strconv.FormatBool(in.Op == token.EQL), prec: precPrimary}, place)
		return
	}
	if (in.Op == token.EQL || in.Op == token.NEQ) && !xc && !yc {
		if f := equality(in.X.Type()); f != "" {
			m.text = "x." + f + "(" + es[0].text + ", " + es[1].text + ")"
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
	s.defineAt(in, &m, place)
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
		return "Same"
	}
	return ""
}

func (s *fn) field(t types.Type, i int) string {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st := t.Underlying().(*types.Struct)
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil && n.TypeArgs().Len() == 0 && s.Types.IsCompiled(n.Obj().Pkg()) {
		return st.Field(i).Name()
	}
	return fieldName(st, i)
}

func (s *fn) fieldAddr(in *ssa.FieldAddr) {
	f := s.field(in.X.Type(), in.Field)
	var m expr
	if _, ok := in.X.(*ssa.Global); ok || s.isAddr(in.X) {
		e := s.lvalue(in.X)
		m = *e
		m.text = e.at(precPrimary) + "." + f
	} else {
		e := s.typed(in.X, s.operand(in.X))
		m = merge(e)
		m.text = e.at(precPrimary) + "." + f
		m.mem = true
		m.pos = s.posOf(in)
	}
	m.prec = precPrimary
	s.address(in, &m)
}

// isAddr reports whether v is the address of a variable that can be named.
func (s *fn) isAddr(v ssa.Value) bool {
	if a, ok := v.(*ssa.Alloc); ok {
		_, ok := s.vars[a]
		return ok
	}
	i := s.pending(v)
	return i >= 0 && s.pend[i].addr
}

// address defines an address: the variable's name stands for it as long as it
// is only read and assigned here.
func (s *fn) address(v ssa.Value, m *expr) {
	m.addr, m.value, m.again = true, v, false
	if s.inBlock(v) {
		s.pend = append(s.pend, m)
		return
	}
	s.flush(func(p *expr) bool { return p.call })
	s.evaluate(m)
}

func (s *fn) indexAddr(in *ssa.IndexAddr) {
	if i := s.pending(in.X); i >= 0 && s.pend[i].lit != nil && !s.pend[i].lit.done {
		return // an element of a literal: see store
	}
	var m expr
	_, isPtr := in.X.Type().Underlying().(*types.Pointer)
	if _, global := in.X.(*ssa.Global); isPtr && (global || s.isAddr(in.X)) {
		s.order([]ssa.Value{in.X, in.Index}, true)
		if global || s.isAddr(in.X) {
			e := s.lvalue(in.X)
			ix := s.take(in.Index)
			m = merge(e, ix)
			m.text = e.at(precPrimary) + "[" + ix.text + "]"
			m.prec = precPrimary
			m.pos = s.posOf(in)
			s.address(in, &m)
			return
		}
	}
	es := s.operands(in.X, in.Index)
	es[0] = s.typed(in.X, es[0])
	m = merge(es...)
	base := es[0].at(precPrimary)
	if isPtr {
		base = "(*" + es[0].at(precUnary) + ")"
	}
	m.text = base + "[" + es[1].text + "]"
	m.mem = true
	m.prec = precPrimary
	m.pos = s.posOf(in)
	s.address(in, &m)
}

func (s *fn) lookup(in *ssa.Lookup) {
	es := s.operands(in.X, in.Index)
	es[0] = s.typed(in.X, es[0])
	m := merge(es...)
	m.prec = precPrimary
	m.text = es[0].at(precPrimary) + "[" + es[1].text + "]"
	m.pos = s.posOf(in)
	if _, isMap := in.X.Type().Underlying().(*types.Map); isMap {
		m.mem = true
	}
	if in.CommaOk {
		tuple := in.Type().(*types.Tuple)
		v, ok := s.temp(s.typ(tuple.At(0).Type())), s.temp("bool")
		if m.call {
			s.flushEffects()
		}
		s.statement(v+", "+ok+" = "+m.text, &m)
		s.tuple(in, v, ok)
		return
	}
	s.define(in, &m)
}

func (s *fn) slice(in *ssa.Slice) {
	if i := s.pending(in.X); i >= 0 && s.pend[i].lit != nil && !s.pend[i].lit.done {
		e := s.pend[i]
		e.lit.done = true
		e.value = in
		e.text = "[]" + e.lit.elem + "{" + strings.Join(e.lit.elems, ", ") + "}"
		return
	}
	vs := []ssa.Value{in.X}
	for _, v := range []ssa.Value{in.Low, in.High, in.Max} {
		if v != nil {
			vs = append(vs, v)
		}
	}
	es := s.operands(vs...)
	es[0] = s.typed(in.X, es[0])
	m := merge(es...)
	base := es[0].at(precPrimary)
	if _, ok := in.X.Type().Underlying().(*types.Pointer); ok {
		base = "(*" + es[0].at(precUnary) + ")"
		m.mem = true
	}
	rest := es[1:]
	part := func(v ssa.Value) string {
		if v == nil {
			return ""
		}
		e := rest[0]
		rest = rest[1:]
		return s.toInt(v, e)
	}
	m.text = base + "[" + part(in.Low) + ":" + part(in.High)
	if in.Max != nil {
		m.text += ":" + part(in.Max)
	}
	m.text += "]"
	m.prec = precPrimary
	if len(vs) > 1 {
		m.pos = s.posOf(in)
	}
	s.define(in, &m)
}

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
	if strings.HasPrefix(e.text, "!") && e.prec == precUnary {
		return e.text[1:]
	}
	return "!" + e.at(precPrimary)
}

func (s *fn) ret(in *ssa.Return) {
	es := s.operands(in.Results...)
	s.flushEffects()
	if s.protect {
		for i, e := range es {
			s.statement("r"+strconv.Itoa(i)+" = "+e.text, e)
		}
		s.bareReturn()
		return
	}
	text := "return"
	if len(es) == 0 {
		s.bareReturn()
		return
	}
	s.statement(text+" "+join(es), es...)
}

// bareReturn writes a return without results. The engine loops for ever when
// one is entered from two places, so a statement keeps it from the label.
func (s *fn) bareReturn() {
	if strings.HasSuffix(s.body.String(), ":\n") {
		s.line(s.temp("bool") + " = false")
	}
	s.line("return")
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
		ch := s.typed(st.Chan, es[0])
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
