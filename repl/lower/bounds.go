package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// The engine's own checks of indices do not tell which index was out of which
// range. Lowered code makes the comparisons itself, except where the program
// has made them; the position is only stored on the way to the panic.

var plain = regexp.MustCompile(`^(-?[0-9]+|[a-z][0-9]+)$`)

// stable returns e, or a variable that holds its value if evaluating it twice
// would cost or change something.
func (s *fn) stable(v ssa.Value, e *expr) *expr {
	if plain.MatchString(e.text) || e.lit != nil {
		return e
	}
	n := s.temp(s.typ(v.Type()))
	s.flush(func(p *expr) bool { return e.call && (p.call || p.mem) || p.call && !e.pure() })
	s.statement(n+" = "+e.text, e)
	return &expr{text: n, prec: precPrimary}
}

// checkIndex writes the check of an index into what has that length, and
// returns the index for the access itself. An empty length stands for an
// access that needs no check.
func (s *fn) checkIndex(in ssa.Instruction, index ssa.Value, ie *expr, length string) *expr {
	if length == "" {
		return ie
	}
	ie = s.stable(index, ie)
	var conds []string
	if c, ok := index.(*ssa.Const); ok {
		if n, err := strconv.ParseInt(length, 10, 64); err == nil && c.Int64() < n {
			return ie
		}
		conds = []string{length + " <= " + strconv.FormatInt(c.Int64(), 10)}
	} else {
		i := s.toInt(index, ie)
		conds = []string{i + " < 0", i + " >= " + length}
		if natural(index, nil) {
			conds = conds[1:]
		}
	}
	s.refuse(in, conds, "x.IndexPanic("+ie.text+", "+length+")")
	return ie
}

// refuse writes the statement that panics if one of the conditions holds.
func (s *fn) refuse(in ssa.Instruction, conds []string, panics string) {
	s.flush(func(p *expr) bool { return p.call })
	text := "if " + strings.Join(conds, " || ") + " {\n\t\t"
	if n := s.position(s.posOf(in)); n != 0 {
		if s.observed {
			text += "at = " + strconv.Itoa(n) + "\n\t\t"
		}
		text += "pos = " + strconv.Itoa(n) + "\n\t\t"
	}
	s.line(text + panics + "\n\t}")
}

// checkMake writes the check of the length and the capacity that a slice is made
// with.
func (s *fn) checkMake(in ssa.Instruction, length, capacity string, elem types.Type) {
	limit := min(1<<48/max(int64(s.Types.Of(elem).R.Size()), 1), math.MaxInt)
	var conds []string
	if !isNatural(length) {
		conds = append(conds, length+" < 0")
	}
	if !isNatural(capacity) {
		conds = append(conds, capacity+" > "+strconv.FormatInt(limit, 10))
	}
	if !isNatural(length) || !isNatural(capacity) {
		conds = append(conds, capacity+" < "+length)
		s.refuse(in, conds, "x.MakePanic("+length+", "+strconv.FormatInt(limit, 10)+")")
	}
}

// checkSlice writes the check of the bounds of a slice expression over a value
// of that length and capacity. A message has the bounds as they are shown: the
// others are of type int.
func (s *fn) checkSlice(in *ssa.Slice, bounds, shown [3]string, length, capacity string) {
	lo, hi, limit := bounds[0], bounds[1], bounds[2]
	_, isSlice := in.X.Type().Underlying().(*types.Slice)
	var conds []string
	top := length
	if hi != "" || limit != "" {
		top = capacity
	}
	// Each bound must be between the one before it and the top.
	low := "0"
	var last string
	for _, b := range []string{lo, hi, limit} {
		if b == "" {
			continue
		}
		if low == "0" {
			if !isNatural(b) {
				conds = append(conds, b+" < 0")
			}
		} else if !isNatural(low) || !isNatural(b) || len(low) > len(b) || len(low) == len(b) && low > b {
			conds = append(conds, b+" < "+low)
		}
		low, last = b, b
	}
	if last == "" || last == "0" {
		return
	}
	if n, err := strconv.Atoi(top); err != nil || !isNatural(last) {
		conds = append(conds, last+" > "+top)
	} else if m, err := strconv.Atoi(last); err != nil || m > n {
		conds = append(conds, last+" > "+top)
	}
	if len(conds) == 0 {
		return
	}
	text := make([]string, 3)
	for i, b := range shown {
		text[i] = b
		if b == "" {
			text[i] = "nil"
		}
	}
	s.refuse(in, conds, "x.SlicePanic("+strings.Join(text, ", ")+", "+top+", "+strconv.FormatBool(isSlice)+")")
}

