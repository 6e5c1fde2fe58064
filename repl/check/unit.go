package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"golang.org/x/tools/go/ssa"
)

// A Unit is a checked unit, ready for lowering.
type Unit struct {
	// Funcs are the functions to lower: what the unit declares, and Main.
	Funcs []*ssa.Function
	// Main runs the unit's statements, or is nil if it only declares.
	Main *ssa.Function
	// Vars are the variables that the unit declares.
	Vars []*types.Var
	// Kept maps variables that go on with the value of an earlier one to that,
	// which may be one of Vars.
	Kept map[*types.Var]*types.Var
	// Renewed maps the names of types that were declared anew, with values
	// that stay what they were, to the old ones.
	Renewed map[*types.TypeName]*types.TypeName
	// Declared are the entities that the unit brings into force.
	Declared []*Entity
	// Notices are for the user to read: what waits, what went off or came
	// back, which variables were reset.
	Notices []string

	checker *Checker
	before  map[string]*Entity // the names that it changed
}

// Undo takes back what the unit did to the names of the session. Units are
// undone in the reverse order.
func (u *Unit) Undo() {
	for name, e := range u.before {
		u.checker.enter(name, e)
	}
}

func newUnitResult(c *Checker) *Unit {
	return &Unit{
		checker: c,
		before:  map[string]*Entity{},
		Kept:    map[*types.Var]*types.Var{},
		Renewed: map[*types.TypeName]*types.TypeName{},
	}
}

func (u *Unit) set(name string, e *Entity) {
	if _, ok := u.before[name]; !ok {
		u.before[name] = u.checker.names[name]
	}
	if old := u.checker.names[name]; e != nil && old != nil {
		e.order = old.order
	} else if e != nil {
		u.checker.declared++
		e.order = u.checker.declared
	}
	u.checker.enter(name, e)
}

// enter gives a name its meaning, or none if e is nil.
func (c *Checker) enter(name string, e *Entity) {
	if old := c.names[name]; old != nil {
		for d := range old.deps {
			delete(c.users[d], name)
		}
	}
	if e == nil {
		delete(c.names, name)
		return
	}
	c.names[name] = e
	for d := range e.deps {
		if c.users[d] == nil {
			c.users[d] = map[string]bool{}
		}
		c.users[d][name] = true
	}
}

// Units cuts the items of a cell into units: declarations that follow each
// other go together, a statement is one by itself.
func Units(c *syntax.Cell) [][]*syntax.Item {
	var out [][]*syntax.Item
	for i, it := range c.Items {
		if i > 0 && isDeclaration(it) && isDeclaration(c.Items[i-1]) {
			out[len(out)-1] = append(out[len(out)-1], it)
			continue
		}
		out = append(out, []*syntax.Item{it})
	}
	return out
}

// isDeclaration reports whether the item is checked at package level. Variables
// are not: they are declared and set in the order of the statements around.
func isDeclaration(it *syntax.Item) bool {
	if it.Decl == nil {
		return false
	}
	g, ok := it.Decl.(*ast.GenDecl)
	return !ok || g.Tok != token.VAR
}

// Check checks a unit and makes its names those of the session.
func (c *Checker) Check(items []*syntax.Item) (*Unit, error) {
	if isDeclaration(items[0]) {
		return c.checkDecls(items)
	}
	return c.checkStmt(items[0])
}

func (c *Checker) newUnit(file *ast.File, marks map[token.Pos]syntax.Mark) *unit {
	return &unit{c: c, file: file, marks: marks, types: map[types.Type]string{}, own: map[string]bool{}, origin: map[ast.Expr]origin{}}
}

