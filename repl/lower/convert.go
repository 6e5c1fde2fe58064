package lower

import (
	"go/types"
	"reflect"

	"github.com/asyncrepl/asyncrepl/repl/rt"
	"golang.org/x/tools/go/ssa"
)

func fieldName(t *types.Struct, i int) string { return rt.FieldName(t, i) }

// compiledInterface reports whether the interface type t is represented by
// itself, not by interface{}.
func (u *unit) compiledInterface(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	if n.Obj().Pkg() == nil {
		return n.Obj().Name() == "error"
	}
	return n.TypeArgs().Len() == 0 && u.Types.IsCompiled(n.Obj().Pkg()) && n.Underlying().(*types.Interface).NumMethods() > 0
}

func isError(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() == nil && n.Obj().Name() == "error"
}

func (s *fn) makeInterface(in *ssa.MakeInterface) {
	s.settle(in.X)
	es, place := s.inputs(in, in.X)
	e := es[0]
	m := merge(e)
	m.prec = precPrimary
	t := in.X.Type()
	if b, ok := types.Unalias(t).(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		t = types.Default(t)
	}
	typed := e.text
	if c, ok := in.X.(*ssa.Const); ok {
		if c.Value == nil {
			n := s.temp(s.typ(t))
			s.line(n + " = " + s.zero(t))
			typed = n
		} else if k, ok := types.Unalias(t).(*types.Basic); ok && (k.Kind() == types.Int || k.Kind() == types.Float64) {
			typed = s.typ(t) + "(" + e.text + ")"
		}
	}
	if f, ok := in.X.(*ssa.Function); ok && s.isSession(f) {
		typed = s.variable(f) // the function's value would keep the frame that it is mentioned in
	}
	faithful := s.Types.Faithful(t)
	dst := in.Type()
	if !faithful {
		s.methodsOf(t)
	}
	box := func() string {
		if faithful {
			return "x.I(" + typed + ")"
		}
		return "x.Box(" + s.typeOf(t) + ", " + typed + ")"
	}
	switch {
	case !s.compiledInterface(dst):
		m.text = box()
		if faithful {
			m.raw = typed
		}
	case faithful:
		m.text = s.conversion(dst) + "(" + typed + ")"
		m.raw = typed
	case isError(dst):
		m.text = "x.ToError(" + box() + ", " + s.typeOf(dst) + ")"
	default:
		m.text = "x.Wrap(" + box() + ", " + s.typeOf(dst) + ").(" + s.typ(dst) + ")"
	}
	s.defineAt(in, &m, place)
}

// changeInterface converts x, of an interface type, to the interface type of in.
func (s *fn) changeInterface(in, x ssa.Value) {
	from, to := s.compiledInterface(x.Type()), s.compiledInterface(in.Type())
	if to && !isError(in.Type()) {
		e := s.operand(x)
		s.flushEffects()
		p := s.temp("*" + s.typ(in.Type()))
		s.line(p + " = new(" + s.typ(in.Type()) + ")")
		s.statement("x.Store("+e.text+", "+s.typeOf(in.Type())+", "+p+")", e)
		s.define(in, &expr{text: "*" + p, prec: precUnary})
		return
	}
	es, place := s.inputs(in, x)
	e := es[0]
	m := merge(e)
	m.prec = precPrimary
	switch {
	case !from && !to:
		m = *e
		m.raw = ""
	case to:
		m.text = "x.ToError(" + e.text + ", " + s.typeOf(in.Type()) + ")"
	default:
		m.text = "x.Any(" + e.text + ")"
	}
	s.defineAt(in, &m, place)
}

// changeType converts between types that differ in name only.
func (s *fn) changeType(in ssa.Value, x ssa.Value) {
	from, to := s.typ(x.Type()), s.typ(in.Type())
	if types.IsInterface(in.Type()) && from != to {
		s.changeInterface(in, x)
		return
	}
	es, place := s.inputs(in, x)
	e := es[0]
	m := *e
	m.value, m.raw = nil, ""
	if from != to {
		m.prec = precPrimary
		if _, basic := in.Type().Underlying().(*types.Basic); basic {
			m.text = s.conversion(in.Type()) + "(" + e.text + ")"
		} else {
			m.text = "x.Conv(" + e.text + ", " + s.typeOf(in.Type()) + ").(" + to + ")"
		}
	}
	if _, isFn := x.(*ssa.Function); isFn && s.inBlock(in) == false {
		m.call = false
	}
	s.defineAt(in, &m, place)
}

