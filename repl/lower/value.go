package lower

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// operands takes the expressions for vs, in the order in which the engine will
// evaluate them, for an instruction that comes after all that is pending. If
// putting them into its expression would change the order in which things
// happen, what is pending is evaluated first.
func (s *fn) operands(vs ...ssa.Value) []*expr {
	s.order(vs, true)
	return s.takeAll(vs)
}

func (s *fn) operand(v ssa.Value) *expr { return s.operands(v)[0] }

// inputs takes the expressions for vs as operands does, for an instruction
// that does nothing but compute in from theirs, and so may come as early as
// they do: see defineAt. It returns that place.
func (s *fn) inputs(in ssa.Value, vs ...ssa.Value) ([]*expr, int) {
	s.order(vs, !s.inBlock(in))
	place := len(s.pend)
	taken := 0
	for i, e := range s.pend {
		if e.value != nil && slices.Contains(vs, e.value) {
			place = i - taken
			taken++
		}
	}
	return s.takeAll(vs), place
}

func (s *fn) takeAll(vs []ssa.Value) []*expr {
	es := make([]*expr, len(vs))
	for i, v := range vs {
		es[i] = s.take(v)
	}
	return es
}

// order evaluates what is pending if the expressions for vs cannot be put
// together as they are.
func (s *fn) order(vs []ssa.Value, last bool) {
	if !s.inOrder(vs, last) {
		s.flushAll()
	}
}

// inOrder reports whether the pending expressions among vs are in evaluation
// order and can be evaluated together, where the last of them stands, without
// changing what happens; with last, where the newest expression stands.
func (s *fn) inOrder(vs []ssa.Value, last bool) bool {
	var taken []int
	for _, v := range vs {
		if i := s.pending(v); i >= 0 {
			taken = append(taken, i)
		}
	}
	if len(taken) == 0 {
		return true
	}
	end := slices.Max(taken)
	if last {
		end = len(s.pend) - 1
	}
	for n, i := range taken {
		e := s.pend[i]
		for _, j := range taken[n+1:] {
			if j < i && conflict(s.pend[j], e) {
				return false
			}
			if e.mem && s.pend[j].call {
				return false // the engine may read late
			}
		}
		for j := i + 1; j <= end; j++ {
			if !slices.Contains(taken, j) && conflict(e, s.pend[j]) {
				return false
			}
		}
	}
	return true
}

// conflict reports whether it matters in which order a and b are evaluated.
func conflict(a, b *expr) bool { return a.call && !b.pure() || b.call && !a.pure() }

func (s *fn) pending(v ssa.Value) int {
	for i, e := range s.pend {
		if e.value == v {
			return i
		}
	}
	return -1
}

// take returns the expression for v and removes it from what is pending.
func (s *fn) take(v ssa.Value) *expr {
	if i := s.pending(v); i >= 0 {
		e := s.pend[i]
		s.pend = append(s.pend[:i], s.pend[i+1:]...)
		if e.addr && e.whole != nil {
			// The engine would make a pointer that cannot be used.
			text := "x.FieldAddr(" + e.whole.text + ", " + e.whole.path + ").(" + s.typ(v.Type()) + ")"
			return &expr{text: text, prec: precPrimary, locals: e.locals, mem: e.mem, call: e.call, runs: e.runs, pos: e.pos, whole: e.whole}
		}
		if e.addr {
			return &expr{text: "&" + e.at(precPrimary), prec: precUnary, locals: e.locals, mem: e.mem, call: e.call, runs: e.runs, pos: e.pos, whole: e.whole}
		}
		return e
	}
	switch v := v.(type) {
	case *ssa.Const:
		return s.constant(v)
	case *ssa.Global:
		return &expr{text: "&" + s.global(v), prec: precUnary}
	case *ssa.Function:
		return s.functionValue(v)
	case *ssa.Alloc:
		if n, ok := s.names[v]; ok {
			prec := precPrimary
			if n[0] == '&' {
				prec = precUnary
			}
			return &expr{text: n, prec: prec}
		}
		return &expr{text: "&" + s.vars[v], prec: precUnary, locals: []*ssa.Alloc{v}}
	}
	if a := s.alias[v]; a != nil {
		return &expr{text: s.vars[a], prec: precPrimary, locals: []*ssa.Alloc{a}}
	}
	n, ok := s.names[v]
	if !ok {
		panic(fmt.Sprintf("lower: %s in %s has no value: %v", v.Name(), s.f, v))
	}
	return &expr{text: n, prec: precPrimary}
}

