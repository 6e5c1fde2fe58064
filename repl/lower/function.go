package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// fn is the state of lowering one function.
type fn struct {
	*unit
	f          *ssa.Function
	body       strings.Builder
	decls      strings.Builder
	names      map[ssa.Value]string // evaluated values
	pend       []*expr              // values not evaluated yet, in order
	vars       map[*ssa.Alloc]string
	dead       map[ssa.Instruction]bool
	nextVar    int
	block      *ssa.BasicBlock
	pos        int    // the position last reported in this block, or 0
	protect    bool   // the body runs under rt.Protect
	observed   bool   // the host sees the variables
	located    bool   // the host sees only the place that it has come to
	thunked    bool   // operands are parameters of a thunk
	comparing  bool   // operands are compared
	caught     string // the variable that holds the panic that may be recovered
	iters      map[ssa.Value][2]string
	spilled    map[*ssa.IndexAddr]bool  // addresses of elements of literals
	box, isBox string                   // variables for calls of interface methods
	boxNumber  string                   // likewise
	alias      map[ssa.Value]*ssa.Alloc // values that a variable stands for
	lengths    map[*ssa.Alloc]string    // variables that hold the lengths of others
	returned   map[ssa.Value]ssa.Value  // what stands for a result that was stored
	free       map[string][]string      // variables that nothing needs any more, by type
	brief      [][2]string              // those that nothing needs after this block
	loops      map[*ssa.BasicBlock]bool // heads of loops
}

// emit writes the engine's form of f.
func (u *unit) emit(f *ssa.Function) {
	s := &fn{
		unit:     u,
		f:        f,
		names:    map[ssa.Value]string{},
		vars:     map[*ssa.Alloc]string{},
		dead:     map[ssa.Instruction]bool{},
		iters:    map[ssa.Value][2]string{},
		loops:    map[*ssa.BasicBlock]bool{},
		returned: map[ssa.Value]ssa.Value{},
		free:     map[string][]string{},
		alias:    map[ssa.Value]*ssa.Alloc{},
		spilled:  map[*ssa.IndexAddr]bool{},
		lengths:  map[*ssa.Alloc]string{},
	}
	name := u.funcs[f]
	s.observed = u.Observes != nil && u.Observes(f)
	if !s.observed && u.Locates != nil && u.Locates(f) {
		s.observed, s.located = true, true
	}
	s.prepare()
	ofCell := s.protect && f == u.Statement
	s.protect = s.protect && !ofCell
	var params []string
	for i, p := range f.Params {
		n := s.param(p)
		t := u.typ(p.Type())
		if f.Signature.Variadic() && i == len(f.Params)-1 {
			t = "..." + strings.TrimPrefix(t, "[]")
		}
		params = append(params, n+" "+t)
	}
	for _, b := range f.Blocks {
		if b != f.Recover {
			s.emitBlock(b)
		}
	}
	results := u.results(f.Signature.Results())
	var w strings.Builder
	indent := "\t"
	if len(f.FreeVars) > 0 {
		var fvs []string
		for i, v := range f.FreeVars {
			fvs = append(fvs, "c"+strconv.Itoa(i)+" "+u.typ(v.Type()))
		}
		fmt.Fprintf(&w, "func %s(%s) func%s {\n\treturn func(%s)%s {\n", name, strings.Join(fvs, ", "),
			u.signature(f.Signature), strings.Join(params, ", "), results)
	} else {
		fmt.Fprintf(&w, "func %s(%s)%s {\n", name, strings.Join(params, ", "), results)
	}
	if s.caught != "" {
		fmt.Fprintf(&w, "\t%s := x.Caught()\n", s.caught)
	}
	if ofCell {
		w.WriteString("\td := x.CellDefers()\n")
	}
	if s.protect {
		for i := range f.Signature.Results().Len() {
			fmt.Fprintf(&w, "\tvar r%d %s\n", i, u.typ(f.Signature.Results().At(i).Type()))
		}
		w.WriteString("\td := x.NewDefers()\n")
		w.WriteString(s.decls.String())
		if s.observed {
			w.WriteString(s.observe())
		}
		w.WriteString("\tbody := func() {\n")
		w.WriteString(s.body.String())
		w.WriteString("\t}\n\tif x.Protect(d, body) {\n\t\t")
		if s.observed {
			w.WriteString(unobserve + "\n\t\t")
		}
		w.WriteString("return" + resultNames(f) + "\n\t}\n")
		if f.Recover != nil {
			s.decls.Reset()
			s.body.Reset()
			s.protect = false
			s.emitBlock(f.Recover)
			w.WriteString(s.decls.String())
			w.WriteString(s.body.String())
		} else {
			if s.observed {
				w.WriteString("\t" + unobserve + "\n")
			}
			w.WriteString("\treturn" + resultNames(f) + "\n")
		}
	} else {
		w.WriteString(s.decls.String())
		if s.observed {
			w.WriteString(s.observe())
		}
		w.WriteString(s.body.String())
	}
	if len(f.FreeVars) > 0 {
		w.WriteString(indent + "}\n")
	}
	w.WriteString("}\n")
	u.out.WriteString(w.String())
}

