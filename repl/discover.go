package repl

import (
	"fmt"
	"go/scanner"
	"go/token"
	"go/types"
	"reflect"
	"strings"
	"sync"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/engine"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A suite is what test mode runs: the functions of the session that are tests,
// as their names and signatures tell.
type suite struct {
	s         *Session
	tests     []testmode.Test
	functions []*check.Entity // of a package of files: what may belong to the suite
	fixtures  []testmode.Fixture
	main      func(*testmode.M)
	mainAt    testmode.Source
	group     *testmode.Group // what the tests belong to, or nil

	mu     sync.Mutex
	values map[string]reflect.Value // what fixtures have made, by type
}

// suite finds the tests of the session, in the order in which they were
// declared.
func (s *Session) suite() *suite {
	su := &suite{s: s, values: map[string]reflect.Value{}}
	for _, e := range s.check.Declarations() {
		if e.Kind == check.Func && len(e.Items) > 0 {
			su.add(e)
		}
	}
	return su
}

// add adds a declared function to the suite, if it belongs there.
func (su *suite) add(e *check.Entity) {
	kind := testmode.KindOf(e.Name)
	if kind == testmode.NoTest {
		return
	}
	it := e.Items[0]
	t := testmode.Test{Name: e.Name, File: su.s.fileOf(it.Cell), Line: lineOf(it), Async: e.Async, Source: su.s.source(it), Group: su.group}
	if e.Off != nil {
		text := fmt.Sprintf("%s does not compile: %s", e.Name, e.Off)
		switch kind {
		case testmode.IsTest, testmode.IsFuzz, testmode.IsExample:
			t.Func = func(t *testmode.T) { t.Fatal(text) }
			su.tests = append(su.tests, t)
		case testmode.IsBenchmark:
			t.Bench = func(b *testmode.B) { b.Fatal(text) }
			su.tests = append(su.tests, t)
		}
		return
	}
	f, ok := su.function(e)
	if !ok {
		return
	}
	switch kind {
	case testmode.IsTest:
		if f.sig.Results().Len() > 1 || f.sig.Results().Len() == 1 && !e.Async {
			return
		}
		t.Needs = f.needs
		t.Func = func(t *testmode.T) { f.call(t) }
	case testmode.IsBenchmark:
		if !f.takes("B") {
			return
		}
		t.Bench = func(b *testmode.B) { f.callWith(b) }
	case testmode.IsFuzz:
		if !f.takes("F") {
			return
		}
		t.Fuzz = func(x *testmode.F) { f.callWith(x) }
	case testmode.IsExample:
		output, unordered, ok := testmode.ExampleOutput(lastComment(it.Text()))
		if !ok || f.sig.Params().Len() > 0 {
			return
		}
		t.Example = &testmode.Example{Func: func() { f.callWith() }, Output: output, Unordered: unordered}
	case testmode.IsMain:
		if f.takes("M") {
			su.main, su.mainAt = func(m *testmode.M) { f.callWith(m) }, t.Source
		}
		return
	case testmode.IsFixture, testmode.IsSessionFixture:
		su.addFixture(e, f, kind == testmode.IsSessionFixture)
		return
	}
	su.tests = append(su.tests, t)
}

// addFixture adds a function that makes what tests ask for.
func (su *suite) addFixture(e *check.Entity, f *function, session bool) {
	made := f.made(e.Async)
	if len(made) == 0 {
		return
	}
	key := types.TypeString(made[0], nil)
	su.fixtures = append(su.fixtures, testmode.Fixture{
		Name: e.Name, Type: key, Needs: f.needs, Session: session, Source: su.s.source(e.Items[0]), Doc: e.Items[0].Doc,
		Make: func(t *testmode.T) (teardown func()) {
			out := f.call(t)
			for _, v := range out[min(1, len(out)):] {
				switch x := v.Interface().(type) {
				case func():
					teardown = x
				case error:
					t.Fatal(x)
				}
			}
			if len(out) > 0 {
				su.mu.Lock()
				su.values[key] = out[0]
				su.mu.Unlock()
			}
			return teardown
		},
	})
}

// A function is a function of the session that test mode calls.
type function struct {
	su    *suite
	sig   *types.Signature
	value reflect.Value
	first string   // the type of package testing that the first parameter points to, or ""
	needs []string // the types of the other parameters
}

// function returns the loaded function of an entity.
func (su *suite) function(e *check.Entity) (*function, bool) {
	obj, ok := e.Obj.(*types.Func)
	if !ok || obj.Signature().TypeParams().Len() > 0 || obj.Signature().Variadic() {
		return nil, false
	}
	name := su.s.lower.Name(su.s.check.Prog().FuncValue(obj))
	if name == "" {
		return nil, false
	}
	v, err := su.s.engine.Func(name)
	if err != nil {
		return nil, false
	}
	f := &function{su: su, sig: obj.Signature(), value: v}
	for i := range f.sig.Params().Len() {
		t := f.sig.Params().At(i).Type()
		if name := testingType(t); i == 0 && name != "" {
			f.first = name
			continue
		}
		f.needs = append(f.needs, types.TypeString(t, nil))
	}
	return f, true
}

// testingType returns the name of the type of package testing, which is test
// mode's own in a session, that t is a pointer to, or "".
func testingType(t types.Type) string {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return ""
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Pkg().Path() != modulePath+"testmode" {
		return ""
	}
	return n.Obj().Name()
}

const modulePath = "github.com/asyncrepl/asyncrepl/"

// takes reports whether the only parameter is a *testing.<name>.
func (f *function) takes(name string) bool { return f.first == name && len(f.needs) == 0 }

// made returns the types of what the function makes.
func (f *function) made(async bool) []types.Type {
	var out []types.Type
	results := f.sig.Results()
	if async && results.Len() == 1 {
		if p, ok := results.At(0).Type().(*types.Pointer); ok {
			if n, ok := types.Unalias(p.Elem()).(*types.Named); ok {
				for i := range n.TypeArgs().Len() {
					out = append(out, n.TypeArgs().At(i))
				}
			}
		}
		return out
	}
	for i := range results.Len() {
		out = append(out, results.At(i).Type())
	}
	return out
}

// call calls the function in a test, with what fixtures have made, and returns
// its results; of an async function, those of its task.
func (f *function) call(t *testmode.T) []reflect.Value {
	await.Current().Local = &strand{session: f.su.s, test: t}
	f.su.s.engine.Trace() // of an earlier test on this goroutine
	var in []reflect.Value
	if f.first == "T" {
		in = append(in, reflect.ValueOf(t))
	}
	f.su.mu.Lock()
	for _, need := range f.needs {
		in = append(in, f.su.values[need])
	}
	f.su.mu.Unlock()
	return f.run(in)
}

// callWith calls the function with those arguments.
func (f *function) callWith(args ...any) {
	if t := await.Current(); t != nil && t.Local == nil {
		t.Local = &strand{session: f.su.s, test: testmode.Current()}
	}
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		in[i] = reflect.ValueOf(a)
	}
	f.run(in)
}

