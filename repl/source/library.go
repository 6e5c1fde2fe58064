// Package source gives a session the standard library as the checker and
// go/ssa need it: the types of compiled packages from their export data, and
// what is generic in them, which cannot be compiled beforehand, as source of
// ours merged into the package that it belongs to.
package source

import (
	"go/ast"
	"go/parser"
	"go/token"
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
	added    map[string]addition
}

// An addition is source that a host has added to a package.
type addition struct {
	files  map[string]string
	inside bool
}

// NewLibrary returns a library whose packages become part of prog.
func NewLibrary(prog *ssa.Program) *Library {
	return &Library{
		prog:     prog,
		packages: map[string]*types.Package{},
		source:   map[*types.Package]bool{},
		created:  map[*types.Package]bool{},
		added:    map[string]addition{},
	}
}

// Add gives the package with the given import path more source, the text of
// each file by its name, before the package is first imported. What the source
// exports takes the place of what the compiled package has under the same
// name. A package that has no compiled part consists of the source alone.
// Inside tells that the source is part of the compiled package and uses its
// exported names as its own; otherwise it imports them.
func (l *Library) Add(path string, files map[string]string, inside bool) {
	l.added[path] = addition{files, inside}
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

// Define makes pkg, whose code is source that the program has been given, the
// package with that import path, whatever the standard library has there.
func (l *Library) Define(path string, pkg *types.Package) {
	l.packages[path] = pkg
	l.source[pkg] = true
}

// Imported returns the package with the given import path if it has been
// imported or defined, and nil otherwise.
func (l *Library) Imported(path string) *types.Package { return l.packages[path] }

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
	if more, ok := l.added[path]; ok {
		if more.inside {
			p, err := l.inside(path, more.files)
			if err != nil {
				return nil, err
			}
			l.packages[path] = p
			return p, nil
		}
		files, whole = more.files, !std.Known(path)
	}
	if whole {
		check := l.alone
		if mentioned[path] {
			check = l.inside
		}
		p, err := check(path, files)
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

// mentioned are the packages of source whose types are those of declarations
// of compiled packages too, such as strings.SplitSeq: they must be the same.
var mentioned = map[string]bool{"iter": true}

// alone returns the package that the files make.
func (l *Library) alone(path string, files map[string]string) (*types.Package, error) {
	return l.check(path, files, nil)
}

// merge returns a package with the members of the compiled package p, those in
// files taking the place of the ones that only its export data has.
func (l *Library) merge(p *types.Package, files map[string]string) (*types.Package, error) {
	l.packages[p.Path()] = p // for the source itself
	overlay, err := l.check(p.Path(), files, nil)
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

// inside returns the package that the files make together with the exported
// members of the compiled package that they belong to.
func (l *Library) inside(path string, files map[string]string) (*types.Package, error) {
	p, err := l.compiled.Import(path)
	if err != nil {
		return nil, err
	}
	l.create(p)
	return l.check(path, files, p.Scope())
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

// check makes a package of source, which may use the names in scope, if not
// nil, that it does not declare itself.
func (l *Library) check(path string, files map[string]string, scope *types.Scope) (*types.Package, error) {
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := parser.ParseFile(l.prog.Fset, path+"/"+name, files[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, f)
	}
	pkg := types.NewPackage(path, parsed[0].Name.Name)
	if scope != nil {
		if mentioned[path] {
			omitTypes(parsed, scope)
		}
		own := declared(parsed)
		for _, name := range scope.Names() {
			if obj := scope.Lookup(name); obj.Exported() && !own[name] {
				pkg.Scope().Insert(obj)
			}
		}
	}
	l.source[pkg] = true
	info := NewInfo()
	conf := types.Config{Importer: l, GoVersion: "go1.26"}
	if err := types.NewChecker(&conf, l.prog.Fset, pkg, info).Files(parsed); err != nil {
		return nil, err
	}
	l.prog.CreatePackage(pkg, parsed, info, false).Build()
	return pkg, nil
}

// omitTypes takes the declarations of types that scope has out of files.
func omitTypes(files []*ast.File, scope *types.Scope) {
	for _, f := range files {
		f.Decls = slices.DeleteFunc(f.Decls, func(d ast.Decl) bool {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				return false
			}
			g.Specs = slices.DeleteFunc(g.Specs, func(s ast.Spec) bool {
				return scope.Lookup(s.(*ast.TypeSpec).Name.Name) != nil
			})
			return len(g.Specs) == 0
		})
	}
}

// declared returns the names that files declare at package level.
func declared(files []*ast.File) map[string]bool {
	names := map[string]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					names[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						names[s.Name.Name] = true
					case *ast.ValueSpec:
						for _, id := range s.Names {
							names[id.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}
