package check

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/repl/source"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// CheckProgram checks a Go program of one file. It has nothing to do with the
// names of the session, nor with test mode's package testing. Init and main are
// the functions to run, in that order; uses is what the names in the program
// stand for.
func (c *Checker) CheckProgram(p *syntax.Program) (init, main *ssa.Function, uses map[*ast.Ident]types.Object, err error) {
	if c.programs == nil {
		c.programs = newLibrary(c.prog, false)
	}
	pkg, info, err := c.checkFiles(c.programs, sessionPath, []*syntax.Program{p})
	if err != nil {
		return nil, nil, nil, err
	}
	init, main = pkg.Func("init"), pkg.Func("main")
	if main == nil {
		return nil, nil, nil, errorAt(syntax.Position{Cell: p.Cell}, "function main is undeclared in package %s", p.File.Name.Name)
	}
	return init, main, info.Uses, nil
}

// CheckPackage checks a Go package of files, and makes it the one that
// packages checked later import under that path. It has nothing to do with the
// names of the session, but package testing is test mode's. Errors come as
// Errors or as an *Error.
func (c *Checker) CheckPackage(path string, files []*syntax.Program) (*ssa.Package, error) {
	pkg, _, err := c.checkFiles(c.lib, path, files)
	if err != nil {
		return nil, err
	}
	c.lib.Define(path, pkg.Pkg)
	return pkg, nil
}

// importFiles checks the package of files with that import path.
func (c *Checker) importFiles(path string) (*types.Package, error) {
	if c.importing[path] {
		return nil, errors.New("import cycle not allowed")
	}
	if c.importing == nil {
		c.importing = map[string]bool{}
	}
	c.importing[path] = true
	defer delete(c.importing, path)
	files, err := c.Find(path)
	if err != nil {
		return nil, err
	}
	pkg, err := c.CheckPackage(path, files)
	if err != nil {
		return nil, err
	}
	return pkg.Pkg, nil
}

// checkFiles checks and builds a package of files that imports from lib.
func (c *Checker) checkFiles(lib *source.Library, path string, files []*syntax.Program) (*ssa.Package, *types.Info, error) {
	u := c.newUnit(nil, map[token.Pos]syntax.Mark{})
	u.files, u.path, u.lib = nil, path, lib
	for _, p := range files {
		u.files = append(u.files, p.File)
		maps.Copy(u.marks, p.Marks)
		if name := files[0].File.Name.Name; p.File.Name.Name != name {
			pos, _ := c.Files.Position(p.File.Name.Pos())
			return nil, nil, errorAt(pos, "package %s; expected package %s", p.File.Name.Name, name)
		}
		if err := u.imports(p.File); err != nil {
			return nil, nil, err
		}
	}
	for _, p := range files {
		if c.Counts != nil && c.Counts(p.Cell) {
			u.countStatements(p.File)
		}
	}
	if err := u.resolve(); err != nil {
		return nil, nil, errorAt(syntax.Position{Cell: files[0].Cell}, "%s", err)
	}
	if errs := u.errors(); len(errs) > 0 {
		return nil, nil, errs
	}
	c.Counters = append(c.Counters, u.counters...)
	pkg := c.prog.CreatePackage(u.pkg, u.files, u.info, false)
	pkg.Build()
	return pkg, u.info, nil
}

// imports imports the packages that a file of the unit names, so that what is
// wrong with one is said at its place, or at the name of the package.
func (u *unit) imports(f *ast.File) error {
	for _, s := range f.Imports {
		_, err := u.Import(strings.Trim(s.Path.Value, "\"`"))
		var fault *Error
		var faults Errors
		switch {
		case err == nil:
		case errors.As(err, &fault), errors.As(err, &faults):
			return err
		default:
			pos, _ := u.c.Files.Position(s.Pos())
			return errorAt(pos, "%s", err)
		}
	}
	return nil
}

// fillAlone puts only the names into the unit's scope that the checker itself
// has put into its code.
func (u *unit) fillAlone(names map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(names)) {
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