// checkStmt checks one statement as the body of a function. The variables that
// it declares become the session's.
func (c *Checker) checkStmt(it *syntax.Item) (*Unit, error) {
	if d, names := variables(it); d != nil {
		return c.checkVars(it, d, names)
	}
	stmts := it.Stmts
	if it.Decl != nil {
		stmts = []ast.Stmt{&ast.DeclStmt{Decl: it.Decl}}
	}
	body := &ast.BlockStmt{List: slices.Clone(stmts)}
	echo := -1
	if n := len(body.List); n > 0 {
		if es, ok := body.List[n-1].(*ast.ExprStmt); ok && !prints(es.X) {
			echo = n - 1
			body.List[echo] = echoStmt(es.X)
		}
	}
	pos := token.NoPos
	if len(stmts) > 0 {
		pos = stmts[0].Pos()
	}
	fd := &ast.FuncDecl{Name: ident(CellPrefix + c.next()), Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}}, Body: body}
	u := c.newUnit(&ast.File{Name: ident("main"), Decls: []ast.Decl{fd}}, it.Marks)
	if err := u.resolve(); err != nil {
		return nil, errorAt(syntax.Position{Cell: it.Cell, Offset: it.Start}, "%s", err)
	}
	if echo >= 0 && u.valueless() {
		// A call without results, or an expression that cannot be echoed.
		call := body.List[echo].(*ast.ExprStmt).X.(*ast.CallExpr)
		body.List[echo] = &ast.ExprStmt{X: call.Args[0]}
		u.faults = nil
		if err := u.resolve(); err != nil {
			return nil, errorAt(syntax.Position{Cell: it.Cell, Offset: it.Start}, "%s", err)
		}
	}
	if errs := u.errors(); len(errs) > 0 {
		return nil, errs
	}
	out := newUnitResult(c)
	sp := c.prog.CreatePackage(u.pkg, []*ast.File{u.file}, u.info, false)
	sp.Build()
	out.Main = sp.Func(fd.Name.Name)
	out.Funcs = []*ssa.Function{out.Main}
	c.declareVars(u, out, topDefines(body.List), it)
	return out, nil
}

// variables returns the item as a declaration of variables at package level, and
// the names that it declares, or nil if it is something else. A declaration
// whose values mention the names that it declares means earlier variables of
// these names, which package level cannot express.
func variables(it *syntax.Item) (*ast.GenDecl, []*ast.Ident) {
	var d *ast.GenDecl
	if it.Decl != nil {
		d, _ = it.Decl.(*ast.GenDecl)
	} else if len(it.Stmts) == 1 {
		a, ok := it.Stmts[0].(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE {
			return nil, nil
		}
		spec := &ast.ValueSpec{Values: a.Rhs}
		for _, l := range a.Lhs {
			id, ok := l.(*ast.Ident)
			if !ok {
				return nil, nil
			}
			spec.Names = append(spec.Names, id)
		}
		d = &ast.GenDecl{TokPos: a.Pos(), Tok: token.VAR, Specs: []ast.Spec{spec}}
	}
	if d == nil || d.Tok != token.VAR {
		return nil, nil
	}
	var names []*ast.Ident
	declared, used := map[string]bool{}, map[string]bool{}
	for _, sp := range d.Specs {
		sp := sp.(*ast.ValueSpec)
		for _, id := range sp.Names {
			if declared[id.Name] && id.Name != "_" || id.Name == "main" || id.Name == "init" {
				return nil, nil // the package level has its own ideas of these
			}
			declared[id.Name] = true
			if id.Name != "_" {
				names = append(names, id)
			}
		}
		for _, v := range sp.Values {
			identifiers(v, used)
		}
	}
	for n := range used {
		if declared[n] {
			return nil, nil
		}
	}
	if len(names) == 0 && it.Decl == nil {
		return nil, nil // := needs a new name
	}
	return d, names
}

// checkVars checks a declaration of variables, which runs as the initialization
// of a package.
func (c *Checker) checkVars(it *syntax.Item, d *ast.GenDecl, names []*ast.Ident) (*Unit, error) {
	u := c.newUnit(&ast.File{Name: ident("main"), Decls: []ast.Decl{d}}, it.Marks)
	for _, id := range names {
		u.own[id.Name] = true
	}
	if err := u.resolve(); err != nil {
		return nil, errorAt(syntax.Position{Cell: it.Cell, Offset: it.Start}, "%s", err)
	}
	if errs := u.errors(); len(errs) > 0 {
		return nil, errs
	}
	out := newUnitResult(c)
	sp := c.prog.CreatePackage(u.pkg, []*ast.File{u.file}, u.info, false)
	sp.Build()
	out.Main = sp.Func("init")
	out.Funcs = []*ssa.Function{out.Main}
	var changed []string
	for _, id := range names {
		if v, ok := u.pkg.Scope().Lookup(id.Name).(*types.Var); ok {
			changed = append(changed, c.declareVar(out, v, it)...)
		}
	}
	c.recheck(out, changed)
	return out, nil
}

// declareVar makes v a variable of the session, and returns its name if that
// means something else now.
func (c *Checker) declareVar(out *Unit, v *types.Var, it *syntax.Item) (changed []string) {
	out.Vars = append(out.Vars, v)
	old := c.names[v.Name()]
	if old != nil && old.Kind == Var && old.Obj != nil && types.Identical(old.Obj.Type(), v.Type()) {
		out.Kept[v] = old.Obj.(*types.Var)
	} else {
		changed = []string{v.Name()}
	}
	e := &Entity{Name: v.Name(), Kind: Var, Obj: v, Items: []*syntax.Item{it}}
	out.set(v.Name(), e)
	out.Declared = append(out.Declared, e)
	return changed
}

func echoStmt(x ast.Expr) ast.Stmt {
	return &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{NamePos: x.Pos(), Name: "echoʹ"}, Lparen: x.Pos(), Args: []ast.Expr{x}, Rparen: x.End()}}
}