// param returns the name of the parameter p: that of the variable which the
// function keeps it in.
func (s *fn) param(p *ssa.Parameter) string {
	if n, ok := s.names[p]; ok {
		return n
	}
	s.nextVar++
	n := "p" + strconv.Itoa(s.nextVar)
	s.names[p] = n
	return n
}

// home makes the local variable that p is stored in at once the parameter
// itself.
func (s *fn) home(p *ssa.Parameter) {
	if p.Referrers() == nil || s.f.Signature.Variadic() && p == s.f.Params[len(s.f.Params)-1] {
		return
	}
	for _, r := range *p.Referrers() {
		st, ok := r.(*ssa.Store)
		if !ok || st.Val != ssa.Value(p) || st.Block().Index != 0 {
			continue
		}
		a, ok := st.Addr.(*ssa.Alloc)
		if !ok || a.Heap || a.Block().Index != 0 || s.loops[a.Block()] || a.Comment != p.Name() || s.vars[a] != "" {
			continue
		}
		s.nextVar++
		n := "v" + strconv.Itoa(s.nextVar)
		s.names[p], s.vars[a] = n, n
		s.dead[st], s.dead[a] = true, true
		return
	}
}

// returns finds the results that are stored in a variable only to be returned:
// they are returned as they are.
func (s *fn) returns() {
	if s.protect || s.observed {
		return
	}
	stores := map[*ssa.Alloc][]ssa.Instruction{}
	loads := map[*ssa.Alloc][]ssa.Instruction{}
	values := map[ssa.Value]ssa.Value{}
	for _, b := range s.f.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok {
			continue
		}
		for _, r := range ret.Results {
			a := loaded(r)
			if a == nil || a.Heap || len(*r.Referrers()) != 1 || r.(*ssa.UnOp).Block() != b {
				continue
			}
			var last *ssa.Store
			for _, in := range b.Instrs {
				if st, ok := in.(*ssa.Store); ok && st.Addr == ssa.Value(a) {
					last = st
				}
				if in == ssa.Instruction(r.(*ssa.UnOp)) {
					break
				}
			}
			if last == nil {
				continue
			}
			stores[a] = append(stores[a], last)
			loads[a] = append(loads[a], r.(*ssa.UnOp))
			values[r] = last.Val
		}
	}
	for a, ls := range loads {
		if len(ls)+len(stores[a]) != len(*a.Referrers()) {
			continue // it has other uses
		}
		for i, l := range ls {
			s.dead[l], s.dead[stores[a][i]] = true, true
			s.returned[l.(*ssa.UnOp)] = values[l.(*ssa.UnOp)]
		}
		s.dead[a] = true
	}
}

func resultNames(f *ssa.Function) string {
	var names []string
	for i := range f.Signature.Results().Len() {
		names = append(names, "r"+strconv.Itoa(i))
	}
	if len(names) == 0 {
		return ""
	}
	return " " + strings.Join(names, ", ")
}

func (u *unit) results(t *types.Tuple) string {
	switch t.Len() {
	case 0:
		return ""
	case 1:
		return " " + u.typ(t.At(0).Type())
	}
	var parts []string
	for i := range t.Len() {
		parts = append(parts, u.typ(t.At(i).Type()))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// prepare looks at the whole function before any of it is emitted: free
// variables and local variables get names, and the bookkeeping of deferred
// calls that a function without any does not need is dropped.
func (s *fn) prepare() {
	s.findLoops()
	if callsRecover(s.f) {
		s.caught = "caught"
	}
	for i, v := range s.f.FreeVars {
		s.names[v] = "c" + strconv.Itoa(i)
	}
	for _, p := range s.f.Params {
		s.home(p)
	}
	for _, b := range s.f.Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *ssa.Alloc:
				if in.Comment == "defer$stack" {
					s.prepareStack(in)
				}
			case *ssa.Defer:
				if in.DeferStack == nil {
					s.protect = true
				}
			}
		}
	}
	s.returns()
	for _, b := range s.f.Blocks {
		for _, in := range b.Instrs {
			switch in := in.(type) {
			case *ssa.Alloc:
				if in.Comment == "defer$stack" || s.dead[in] {
					continue
				}
				if obj, ok := s.locals[in.Pos()]; ok && in.Pos().IsValid() && obj.Name() == in.Comment {
					s.vars[in] = s.globals[obj]
					s.names[in] = "&" + s.globals[obj]
				} else if !in.Heap {
					s.nextVar++
					n := "v" + strconv.Itoa(s.nextVar)
					s.vars[in] = n
					fmt.Fprintf(&s.decls, "\tvar %s %s\n", n, s.typ(deref(in.Type())))
				}
			}
		}
	}
	s.keepLengths()
}