func isNatural(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// length returns the engine's expression for the length of v, a slice, string,
// array or pointer to an array that e stands for.
func (s *fn) length(v ssa.Value, e *expr) string {
	t := v.Type().Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	if a, ok := t.(*types.Array); ok {
		return strconv.FormatInt(a.Len(), 10)
	}
	if e == nil {
		return ""
	}
	return "len(" + e.text + ")"
}

// proven reports whether the program itself sees to it that index is within
// the length of base where in uses it: index steps through a range statement,
// or a condition that compares it with that length leads to in.
func (s *fn) proven(in ssa.Instruction, base, index ssa.Value) bool {
	i := loaded(index)
	if i == nil {
		return false
	}
	if i.Comment == "rangeindex" {
		return true
	}
	a := loaded(base)
	if a == nil || a.Heap || i.Heap {
		return false
	}
	init := onlyStore(a)
	if init == nil {
		return false
	}
	var stores []*ssa.Store
	for _, r := range *i.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Addr != ssa.Value(i) {
				return false
			}
			stores = append(stores, r)
		case *ssa.UnOp, *ssa.DebugRef:
		default:
			return false
		}
	}
	if len(stores) == 1 {
		if r := loaded(stores[0].Val); r != nil && r.Comment == "rangeindex" {
			// The key of a range statement: in is in its body.
			cond := lessThanLen(nil, r, a)
			return cond != nil && init.Block().Dominates(cond.Block()) && stores[0].Block().Dominates(in.Block())
		}
	}
	for _, st := range stores {
		if !isStep(st.Val, i) {
			return false
		}
	}
	for _, r := range *i.Referrers() {
		cond := lessThanLen(r, i, a)
		if cond == nil || !init.Block().Dominates(cond.Block()) {
			continue
		}
		d := cond.Block()
		branch, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If)
		if !ok || branch.Cond != ssa.Value(cond) || len(d.Succs[0].Preds) != 1 || !d.Succs[0].Dominates(in.Block()) {
			continue
		}
		if !reachedByStore(stores, in, d) {
			return true
		}
	}
	return false
}

// natural reports whether v, an integer, is never negative unless arithmetic
// overflows; seen holds the variables that are taken to be so meanwhile.
func natural(v ssa.Value, seen []*ssa.Alloc) bool {
	switch v := v.(type) {
	case *ssa.Const:
		return v.Value != nil && v.Int64() >= 0
	case *ssa.BinOp:
		switch v.Op {
		case token.ADD, token.MUL, token.QUO, token.OR:
			return natural(v.X, seen) && natural(v.Y, seen)
		case token.REM, token.SHR:
			return natural(v.X, seen)
		case token.AND:
			return natural(v.X, seen) || natural(v.Y, seen)
		}
	case *ssa.Call:
		b, ok := v.Call.Value.(*ssa.Builtin)
		return ok && (b.Name() == "len" || b.Name() == "cap")
	case *ssa.Convert:
		b, ok := v.X.Type().Underlying().(*types.Basic)
		return ok && (b.Kind() == types.Uint8 || b.Kind() == types.Uint16 || b.Kind() == types.Uint32 || b.Info()&types.IsInteger != 0 && natural(v.X, seen))
	case *ssa.UnOp:
		a := loaded(v)
		if a == nil || a.Heap {
			break
		}
		if a.Comment == "rangeindex" || slices.Contains(seen, a) {
			return true
		}
		seen = append(seen, a)
		for _, r := range *a.Referrers() {
			switch r := r.(type) {
			case *ssa.Store:
				if r.Addr != ssa.Value(a) || !natural(r.Val, seen) {
					return false
				}
			case *ssa.UnOp, *ssa.DebugRef:
			default:
				return false
			}
		}
		return true
	}
	b, ok := v.Type().Underlying().(*types.Basic)
	return ok && (b.Kind() == types.Uint8 || b.Kind() == types.Uint16 || b.Kind() == types.Uint32)
}