// lvalue returns the variable that the pointer v points to, as an expression
// that can be read and assigned to. It takes v.
func (s *fn) lvalue(v ssa.Value) *expr {
	switch v := v.(type) {
	case *ssa.Alloc:
		if n, ok := s.vars[v]; ok {
			if n[0] == 'v' {
				return &expr{text: n, prec: precPrimary, locals: []*ssa.Alloc{v}}
			}
			return &expr{text: n, prec: precPrimary, mem: true}
		}
	case *ssa.Global:
		return &expr{text: s.global(v), prec: precPrimary, mem: true}
	}
	if i := s.pending(v); i >= 0 && s.pend[i].addr {
		e := s.pend[i]
		s.pend = append(s.pend[:i], s.pend[i+1:]...)
		return e
	}
	e := s.typed(v, s.operand(v))
	m := &expr{text: "*" + e.at(precUnary), prec: precUnary, locals: e.locals, mem: true, call: e.call}
	if !s.isCell(v) {
		m.pos = v.Pos()
	}
	return m
}

// isCell reports whether v is the address of a variable of the program, which
// is never nil.
func (s *fn) isCell(v ssa.Value) bool {
	switch v.(type) {
	case *ssa.Alloc, *ssa.Global:
		return true
	case *ssa.FreeVar:
		return s.f.Synthetic == ""
	}
	return false
}

// inBlock reports whether v is used exactly once, by an instruction further
// down in the block where it is made.
func (s *fn) inBlock(v ssa.Value) bool {
	refs := v.Referrers()
	if refs == nil {
		return false
	}
	n := 0
	for _, r := range *refs {
		if _, debug := r.(*ssa.DebugRef); debug {
			continue
		}
		if r.Block() != s.block {
			return false
		}
		if _, phi := r.(*ssa.Phi); phi {
			return false
		}
		for _, o := range r.Operands(nil) {
			if *o == v {
				n++
			}
		}
	}
	return n == 1
}

func used(v ssa.Value) bool {
	refs := v.Referrers()
	return refs != nil && len(*refs) > 0
}

// defineAt is define for an expression made of inputs alone.
func (s *fn) defineAt(v ssa.Value, e *expr, place int) {
	if !s.inBlock(v) {
		s.define(v, e)
		return
	}
	e.value = v
	s.pend = slices.Insert(s.pend, min(place, len(s.pend)), e)
}

// define gives the SSA value v the expression e: it stays pending if it is
// used once in this block, else it is evaluated into a variable.
func (s *fn) define(v ssa.Value, e *expr) {
	e.value = v
	if !used(v) {
		if e.call {
			s.flush(func(p *expr) bool { return p.call || p.mem })
			s.statement(e.text, e)
		} else if e.pos.IsValid() {
			s.evaluate(e)
		}
		return
	}
	if s.inBlock(v) {
		if e.call {
			// Reads made before this call must not see its effects.
			s.flush(func(p *expr) bool { return p.mem && !p.call })
		}
		s.pend = append(s.pend, e)
		return
	}
	s.flush(func(p *expr) bool { return e.call && (p.call || p.mem) || p.call && !e.pure() })
	if st, n := s.storedNext(v); st != nil && !e.addr {
		s.flushStore(st.Addr.(*ssa.Alloc))
		s.dead[st] = true
		s.names[v] = n
		s.assign(n, e)
		s.measure(st.Addr.(*ssa.Alloc))
		return
	}
	s.evaluate(e)
}

// reread makes the variable that in reads stand for its value, which is needed
// more than once, and reports whether it can.
func (s *fn) reread(in *ssa.UnOp) bool {
	a, ok := in.X.(*ssa.Alloc)
	if !ok || s.vars[a] == "" || s.vars[a][0] != 'v' || s.inBlock(in) || !used(in) || !s.local(in) {
		return false
	}
	uses := 0
	for _, r := range *in.Referrers() {
		if _, debug := r.(*ssa.DebugRef); !debug {
			uses++
		}
	}
	found := false
	for _, next := range s.block.Instrs {
		if next == ssa.Instruction(in) {
			found = true
			continue
		}
		if !found {
			continue
		}
		if _, debug := next.(*ssa.DebugRef); debug {
			continue
		}
		for _, r := range *in.Referrers() {
			if r == next {
				uses--
				break
			}
		}
		if st, ok := next.(*ssa.Store); ok && st.Addr == in.X {
			if uses > 0 {
				return false
			}
		}
	}
	s.alias[in] = a
	return true
}

