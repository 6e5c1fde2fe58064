package await_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/await"
)

// parseAll parses the files that match, tests excepted.
func parseAll(t *testing.T, set *token.FileSet, pattern string) map[string]*ast.File {
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	return files
}

// TestGenericLayer enforces what GenericSource promises, so that a host can
// interpret those files without the rest.
func TestGenericLayer(t *testing.T) {
	set := token.NewFileSet()
	all := parseAll(t, set, "*.go")
	own := map[string]bool{}     // package-level names of generic files
	members := map[string]bool{} // their types' fields and methods
	isGeneric := func(name string) bool { return strings.HasPrefix(name, "generic") }
	for name, f := range all {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv != nil {
					if _, plain := typeName(d.Recv.List[0].Type).(*ast.Ident); plain == isGeneric(name) {
						t.Errorf("%s: a method in the wrong kind of file", set.Position(d.Pos()))
					}
					if isGeneric(name) {
						members[d.Name.Name] = true
					}
				} else if (d.Type.TypeParams != nil) != isGeneric(name) {
					t.Errorf("%s: %s is in the wrong kind of file", set.Position(d.Pos()), d.Name.Name)
				} else if isGeneric(name) {
					own[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						if (s.TypeParams != nil) != isGeneric(name) {
							t.Errorf("%s: %s is in the wrong kind of file", set.Position(s.Pos()), s.Name.Name)
						}
						if isGeneric(name) {
							own[s.Name.Name] = true
							if st, ok := s.Type.(*ast.StructType); ok {
								for _, field := range st.Fields.List {
									for _, n := range field.Names {
										members[n.Name] = true
									}
								}
							}
						}
					case *ast.ValueSpec:
						if isGeneric(name) {
							t.Errorf("%s: a variable or constant in a generic file", set.Position(s.Pos()))
						}
					}
				}
			}
		}
	}
	for name, f := range all {
		if !isGeneric(name) {
			continue
		}
		source, err := await.GenericSource.ReadFile(name)
		if err != nil || len(source) == 0 {
			t.Errorf("GenericSource lacks %s: %v", name, err)
		}
		imported := map[string]bool{}
		for _, im := range f.Imports {
			path := strings.Trim(im.Path.Value, `"`)
			if path == "unsafe" || strings.Contains(path, ".") {
				t.Errorf("%s imports %s", name, path)
			}
			imported[path[strings.LastIndex(path, "/")+1:]] = true
		}
		for _, id := range f.Unresolved {
			known := ast.IsExported(id.Name) || own[id.Name] || imported[id.Name] || types.Universe.Lookup(id.Name) != nil
			if !known {
				t.Errorf("%s: %s is not exported", set.Position(id.Pos()), id.Name)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && !ast.IsExported(s.Sel.Name) && !members[s.Sel.Name] {
				t.Errorf("%s: %s is not exported", set.Position(s.Pos()), s.Sel.Name)
			}
			return true
		})
	}
}

// typeName strips a receiver's pointer; what is left is an identifier for plain
// types and an index expression for generic ones.
func typeName(e ast.Expr) ast.Expr {
	if p, ok := e.(*ast.StarExpr); ok {
		return p.X
	}
	return e
}

// TestEverythingIsDocumented demands a comment, in full sentences, for every
// exported thing, and an example for every exported type.
func TestEverythingIsDocumented(t *testing.T) {
	set := token.NewFileSet()
	var files []*ast.File
	for _, f := range parseAll(t, set, "*.go") {
		if !strings.Contains(set.Position(f.Pos()).Filename, "thread_") {
			files = append(files, f)
		}
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests {
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(set, files, "github.com/asyncrepl/asyncrepl/await")
	if err != nil {
		t.Fatal(err)
	}
	check := func(name, text string) {
		if ast.IsExported(name[strings.LastIndex(name, ".")+1:]) && !strings.HasSuffix(strings.TrimSpace(text), ".") && !strings.Contains(text, "\n\t") {
			t.Errorf("%s has no comment, or one that is no sentence: %q", name, text)
		}
	}
	for _, f := range p.Funcs {
		check(f.Name, f.Doc)
	}
	for _, x := range p.Types {
		check(x.Name, x.Doc)
		examples := len(x.Examples)
		for _, f := range x.Funcs {
			check(f.Name, f.Doc)
			examples += len(f.Examples)
		}
		for _, m := range x.Methods {
			check(x.Name+"."+m.Name, m.Doc)
			examples += len(m.Examples)
		}
		if examples == 0 {
			t.Errorf("%s has no example", x.Name)
		}
	}
	if len(p.Doc) < 2000 {
		t.Error("the package comment teaches nothing")
	}
	if _, err := os.Stat("../docs/await.md"); err != nil {
		t.Error(err)
	}
}

// TestVocabulary demands that docs/await.md names nothing that does not exist.
func TestVocabulary(t *testing.T) {
	text, err := os.ReadFile("../docs/await.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range parseAll(t, token.NewFileSet(), "*.go") {
		for name := range f.Scope.Objects {
			known[name] = true
		}
		for _, d := range f.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				known[f.Name.Name] = true
			}
		}
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	names := regexp.MustCompile(`(?:^|[^.\w]|\b[a-z]\w*\.)([A-Z]\w*)`)
	foreign := regexp.MustCompile(`\b(os|time|runtime|http|sync|context)\.\w+`)
	rows := 0
	for line := range strings.Lines(string(text)) {
		columns := strings.Split(line, "|")
		if len(columns) != 5 || strings.HasPrefix(columns[1], "--") {
			continue
		}
		rows++
		for _, code := range quoted.FindAllStringSubmatch(columns[3], -1) {
			for _, name := range names.FindAllStringSubmatch(foreign.ReplaceAllString(code[1], ""), -1) {
				if n := name[1]; len(n) > 1 && !known[n] {
					t.Errorf("%s is not in this package: %s", n, strings.TrimSpace(line))
				}
			}
		}
	}
	if rows < 40 {
		t.Errorf("the table has only %d rows", rows)
	}
}