// prints reports whether x is a call of one of fmt's print functions, whose
// results nobody wants to see.
func prints(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := s.X.(*ast.Ident)
	if !ok || id.Name != "fmt" {
		return false
	}
	switch s.Sel.Name {
	case "Print", "Printf", "Println", "Fprint", "Fprintf", "Fprintln":
		return true
	}
	return false
}

// valueless reports whether the echo of the unit failed because there is no
// value.
func (u *unit) valueless() bool {
	for _, e := range u.errs {
		if strings.Contains(e.Msg, "(no value) used as value") || strings.HasSuffix(e.Msg, "must be called") || strings.Contains(e.Msg, "is not an expression") {
			return true
		}
	}
	return false
}

// declareVars makes the variables declared at the top level of a statement
// variables of the session.
func (c *Checker) declareVars(u *unit, out *Unit, ids []*ast.Ident, it *syntax.Item) {
	if len(ids) == 0 {
		return
	}
	pkg := types.NewPackage(sessionPath, "main")
	var changed []string
	for _, id := range ids {
		local, ok := u.info.Defs[id].(*types.Var)
		if !ok {
			continue
		}
		v := types.NewVar(id.Pos(), pkg, id.Name, local.Type())
		pkg.Scope().Insert(v)
		changed = append(changed, c.declareVar(out, v, it)...)
	}
	c.prog.CreatePackage(pkg, nil, nil, false)
	c.recheck(out, changed)
}

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
			base := receiverName(d)
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

func receiverName(d *ast.FuncDecl) string {
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
		out.Notices = append(out.Notices, methodNotices(old, e)...)
		out.set(e.Name, e)
		out.Declared = append(out.Declared, e)
	}
	return nil
}

// methodNotices tells which methods of a type wait, went off or came back.
func methodNotices(old, e *Entity) []string {
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
		case p.Err.Undefined != "":
			out = append(out, "method "+name(p.Item)+" waits for "+p.Err.Undefined)
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
		if it.Cell == pos.Cell && it.Start <= pos.Offset && pos.Offset <= it.End {
			return it
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
	var active []*Entity
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
	return u, active
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
	sp := c.prog.CreatePackage(u.pkg, []*ast.File{u.file}, u.info, false)
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
	c.retype(out, renewed, reset)
}

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
func (c *Checker) retype(out *Unit, renewed map[*types.TypeName]*types.Named, reset map[*types.TypeName]bool) {
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
		v := types.NewVar(e.Obj.Pos(), pkg, name, t)
		pkg.Scope().Insert(v)
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

// Remove makes the session forget a name, and returns notices of what goes off
// because it depends on it.
func (c *Checker) Remove(name string) []string {
	out := newUnitResult(c)
	out.set(name, nil)
	c.recheck(out, []string{name})
	return out.Notices
}

// Describe returns a line that tells what a declaration is.
func (c *Checker) Describe(e *Entity) string {
	switch {
	case e.Kind == Import:
		return "import " + strconv.Quote(e.Path)
	case e.Obj == nil:
		return e.Kind.String() + " " + e.Name
	}
	text := types.ObjectString(e.Obj, func(p *types.Package) string {
		if p.Path() == sessionPath {
			return ""
		}
		return p.Name()
	})
	switch obj := e.Obj.(type) {
	case *types.TypeName:
		text, _, _ = strings.Cut(text, " struct{")
	case *types.Const:
		text += " = " + obj.Val().String()
	}
	return text
}
