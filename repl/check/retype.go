package check

import (
	"go/types"
	"maps"
	"slices"
)

// sameShape reports whether two declarations of a type give values of one
// representation, as far as can be seen without following other types.
func sameShape(a, b *types.TypeName) bool {
	q := func(p *types.Package) string { return p.Path() }
	x, ok1 := a.Type().(*types.Named)
	y, ok2 := b.Type().(*types.Named)
	if !ok1 || !ok2 || x.TypeParams().Len() != y.TypeParams().Len() {
		return false
	}
	return types.TypeString(x.Underlying(), q) == types.TypeString(y.Underlying(), q)
}

// variablesOf returns the variables whose types mention one of those types, by
// name.
func (c *Checker) variablesOf(of map[*types.TypeName]bool) []*Entity {
	var out []*Entity
	for _, name := range slices.Sorted(maps.Keys(c.names)) {
		if e := c.names[name]; e.Kind == Var && e.Obj != nil && reaches(e.Obj.Type(), of, nil) {
			out = append(out, e)
		}
	}
	return out
}

// reaches reports whether t mentions one of names.
func reaches(t types.Type, names map[*types.TypeName]bool, seen map[types.Type]bool) bool {
	if seen == nil {
		seen = map[types.Type]bool{}
	}
	found := false
	substitute(t, func(n *types.Named) types.Type {
		if names[n.Obj()] {
			found = true
		}
		return nil
	})
	return found
}

// retype gives the session's variables the new types; those whose values do
// not fit them any more start again from zero.
func (c *Checker) retype(out *Unit, in *types.Package, renewed map[*types.TypeName]*types.Named, reset map[*types.TypeName]bool) {
	var pkg *types.Package
	for _, name := range slices.Sorted(maps.Keys(c.names)) {
		e := c.names[name]
		if e.Kind != Var || e.Obj == nil {
			continue
		}
		hit, zero := false, false
		t := substitute(e.Obj.Type(), func(n *types.Named) types.Type {
			neu, ok := renewed[n.Obj()]
			if !ok {
				return nil
			}
			hit = true
			zero = zero || reset[n.Obj()]
			return neu
		})
		if !hit {
			continue
		}
		if pkg == nil {
			pkg = types.NewPackage(sessionPath, "main")
		}
		v, ok := in.Scope().Lookup(name).(*types.Var)
		if !ok || v.Pkg() != in {
			v = types.NewVar(e.Obj.Pos(), pkg, name, t)
			pkg.Scope().Insert(v)
		}
		just := slices.Contains(out.Vars, e.Obj.(*types.Var)) // declared by this unit
		if !just {
			out.Vars = append(out.Vars, v)
		}
		if zero && !just {
			out.Notices = append(out.Notices, "var "+name+" was reset: its type has changed")
		} else {
			out.Kept[v] = e.Obj.(*types.Var)
		}
		n := *e
		n.Obj = v
		out.set(name, &n)
	}
	if pkg != nil {
		c.prog.CreatePackage(pkg, nil, nil, false)
	}
}

// substitute returns t with its named types replaced by what with returns for
// them, where that is not nil.
func substitute(t types.Type, with func(*types.Named) types.Type) types.Type {
	sub := func(t types.Type) types.Type { return substitute(t, with) }
	tuple := func(tu *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for i := range tu.Len() {
			v := tu.At(i)
			vars = append(vars, types.NewParam(v.Pos(), v.Pkg(), v.Name(), sub(v.Type())))
		}
		return types.NewTuple(vars...)
	}
	switch t := t.(type) {
	case *types.Alias:
		return sub(types.Unalias(t))
	case *types.Named:
		args := t.TypeArgs()
		if args.Len() == 0 {
			if n := with(t); n != nil {
				return n
			}
			return t
		}
		var list []types.Type
		for i := range args.Len() {
			list = append(list, sub(args.At(i)))
		}
		origin := types.Type(t.Origin())
		if n := with(t.Origin()); n != nil {
			origin = n
		}
		if n, err := types.Instantiate(nil, origin, list, false); err == nil {
			return n
		}
		return t
	case *types.Pointer:
		return types.NewPointer(sub(t.Elem()))
	case *types.Slice:
		return types.NewSlice(sub(t.Elem()))
	case *types.Array:
		return types.NewArray(sub(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(sub(t.Key()), sub(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), sub(t.Elem()))
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, tuple(t.Params()), tuple(t.Results()), t.Variadic())
	case *types.Struct:
		var fields []*types.Var
		var tags []string
		for i := range t.NumFields() {
			f := t.Field(i)
			fields = append(fields, types.NewField(f.Pos(), f.Pkg(), f.Name(), sub(f.Type()), f.Embedded()))
			tags = append(tags, t.Tag(i))
		}
		return types.NewStruct(fields, tags)
	}
	return t
}