func (s *fn) prepareStack(a *ssa.Alloc) {
	var store *ssa.Store
	used := false
	for _, r := range *a.Referrers() {
		if st, ok := r.(*ssa.Store); ok && st.Addr == a && store == nil {
			store = st
			continue
		}
		used = true
	}
	if used {
		s.protect = true
		if !a.Heap {
			s.nextVar++
			n := "v" + strconv.Itoa(s.nextVar)
			s.vars[a] = n
			fmt.Fprintf(&s.decls, "\tvar %s *x.Defers\n", n)
		}
		return
	}
	s.dead[a] = true
	if store != nil {
		s.dead[store] = true
		if c, ok := store.Val.(*ssa.Call); ok {
			s.dead[c] = true
		}
	}
}

func deref(t types.Type) types.Type { return t.Underlying().(*types.Pointer).Elem() }

func label(b *ssa.BasicBlock) string { return "L" + strconv.Itoa(b.Index) }

// findLoops notes the blocks that a jump backwards enters: each way round a
// loop leads through one.
func (s *fn) findLoops() {
	done, active := map[*ssa.BasicBlock]bool{}, map[*ssa.BasicBlock]bool{}
	var visit func(b *ssa.BasicBlock)
	visit = func(b *ssa.BasicBlock) {
		done[b], active[b] = true, true
		for _, next := range b.Succs {
			if active[next] {
				s.loops[next] = true
			} else if !done[next] {
				visit(next)
			}
		}
		delete(active, b)
	}
	visit(s.f.Blocks[0])
}

func (s *fn) emitBlock(b *ssa.BasicBlock) {
	s.block = b
	s.pos = 0
	for _, t := range s.brief {
		s.free[t[0]] = append(s.free[t[0]], t[1])
	}
	s.brief = nil
	if b.Index != 0 && b != s.f.Recover && s.needsLabel(b) {
		s.unlabel()
		s.body.WriteString(label(b) + ":\n")
	}
	if s.loops[b] {
		s.line("if stop {\n\t\tx.Poll()\n\t}")
	} else if b.Index == 0 && s.mayRecurse() {
		s.line("if stop {\n\t\tx.Enter(" + strconv.Quote(s.f.Name()) + ")\n\t}")
	}
	for _, in := range b.Instrs {
		if s.dead[in] {
			continue
		}
		s.instr(in)
	}
}

// mayRecurse reports whether a call made in the function may lead back to it.
func (s *fn) mayRecurse() bool {
	for _, b := range s.f.Blocks {
		for _, in := range b.Instrs {
			c, ok := in.(ssa.CallInstruction)
			if !ok {
				continue
			}
			common := c.Common()
			if common.IsInvoke() {
				return true
			}
			switch v := common.Value.(type) {
			case *ssa.Builtin:
			case *ssa.Function:
				if s.isSession(v) {
					return true
				}
			default:
				return true
			}
		}
	}
	return false
}

func (s *fn) needsLabel(b *ssa.BasicBlock) bool {
	for _, p := range b.Preds {
		if p.Index != b.Index-1 {
			return true
		}
		if _, jump := p.Instrs[len(p.Instrs)-1].(*ssa.Jump); !jump {
			return true
		}
	}
	return false
}

// line writes one statement.
func (s *fn) line(text string) {
	s.body.WriteByte('\t')
	s.body.WriteString(text)
	s.body.WriteByte('\n')
}

// report sees to it that a panic of the next statement is reported at pos.
func (s *fn) report(pos token.Pos) {
	if !pos.IsValid() || s.Position == nil {
		return
	}
	n := s.Position(pos, s.f)
	if n == 0 || n == s.pos {
		return
	}
	s.pos = n
	if s.observed {
		s.line("at = " + strconv.Itoa(n))
	}
	s.line("pos = " + strconv.Itoa(n))
}

// statement writes a statement made of the expression parts es, which have
// been taken; it reports its position first where it may panic.
func (s *fn) statement(text string, es ...*expr) {
	m := merge(es...)
	s.report(m.pos)
	s.line(text)
	if m.call {
		s.pos = 0
	}
}

// tempFor returns a variable for v: one that is done with if there is one.
func (s *fn) tempFor(v ssa.Value) string {
	t := s.typ(v.Type())
	if isFunc(v.Type()) {
		return s.temp(t) // what a call leaves in one cannot be assigned to
	}
	var n string
	if free := s.free[t]; len(free) > 0 {
		n = free[len(free)-1]
		s.free[t] = free[:len(free)-1]
	} else {
		n = s.temp(t)
	}
	if s.local(v) {
		s.brief = append(s.brief, [2]string{t, n})
	}
	return n
}

// local reports whether v is used in this block alone.
func (s *fn) local(v ssa.Value) bool {
	in, ok := v.(ssa.Instruction)
	if !ok || in.Block() != s.block || v.Referrers() == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		if _, phi := r.(*ssa.Phi); phi || r.Block() != s.block {
			return false
		}
	}
	return true
}

// temp declares a local variable of type t.
func (s *fn) temp(t string) string {
	s.nextVar++
	n := "t" + strconv.Itoa(s.nextVar)
	fmt.Fprintf(&s.decls, "\tvar %s %s\n", n, t)
	return n
}
