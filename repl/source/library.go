// Package source gives a session the standard library as the checker and
// go/ssa need it: the types of compiled packages from their export data, and
// what is generic in them, which cannot be compiled beforehand, as source of
// ours merged into the package that it belongs to.
package source

import (
	"go/ast"
	"go/parser"
	"go/types"
	"maps"
	"slices"

	"github.com/asyncrepl/asyncrepl/repl/std"
	"golang.org/x/tools/go/ssa"
)

// A Library imports packages of the standard library into one ssa.Program. It
// implements [types.Importer]. It is not safe for concurrent use.
type Library struct {
	prog     *ssa.Program
	compiled std.Importer
	packages map[string]*types.Package
	source   map[*types.Package]bool // packages made of source
	created  map[*types.Package]bool // packages that prog knows
}

// NewLibrary returns a library whose packages become part of prog.
func NewLibrary(prog *ssa.Program) *Library {
	return &Library{
		prog:     prog,
		packages: map[string]*types.Package{},
		source:   map[*types.Package]bool{},
		created:  map[*types.Package]bool{},
	}
}

// NewInfo returns an empty record of all that go/ssa wants to know of a
// checked package.
func NewInfo() *types.Info {
	return &types.Info{
		Types:        map[ast.Expr]types.TypeAndValue{},
		Instances:    map[*ast.Ident]types.Instance{},
		Defs:         map[*ast.Ident]types.Object{},
		Uses:         map[*ast.Ident]types.Object{},
		Implicits:    map[ast.Node]types.Object{},
		Selections:   map[*ast.SelectorExpr]*types.Selection{},
		Scopes:       map[ast.Node]*types.Scope{},
		FileVersions: map[*ast.File]string{},
	}
}

// Import returns the package with the given import path. Generic functions and
// types are members of it like all others, although their code is source.
func (l *Library) Import(path string) (*types.Package, error) {
	if p, ok := l.packages[path]; ok {
		return p, nil
	}
	if path == "unsafe" {
		l.create(types.Unsafe)
		return types.Unsafe, nil
	}
	files, whole := std.Generic(path)
	if whole {
		p, err := l.check(path, files, l)
		if err != nil {
			return nil, err
		}
		l.packages[path] = p
		return p, nil
	}
	p, err := l.compiled.Import(path)
	if err != nil {
		return nil, err
	}
	l.create(p)
	if files != nil {
		if p, err = l.merge(p, files); err != nil {
			return nil, err
		}
	}
	l.packages[path] = p
	return p, nil
}

// merge returns a package with the members of the compiled package p, those in
// files taking the place of the ones that only its export data has.
func (l *Library) merge(p *types.Package, files map[string]string) (*types.Package, error) {
	l.packages[p.Path()] = p // for the source itself
	overlay, err := l.check(p.Path(), files, l)
	if err != nil {
		return nil, err
	}
	merged := types.NewPackage(p.Path(), p.Name())
	for _, name := range overlay.Scope().Names() {
		if obj := overlay.Scope().Lookup(name); obj.Exported() {
			merged.Scope().Insert(obj)
		}
	}
	for _, name := range p.Scope().Names() {
		merged.Scope().Insert(p.Scope().Lookup(name)) // refused if it is there
	}
	merged.SetImports(append(p.Imports(), overlay.Imports()...))
	merged.MarkComplete()
	l.prog.CreatePackage(merged, nil, nil, false)
	return merged, nil
}

// IsSource reports whether the code of pkg, a package of the library, is
// source that a session instantiates and runs.
func (l *Library) IsSource(pkg *types.Package) bool { return l.source[pkg] }

// create makes the program know p and all that its types may lead to.
func (l *Library) create(p *types.Package) {
	if l.created[p] {
		return
	}
	l.created[p] = true
	if p != types.Unsafe && !p.Complete() {
		if _, err := l.compiled.Import(p.Path()); err != nil {
			return // of no consequence: it is not open to programs
		}
	}
	l.prog.CreatePackage(p, nil, nil, true)
	for _, dep := range p.Imports() {
		l.create(dep)
	}
}

// check makes a package of source.
func (l *Library) check(path string, files map[string]string, imp types.Importer) (*types.Package, error) {
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := parser.ParseFile(l.prog.Fset, path+"/"+name, files[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	pkg := types.NewPackage(path, parsed[0].Name.Name)
	l.source[pkg] = true
	info := NewInfo()
	conf := types.Config{Importer: imp, GoVersion: "go1.26"}
	if err := types.NewChecker(&conf, l.prog.Fset, pkg, info).Files(parsed); err != nil {
		return nil, err
	}
	l.prog.CreatePackage(pkg, parsed, info, false).Build()
	return pkg, nil
}
