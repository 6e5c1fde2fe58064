package check

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// An Exported is the session as Go code that uses package await.
type Exported struct {
	// Decls are the declarations: first the variables, then functions and types
	// in the order of the session, then the function that runs the statements.
	Decls []ExportedDecl
	// Statements is the name of that function.
	Statements string
	// Helpers are the predeclared functions that are used, as source.
	Helpers string
	// Notices tell what was left out and why.
	Notices []string

	names map[string]bool
}

// An ExportedDecl is a declaration.
type ExportedDecl struct {
	// Name is the name in the session, and As the one that the export uses.
	Name, As string
	Text     string
	// Imports are the packages that it mentions: paths by name.
	Imports map[string]string
}

// Fresh returns a name like base that means nothing in the exported code yet.
func (x *Exported) Fresh(base string) string {
	name := base
	for n := 2; x.names[name] || types.Universe.Lookup(name) != nil; n++ {
		name = base + strconv.Itoa(n)
	}
	x.names[name] = true
	return name
}

// An Adapter shapes exported code.
type Adapter struct {
	// Rename returns the name to give a function of the session, which may be
	// its own.
	Rename func(e *Entity, x *Exported) string
	// Assert is the name of the function that checks an assertion: it takes the
	// condition, its text, and what the assertion said.
	Assert string
	// Wrap is the name of the function that subtests are wrapped in.
	Wrap string
}

// Export returns the session as Go code. statements are the texts of what was
// run, in order; those that mean something else by now are left out.
func (c *Checker) Export(statements []string, a Adapter) (*Exported, error) {
	left := map[int]bool{}
	for {
		x := &Exported{names: map[string]bool{}}
		bad, err := c.export(x, statements, left, a)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 {
			for i := range statements {
				if left[i] && !c.isExpression(statements[i]) {
					x.Notices = append(x.Notices, "left out, as it does not compile in a program: "+firstLine(statements[i]))
				}
			}
			return x, nil
		}
		for _, i := range bad {
			left[i] = true
		}
	}
}

// isExpression reports whether a statement only shows a value.
func (c *Checker) isExpression(text string) bool {
	cell, err := c.Files.Parse("statement", 1, text, c.Declared)
	if err != nil || len(cell.Items) != 1 || len(cell.Items[0].Stmts) != 1 {
		return false
	}
	_, ok := cell.Items[0].Stmts[0].(*ast.ExprStmt)
	return ok
}

func firstLine(text string) string {
	head, _, more := strings.Cut(text, "\n")
	if more {
		head += " …"
	}
	return head
}

// export tries to make x without the statements that are left out; it returns
// the numbers of others that are at fault.
func (c *Checker) export(x *Exported, statements []string, left map[int]bool, a Adapter) (bad []int, err error) {
	var all []*Entity
	for _, e := range c.Declarations() {
		x.names[e.Name] = true
		if e.Name == "await" {
			return nil, errorAt(syntax.Position{Cell: e.Items[0].Cell, Offset: e.Items[0].Start}, "a session that declares await cannot be exported")
		}
		switch {
		case e.Off != nil:
			x.Notices = append(x.Notices, e.Kind.String()+" "+e.Name+" is off and left out: "+e.Off.Error())
		case e.Kind == Func || e.Kind == Type || e.Kind == Const:
			all = append(all, &Entity{Name: e.Name, Kind: e.Kind, Async: e.Async, Items: slices.Clone(e.Items)})
		}
	}
	c.renew(all)
	u, _ := c.assemble(all, nil)
	u.plain = true
	declared := len(u.files[0].Decls)
	for i, d := range u.files[0].Decls { // variables that assemble has added
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			declared = i
			break
		}
	}
	for _, e := range c.Declarations() {
		if e.Kind == Var && e.Obj != nil && !u.own[e.Name] {
			u.own[e.Name] = true
			u.files[0].Decls = append(u.files[0].Decls, varDecl(e.Name, u.typeExpr(e.Obj.Type())))
		}
	}
	body := &ast.BlockStmt{}
	cells := map[*syntax.Cell]int{}
	for i, text := range statements {
		if left[i] {
			continue
		}
		cell, err := c.Files.Parse("statement", 1, text, c.Declared)
		if err != nil {
			return []int{i}, nil
		}
		cells[cell] = i
		for _, it := range cell.Items {
			maps.Copy(u.marks, it.Marks)
			stmts, ok := c.assignments(it)
			if !ok {
				return []int{i}, nil
			}
			body.List = append(body.List, stmts...)
		}
	}
	x.Statements = x.Fresh("session")
	u.own[x.Statements] = true
	u.files[0].Decls = append(u.files[0].Decls, &ast.FuncDecl{Name: ident(x.Statements), Type: &ast.FuncType{Params: &ast.FieldList{}}, Body: body})
	if err := u.resolve(); err != nil {
		return nil, err
	}
	if errs := u.errors(); len(errs) > 0 {
		for _, e := range errs {
			if i, ok := cells[e.Pos.Cell]; ok && e.Pos.Cell != nil {
				bad = append(bad, i)
			}
		}
		if len(bad) == 0 {
			return nil, errs
		}
		return bad, nil
	}
	c.write(x, u, all, declared, a)
	return nil, nil
}

func varDecl(name string, t ast.Expr) *ast.GenDecl {
	return &ast.GenDecl{Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{ident(name)}, Type: t}}}
}

