package check

import (
	"go/ast"
	"go/token"
	"go/types"
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

// checkVars checks a declaration of variables, which runs as the initialization

// of a package.

// declareVar makes v a variable of the session, and returns its name if that

// means something else now.

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

// recheck checks the declarations anew that mention one of names, whose meaning

// changed, or wait for them.

// Concerned returns the names among names, and those of all declarations that

// mention one of them, directly or through others.

// dependents returns the declared functions, types and constants that mention

// one of names, directly or through others, sorted.

// checkDecls checks declarations, together with whatever depends on a name

// that they declare anew.

// carryMethods gives e, a new declaration of a type, the methods of the one

// that it replaces.

// all returns the declarations of e, and those of its methods that are not in

// force.

// aliased returns the name of the session's type that name is an alias of, or

// name if it is none.

// replaceMethod adds the method it to the declarations of its type, in place

// of one of the same name.

// reparse returns the item with a syntax tree that no check has changed.

// A place identifies an item whatever its syntax tree.

// renew gives the entities' items fresh syntax trees. Items that several

// entities share stay shared.

// declare checks fresh declarations together with earlier ones that depend on

// them. Fresh ones must be right, or only lack a name; earlier ones that are no

// longer right go off. items are the places of the fresh declarations.

// methodNotices tells which methods of a type wait, went off or came back.

// uses returns the names of the package level that the declarations of e use.

// mentions returns the names that the declarations of e, which could not be

// checked, may use.

// itemAt returns the declaration that pos lies in, or nil.

// owner returns the one of es in whose declaration the fault lies.

// assemble makes a unit of the declarations that are not off.

// hideNames puts parentheses around a name that a type is declared to be: in its

// search for cycles go/types follows such names, and takes it that the package

// declares them.

// build builds the unit's code and gives the entities their objects.

// sameShape reports whether two declarations of a type give values of one

// representation, as far as can be seen without following other types.

// reaches reports whether t mentions one of names.

// retype gives the session's variables the new types; those whose values do

// not fit them any more start again from zero.

// substitute returns t with its named types replaced by what with returns for

// them, where that is not nil.

// Remove makes the session forget a name, and returns notices of what goes off

// because it depends on it.

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
