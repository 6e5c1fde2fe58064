package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// recheck checks the declarations anew that mention one of names, whose meaning
// changed, or wait for them.
func (c *Checker) recheck(out *Unit, names []string) {
	deps := c.dependents(names)
	if len(deps) == 0 {
		return
	}
	c.declare(out, nil, deps, nil)
}

// Concerned returns the names among names, and those of all declarations that
// mention one of them, directly or through others.
func (c *Checker) Concerned(names []string) map[string]bool {
	found := map[string]bool{}
	for _, n := range names {
		found[n] = true
	}
	for _, e := range c.dependents(names) {
		found[e.Name] = true
	}
	return found
}

// dependents returns the declared functions, types and constants that mention
// one of names, directly or through others, sorted.
func (c *Checker) dependents(names []string) []*Entity {
	if len(names) == 0 {
		return nil
	}
	found := map[string]*Entity{}
	queue := slices.Clone(names)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if e := c.names[name]; e != nil && e.Kind == Type && e.Obj != nil {
			for _, v := range c.variablesOf(map[*types.TypeName]bool{e.Obj.(*types.TypeName): true}) {
				if !slices.Contains(queue, v.Name) {
					queue = append(queue, v.Name)
				}
			}
		}
		for user := range c.users[name] {
			e := c.names[user]
			if e == nil || found[user] != nil || slices.Contains(names, user) || e.Kind == Var || e.Kind == Import {
				continue
			}
			found[user] = e
			queue = append(queue, user)
		}
	}
	out := slices.Collect(maps.Values(found))
	slices.SortFunc(out, func(a, b *Entity) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// checkDecls checks declarations, together with whatever depends on a name
// that they declare anew.
func (c *Checker) checkDecls(items []*syntax.Item) (*Unit, error) {
	out := newUnitResult(c)
	fresh := map[string]*Entity{}
	var order []*Entity
	add := func(e *Entity) *Entity {
		fresh[e.Name] = e
		order = append(order, e)
		return e
	}
	for _, it := range items {
		switch d := it.Decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				if d.Name.Name == "init" {
					pos, _ := c.Files.Position(d.Name.Pos())
					return nil, errorAt(pos, "a session has no func init; enter its statements as a cell")
				}
				e := add(&Entity{Name: d.Name.Name, Kind: Func, Items: []*syntax.Item{it}})
				e.Async = it.Marks[d.Type.Func] == syntax.AsyncFunc
				continue
			}
			base := ReceiverName(d)
			if fresh[base] == nil {
				base = c.aliased(base)
			}
			e := fresh[base]
			if e == nil {
				old := c.names[base]
				if old == nil || old.Kind != Type {
					return nil, Errors{c.undefinedReceiver(it, d, base)}
				}
				e = add(&Entity{Name: base, Kind: Type, Items: old.all()})
				for i, x := range e.Items {
					e.Items[i] = c.reparse(x)
				}
			}
			e.Items = replaceMethod(e.Items, it, d)
		case *ast.GenDecl:
			for i, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ImportSpec:
					e, err := c.importSpec(it, s)
					if err != nil {
						return nil, err
					}
					if e != nil {
						add(e)
					}
				case *ast.TypeSpec:
					c.carryMethods(add(&Entity{Name: s.Name.Name, Kind: Type, Items: []*syntax.Item{it}}))
				case *ast.ValueSpec:
					_ = i
					for _, id := range s.Names {
						if id.Name != "_" {
							add(&Entity{Name: id.Name, Kind: Const, Items: []*syntax.Item{it}})
						}
					}
				}
			}
		}
	}
	var names []string
	for _, e := range order {
		names = append(names, e.Name)
	}
	var places []place
	for _, it := range items {
		places = append(places, placeOf(it))
	}
	if err := c.declare(out, order, c.dependents(names), places); err != nil {
		return nil, err
	}
	return out, nil
}

