package conformance

import (
	"bytes"
	"go/ast"
	goformat "go/format"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/source"
	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/ssa"
)

// minimize takes from the program text, of which differs holds, what can be
// taken from it such that differs still holds, until nothing can or the time is
// over. Programs that do not compile are not shown to differs.
func minimize(text string, until time.Time, differs func(text string) bool) string {
	repair := repairer()
	for smaller := true; smaller; {
		smaller = false
		for i := 0; time.Now().Before(until); {
			next, ok := edit(text, i)
			if !ok {
				break
			}
			if next = repair(next); next != "" && len(next) < len(text) && differs(next) {
				text, smaller = next, true
				continue // what was the next edit has this number now
			}
			i++
		}
	}
	return text
}

// edit returns the program text with its edit number n made; it reports whether
// there is one.
func edit(text string, n int) (string, bool) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "main.go", text, parser.SkipObjectResolution)
	if err != nil {
		return "", false
	}
	e := &editor{left: n}
	e.decls(&file.Decls)
	astutil.Apply(file, e.visit, nil)
	if !e.done {
		return "", false
	}
	text, _ = print(file)
	return text, true
}

// editor makes one of the edits of a syntax tree: the one that comes after left
// others.
type editor struct {
	left int
	done bool
}

// turn reports whether the next edit is the one to make.
func (e *editor) turn() bool {
	if e.done {
		return false
	}
	e.left--
	e.done = e.left < 0
	return e.done
}

func (e *editor) decls(list *[]ast.Decl) { shorten(e, list) }

// shorten leaves out elements of a list: first all, then halves, and in the
// end each.
func shorten[T any](e *editor, list *[]T) {
	for size := len(*list); size > 0; size /= 2 {
		for at := 0; at < len(*list); at += size {
			if e.turn() {
				rest := append([]T{}, (*list)[:at]...)
				*list = append(rest, (*list)[min(at+size, len(*list)):]...)
				return
			}
		}
	}
}

func (e *editor) visit(c *astutil.Cursor) bool {
	switch n := c.Node().(type) {
	case *ast.BlockStmt:
		shorten(e, &n.List)
		for i, inner := range n.List {
			if b, ok := inner.(*ast.BlockStmt); ok && e.turn() {
				n.List = slices.Replace(n.List, i, i+1, b.List...)
				break
			}
		}
	case *ast.ValueSpec:
		for i := range n.Names {
			if len(n.Names) > 1 && len(n.Names) == len(n.Values) && e.turn() {
				n.Names, n.Values = slices.Delete(n.Names, i, i+1), slices.Delete(n.Values, i, i+1)
				break
			}
		}
	case *ast.CaseClause:
		shorten(e, &n.Body)
		shorten(e, &n.List)
	case *ast.GenDecl:
		shorten(e, &n.Specs)
	case *ast.CallExpr:
		shorten(e, &n.Args)
	case *ast.CompositeLit:
		shorten(e, &n.Elts)
	case *ast.IfStmt:
		if n.Else != nil && e.turn() {
			n.Else = nil
		}
	case *ast.AssignStmt:
		for i := range n.Lhs {
			if len(n.Lhs) > 1 && len(n.Lhs) == len(n.Rhs) && e.turn() {
				n.Lhs, n.Rhs = slices.Delete(n.Lhs, i, i+1), slices.Delete(n.Rhs, i, i+1)
				break
			}
		}
	}
	switch c.Parent().(type) {
	case *ast.DeferStmt, *ast.GoStmt:
		return !e.done // they take nothing but calls
	}
	if c.Index() >= 0 {
		switch n := c.Node().(type) {
		case *ast.IfStmt:
			e.replace(c, n.Body)
		case *ast.ForStmt:
			e.replace(c, n.Body)
		case *ast.RangeStmt:
			e.replace(c, n.Body)
		case *ast.SwitchStmt:
			e.replace(c, n.Body)
		case *ast.LabeledStmt:
			e.replace(c, n.Stmt)
		}
	}
	switch n := c.Node().(type) {
	case *ast.BinaryExpr:
		e.replace(c, n.X)
		e.replace(c, n.Y)
	case *ast.ParenExpr:
		e.replace(c, n.X)
	case *ast.CallExpr:
		for _, a := range n.Args {
			e.replace(c, a)
		}
	case *ast.FieldList, *ast.FuncType:
		return false
	case *ast.FuncLit, *ast.BasicLit, *ast.Ident:
		return !e.done
	}
	if _, ok := c.Node().(ast.Expr); ok {
		e.replace(c, &ast.BasicLit{Kind: token.INT, Value: "0"})
		e.replace(c, &ast.Ident{Name: "true"})
	}
	return !e.done
}