// keepLengths finds the slices and strings that are assigned once and indexed
// in loops: their lengths are kept in variables.
func (s *fn) keepLengths() {
	for _, b := range s.f.Blocks {
		looped := false
		for head := range s.loops {
			looped = looped || head.Dominates(b)
		}
		if !looped {
			continue
		}
		for _, in := range b.Instrs {
			var base, index ssa.Value
			switch in := in.(type) {
			case *ssa.IndexAddr:
				base, index = in.X, in.Index
			case *ssa.Lookup:
				base, index = in.X, in.Index
			default:
				continue
			}
			a := loaded(base)
			if a == nil || a.Heap || s.lengths[a] != "" || s.length(base, nil) != "" || onlyStore(a) == nil || s.proven(in, base, index) {
				continue
			}
			if _, isMap := base.Type().Underlying().(*types.Map); isMap {
				continue
			}
			if n := s.vars[a]; n == "" || n[0] != 'v' {
				continue
			}
			if st := onlyStore(a); s.dead[st] {
				s.lengths[a] = s.temp("int")
				fmt.Fprintf(&s.decls, "\t%s = len(%s)\n", s.lengths[a], s.vars[a])
			} else if head := st.Block(); !s.loops[head] {
				s.lengths[a] = s.temp("int")
			}
		}
	}
}

// measure keeps the length of the variable a, which was just assigned.
func (s *fn) measure(a *ssa.Alloc) {
	if n := s.lengths[a]; n != "" {
		s.line(n + " = len(" + s.vars[a] + ")")
	}
}

// loaded returns the local variable that v is the value of, or nil.
func loaded(v ssa.Value) *ssa.Alloc {
	if u, ok := v.(*ssa.UnOp); ok && u.Op == token.MUL {
		if a, ok := u.X.(*ssa.Alloc); ok {
			return a
		}
	}
	return nil
}

// onlyStore returns the one instruction that assigns a, if there is just one
// and nothing else can change a.
func onlyStore(a *ssa.Alloc) *ssa.Store {
	var only *ssa.Store
	for _, r := range *a.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if only != nil || r.Addr != ssa.Value(a) {
				return nil
			}
			only = r
		case *ssa.UnOp, *ssa.DebugRef:
		default:
			return nil
		}
	}
	return only
}

// isStep reports whether a variable i that is assigned v cannot become
// negative by it.
func isStep(v ssa.Value, i *ssa.Alloc) bool {
	if b, ok := v.(*ssa.BinOp); ok && b.Op == token.ADD && loaded(b.X) == i {
		v = b.Y
	}
	c, ok := v.(*ssa.Const)
	return ok && c.Value != nil && isInt(c.Type()) && c.Int64() >= 0
}

func isInt(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Int
}

// lessThanLen returns the comparison of the variable i with the length of a:
// the one that uses the load r of i, or with no r the condition of the range
// statement whose index is i.
func lessThanLen(r ssa.Instruction, i, a *ssa.Alloc) *ssa.BinOp {
	isLen := func(v ssa.Value) bool {
		c, ok := v.(*ssa.Call)
		if !ok {
			return false
		}
		b, ok := c.Call.Value.(*ssa.Builtin)
		return ok && b.Name() == "len" && loaded(c.Call.Args[0]) == a
	}
	var x ssa.Value
	if r == nil {
		for _, ref := range *i.Referrers() {
			if st, ok := ref.(*ssa.Store); ok {
				if b, ok := st.Val.(*ssa.BinOp); ok {
					x = b
				}
			}
		}
	} else if u, ok := r.(*ssa.UnOp); ok {
		x = u
	}
	if x == nil {
		return nil
	}
	for _, ref := range *x.Referrers() {
		if b, ok := ref.(*ssa.BinOp); ok && b.Op == token.LSS && b.X == x && isLen(b.Y) {
			return b
		}
	}
	return nil
}

// reachedByStore reports whether control may get from one of the stores to in
// without passing through the block d.
func reachedByStore(stores []*ssa.Store, in ssa.Instruction, d *ssa.BasicBlock) bool {
	for _, st := range stores {
		b := st.Block()
		if b == in.Block() && b != d {
			for _, x := range b.Instrs {
				if x == ssa.Instruction(st) {
					return true
				}
				if x == in {
					break
				}
			}
		}
		seen := map[*ssa.BasicBlock]bool{d: true}
		var reach func(b *ssa.BasicBlock) bool
		reach = func(b *ssa.BasicBlock) bool {
			for _, next := range b.Succs {
				if seen[next] {
					continue
				}
				seen[next] = true
				if next == in.Block() || reach(next) {
					return true
				}
			}
			return false
		}
		if b != d && reach(b) {
			return true
		}
	}
	return false
}
