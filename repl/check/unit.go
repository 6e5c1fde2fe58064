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
	return &unit{c: c, path: sessionPath, files: []*ast.File{file}, marks: marks, types: map[types.Type]string{}, own: map[string]bool{}, origin: map[ast.Expr]origin{}}
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
	sp := c.prog.CreatePackage(u.pkg, u.files, u.info, false)
	sp.Build()
	out.Main = sp.Func(fd.Name.Name)
	out.Funcs = []*ssa.Function{out.Main}
	c.declareVars(u, out, topDefines(body.List), it)
	return out, nil
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