func (e *editor) replace(c *astutil.Cursor, n ast.Node) {
	if e.turn() {
		c.Replace(n)
	}
}

// repairer returns a function that takes from a program the variables and
// imports that it does not use. It returns "" for one that still does not
// compile.
func repairer() func(text string) string {
	prog := token.NewFileSet()
	lib := source.NewLibrary(ssa.NewProgram(prog, ssa.NaiveForm|ssa.InstantiateGenerics))
	return func(text string) string {
		for range 10 {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "main.go", text, parser.SkipObjectResolution)
			if err != nil {
				return ""
			}
			unused, other := map[token.Pos]bool{}, false
			conf := types.Config{Importer: lib, GoVersion: "go1.26", Error: func(err error) {
				e := err.(types.Error)
				unused[e.Pos] = true
				other = other || !strings.Contains(e.Msg, "and not used")
			}}
			conf.Check("main", fset, []*ast.File{file}, nil)
			switch {
			case other:
				return ""
			case len(unused) == 0:
				return text
			}
			astutil.Apply(file, func(c *astutil.Cursor) bool {
				switch n := c.Node().(type) {
				case *ast.GenDecl:
					n.Specs = slices.DeleteFunc(n.Specs, func(s ast.Spec) bool { return unused[s.Pos()] })
					if len(n.Specs) == 0 {
						c.Delete()
					}
				case *ast.Ident:
					if unused[n.Pos()] {
						n.Name = "_"
					}
				case *ast.RangeStmt:
					if n.Key != nil && unused[n.Key.Pos()] {
						n.Key, n.Tok = nil, token.ILLEGAL
					}
				case *ast.AssignStmt:
					if unused[n.Pos()] && len(n.Lhs) == 1 && c.Index() >= 0 {
						c.Delete()
					}
				}
				return true
			}, nil)
			if text, err = print(file); err != nil {
				return ""
			}
		}
		return ""
	}
}

func print(file *ast.File) (string, error) {
	var b bytes.Buffer
	err := goformat.Node(&b, token.NewFileSet(), file)
	return b.String(), err
}

// differ reports whether the program text does not do what the Go toolchain
// makes of it.
func differ(t *testing.T, text string) bool {
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := interpret(file)
	if err != nil {
		got.Status = -1
	}
	want, err := build(file)
	return err == nil && (got.Status != want.Status || got.Stdout != want.Stdout)
}

// TestMinimize minimises programs that are taken to differ wherever a certain
// construct is.
func TestMinimize(t *testing.T) {
	text := generated(2, 5)
	for _, construct := range []string{"]++", "continue", "inc(", "recover()"} {
		differs := func(text string) bool {
			_, main, _ := strings.Cut(text, "func main")
			return strings.Contains(text, construct) && strings.Contains(main, "show(")
		}
		if !differs(text) {
			t.Fatalf("the program has no %s", construct)
		}
		small := minimize(text, time.Now().Add(time.Minute), differs)
		if !differs(small) || repairer()(small) != small {
			t.Errorf("%s: what is left does not differ or compile:\n%s", construct, small)
		}
		if lines := strings.Count(small, "\n"); lines > 30 {
			t.Errorf("%s: %d lines are left:\n%s", construct, lines, small)
		}
	}
}
