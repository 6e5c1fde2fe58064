package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// CheckProgram checks a Go program of one file. It has nothing to do with the
// names of the session. Init and main are the functions to run, in that order.
func (c *Checker) CheckProgram(p *syntax.Program) (init, main *ssa.Function, err error) {
	u := c.newUnit(p.File, p.Marks)
	u.alone = true
	u.own = map[string]bool{}
	for _, d := range p.File.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		for _, s := range g.Specs {
			path := strings.Trim(s.(*ast.ImportSpec).Path.Value, "\"`")
			if _, err := u.Import(path); err != nil {
				pos, _ := c.Files.Position(s.Pos())
				return nil, nil, errorAt(pos, "%s", err)
			}
		}
	}
	if err := u.resolve(); err != nil {
		return nil, nil, errorAt(syntax.Position{Cell: p.Cell}, "%s", err)
	}
	if errs := u.errors(); len(errs) > 0 {
		return nil, nil, errs
	}
	sp := c.prog.CreatePackage(u.pkg, []*ast.File{u.file}, u.info, false)
	sp.Build()
	init, main = sp.Func("init"), sp.Func("main")
	if main == nil {
		return nil, nil, errorAt(syntax.Position{Cell: p.Cell}, "function main is undeclared in package %s", p.File.Name.Name)
	}
	return init, main, nil
}

// fillAlone puts only the names into the unit's scope that the checker itself
// has put into its code.
func (u *unit) fillAlone(names map[string]bool) error {
	for name := range names {
		if strings.Contains(name, "ʹ") {
			if err := u.insertOwn(name); err != nil {
				return err
			}
		}
	}
	for t, name := range u.types {
		if u.pkg.Scope().Lookup(name) == nil {
			u.pkg.Scope().Insert(types.NewTypeName(token.NoPos, u.pkg, name, t))
		}
	}
	return nil
}
