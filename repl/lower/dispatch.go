package lower

import (
	"cmp"
	"fmt"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/rt"
	"golang.org/x/tools/go/ssa"
)

// A call of a method of an interface is a host call to find the method and one
// of a host function to make the call. It is faster to compare the type in the
// box with those that are known to have the method: see dispatch.

// maxTypes is how many types a call site compares with, and fewTypes how many
// one after the other: among more it searches for the type's number.
const (
	maxTypes = 32
	fewTypes = 3
)

// An impl is a function that is a method of a type.
type impl struct {
	typ  *rt.Type
	recv string // the engine's spelling of the type
	fn   string
}

// A site is a call of a method of an interface. It is written when all of its
// unit is known.
type site struct {
	key        string
	recv, args string
	results    string // with " = ", or empty
	slow       string
	box, ok, n string
}

// implKey is what methods of that name and type have in common.
func (u *unit) implKey(name string, sig *types.Signature) string {
	return name + " " + u.Types.Key(types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic()))
}

// implement notes that the function fn is the method called name of type t.
func (u *unit) implement(t types.Type, d *rt.Type, name string, sig *types.Signature, fn string) {
	key := u.implKey(name, sig)
	u.newImpls[key] = append(u.newImpls[key], impl{d, u.typ(t), fn})
}

// implementations returns the methods of that key that are known now.
func (u *unit) implementations(key string) []impl {
	var all []impl
	for _, list := range [][]impl{u.newImpls[key], u.impls[key]} {
		for _, m := range list {
			known := false
			for _, o := range all {
				known = known || o.typ == m.typ
			}
			if !known && len(all) < maxTypes {
				all = append(all, m)
			}
		}
	}
	return all
}

// dispatch lowers the call of a method of a session interface.
func (s *fn) dispatch(in *ssa.Call) {
	c := in.Common()
	es := s.operands(append([]ssa.Value{c.Value}, c.Args...)...)
	s.flushEffects()
	for i, v := range append([]ssa.Value{c.Value}, c.Args...) {
		es[i] = s.stable(v, s.typedConstant(v, es[i]))
	}
	var results []string
	tuple := c.Signature().Results()
	switch {
	case !used(in):
	case tuple.Len() == 1:
		n := s.tempFor(in)
		s.names[in] = n
		results = []string{n}
	default:
		for i := range tuple.Len() {
			results = append(results, s.temp(s.typ(tuple.At(i).Type())))
		}
		s.tuple(in, results...)
	}
	if s.box == "" {
		s.box, s.isBox, s.boxNumber = s.temp("x.BoxType"), s.temp("bool"), s.temp("int")
	}
	args := s.arguments(c, es[1:], false)
	st := site{
		key:  s.implKey(c.Method.Name(), c.Signature()),
		recv: es[0].text,
		args: args,
		slow: s.invoke(c, es[0].text, args),
		box:  s.box,
		ok:   s.isBox,
		n:    s.boxNumber,
	}
	if len(results) > 0 {
		st.results = strings.Join(results, ", ") + " = "
	}
	s.report(s.posOf(in))
	s.unlabel()
	fmt.Fprintf(&s.body, "\x00%d\x00\n", len(s.sites))
	s.sites = append(s.sites, st)
	s.pos = 0
}

// typedConstant returns e, or where it is a nil or a constant of a type that
// its text does not tell, a variable that holds it.
func (s *fn) typedConstant(v ssa.Value, e *expr) *expr {
	if types.IsInterface(v.Type()) {
		return e
	}
	return s.typed(v, e)
}

var siteMark = regexp.MustCompile("\x00([0-9]+)\x00\n")

// writeSites puts the calls into the source text.
func (u *unit) writeSites(text string) string {
	if len(u.sites) == 0 {
		return text
	}
	generation := u.Types.Generation()
	for _, m := range u.methods {
		if m.typ.Method(m.name) != nil {
			generation++
		}
	}
	return siteMark.ReplaceAllStringFunc(text, func(mark string) string {
		n, _ := strconv.Atoi(siteMark.FindStringSubmatch(mark)[1])
		st := u.sites[n]
		list := u.implementations(st.key)
		if len(list) == 0 {
			return "\t" + st.results + st.slow + "\n"
		}
		var b strings.Builder
		fmt.Fprintf(&b, "\t%s, %s = %s.(x.BoxType)\n", st.box, st.ok, st.recv)
		fmt.Fprintf(&b, "\tif !%s || gen != %d {\n\t\tgoto S%d\n\t}\n", st.ok, generation, n)
		if len(list) > fewTypes {
			slices.SortFunc(list, func(a, b impl) int { return cmp.Compare(a.typ.N, b.typ.N) })
			fmt.Fprintf(&b, "\t%s = %s.T.N\n", st.n, st.box)
		}
		u.choose(&b, st, n, list, 0)
		fmt.Fprintf(&b, "S%d:\n\t%s%s\nE%d:\n\t%s = false\n", n, st.results, st.slow, n, st.ok)
		return b.String()
	})
}

// choose writes what calls the method of that one of the types in list which
// the box has, if it is one. first is the index of list in the site's own.
func (u *unit) choose(b *strings.Builder, st site, n int, list []impl, first int) {
	if len(list) > fewTypes {
		half := len(list) / 2
		fmt.Fprintf(b, "\tif %s >= %d {\n\t\tgoto S%d_%d\n\t}\n", st.n, list[half].typ.N, n, first+half)
		u.choose(b, st, n, list[:half], first)
		fmt.Fprintf(b, "S%d_%d:\n", n, first+half)
		u.choose(b, st, n, list[half:], first+half)
		return
	}
	for i, m := range list {
		next := fmt.Sprintf("S%d", n)
		if i+1 < len(list) {
			next = fmt.Sprintf("S%d_%d", n, first+i+1)
		}
		if i > 0 {
			fmt.Fprintf(b, "S%d_%d:\n", n, first+i)
		}
		args := st.args
		if args != "" {
			args = ", " + args
		}
		fmt.Fprintf(b, "\tif %s.T != %s {\n\t\tgoto %s\n\t}\n", st.box, u.typeRef(m.typ), next)
		fmt.Fprintf(b, "\t%s%s(%s.V.(%s)%s)\n\tgoto E%d\n", st.results, m.fn, st.box, m.recv, args, n)
	}
}
