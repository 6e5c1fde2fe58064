package lower

import (
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

func (s *fn) alloc(in *ssa.Alloc) {
	if n, ok := s.vars[in]; ok {
		if s.firstUseStores(in) || in.Block().Index == 0 && !s.loops[in.Block()] && n[0] == 'v' {
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

func (s *fn) store(in *ssa.Store) {
	if s.isGuard(in.Addr) {
		return
	}
	if ia, ok := in.Addr.(*ssa.IndexAddr); ok {
		if i := s.pending(ia.X); i >= 0 && s.pend[i].lit != nil && !s.pend[i].lit.done {
			s.literalElement(i, in.Val)
			return
		}
		if a, ok := ia.X.(*ssa.Alloc); ok && s.spilled[ia] {
			// The literal was given up after its address was taken.
			e := s.operand(in.Val)
			s.flushEffects()
			s.assign("(*"+s.names[a]+")["+ia.Index.(*ssa.Const).Value.ExactString()+"]", e)
			return
		}
	}
	if a, ok := in.Addr.(*ssa.Alloc); ok {
		if n, ok := s.vars[a]; ok && n[0] == 'v' {
			e := s.operand(in.Val)
			s.flushStore(a)
			if s.protect {
				// A deferred call sees the variable as it was before a panic.
				s.flush(func(p *expr) bool { return p.pos.IsValid() })
			}
			if e.call {
				s.flushEffects()
			}
			s.assign(n, e)
			s.measure(a)
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
			addr = &expr{text: "*" + es[0].at(precUnary), call: es[0].call, locals: es[0].locals}
			if !s.isCell(in.Addr) {
				addr.pos = in.Addr.Pos()
				if !addr.pos.IsValid() {
					addr.pos = in.Pos()
				}
			}
			val = es[1]
		}
	}
	s.flushEffects()
	for _, a := range addr.locals {
		s.flushStore(a) // what reads the variable that is assigned to in part
	}
	s.assign(addr.text, val, addr)
}

// assign writes the assignment of val to what dst designates, which takes the
// expressions in with.
func (s *fn) assign(dst string, val *expr, with ...*expr) {
	text := dst + " = " + val.text
	if val.op != "" && val.left == dst {
		text = dst + " " + val.op + "= " + val.right
	}
	s.statement(text, append([]*expr{val}, with...)...)
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
	if c, ok := v.(*ssa.Const); ok && c.Value == nil {
		e = s.typedConstant(v, e) // the engine appends a bare nil as an interface
	}
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

// isHidden reports whether field i of the struct, or pointer to one, of type t
// belongs to compiled code and is not exported. Code that mentions it only means
// a method that the struct has from it, which the engine cannot call on it.
func (s *fn) isHidden(t types.Type, i int) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	f := t.Underlying().(*types.Struct).Field(i)
	if f.Exported() || f.Pkg() == nil || !s.Types.IsCompiled(f.Pkg()) {
		return false
	}
	if rt := s.Types.Of(t).R; rt.Kind() == reflect.Struct && i < rt.NumField() {
		s.Types.Learn(f.Type(), rt.Field(i).Type)
	}
	return true
}

func (s *fn) fieldAddr(in *ssa.FieldAddr) {
	f := s.field(in.X.Type(), in.Field)
	var m expr
	hidden := s.isHidden(in.X.Type(), in.Field)
	if _, ok := in.X.(*ssa.Global); ok || s.isAddr(in.X) {
		e := s.lvalue(in.X)
		m = *e
		m.whole = nil
		if hidden {
			m.whole = e.within("&"+e.at(precPrimary), in.X.Type(), in.Field)
		}
		m.text = e.at(precPrimary) + "." + f
	} else {
		s.settle(in.X)
		e := s.typed(in.X, s.operand(in.X))
		m = merge(e)
		if hidden {
			m.whole = e.within(e.at(precPrimary), in.X.Type(), in.Field)
		}
		m.text = e.at(precPrimary) + "." + f
		m.mem = true
		if !s.isCell(in.X) {
			m.pos = s.posOf(in)
		}
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
	m.addr, m.value = true, v
	if s.inBlock(v) {
		s.pend = append(s.pend, m)
		return
	}
	s.flush(func(p *expr) bool { return p.call })
	s.evaluate(m)
}

func (s *fn) indexAddr(in *ssa.IndexAddr) {
	if i := s.pending(in.X); i >= 0 && s.pend[i].lit != nil && !s.pend[i].lit.done {
		s.spilled[in] = true // unless the literal stays one
		return               // an element of a literal: see store
	}
	var m expr
	_, isPtr := in.X.Type().Underlying().(*types.Pointer)
	if _, global := in.X.(*ssa.Global); isPtr && (global || s.isAddr(in.X)) {
		s.order([]ssa.Value{in.X, in.Index}, true)
		if global || s.isAddr(in.X) {
			e := s.lvalue(in.X)
			ix := s.checkIndex(in, in.Index, s.take(in.Index), s.length(in.X, nil))
			m = merge(e, ix)
			m.text = e.at(precPrimary) + "[" + ix.text + "]"
			m.prec = precPrimary
			s.address(in, &m)
			return
		}
	}
	es := s.indexed(in, in.X, in.Index)
	m = merge(es...)
	base := es[0].at(precPrimary)
	if isPtr {
		base = "(*" + es[0].at(precUnary) + ")"
		m.pos = s.posOf(in)
	}
	m.text = base + "[" + es[1].text + "]"
	m.mem = true
	m.prec = precPrimary
	s.address(in, &m)
}

// indexed takes the operands of an access to base by index, checked.
func (s *fn) indexed(in ssa.Instruction, base, index ssa.Value) []*expr {
	es := s.operands(base, index)
	es[0] = s.typed(base, es[0])
	if s.proven(in, base, index) {
		return es
	}
	length := s.length(base, nil)
	if length == "" {
		es[0] = s.stable(base, es[0])
		if a := loaded(base); a != nil && s.lengths[a] != "" {
			length = s.lengths[a]
		} else {
			length = s.length(base, es[0])
		}
	}
	es[1] = s.checkIndex(in, index, es[1], length)
	return es
}

// mayBeUnhashable reports whether looking up a key of type t in a map may
// panic.
func mayBeUnhashable(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Interface:
		return true
	case *types.Array:
		return mayBeUnhashable(t.Elem())
	case *types.Struct:
		for i := range t.NumFields() {
			if mayBeUnhashable(t.Field(i).Type()) {
				return true
			}
		}
	}
	return false
}

func (s *fn) lookup(in *ssa.Lookup) {
	var m expr
	var es []*expr
	if _, isMap := in.X.Type().Underlying().(*types.Map); isMap {
		es = s.operands(in.X, in.Index)
		es[0] = s.typed(in.X, es[0])
		es[1] = s.key(in.Index, es[1])
		m = merge(es...)
		if mayBeUnhashable(in.Index.Type()) {
			m.pos = s.posOf(in)
		}
		m.mem = true
	} else {
		es = s.indexed(in, in.X, in.Index)
		m = merge(es...)
	}
	m.prec = precPrimary
	m.text = es[0].at(precPrimary) + "[" + es[1].text + "]"
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

func (s *fn) makeSlice(in *ssa.MakeSlice) {
	es := s.operands(in.Len, in.Cap)
	given := es[0].text != es[1].text // the capacity is
	if given {
		es[0], es[1] = s.stable(in.Len, es[0]), s.stable(in.Cap, es[1])
	}
	m := merge(es...)
	m.pos = s.posOf(in)
	m.text = "make(" + s.typ(in.Type()) + ", " + s.toInt(in.Len, es[0])
	if given {
		length, capacity := s.toInt(in.Len, es[0]), s.toInt(in.Cap, es[1])
		s.checkMake(in, length, capacity, in.Type().Underlying().(*types.Slice).Elem())
		m.text += ", " + capacity
	}
	m.text += ")"
	m.prec = precPrimary
	m.call = true
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
	_, isPtr := in.X.Type().Underlying().(*types.Pointer)
	var bounds, shown [3]string
	if len(vs) > 1 {
		if !isPtr {
			es[0] = s.stable(in.X, es[0])
		}
		rest := es[1:]
		for i, v := range []ssa.Value{in.Low, in.High, in.Max} {
			if v != nil {
				rest[0] = s.stable(v, rest[0])
				bounds[i], shown[i] = s.toInt(v, rest[0]), rest[0].text
				rest = rest[1:]
			}
		}
		length := s.length(in.X, es[0])
		capacity := length
		if _, ok := in.X.Type().Underlying().(*types.Slice); ok {
			capacity = "cap(" + es[0].text + ")"
		}
		if a, ok := in.X.(*ssa.Alloc); ok && a.Comment == "makeslice" {
			s.checkMake(in, bounds[1], length, a.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Array).Elem())
		} else {
			s.checkSlice(in, bounds, shown, length, capacity)
		}
	}
	m := merge(es...)
	base := es[0].at(precPrimary)
	if isPtr {
		base = "(*" + es[0].at(precUnary) + ")"
		m.mem = true
		m.pos = s.posOf(in)
	}
	m.text = base + "[" + bounds[0] + ":" + bounds[1]
	if in.Max != nil {
		m.text += ":" + bounds[2]
	}
	m.text += "]"
	m.prec = precPrimary
	if isPtr && used(in) {
		// Inside a composite literal the engine takes it for the pointer.
		s.flushEffects()
		m.value = in
		s.evaluate(&m)
		return
	}
	s.define(in, &m)
}

// isGuard reports whether v is a package's guard against being initialised
// twice, where nothing does that.
func (s *fn) isGuard(v ssa.Value) bool {
	g, ok := v.(*ssa.Global)
	return ok && g.Object() == nil && s.Once
}