// storedNext returns the instruction after v, and the local variable that it
// stores v in, if that variable can stand for v where it is used.
func (s *fn) storedNext(v ssa.Value) (*ssa.Store, string) {
	in, ok := v.(ssa.Instruction)
	if !ok || s.protect || !s.local(v) {
		return nil, ""
	}
	var st *ssa.Store
	found := false
	for _, next := range in.Block().Instrs {
		switch {
		case next == in:
			found = true
		case found && st == nil:
			st, ok = next.(*ssa.Store)
			if !ok || st.Val != v {
				return nil, ""
			}
		case st != nil:
			if other, ok := next.(*ssa.Store); ok && other.Addr == st.Addr {
				return nil, "" // it changes while v may be needed
			}
		}
	}
	if a, ok := st.Addr.(*ssa.Alloc); ok {
		if n := s.vars[a]; n != "" && n[0] == 'v' {
			return st, n
		}
	}
	return nil, ""
}

// evaluate writes the statement that evaluates e into a variable of its own.
func (s *fn) evaluate(e *expr) {
	text := e.text
	if e.addr {
		text = "&" + e.at(precPrimary)
	}
	n := s.tempFor(e.value)
	s.names[e.value] = n
	s.statement(n+" = "+text, e)
}

// flush evaluates the pending expressions that match, and those with effects
// or reads that come before one with effects.
func (s *fn) flush(match func(*expr) bool) {
	last := -1
	any := false
	for i, e := range s.pend {
		if match(e) {
			any = true
			if e.call || e.mem {
				last = i
			}
		}
	}
	if !any {
		return
	}
	old := s.pend
	s.pend = nil
	var keep []*expr
	for i, e := range old {
		if match(e) || i < last && (e.call || e.mem) {
			if e.lit != nil && !e.lit.done {
				s.spill(e)
				continue
			}
			s.evaluate(e)
			continue
		}
		keep = append(keep, e)
	}
	s.pend = keep
}

// flushStore evaluates what a store to the local variable a would change.
func (s *fn) flushStore(a *ssa.Alloc) {
	s.flush(func(p *expr) bool { return p.reads(a) })
}

// flushEffects evaluates all that a statement with effects could change or
// must come after.
// settle evaluates v if that runs code of the session: what is then done with it
// has a position of its own.
func (s *fn) settle(v ssa.Value) {
	if i := s.pending(v); i >= 0 && s.pend[i].runs {
		s.flush(func(p *expr) bool { return p.value == v })
	}
}

func (s *fn) flushEffects() { s.flush(func(p *expr) bool { return p.mem || p.call }) }

func (s *fn) global(v *ssa.Global) string {
	obj := v.Object()
	if obj == nil {
		// A package's own guard against being initialised twice.
		n, ok := s.guards[v]
		if !ok {
			n = s.name("guard")
			s.guards[v] = n
			s.newGuards = append(s.newGuards, v)
			fmt.Fprintf(&s.out, "var %s bool\n", n)
		}
		return n
	}
	if n, ok := s.globals[obj]; ok {
		return n
	}
	if s.Types.IsCompiled(obj.Pkg()) {
		return "(*" + s.host("var "+obj.Pkg().Path()+"."+obj.Name(), obj.Name(), func() reflect.Value {
			val, ok := s.Compiled(obj.Pkg().Path(), obj.Name())
			if !ok {
				s.fail(v.Pos(), "%s.%s is not available", obj.Pkg().Path(), obj.Name())
			}
			s.Types.Learn(obj.Type(), val.Type())
			return val.Addr()
		}) + ")"
	}
	return s.declare(obj)
}

func (s *fn) functionValue(f *ssa.Function) *expr {
	if !s.isSession(f) {
		return &expr{text: s.compiledFunc(f), prec: precPrimary}
	}
	return &expr{text: s.variable(f), prec: precPrimary}
}

// variable returns the name of an engine variable that holds f. Of a declared
// function the engine makes a value anew wherever it is used as one, which is
// slow to call; and in a function literal it takes it for one that does nothing,
// if it has not come to its declaration yet.
func (u *unit) variable(f *ssa.Function) string {
	name := u.function(f)
	if n, ok := u.holders[name]; ok {
		return n
	}
	n := u.name("fn")
	u.holders[name] = n
	u.held = append(u.held, name)
	fmt.Fprintf(&u.out, "var %s func%s\n", n, u.signature(f.Signature))
	return n
}

