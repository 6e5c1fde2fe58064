package std

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
)

// overlay holds source for what is generic in the standard library, in
// directories named by import path. Compiled generics cannot be in a table of
// values: a session makes its own instances of these. The source imports the
// standard library and package fast alone.
//
//go:embed generic
var overlay embed.FS

// Generic returns the source of the generic functions and types of the package
// with the given import path: the text of each file by its name. Whole says
// that they are all there is in the package; otherwise they add to its
// [Symbols]. The files are nil if the package has nothing generic.
func Generic(importPath string) (files map[string]string, whole bool) {
	dir := path.Join("generic", importPath)
	entries, err := fs.ReadDir(overlay, dir)
	if err != nil {
		return nil, false
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		text, err := fs.ReadFile(overlay, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, false
		}
		if files == nil {
			files = make(map[string]string)
		}
		files[entry.Name()] = string(text)
	}
	return files, files != nil && len(Symbols(importPath)) == 0
}

// GenericNames returns the exported names that [Generic] declares for the
// package with the given import path, sorted.
func GenericNames(importPath string) []string {
	files, _ := Generic(importPath)
	var names []string
	for name, text := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil
		}
		for _, decl := range file.Decls {
			names = append(names, declared(decl)...)
		}
	}
	slices.Sort(names)
	return names
}

// declared returns the exported functions and types that decl declares.
func declared(decl ast.Decl) []string {
	var names []string
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil && decl.Name.IsExported() {
			names = append(names, decl.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok && t.Name.IsExported() {
				names = append(names, t.Name.Name)
			}
		}
	}
	return names
}