// convert converts between numbers, strings, byte and rune slices.
func (s *fn) convert(in ssa.Value, x ssa.Value) {
	from, to := x.Type().Underlying(), in.Type().Underlying()
	fb, fok := from.(*types.Basic)
	_, tok := to.(*types.Basic)
	_, isPtr := to.(*types.Pointer)
	if fok && fb.Kind() == types.UnsafePointer || tok && to.(*types.Basic).Kind() == types.UnsafePointer || isPtr {
		if tok && to.(*types.Basic).Kind() == types.UnsafePointer {
			e := s.operand(x)
			m := merge(e)
			m.prec = precPrimary
			m.text = "x.ToUnsafe(" + e.text + ")"
			s.define(in, &m)
			return
		}
		e := s.operand(x)
		m := merge(e)
		m.prec = precPrimary
		m.text = "x.FromUnsafe(" + e.text + ", " + s.typeOf(in.Type()) + ").(" + s.typ(in.Type()) + ")"
		s.define(in, &m)
		return
	}
	es, place := s.inputs(in, x)
	e := es[0]
	m := merge(e)
	m.prec = precPrimary
	toString := tok && to.(*types.Basic).Info()&types.IsString != 0
	if toString && fok && fb.Info()&types.IsInteger != 0 {
		m.text = "x.RuneString(int64(" + e.text + "))"
		if s.typ(in.Type()) != "string" {
			m.text = s.conversion(in.Type()) + "(" + m.text + ")"
		}
		s.defineAt(in, &m, place)
		return
	}
	if fok && tok && fb.Info()&types.IsFloat != 0 && to.(*types.Basic).Info()&types.IsInteger != 0 {
		// Go's own conversion, whatever the value.
		m.text = s.conversion(in.Type()) + "(" + e.text + ")"
		s.defineAt(in, &m, place)
		return
	}
	if _, isSlice := from.(*types.Slice); isSlice && !toString {
		m.text = "x.Conv(" + e.text + ", " + s.typeOf(in.Type()) + ").(" + s.typ(in.Type()) + ")"
		m.mem = true
		m.pos = in.Pos()
		s.defineAt(in, &m, place)
		return
	}
	m.text = s.conversion(in.Type()) + "(" + e.text + ")"
	if _, isSlice := from.(*types.Slice); isSlice {
		m.mem = true
	}
	s.defineAt(in, &m, place)
}

func (s *fn) typeAssert(in *ssa.TypeAssert) {
	e := s.operand(in.X)
	m := merge(e)
	m.prec = precPrimary
	m.pos = s.posOf(in)
	t := in.AssertedType
	_, isIface := t.Underlying().(*types.Interface)
	if !isIface && !s.Types.Faithful(t) {
		s.methodsOf(t)
	}
	ref, static := s.typeOf(t), s.typeOf(in.X.Type())
	switch {
	case in.CommaOk && isIface && s.compiledInterface(t):
		s.flushEffects()
		p, ok := s.temp("*"+s.typ(t)), s.temp("bool")
		s.line(p + " = new(" + s.typ(t) + ")")
		s.statement(ok+" = x.AsStore2("+e.text+", "+ref+", "+p+")", &m)
		s.tuple(in, "*"+p, ok)
	case isIface && s.compiledInterface(t):
		s.flushEffects()
		p := s.temp("*" + s.typ(t))
		s.line(p + " = new(" + s.typ(t) + ")")
		s.statement("x.AsStore("+e.text+", "+ref+", "+static+", "+p+")", &m)
		s.define(in, &expr{text: "*" + p, prec: precUnary})
	case in.CommaOk && isIface:
		s.flushEffects()
		v, ok := s.temp("interface{}"), s.temp("bool")
		s.statement(v+", "+ok+" = x.AsI2("+e.text+", "+ref+")", &m)
		s.tuple(in, v, ok)
	case isIface:
		m.text = "x.AsI(" + e.text + ", " + ref + ", " + static + ")"
		s.define(in, &m)
	case in.CommaOk:
		s.flushEffects()
		a, ok, v := s.temp("interface{}"), s.temp("bool"), s.temp(s.typ(t))
		s.statement(a+", "+ok+" = x.As2("+e.text+", "+ref+")", &m)
		if !s.isEmptyStruct(t) {
			s.line(v + " = " + a + ".(" + s.typ(t) + ")")
		}
		s.tuple(in, v, ok)
	default:
		m.text = "x.As(" + e.text + ", " + ref + ", " + static + ").(" + s.typ(t) + ")"
		if s.isEmptyStruct(t) {
			m.text = "x.Empty(x.As(" + e.text + ", " + ref + ", " + static + "))"
		}
		s.define(in, &m)
	}
}

// isEmptyStruct reports whether t is represented by a struct without fields,
// which the engine cannot assert.
func (u *unit) isEmptyStruct(t types.Type) bool {
	r := u.Types.Of(t).R
	return r.Kind() == reflect.Struct && r.NumField() == 0
}

// methodsOf sees to it that the methods of t, a type whose values may be in an
// interface, can be found at run time, and those of the types of what its
// values hold or, being functions, take and return: code that prints, encodes or
// calls values looks for them there.
func (u *unit) methodsOf(t types.Type) {
	if u.Types.Faithful(t) {
		return
	}
	d := u.Types.Of(t)
	if u.boxed[d] {
		return
	}
	u.boxed[d] = true
	u.register(t, d)
	if n, ok := types.Unalias(t).(*types.Named); ok && !types.IsInterface(n) {
		u.methodsOf(types.NewPointer(n))
	}
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		u.methodsOf(t.Elem())
	case *types.Slice:
		u.methodsOf(t.Elem())
	case *types.Array:
		u.methodsOf(t.Elem())
	case *types.Map:
		u.methodsOf(t.Key())
		u.methodsOf(t.Elem())
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for i := range tuple.Len() {
				u.methodsOf(tuple.At(i).Type())
			}
		}
	case *types.Struct:
		for i := range t.NumFields() {
			u.methodsOf(t.Field(i).Type())
		}
	}
}

// register notes the methods of t that the engine does not have yet.
func (u *unit) register(t types.Type, d *rt.Type) {
	if u.Methods == nil || types.IsInterface(t) {
		return
	}
	for _, f := range u.Methods(t) {
		if o := f.Func.Object(); o != nil && !o.Exported() && u.Types.IsCompiled(o.Pkg()) {
			continue // promoted from compiled code, which alone can call it
		}
		if d.Method(f.Name) != nil && u.funcs[f.Func] != "" {
			continue
		}
		u.methods = append(u.methods, method{d, f.Name, u.adapter(d, f.Func)})
	}
}
