package std_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/std"
)

// leftOut lists the generic names of the standard library that the overlay
// does not have.
var leftOut = []string{
	"runtime.AddCleanup", // an interpreter's frames keep values alive as they please
}

// TestGenericMatchesTypes compares the overlay of every package with its type
// data: the same generic names, each declared the same.
func TestGenericMatchesTypes(t *testing.T) {
	for _, path := range std.Packages() {
		pkg, err := std.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		want := genericNames(pkg)
		if got := std.GenericNames(path); !slices.Equal(got, want) {
			t.Errorf("%s: GenericNames = %q, want %q", path, got, want)
		}
		files, whole := std.Generic(path)
		if len(files) > 0 != (len(want) > 0) {
			t.Errorf("%s: %d files for %d names", path, len(files), len(want))
		}
		if exported := exportedNames(pkg); whole != (len(want) > 0 && len(want) == exported) {
			t.Errorf("%s: whole = %t with %d generic names of %d", path, whole, len(want), exported)
		}
		if len(files) == 0 {
			continue
		}
		ours := checkOverlay(t, path, files)
		for _, name := range want {
			if got, want := describe(ours.Scope().Lookup(name)), describe(pkg.Scope().Lookup(name)); got != want {
				t.Errorf("%s.%s is\n%s\nwant\n%s", path, name, got, want)
			}
		}
	}
}

// genericNames returns the exported names of pkg that no table can hold, but
// for those left out.
func genericNames(pkg *types.Package) []string {
	var names []string
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if _, isConst := obj.(*types.Const); isConst || !obj.Exported() || inTable(obj) || pkg.Path() == "unsafe" {
			continue
		}
		if !slices.Contains(leftOut, pkg.Path()+"."+name) {
			names = append(names, name)
		}
	}
	return names
}

func exportedNames(pkg *types.Package) int {
	n := 0
	for _, name := range pkg.Scope().Names() {
		if token.IsExported(name) {
			n++
		}
	}
	return n
}

// checkOverlay checks the types of files as the package path.
func checkOverlay(t *testing.T, path string, files map[string]string) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, err := parser.ParseFile(fset, name, files[name], parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	conf := types.Config{Importer: new(std.Importer)}
	pkg, err := conf.Check(path, fset, parsed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// describe returns what a user of obj can see: its declaration, and a type's
// methods. The unexported fields of a struct do not show.
func describe(obj types.Object) string {
	qualify := func(p *types.Package) string {
		if p.Path() == obj.Pkg().Path() {
			return "" // the overlay of a package imports the package itself
		}
		return p.Path()
	}
	tn, ok := obj.(*types.TypeName)
	if !ok {
		return types.ObjectString(obj, qualify)
	}
	named := tn.Type().(*types.Named)
	s := types.TypeString(named, qualify)
	for p := range named.TypeParams().TypeParams() {
		s += " " + types.TypeString(p.Constraint(), qualify)
	}
	if st, ok := named.Underlying().(*types.Struct); ok {
		for f := range st.Fields() {
			if f.Exported() {
				s += "\n" + types.ObjectString(f, qualify)
			}
		}
	} else {
		s += "\n" + types.TypeString(named.Underlying(), qualify)
	}
	for sel := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		if sel.Obj().Exported() {
			s += "\n" + fmt.Sprint(sel.Obj().Name(), types.TypeString(sel.Type(), qualify))
		}
	}
	return s
}
