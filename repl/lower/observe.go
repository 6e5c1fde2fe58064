package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"
)

// A Variable is a parameter or local variable of a function that is observed.
type Variable struct {
	Name string
	Type types.Type
	// Pos is the place of its declaration.
	Pos token.Pos
	// Moved tells that running code hands over a pointer to a pointer to the
	// variable, which is nil until the variable is declared.
	Moved bool

	at string // the engine's expression for what is handed over
}

// observe returns the statements that an observed function begins with: they
// hand over pointers to the number of the position that it has come to, and to
// its variables, so that the host can look at them at any time until the
// function returns.
func (s *fn) observe() string {
	var vars []Variable
	if !s.located {
		vars = s.variables()
	}
	var args strings.Builder
	for _, v := range vars {
		s.methodsOf(v.Type)
		args.WriteString(", " + v.at)
	}
	return fmt.Sprintf("\tvar at int\n\tobserved := x.Observe(%d, &at%s)\n", s.Observed(s.f, vars), args.String())
}

const unobserve = "x.Unobserve(observed)"

// variables returns the variables of the function, in the order of their
// declarations, and of those around it the ones that it uses.
func (s *fn) variables() []Variable {
	var vars []Variable
	add := func(name string, t types.Type, pos token.Pos, at string, moved bool) {
		if !pos.IsValid() || at == "" || !token.IsIdentifier(name) || name == "_" {
			return
		}
		v := Variable{Name: name, Type: deref(t), Pos: pos, Moved: moved, at: at}
		for i := range vars {
			if vars[i].Pos == pos && vars[i].Name == name {
				vars[i] = v // a loop's variable: the newest of its turns
				return
			}
		}
		vars = append(vars, v)
	}
	for i, v := range s.f.FreeVars {
		if _, ok := v.Type().Underlying().(*types.Pointer); ok {
			add(v.Name(), v.Type(), v.Pos(), fmt.Sprintf("c%d", i), false)
		}
	}
	for _, b := range s.f.Blocks {
		for _, in := range b.Instrs {
			if a, ok := in.(*ssa.Alloc); ok {
				if n := s.vars[a]; n != "" {
					add(a.Comment, a.Type(), a.Pos(), "&"+n, false)
				} else if n := s.names[a]; n != "" {
					add(a.Comment, a.Type(), a.Pos(), "&"+n, true)
				}
			}
		}
	}
	for _, b := range s.f.Blocks {
		for _, in := range b.Instrs {
			if p, ok := in.(*ssa.Phi); ok && s.names[p] != "" {
				if _, ok := p.Type().Underlying().(*types.Pointer); ok {
					add(p.Comment, p.Type(), p.Pos(), "&"+s.names[p], true)
				}
			}
		}
	}
	slices.SortStableFunc(vars, func(a, b Variable) int { return int(a.Pos) - int(b.Pos) })
	return vars
}
