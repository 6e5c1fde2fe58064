package syntax

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// marks describes the marks of a cell: the word, and the text from where the
// marked node stands.
func marks(t *testing.T, text string, declared ...string) []string {
	t.Helper()
	fs := NewFiles()
	c, err := fs.Parse("test", 1, text, func(name string) bool {
		for _, d := range declared {
			if d == name {
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	words := map[Mark]string{Await: "await", Async: "async", AsyncFunc: "async func", ForAwait: "for await", AwaitSelect: "await select", Assert: "assert"}
	var out []string
	for _, it := range c.Items {
		see := func(pos token.Pos) {
			if m := it.Marks[pos]; m != None {
				p, _ := fs.Position(pos)
				out = append(out, fmt.Sprintf("%s@%d", words[m], p.Column()))
			}
		}
		visit := func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.UnaryExpr:
				see(n.OpPos)
			case *ast.FuncType:
				see(n.Func)
			case *ast.RangeStmt:
				see(n.For)
			case *ast.SelectStmt:
				see(n.Select)
			case *ast.ReturnStmt:
				see(n.Return)
			}
			return true
		}
		if it.Decl != nil {
			ast.Inspect(it.Decl, visit)
		}
		for _, s := range it.Stmts {
			ast.Inspect(s, visit)
		}
	}
	return out
}

func TestWords(t *testing.T) {
	for _, test := range []struct {
		text, want string
		declared   string
	}{
		{text: "await x", want: "await@1"},
		{text: "x := await f()", want: "await@6"},
		{text: "a, b := await f(await g())", want: "await@9 await@17"},
		{text: "f(await x, 1+await y)", want: "await@3 await@14"},
		{text: "if await ok() { }", want: "await@4"},
		{text: "return_ := T{await x}", want: "await@14"},
		{text: "async f(x)", want: "async@1"},
		{text: "t := async f(async g())", want: "async@6 async@14"},
		{text: "await async f()", want: "await@1 async@7"},
		{text: "async func f() int { return await x }", want: "async func@7 await@29"},
		{text: "f := async func() {}", want: "async func@12"},
		{text: "await async func() {}()", want: "await@1 async func@13"},
		{text: "for await v := range ch { }", want: "for await@1"},
		{text: "for await range ch { }", want: "for await@1"},
		{text: "for await ok() { }", want: "await@5"},
		{text: "await select { case <-c: }", want: "await select@7"},
		{text: "assert x == y", want: "assert@1"},
		{text: "if x { assert y, \"m %d\", 3 }", want: "assert@8"},
		{text: "assert await x == 3", want: "assert@1 await@8"},
		{text: "await -x", want: "await@1"},
		{text: "await (x)", want: "await@1"},
		{text: "await [1]int{}", want: "await@1"},

		// The words are names where Go can take them for names.
		{text: "await := 1; await + 1", want: ""},
		{text: "await = 1", want: ""},
		{text: "x.await", want: ""},
		{text: "await.Sleep(d)", want: ""},
		{text: "f(await)", want: ""},
		{text: "x := async", want: ""},
		{text: "assert = true", want: ""},
		{text: "await(1)", declared: "await", want: ""},
		{text: "await(1)", want: "await@1"},
		{text: "await - 1", declared: "await", want: ""},
		{text: "func await() {}; await()", want: ""},
		{text: "type async struct{}; async{}", want: ""},
		{text: "type T struct { async bool; await, x int }", want: ""},
		{text: "func f(await int) int { return await }", want: ""},
		{text: "func f(async bool) { await x }", want: "await@22"},
	} {
		var declared []string
		if test.declared != "" {
			declared = []string{test.declared}
		}
		if got := strings.Join(marks(t, test.text, declared...), " "); got != test.want {
			t.Errorf("%q: marks %q, want %q", test.text, got, test.want)
		}
	}
}

func TestItems(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"a := 1; b := 2\nc := 3", []string{"a := 1", "b := 2", "c := 3"}},
		{"func f() { a; b }\nf()", []string{"func f() { a; b }", "f()"}},
		{"func() { a; b }()", []string{"func() { a; b }()"}},
		{"func (t T) m() {}", []string{"func (t T) m() {}"}},
		{"if v, ok := m[1]; ok { x }; 5", []string{"if v, ok := m[1]; ok { x }", "5"}},
		{"if x { a } else if y := f(); y { b } else { c }", []string{"if x { a } else if y := f(); y { b } else { c }"}},
		{"for i := 0; i < 3; i++ { x }", []string{"for i := 0; i < 3; i++ { x }"}},
		{"for ;; { x }\n1", []string{"for ;; { x }", "1"}},
		{"L: for i := 0; i < 3; i++ { continue L }", []string{"L: for i := 0; i < 3; i++ { continue L }"}},
		{"if f := func() int { return 1 }; f() > 0 { x }; y", []string{"if f := func() int { return 1 }; f() > 0 { x }", "y"}},
		{"switch x := 3; { case true: }", []string{"switch x := 3; { case true: }"}},
		{"switch x := v.(type) { case int: }", []string{"switch x := v.(type) { case int: }"}},
		{"x.\n\tFoo().\n\tBar()", []string{"x.\n\tFoo().\n\tBar()"}},
		{"a +\nb", []string{"a +\nb"}},
		{"var (\n\ta = 1\n\tb = 2\n)", []string{"var (\n\ta = 1\n\tb = 2\n)"}},
		{"// nothing\n", nil},
		{";;", nil},
		{"#!/usr/bin/env asyncrepl\nx", []string{"x"}},
	} {
		c, err := NewFiles().Parse("test", 1, test.text, nil)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		var got []string
		for _, it := range c.Items {
			got = append(got, it.Text())
		}
		if strings.Join(got, "|") != strings.Join(test.want, "|") {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

func TestComplete(t *testing.T) {
	for _, test := range []struct {
		text     string
		complete bool
		depth    int
	}{
		{"", true, 0},
		{"1 + 1", true, 0},
		{"1 +", false, 0},
		{"x.", false, 0},
		{"f(", false, 1},
		{"func f() {", false, 1},
		{"func f() {\nif x {", false, 2},
		{"func f() {\n}", true, 0},
		{"a := []int{1,", false, 1},
		{"`raw", false, 0},
		{"/* comment", false, 0},
		{"// comment", true, 0},
		{"\"open", true, 0}, // a fault, not a beginning
		{"x := )", true, 0},
		{"for i := range 3 {", false, 1},
		{"x,", false, 0},
		{"x :=", false, 0},
		{"if v, ok := m[1]; ok {", false, 1},
	} {
		complete, depth := Complete(test.text)
		if complete != test.complete || depth != test.depth {
			t.Errorf("Complete(%q) = %v, %d, want %v, %d", test.text, complete, depth, test.complete, test.depth)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		text, want string
		incomplete bool
	}{
		{"x := )", "test:1:6: unexpected )", false},
		{"f(1]", "test:1:4: unexpected ], expected )", false},
		{"a\nfunc f() {", "test:2:10: this { is not closed", true},
		{"\"open", "test:1:1: string literal not terminated", false},
		{"a +", "test:1:3: unexpected end after +", true},
		{"if x == { }", "test:1:9: expected operand, found '{'", false},
		{"await", "", false},
	} {
		_, err := NewFiles().Parse("test", 1, test.text, nil)
		var e *Error
		switch {
		case test.want == "" && err == nil:
		case !errors.As(err, &e):
			t.Errorf("%q: %v", test.text, err)
		case e.Error() != test.want || e.Incomplete != test.incomplete:
			t.Errorf("%q: %q (incomplete %v), want %q (%v)", test.text, e, e.Incomplete, test.want, test.incomplete)
		}
	}
}

func TestDoc(t *testing.T) {
	c, err := NewFiles().Parse("test", 1, "// not this\n\n// F does it.\n// Well.\nfunc F() {}", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Items[0].Doc, "F does it.\nWell."; got != want {
		t.Errorf("doc %q, want %q", got, want)
	}
}

// FuzzParse looks for panics, for items that are no part of the text, and for
// positions outside it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"await x", "x := async f(await g())", "for await v := range ch { fmt.Println(v) }",
		"await select { case v := <-c: _ = v\ndefault: }", "assert a && !b, \"m\"", "async func f[T any](x T) (T, error) { return await x, nil }",
		"if v, ok := m[1]; ok { x } else { y }; z", "L: for { break L }", "`raw\nstring`", "type T struct { await int }", "await.X(await)",
		"func (t *T) async() {}", "switch x := y.(type) {\ncase int:\n}", "// c\nx /* d */", "#!/x\n1", "a := func() {}; if f := func() bool { return true }; f() {}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<10 {
			return
		}
		fs := NewFiles()
		complete, _ := Complete(text)
		c, err := fs.Parse("test", 1, text, nil)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			if e.Pos.Offset < 0 || e.Pos.Offset > len(text) {
				t.Fatalf("offset %d of %d", e.Pos.Offset, len(text))
			}
			if e.Incomplete && complete && !strings.HasPrefix(text, "#!") {
				t.Fatalf("Complete says so, Parse not: %v", err)
			}
			return
		}
		end := 0
		for _, it := range c.Items {
			if it.Start < end || it.End < it.Start || it.End > len(text) {
				t.Fatalf("item %d-%d after %d in %d bytes", it.Start, it.End, end, len(text))
			}
			end = it.End
			again := fs.Reparse(it)
			if again.Text() != it.Text() || len(again.Marks) != len(it.Marks) {
				t.Fatalf("%q parses differently the second time", it.Text())
			}
		}
	})
}