// assignments returns a statement of the session as one of a function: what it
// declares is assigned to the variables of the package. It reports whether it
// can be that.
func (c *Checker) assignments(it *syntax.Item) ([]ast.Stmt, bool) {
	known := func(id *ast.Ident) bool {
		e := c.names[id.Name]
		return id.Name == "_" || e != nil && e.Kind == Var && e.Obj != nil
	}
	if it.Decl != nil {
		g, ok := it.Decl.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			return nil, false
		}
		var out []ast.Stmt
		for _, sp := range g.Specs {
			sp := sp.(*ast.ValueSpec)
			a := &ast.AssignStmt{Tok: token.ASSIGN, TokPos: sp.Pos(), Rhs: sp.Values}
			for _, id := range sp.Names {
				if !known(id) {
					return nil, false
				}
				a.Lhs = append(a.Lhs, id)
			}
			if len(a.Rhs) > 0 {
				out = append(out, a)
			}
		}
		return out, true
	}
	for _, s := range it.Stmts {
		a, ok := s.(*ast.AssignStmt)
		if !ok || a.Tok != token.DEFINE {
			continue
		}
		for _, l := range a.Lhs {
			if id, ok := l.(*ast.Ident); !ok || !known(id) {
				return nil, false
			}
		}
		a.Tok = token.ASSIGN
	}
	return it.Stmts, true
}

// write prints the declarations of u into x.
func (c *Checker) write(x *Exported, u *unit, all []*Entity, declared int, a Adapter) {
	for _, call := range u.asserts {
		text := (&explainer{u: u}).text(call.Args[0])
		place, _ := c.Files.Position(call.Lparen)
		where := place.Cell.Name + ":" + strconv.Itoa(place.Line()) + ": assert "
		call.Fun = ident(a.Assert)
		call.Args = append([]ast.Expr{call.Args[0], str(where + text)}, call.Args[1:]...)
	}
	renamed := map[types.Object]string{}
	as := map[string]string{}
	docs := map[ast.Decl]string{}
	for _, e := range all {
		as[e.Name] = e.Name
		if e.Kind == Func {
			if as[e.Name] = a.Rename(e, x); as[e.Name] != e.Name {
				renamed[u.pkg.Scope().Lookup(e.Name)] = as[e.Name]
				delete(x.names, e.Name)
			}
		}
		for _, it := range e.Items {
			docs[it.Decl] = it.Doc
		}
	}
	helpers := map[string]bool{}
	order := append(slices.Clone(u.files[0].Decls[declared:len(u.files[0].Decls)-1]), u.files[0].Decls[:declared]...)
	order = append(order, u.files[0].Decls[len(u.files[0].Decls)-1])
	for _, d := range order {
		out := ExportedDecl{Imports: map[string]string{}}
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
			out.Name, out.As = f.Name.Name, as[f.Name.Name]
		}
		u.finish(d, renamed, helpers, out.Imports, a)
		var b bytes.Buffer
		if doc := docs[d]; doc != "" {
			for _, l := range strings.Split(doc, "\n") {
				b.WriteString(strings.TrimRight("// "+l, " ") + "\n")
			}
		}
		if err := printer.Fprint(&b, c.Files.Set, d); err != nil {
			x.Notices = append(x.Notices, err.Error())
		}
		out.Text = b.String()
		x.Decls = append(x.Decls, out)
	}
	x.Helpers = c.helperSource(helpers)
}

// finish gives the names in d that are not the user's the form that they have in
// exported code, and notes what d mentions.
func (u *unit) finish(d ast.Decl, renamed map[types.Object]string, helpers map[string]bool, imports map[string]string, a Adapter) {
	named := map[string]types.Type{}
	for t, n := range u.types {
		named[n] = t
	}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) == 2 {
				sel := u.info.Selections[s]
				if f, ok := selected(sel).(*types.Func); ok && f.FullName() == "(*"+modulePath+"testmode.T).Run" {
					n.Args[1] = &ast.CallExpr{Fun: ident(a.Wrap), Args: []ast.Expr{n.Args[1]}}
				}
			}
		case *ast.Ident:
			obj := u.info.Uses[n]
			if obj == nil {
				obj = u.info.Defs[n]
			}
			if name := renamed[obj]; obj != nil && name != "" {
				n.Name = name
				return true
			}
			if p, ok := obj.(*types.PkgName); ok {
				if n.Name == awaitName {
					n.Name = "await"
				}
				imports[n.Name] = p.Imported().Path()
				return true
			}
			if t := named[n.Name]; t != nil {
				n.Name = types.TypeString(t, func(p *types.Package) string {
					switch p.Path() {
					case sessionPath:
						return ""
					case modulePath + "testmode":
						imports["testing"] = "testing"
						return "testing"
					}
					imports[p.Name()] = p.Path()
					return p.Name()
				})
				return true
			}
			if obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == PreludePath {
				helpers[n.Name] = true
			}
			n.Name = strings.ReplaceAll(n.Name, "ʹ", "_")
		}
		return true
	})
}

// selected returns what a selection selects, or nil.
func selected(s *types.Selection) types.Object {
	if s == nil {
		return nil
	}
	return s.Obj()
}

// helperSource returns the source of those predeclared functions.
func (c *Checker) helperSource(names map[string]bool) string {
	file := read(own, "_source/prelude.go")["_source/prelude.go"]
	var out []string
	for _, part := range strings.Split(file, "\n\n") {
		_, f, ok := strings.Cut("\n"+part, "\nfunc ")
		if !ok {
			continue
		}
		if name := f[:strings.IndexAny(f, "[(")]; names[name] {
			out = append(out, strings.ReplaceAll(part, "ʹ", "_"))
		}
	}
	return strings.Join(out, "\n\n")
}