// carryMethods gives e, a new declaration of a type, the methods of the one
// that it replaces.
func (c *Checker) carryMethods(e *Entity) {
	old := c.names[e.Name]
	if old == nil || old.Kind != Type {
		return
	}
	for _, it := range old.all() {
		if isMethod(it) {
			e.Items = append(e.Items, c.reparse(it))
		}
	}
}

// all returns the declarations of e, and those of its methods that are not in
// force.
func (e *Entity) all() []*syntax.Item {
	items := slices.Clone(e.Items)
	for _, p := range e.Pending {
		items = append(items, p.Item)
	}
	return items
}

func isMethod(it *syntax.Item) bool {
	d, ok := it.Decl.(*ast.FuncDecl)
	return ok && d.Recv != nil
}

// aliased returns the name of the session's type that name is an alias of, or
// name if it is none.
func (c *Checker) aliased(name string) string {
	e := c.names[name]
	if e == nil || e.Obj == nil {
		return name
	}
	t, ok := e.Obj.(*types.TypeName)
	if !ok || !t.IsAlias() {
		return name
	}
	if n, ok := types.Unalias(t.Type()).(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == sessionPath {
		return n.Obj().Name()
	}
	return name
}

func (c *Checker) undefinedReceiver(it *syntax.Item, d *ast.FuncDecl, base string) *Error {
	pos, _ := c.Files.Position(d.Recv.List[0].Type.Pos())
	if base == "" || types.Universe.Lookup(base) != nil {
		return &Error{Pos: pos, Msg: "a method needs a type of the session, and " + types.ExprString(d.Recv.List[0].Type) + " is none"}
	}
	return &Error{Pos: pos, Msg: "undefined: " + base, Hint: suggestion(base, c.visible(nil), ""), Undefined: base}
}

func ReceiverName(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// replaceMethod adds the method it to the declarations of its type, in place
// of one of the same name.
func replaceMethod(items []*syntax.Item, it *syntax.Item, d *ast.FuncDecl) []*syntax.Item {
	for i, x := range items {
		if xd, ok := x.Decl.(*ast.FuncDecl); ok && xd.Name.Name == d.Name.Name {
			items[i] = it
			return items
		}
	}
	return append(items, it)
}

func (c *Checker) importSpec(it *syntax.Item, s *ast.ImportSpec) (*Entity, error) {
	path := strings.Trim(s.Path.Value, "\"`")
	pos, _ := c.Files.Position(s.Path.Pos())
	p, err := c.Import(path)
	if err != nil {
		return nil, Errors{errorAt(pos, "%s", err)}
	}
	name := p.Name()
	if s.Name != nil {
		name = s.Name.Name
	}
	switch name {
	case "_":
		return nil, nil
	case ".":
		pos, _ := c.Files.Position(s.Pos())
		return nil, Errors{errorAt(pos, "a session cannot import all names of a package (import .); import it under its name")}
	}
	return &Entity{Name: name, Kind: Import, Path: path, Items: []*syntax.Item{it}}, nil
}

// reparse returns the item with a syntax tree that no check has changed.
func (c *Checker) reparse(it *syntax.Item) *syntax.Item { return c.Files.Reparse(it) }

// A place identifies an item whatever its syntax tree.
type place struct {
	cell  *syntax.Cell
	start int
}

func placeOf(it *syntax.Item) place { return place{it.Cell, it.Start} }

// renew gives the entities' items fresh syntax trees. Items that several
// entities share stay shared.
func (c *Checker) renew(es []*Entity) {
	done := map[place]*syntax.Item{}
	for _, e := range es {
		for i, it := range e.Items {
			k := placeOf(it)
			if done[k] == nil {
				done[k] = c.reparse(it)
			}
			e.Items[i] = done[k]
		}
	}
}

// declare checks fresh declarations together with earlier ones that depend on
// them. Fresh ones must be right, or only lack a name; earlier ones that are no
// longer right go off. items are the places of the fresh declarations.
func (c *Checker) declare(out *Unit, fresh, deps []*Entity, items []place) error {
	again := make([]*Entity, 0, len(deps))
	for _, d := range deps {
		e := &Entity{Name: d.Name, Kind: d.Kind, Async: d.Async, Path: d.Path, Off: d.Off, Items: d.all()}
		again = append(again, e)
	}
	c.renew(again)
	all := append(slices.Clone(fresh), again...)
	off := map[*Entity]*Error{}
	for {
		u, active := c.assemble(all, off)
		if len(active) == 0 && len(off) == 0 {
			break
		}
		if err := u.resolve(); err != nil {
			return errorAt(syntax.Position{Cell: all[0].Items[0].Cell, Offset: all[0].Items[0].Start}, "%s", err)
		}
		errs := u.errors()
		if len(errs) == 0 {
			c.build(out, u, active)
			break
		}
		// Which declarations are at fault?
		var mine Errors
		retry := false
		for _, err := range errs {
			if it := pendingAt(all, err.Pos); it != nil && (err.Undefined != "" || !slices.Contains(items, placeOf(it))) {
				continue // a further fault of a method that waits already
			}
			e := owner(all, err)
			if e == nil {
				mine = append(mine, err)
				continue
			}
			if it := e.itemAt(err.Pos); it != nil && isMethod(it) && (err.Undefined != "" || !slices.Contains(items, placeOf(it))) {
				e.Items = slices.DeleteFunc(e.Items, func(x *syntax.Item) bool { return x == it })
				e.Pending = append(e.Pending, PendingMethod{it, err})
				retry = true
				continue
			}
			isFresh := slices.Contains(fresh, e)
			if isFresh && !(err.Undefined != "" && (e.Kind == Func || e.Kind == Type)) {
				mine = append(mine, err)
				continue
			}
			if off[e] == nil {
				off[e] = err
				retry = true
			}
		}
		if len(mine) > 0 {
			// Names that are not known count as well, now that there are
			// other faults.
			return slices.DeleteFunc(errs, func(err *Error) bool { return slices.Contains(again, owner(all, err)) })
		}
		if !retry {
			return errs
		}
		// Try again with fresh syntax, for the check has changed it.
		c.renew(all)
	}
	for _, e := range all {
		err := off[e]
		old := c.names[e.Name]
		if err == nil {
			if old != nil && old.Off != nil && slices.Contains(again, e) {
				out.Notices = append(out.Notices, e.Kind.String()+" "+e.Name+" is back")
			}
			e.Off = nil
		} else {
			e.Obj, e.Off = nil, err
			e.deps = mentions(e)
			switch {
			case slices.Contains(fresh, e):
				n := e.Kind.String() + " " + e.Name + " waits for " + err.Undefined
				if err.Hint != "" {
					n += " (" + err.Hint + ")"
				}
				out.Notices = append(out.Notices, n)
			case old == nil || old.Off == nil:
				out.Notices = append(out.Notices, e.Kind.String()+" "+e.Name+" no longer compiles and is off: "+err.Error())
			}
		}
		out.Notices = append(out.Notices, methodNotices(old, e, items)...)
		out.set(e.Name, e)
		out.Declared = append(out.Declared, e)
	}
	return nil
}

// methodNotices tells which methods of a type wait, went off or came back;
// fresh are the places of those that were just declared.
func methodNotices(old, e *Entity, fresh []place) []string {
	was := map[place]bool{}
	if old != nil {
		for _, p := range old.Pending {
			was[placeOf(p.Item)] = true
		}
	}
	var out []string
	name := func(it *syntax.Item) string { return e.Name + "." + it.Decl.(*ast.FuncDecl).Name.Name }
	for _, p := range e.Pending {
		switch {
		case was[placeOf(p.Item)]:
			delete(was, placeOf(p.Item))
		case p.Err.Undefined != "" && slices.Contains(fresh, placeOf(p.Item)):
			n := "method " + name(p.Item) + " waits for " + p.Err.Undefined
			if p.Err.Hint != "" {
				n += " (" + p.Err.Hint + ")"
			}
			out = append(out, n)
		default:
			out = append(out, "method "+name(p.Item)+" no longer compiles and is off: "+p.Err.Error())
		}
	}
	for _, it := range e.Items {
		if was[placeOf(it)] {
			out = append(out, "method "+name(it)+" is back")
		}
	}
	return out
}

// uses returns the names of the package level that the declarations of e use.
func (u *unit) uses(e *Entity) map[string]bool {
	m := map[string]bool{}
	for _, it := range e.Items {
		ast.Inspect(it.Decl, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || strings.Contains(id.Name, "ʹ") {
				return true
			}
			obj := u.info.Uses[id]
			if obj == nil || obj.Parent() == nil {
				return true
			}
			if obj.Parent() == u.pkg.Scope() || obj.Parent() == types.Universe || obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
				m[id.Name] = true
			}
			return true
		})
	}
	for _, p := range e.Pending {
		identifiers(p.Item.Decl, m)
	}
	delete(m, e.Name)
	return m
}

