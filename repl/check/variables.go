package check

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"golang.org/x/tools/go/ssa"
)

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
	sp := c.prog.CreatePackage(u.pkg, u.files, u.info, false)
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