// compiledFunc returns the host symbol of a compiled function.
func (s *fn) compiledFunc(f *ssa.Function) string {
	if f.Pkg == nil && f.Object() == nil || f.Object().Pkg() == nil {
		s.fail(f.Pos(), "%s cannot be called here", f.Name())
	}
	path, name := f.Object().Pkg().Path(), f.Object().Name()
	return s.host("func "+path+"."+name, name, func() reflect.Value {
		val, ok := s.Compiled(path, name)
		if !ok && !s.Types.IsCompiled(f.Object().Pkg()) {
			s.fail(f.Pos(), "%s has no body: go:linkname and assembly are not available in a session", name)
		}
		if !ok {
			s.fail(s.f.Pos(), "%s.%s is not available here", path, name)
		}
		for i := range f.Signature.Results().Len() {
			s.Types.Learn(f.Signature.Results().At(i).Type(), val.Type().Out(i))
		}
		return val
	})
}

func (s *fn) constant(c *ssa.Const) *expr {
	t := c.Type()
	if c.Value == nil {
		switch t.Underlying().(type) {
		case *types.Struct, *types.Array:
			return &expr{text: s.typ(t) + "{}", prec: precPrimary}
		case *types.Tuple:
			return &expr{text: "nil", prec: precPrimary}
		}
		if s.needsTyped(t) && !s.comparing {
			return &expr{text: s.temp(s.typ(t)), prec: precPrimary}
		}
		return &expr{text: "nil", prec: precPrimary}
	}
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		s.fail(c.Pos(), "constant of type %s", t)
	}
	if b.Kind() == types.UnsafePointer {
		return &expr{text: "x.ToUnsafe(uintptr(" + constant.ToInt(c.Value).ExactString() + "))", prec: precPrimary}
	}
	text := ""
	info := b.Info()
	v := c.Value
	switch {
	case info&types.IsBoolean != 0:
		text = strconv.FormatBool(constant.BoolVal(v))
	case info&types.IsString != 0:
		text = strconv.Quote(constant.StringVal(v))
	case info&types.IsInteger != 0:
		v = constant.ToInt(v)
		if info&types.IsUnsigned != 0 {
			n, _ := constant.Uint64Val(v)
			if n > math.MaxInt64 {
				return &expr{text: s.hostConst(t, c), prec: precPrimary}
			}
		}
		text = v.ExactString()
	case info&types.IsFloat != 0:
		f, _ := constant.Float64Val(v)
		if math.IsInf(f, 0) || f != 0 && (math.Abs(f) < 1e-300 || math.Abs(f) > 1e300) {
			return &expr{text: s.hostConst(t, c), prec: precPrimary}
		}
		text = strconv.FormatFloat(f, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
	case info&types.IsComplex != 0:
		return &expr{text: s.hostConst(t, c), prec: precPrimary}
	default:
		s.fail(c.Pos(), "constant of type %s", t)
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		switch t.Kind() {
		case types.Int, types.String, types.Bool, types.Float64, types.UntypedInt, types.UntypedBool, types.UntypedString, types.UntypedFloat:
			prec := precPrimary
			if text[0] == '-' {
				prec = precUnary
			}
			return &expr{text: text, prec: prec}
		}
	}
	return &expr{text: s.conversion(t) + "(" + text + ")", prec: precPrimary}
}

// conversion returns the spelling of t in front of a conversion's parenthesis.
func (s *fn) conversion(t types.Type) string {
	n := s.typ(t)
	if strings.ContainsAny(n[:1], "*<") || strings.HasPrefix(n, "func") || strings.HasPrefix(n, "chan") {
		return "(" + n + ")"
	}
	return n
}

// hostConst makes a constant that the engine's literals cannot express a host
// symbol.
func (s *fn) hostConst(t types.Type, c *ssa.Const) string {
	return s.host("const "+s.Types.Key(t)+" "+c.Value.ExactString(), "K", func() reflect.Value {
		v := reflect.New(s.Types.Of(t).R).Elem()
		switch {
		case v.CanUint():
			n, _ := constant.Uint64Val(constant.ToInt(c.Value))
			v.SetUint(n)
		case v.CanFloat():
			f, _ := constant.Float64Val(c.Value)
			v.SetFloat(f)
		case v.CanComplex():
			z := constant.ToComplex(c.Value)
			re, _ := constant.Float64Val(constant.Real(z))
			im, _ := constant.Float64Val(constant.Imag(z))
			v.SetComplex(complex(re, im))
		}
		return v
	})
}

// posOf returns the position of in, or of the function where it has none.
func (s *fn) posOf(in ssa.Instruction) token.Pos {
	if p := in.Pos(); p.IsValid() {
		return p
	}
	return token.NoPos
}