// mentions returns the names that the declarations of e, which could not be
// checked, may use.
func mentions(e *Entity) map[string]bool {
	m := map[string]bool{}
	for _, it := range e.all() {
		identifiers(it.Decl, m)
	}
	delete(m, e.Name)
	return m
}

// itemAt returns the declaration that pos lies in, or nil.
func (e *Entity) itemAt(pos syntax.Position) *syntax.Item {
	for _, it := range e.Items {
		if contains(it, pos) {
			return it
		}
	}
	return nil
}

func contains(it *syntax.Item, pos syntax.Position) bool {
	return it.Cell == pos.Cell && it.Start <= pos.Offset && pos.Offset <= it.End
}

// pendingAt returns the method among those of es not in force that pos lies in,
// or nil.
func pendingAt(es []*Entity, pos syntax.Position) *syntax.Item {
	for _, e := range es {
		for _, p := range e.Pending {
			if contains(p.Item, pos) {
				return p.Item
			}
		}
	}
	return nil
}

// owner returns the one of es in whose declaration the fault lies.
func owner(es []*Entity, err *Error) *Entity {
	for _, e := range es {
		if e.itemAt(err.Pos) != nil {
			return e
		}
	}
	return nil
}

// assemble makes a unit of the declarations that are not off.
func (c *Checker) assemble(all []*Entity, off map[*Entity]*Error) (*unit, []*Entity) {
	file := &ast.File{Name: ident("main")}
	marks := map[token.Pos]syntax.Mark{}
	u := c.newUnit(file, marks)
	seen := map[place]bool{}
	declared := map[place]map[string]bool{} // the names that an item is to declare
	var active []*Entity
	for _, e := range all {
		if off[e] != nil {
			continue
		}
		for _, it := range e.Items {
			p := placeOf(it)
			if declared[p] == nil {
				declared[p] = map[string]bool{}
			}
			declared[p][e.Name] = true
		}
	}
	for _, e := range all {
		if off[e] != nil {
			continue
		}
		active = append(active, e)
		u.own[e.Name] = true
		if e.Kind == Import {
			delete(u.own, e.Name)
			continue
		}
		for _, it := range e.Items {
			if seen[placeOf(it)] {
				continue
			}
			seen[placeOf(it)] = true
			leaveOut(it.Decl, declared[placeOf(it)])
			hideNames(it.Decl)
			file.Decls = append(file.Decls, it.Decl)
			for p, m := range it.Marks {
				marks[p] = m
			}
		}
	}
	for e := range off {
		// What is off must not be found under its old meaning.
		u.own[e.Name] = true
	}
	c.redeclareVars(u, active)
	return u, active
}

