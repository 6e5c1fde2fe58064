package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/std"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// A Name is something that code can mention.
type Name struct {
	Name string
	// Detail is its type or signature, or what it is.
	Detail string
}

// Names returns the names with that prefix that a cell can mention: the
// session's, the predeclared ones, packages and keywords, sorted.
func (c *Checker) Names(prefix string) []Name {
	found := map[string]string{}
	add := func(name, detail string) {
		if strings.HasPrefix(name, prefix) && found[name] == "" {
			found[name] = detail
		}
	}
	for _, e := range c.names {
		if e.Obj != nil {
			add(e.Name, detail(e.Obj))
		} else {
			add(e.Name, e.Kind.String())
		}
	}
	for _, name := range types.Universe.Names() {
		add(name, detail(types.Universe.Lookup(name)))
	}
	for name := range preludeNames {
		if obj := c.Predeclared(name); obj != nil {
			add(name, detail(obj))
		}
	}
	for _, path := range std.Packages() {
		name := path[strings.LastIndexByte(path, '/')+1:]
		if p, _ := std.ByName(name); p != "" {
			add(name, "package "+p)
		}
	}
	for k := token.BREAK; k <= token.VAR; k++ {
		add(k.String(), "keyword")
	}
	for _, w := range []string{"await", "async", "assert"} {
		add(w, "keyword")
	}
	return sorted(found)
}

func sorted(found map[string]string) []Name {
	var out []Name
	for n, d := range found {
		out = append(out, Name{n, d})
	}
	slices.SortFunc(out, func(a, b Name) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// detail returns the type of obj, or what it is.
func detail(obj types.Object) string {
	switch obj := obj.(type) {
	case *types.Builtin:
		return "builtin"
	case *types.Nil:
		return "nil"
	case *types.TypeName:
		text := typeText(obj.Type().Underlying())
		if i := strings.IndexByte(text, '{'); i >= 0 {
			text = text[:i]
		}
		return "type " + text
	}
	return typeText(obj.Type())
}

// Members returns what may follow expr and a dot and has that prefix: the
// exported names of a package, or the fields and methods of a value or type.
func (c *Checker) Members(expr, prefix string) []Name {
	if token.IsIdentifier(expr) {
		if p, err := c.Package(expr); err == nil && p != nil {
			found := map[string]string{}
			for _, name := range p.Scope().Names() {
				if obj := p.Scope().Lookup(name); obj.Exported() && strings.HasPrefix(name, prefix) {
					found[name] = detail(obj)
				}
			}
			return sorted(found)
		}
	}
	cell, err := c.Files.Parse("expression", 1, expr, c.Declared)
	if err != nil || len(cell.Items) != 1 {
		return nil
	}
	tv, _, err := c.typeAndValue(cell.Items[0])
	if err != nil || tv.Type == nil {
		return nil
	}
	found := map[string]string{}
	add := func(obj types.Object) {
		own := obj.Pkg() == nil || obj.Pkg().Path() == sessionPath
		if (obj.Exported() || own) && strings.HasPrefix(obj.Name(), prefix) {
			found[obj.Name()] = typeText(obj.Type())
		}
	}
	t := tv.Type
	if _, pointer := t.Underlying().(*types.Pointer); !pointer && !types.IsInterface(t) {
		t = types.NewPointer(t)
	}
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		add(set.At(i).Obj())
	}
	if !tv.IsType() {
		fields(t, add, 0)
	}
	return sorted(found)
}

// fields calls add for the fields of the struct that t is or points to, those
// of embedded ones included.
func fields(t types.Type, add func(types.Object), depth int) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, ok := t.Underlying().(*types.Struct)
	if !ok || depth > 4 {
		return
	}
	for f := range st.Fields() {
		add(f)
		if f.Embedded() {
			fields(f.Type(), add, depth+1)
		}
	}
}

// typeAndValue checks the expression that the item is.
func (c *Checker) typeAndValue(it *syntax.Item) (types.TypeAndValue, *unit, error) {
	var none types.TypeAndValue
	here := syntax.Position{Cell: it.Cell, Offset: it.Start}
	if len(it.Stmts) != 1 {
		return none, nil, errorAt(here, "this is no expression")
	}
	es, ok := it.Stmts[0].(*ast.ExprStmt)
	if !ok {
		return none, nil, errorAt(here, "this is no expression")
	}
	stmt := echoStmt(es.X)
	fd := &ast.FuncDecl{
		Name: ident(CellPrefix + c.next()),
		Type: &ast.FuncType{Func: es.Pos(), Params: &ast.FieldList{}},
		Body: &ast.BlockStmt{List: []ast.Stmt{stmt}},
	}
	u := c.newUnit(&ast.File{Name: ident("main"), Decls: []ast.Decl{fd}}, it.Marks)
	if err := u.resolve(); err != nil {
		return none, nil, errorAt(here, "%s", err)
	}
	x := stmt.(*ast.ExprStmt).X.(*ast.CallExpr).Args[0]
	return u.info.Types[x], u, nil
}

// TypeOf returns the type of the expression that the item is, as the user
// writes it.
func (c *Checker) TypeOf(it *syntax.Item) (string, error) {
	tv, u, err := c.typeAndValue(it)
	if err != nil {
		return "", err
	}
	switch {
	case tv.IsType():
		return "type " + typeText(tv.Type.Underlying()), nil
	case tv.IsVoid():
		return "no value", nil
	case tv.IsNil():
		return "untyped nil", nil
	}
	if errs := u.errors(); len(errs) > 0 {
		return "", errs
	}
	return typeText(tv.Type), nil
}