// run calls the function with those arguments, and panics if it recurses too
// deeply.
func (f *function) run(in []reflect.Value) (out []reflect.Value) {
	engine.Guard(func() { out = f.value.Call(in) })()
	return results(out)
}

// results awaits a task among the results of a call, and returns its results
// instead.
func results(out []reflect.Value) []reflect.Value {
	if len(out) != 1 {
		return out
	}
	if t, ok := out[0].Interface().(*await.Task0); ok && t != nil {
		t.Await()
		return nil
	}
	t := taskField(out[0])
	if t == nil {
		return out
	}
	t.Await()
	var of []reflect.Value
	for i := 1; i < out[0].Elem().NumField(); i++ {
		of = append(of, out[0].Elem().Field(i))
	}
	return of
}

// lineOf returns the number of the line that a declaration begins in.
func lineOf(it *syntax.Item) int {
	return syntax.Position{Cell: it.Cell, Offset: it.Start}.Line()
}

// fileOf returns the file of a cell in node ids: "session" for what was entered
// or loaded.
func (s *Session) fileOf(c *syntax.Cell) string {
	switch {
	case c.File:
		return c.Name
	case s.file != "":
		return s.file
	}
	return "session"
}

// source returns the text of a declaration.
func (s *Session) source(it *syntax.Item) testmode.Source {
	return testmode.Source{
		File:      s.fileOf(it.Cell),
		Location:  it.Cell.Name,
		FirstLine: lineOf(it),
		Lines:     strings.Split(it.Text(), "\n"),
	}
}

// lastComment returns the text of the last comment of a function that only its
// closing brace follows. A comment beside code is one of its own.
func lastComment(text string) string {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	var sc scanner.Scanner
	sc.Init(file, []byte(text), nil, scanner.ScanComments)
	var lines []string
	last, code := 0, 0 // the lines of the last comment and of the code before it
	for {
		pos, tok, lit := sc.Scan()
		switch {
		case tok == token.EOF:
			return strings.Join(lines, "\n")
		case tok == token.COMMENT:
			line := file.Line(pos)
			if line > last+1 || last == code {
				lines = nil
			}
			last = line + strings.Count(lit, "\n")
			if c, ok := strings.CutPrefix(lit, "//"); ok {
				lines = append(lines, strings.TrimPrefix(strings.TrimRight(c, "\r"), " "))
			} else {
				lines = append(lines, strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(lit, "/*"), "*/")))
			}
		case tok == token.SEMICOLON && lit == "\n":
		default:
			code = file.Line(pos) + strings.Count(lit, "\n")
			if tok != token.RBRACE {
				lines = nil
			}
		}
	}
}