// redeclareVars declares in u the variables that it mentions whose types
// mention a type that is declared anew there: so they are of the new type.
func (c *Checker) redeclareVars(u *unit, active []*Entity) {
	old := map[*types.TypeName]bool{}
	for _, e := range active {
		if before := c.names[e.Name]; e.Kind == Type && before != nil && before.Kind == Type && before.Obj != nil {
			old[before.Obj.(*types.TypeName)] = true
		}
	}
	if len(old) == 0 {
		return
	}
	u.renewed = old
	mentioned := map[string]bool{}
	identifiers(u.files[0], mentioned)
	for _, v := range c.variablesOf(old) {
		if !mentioned[v.Name] || u.own[v.Name] {
			continue
		}
		u.own[v.Name] = true
		id := &ast.Ident{NamePos: v.Obj.Pos(), Name: v.Name}
		u.files[0].Decls = append(u.files[0].Decls, &ast.GenDecl{TokPos: v.Obj.Pos(), Tok: token.VAR, Specs: []ast.Spec{
			&ast.ValueSpec{Names: []*ast.Ident{id}, Type: u.typeExpr(v.Obj.Type())},
		}})
	}
}

// leaveOut leaves the names out of a group of types or constants that are not to
// be declared with the others: they have been declared with it before, or anew
// since. A constant stays in its place without its name, for others may count
// on it.
func leaveOut(d ast.Decl, declared map[string]bool) {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	g.Specs = slices.DeleteFunc(g.Specs, func(s ast.Spec) bool {
		t, ok := s.(*ast.TypeSpec)
		return ok && !declared[t.Name.Name]
	})
	for _, s := range g.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, id := range v.Names {
			if !declared[id.Name] {
				v.Names[i] = &ast.Ident{NamePos: id.NamePos, Name: "_"}
			}
		}
	}
}

