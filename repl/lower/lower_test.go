package lower_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/repl/lower"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/repl/source"
	"github.com/asyncrepl/asyncrepl/repl/std"
)

// lowered returns the unit of the functions of package main in text, and the
// lowerer that made it.
func lowered(t *testing.T, text string) (*lower.Unit, *lower.Lowerer, error) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "main.go", "package main\n"+text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	prog := ssa.NewProgram(fset, ssa.NaiveForm|ssa.InstantiateGenerics)
	lib := source.NewLibrary(prog)
	pkg := types.NewPackage("main", "main")
	info := source.NewInfo()
	conf := types.Config{Importer: lib, GoVersion: "go1.26"}
	if err := types.NewChecker(&conf, fset, pkg, info).Files([]*ast.File{file}); err != nil {
		t.Fatal(err)
	}
	main := prog.CreatePackage(pkg, []*ast.File{file}, info, false)
	main.Build()
	reg := rt.NewRegistry()
	reg.IsCompiled = func(p *types.Package) bool { return p != pkg && !lib.IsSource(p) }
	reg.Compiled = func(path, name string) (reflect.Type, bool) {
		v, ok := std.Symbols(path)[name]
		if !ok || v.Kind() != reflect.Pointer {
			return nil, false
		}
		return v.Type().Elem(), true
	}
	reg.Wrap = func(path, name string) func(rt.Boxed) any { return nil }
	l := &lower.Lowerer{
		Types:    reg,
		Compiled: func(path, name string) (reflect.Value, bool) { v, ok := std.Symbols(path)[name]; return v, ok },
		Position: func(pos token.Pos, _ *ssa.Function) int { return fset.Position(pos).Line },
	}
	var fns []*ssa.Function
	for _, m := range main.Members {
		if f, ok := m.(*ssa.Function); ok && f.TypeParams() == nil && len(f.Blocks) > 0 {
			fns = append(fns, f)
		}
	}
	u, err := l.Lower(fns, nil)
	return u, l, err
}

func unitSource(t *testing.T, text string) string {
	t.Helper()
	u, _, err := lowered(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Source
}

// TestForms checks that none but the engine's forms come out.
func TestForms(t *testing.T) {
	src := unitSource(t, `
import "fmt"
type T[E any] struct{ v E }
func (t *T[E]) set(e E) { t.v = e }
func each(yield func(int) bool) { _ = yield(1) && yield(2) }
func f(c chan int, m map[string]int) (n int, err error) {
	defer func() { err, _ = recover().(error) }()
	for i := range each { n += i }
	for k, v := range m { n += v + len(k) }
	for i := range 3 { defer fmt.Println(i) }
	select { case v := <-c: n = v; case c <- 1: default: }
	switch x := any(n).(type) { case int: n = x; case nil: }
	t := &T[string]{}
	t.set("x")
	go t.set("y")
	return max(n, 1), nil
}`)
	file, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt, *ast.ForStmt, *ast.SelectStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.TypeSpec:
			t.Errorf("there is a %T in\n%s", n, src)
		case *ast.FuncDecl:
			if n.Recv != nil || n.Type.TypeParams != nil {
				t.Errorf("%s is no plain function", n.Name)
			}
		}
		return true
	})
}

// TestBounds checks which accesses are compared with lengths.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		body string
		want int
	}{
		{"for i := range s { n += s[i] }", 0},
		{"for _, v := range s { n += v }", 0},
		{"for i := 0; i < len(s); i++ { n += s[i] }", 0},
		{"for i := 0; i < len(s); i++ { n += s[i+1] }", 1},
		{"for i := 0; i < len(s); i++ { i++; n += s[i] }", 1},
		{"for i := -1; i < len(s); i++ { n += s[i] }", 1},
		{"for i := range s { s = s[:1]; n += s[i] }", 1},
		{"n = s[n]", 1},
		{"n = s[0]", 1},
		{"var a [4]int; n = a[3] + a[n]", 1},
		{"n = len(s[1:])", 0},
	} {
		src := unitSource(t, "func f(s []int, n int) int {\n"+c.body+"\nreturn n }")
		if got := strings.Count(src, "x.IndexPanic"); got != c.want {
			t.Errorf("%s: %d checks, want %d\n%s", c.body, got, c.want, src)
		}
	}
}

// TestCheap checks that small functions need no variables of their own.
func TestCheap(t *testing.T) {
	for _, text := range []string{
		"func f(a, b int) int { return a + b }",
		"type T struct{ n int }\nfunc (t *T) add(d int) { t.n += d }\nfunc f(t *T) { t.add(1) }",
		"func f(n int) int { if n < 2 { return n }; return f(n-1) + f(n-2) }",
	} {
		src := unitSource(t, text)
		at := strings.Index(src, "_f(")
		if src = src[at:]; strings.Contains(src[:strings.Index(src, "\n}")], "\tvar ") {
			t.Errorf("%s: a variable in\n%s", text, src)
		}
	}
}

// TestRefusal checks that what cannot be lowered is an error with its place,
// and that nothing of the unit stays.
func TestRefusal(t *testing.T) {
	_, l, err := lowered(t, "func g()\nfunc f() { g() }")
	e, ok := err.(*lower.Error)
	if !ok || e.Msg == "" {
		t.Fatalf("the error is %v", err)
	}
	if u, err := l.Lower(nil, nil); err != nil || len(u.Symbols) > 0 {
		t.Errorf("the next unit has %v, %v", u.Symbols, err)
	}
}