// hideNames puts parentheses around a name that a type is declared to be: in its
// search for cycles go/types follows such names, and takes it that the package
// declares them.
func hideNames(d ast.Decl) {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, s := range g.Specs {
		if t, ok := s.(*ast.TypeSpec); ok {
			if id, ok := t.Type.(*ast.Ident); ok {
				t.Type = &ast.ParenExpr{Lparen: id.Pos(), X: id, Rparen: id.End()}
			}
		}
	}
}

// build builds the unit's code and gives the entities their objects.
func (c *Checker) build(out *Unit, u *unit, active []*Entity) {
	c.Counters = append(c.Counters, u.counters...)
	sp := c.prog.CreatePackage(u.pkg, u.files, u.info, false)
	sp.Build()
	renewed := map[*types.TypeName]*types.Named{}
	reset := map[*types.TypeName]bool{}
	for _, e := range active {
		if e.Kind == Import {
			continue
		}
		e.deps = u.uses(e)
		e.Obj = u.pkg.Scope().Lookup(e.Name)
		switch e.Kind {
		case Func:
			if f := sp.Func(e.Name); f != nil && f.TypeParams().Len() == 0 {
				out.Funcs = append(out.Funcs, f)
			}
		case Type:
			tn := e.Obj.(*types.TypeName)
			if old := c.names[e.Name]; old != nil && old.Kind == Type && old.Obj != nil {
				oldTN := old.Obj.(*types.TypeName)
				if n, ok := tn.Type().(*types.Named); ok && !tn.IsAlias() {
					renewed[oldTN] = n
					if !sameShape(oldTN, tn) {
						reset[oldTN] = true
					}
				}
			}
		}
	}
	if len(renewed) == 0 {
		return
	}
	// A type is another one if one that it is made of is.
	for changed := true; changed; {
		changed = false
		for old := range renewed {
			if reset[old] {
				continue
			}
			if old.Type().(*types.Named) != nil && reaches(old.Type().Underlying(), reset, nil) {
				reset[old] = true
				changed = true
			}
		}
	}
	for old, n := range renewed {
		if !reset[old] {
			out.Renewed[n.Obj()] = old
		}
	}
	c.retype(out, u.pkg, renewed, reset)
}

// Remove makes the session forget a name, and returns notices of what goes off
// because it depends on it.
func (c *Checker) Remove(name string) []string {
	out := newUnitResult(c)
	out.set(name, nil)
	c.recheck(out, []string{name})
	return out.Notices
}
