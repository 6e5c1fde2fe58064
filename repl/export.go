package repl

import (
	"bytes"
	"fmt"
	"go/format"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// The names of functions that exported code is given.
const (
	exportAssert = "assert_"
	exportWrap   = "onLoop_"
)

// exportCommand writes the session as a Go module.
func (s *Session) exportCommand(arg string) error {
	if arg == "" {
		return &CommandError{":export needs a directory"}
	}
	if entries, err := os.ReadDir(arg); err == nil && len(entries) > 0 {
		return &CommandError{arg + " is not empty"}
	}
	_, notices, err := s.export(arg)
	for _, n := range notices {
		s.errorf("%s", n)
	}
	return err
}

// export writes the session to a directory as a Go module, and returns what is
// to be said of it.
func (s *Session) export(dir string) (e *exporter, notices []string, err error) {
	var x *check.Exported
	s.onLoop(func() {
		e = &exporter{su: s.suite(), fixtures: map[string]*fixtureCall{}}
		var statements []string
		for _, st := range s.steps {
			if st.names == nil && st.text != "" && !IsCommand(st.text) {
				statements = append(statements, st.text)
			}
		}
		x, err = s.check.Export(statements, check.Adapter{Rename: e.rename, Assert: exportAssert, Wrap: exportWrap})
		if err == nil {
			e.tests(x)
		}
	})
	if err != nil {
		return nil, nil, s.compileFailure(err)
	}
	for name, text := range e.files(filepath.Base(dir), x) {
		if err := writeFile(filepath.Join(dir, name), text); err != nil {
			return nil, nil, &CommandError{err.Error()}
		}
	}
	if err := vendorAwait(filepath.Join(dir, "vendor")); err != nil {
		return nil, nil, &CommandError{err.Error()}
	}
	return e, x.Notices, nil
}

func writeFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o666)
}

// vendorAwait writes package await, so that the module builds without a
// network.
func vendorAwait(dir string) error {
	err := fs.WalkDir(await.Source, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := await.Source.ReadFile(path)
		if err != nil {
			return err
		}
		return writeFile(filepath.Join(dir, filepath.FromSlash(check.AwaitPath), filepath.FromSlash(path)), text)
	})
	if err != nil {
		return err
	}
	module := strings.TrimSuffix(modulePath, "/")
	list := fmt.Sprintf("# %s v%s\n## explicit; go 1.26\n%s\n%s/gid\n", module, Version, check.AwaitPath, check.AwaitPath)
	return writeFile(filepath.Join(dir, "modules.txt"), []byte(list))
}

// An exporter makes functions that go test runs of what test mode runs.
type exporter struct {
	su       *suite
	as       map[string]string // the names of functions in exported code
	fixtures map[string]*fixtureCall
	made     []goTest
	main     string // TestMain
	wrappers strings.Builder
}

// A goTest is a function that go test runs: its name, and that of the session's
// function that it stands for.
type goTest struct{ name, session string }

// selected reports whether one of the ids of test mode is that of the test.
func (t goTest) selected(ids []string) bool {
	for _, id := range ids {
		id = strings.TrimPrefix(id, "session::")
		if id == "session" || id == t.session || strings.HasPrefix(id, t.session+"/") || strings.HasPrefix(id, t.session+"[") {
			return true
		}
	}
	return false
}

// fresh returns the name of the function that go test runs for ent.
func (e *exporter) fresh(x *check.Exported, name string, ent *check.Entity) string {
	name = x.Fresh(name)
	e.made = append(e.made, goTest{name, ent.Name})
	return name
}

// A fixtureCall is a fixture as exported code calls it.
type fixtureCall struct {
	name  string
	async bool
	f     *function
}

// rename gives another name to a function whose name go test would take for
// something else, or that the program needs for itself.
func (e *exporter) rename(ent *check.Entity, x *check.Exported) string {
	switch kind := testmode.KindOf(ent.Name); {
	case ent.Name == "main", ent.Name == "init":
		return x.Fresh("session_" + ent.Name)
	case kind == testmode.NoTest, kind == testmode.IsFixture, kind == testmode.IsSessionFixture:
		return ent.Name
	}
	first, n := utf8.DecodeRuneInString(ent.Name)
	if unicode.IsLower(first) {
		return ent.Name
	}
	return x.Fresh(string(unicode.ToLower(first)) + ent.Name[n:])
}

// tests writes the functions for go test.
func (e *exporter) tests(x *check.Exported) {
	e.as = map[string]string{}
	for _, d := range x.Decls {
		if d.Name != "" {
			e.as[d.Name] = d.As
		}
	}
	var funcs []*check.Entity
	for _, ent := range e.su.s.check.Declarations() {
		if ent.Kind != check.Func || ent.Off != nil || testmode.KindOf(ent.Name) == testmode.NoTest {
			continue
		}
		f, ok := e.su.function(ent)
		if !ok {
			continue
		}
		if kind := testmode.KindOf(ent.Name); kind == testmode.IsFixture || kind == testmode.IsSessionFixture {
			if made := f.made(ent.Async); len(made) > 0 {
				e.fixtures[types.TypeString(made[0], nil)] = &fixtureCall{e.as[ent.Name], ent.Async, f}
			}
			continue
		}
		funcs = append(funcs, ent)
	}
	for _, ent := range funcs {
		f, _ := e.su.function(ent)
		e.wrap(ent, f, x)
	}
}

// wrap writes the function for go test that stands for one of the session.
func (e *exporter) wrap(ent *check.Entity, f *function, x *check.Exported) {
	name := e.as[ent.Name]
	w := &e.wrappers
	switch testmode.KindOf(ent.Name) {
	case testmode.IsMain:
		if f.takes("M") {
			e.main = name
		}
	case testmode.IsTest:
		rest := ent.Name[len("test"):]
		body := &fixtureBody{exporter: e, vars: map[string]string{}}
		call := body.call(name, f)
		if ent.Async {
			call += ".Await()"
		}
		fmt.Fprintf(w, "func %s(t *testing.T) {\n\t%s(func(t *testing.T) {\n%s\t\t%s\n\t})(t)\n}\n\n", e.fresh(x, "Test"+rest, ent), exportWrap, body.lines.String(), call)
	case testmode.IsBenchmark:
		if f.takes("B") {
			fmt.Fprintf(w, "func %s(b *testing.B) {\n\tif err := await.NewLoop().Run(func() { %s(b) }); err != nil {\n\t\tb.Fatal(err)\n\t}\n}\n\n", e.fresh(x, "Benchmark"+ent.Name[len("benchmark"):], ent), name)
		}
	case testmode.IsFuzz:
		if f.takes("F") {
			fmt.Fprintf(w, "func %s(f *testing.F) { %s(f) }\n\n", e.fresh(x, "Fuzz"+ent.Name[len("fuzz"):], ent), name)
		}
	case testmode.IsExample:
		output, unordered, ok := testmode.ExampleOutput(lastComment(ent.Items[0].Text()))
		if !ok {
			return
		}
		// An example of something that the program lacks would be a fault.
		title := ent.Name[len("example"):]
		if first, n := utf8.DecodeRuneInString(title); n > 0 && first != '_' && e.as[title] == "" {
			title = "_" + string(unicode.ToLower(first)) + title[n:]
		}
		head := "Output:"
		if unordered {
			head = "Unordered output:"
		}
		fmt.Fprintf(w, "func %s() {\n\tif err := await.NewLoop().Run(func() { %s() }); err != nil {\n\t\tpanic(err)\n\t}\n\t// %s\n", e.fresh(x, "Example"+title, ent), name, head)
		for _, l := range strings.Split(output, "\n") {
			fmt.Fprintln(w, strings.TrimRight("\t// "+l, " "))
		}
		w.WriteString("}\n\n")
	}
}

// A fixtureBody calls fixtures before a test.
type fixtureBody struct {
	*exporter
	lines strings.Builder
	vars  map[string]string // by type
}

// call returns the call of a function of the session, with what fixtures make.
func (b *fixtureBody) call(name string, f *function) string {
	var args []string
	if f.first != "" {
		args = append(args, "t")
	}
	for _, need := range f.needs {
		args = append(args, b.value(need))
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// value returns the variable that holds what the fixture for a type has made.
func (b *fixtureBody) value(need string) string {
	if v := b.vars[need]; v != "" {
		return v
	}
	fx := b.fixtures[need]
	if fx == nil {
		return "nil"
	}
	call := b.call(fx.name, fx.f)
	if fx.async {
		call += ".Await()"
	}
	v := fmt.Sprintf("v%d", len(b.vars)+1)
	b.vars[need] = v
	lhs, after := []string{v}, ""
	for i, t := range fx.f.made(fx.async)[1:] {
		n := fmt.Sprintf("%s_%d", v, i+1)
		lhs = append(lhs, n)
		if t.String() == "error" {
			after = "\t\tif " + n + " != nil {\n\t\t\tt.Fatal(" + n + ")\n\t\t}\n" + after
		} else {
			after += "\t\tt.Cleanup(" + n + ")\n"
		}
	}
	fmt.Fprintf(&b.lines, "\t\t%s := %s\n%s", strings.Join(lhs, ", "), call, after)
	return v
}

// files returns the files of the module by name.
func (e *exporter) files(module string, x *check.Exported) map[string][]byte {
	main := newSource()
	tests := newSource()
	for _, d := range x.Decls {
		if _, ok := d.Imports["testing"]; ok || d.Name != "" && testmode.KindOf(d.Name) != testmode.NoTest {
			tests.add(d.Text, d.Imports)
		} else {
			main.add(d.Text, d.Imports)
		}
	}
	awaits := map[string]string{"await": check.AwaitPath}
	if x.Helpers != "" {
		main.add(x.Helpers, awaits)
		if strings.Contains(x.Helpers, "time.Duration") {
			main.imports["time"] = "time"
		}
		if strings.Contains(x.Helpers, "context.Context") {
			main.imports["context"] = "context"
		}
	}
	main.add(fmt.Sprintf(`func main() {
	if err := await.NewLoop().Run(%s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}`, x.Statements), map[string]string{"await": check.AwaitPath, "fmt": "fmt", "os": "os"})
	if strings.Contains(main.text.String()+tests.text.String(), exportAssert+"(") {
		main.add(`// `+exportAssert+` panics unless the condition holds.
func `+exportAssert+`(condition bool, text string, message ...any) {
	if condition {
		return
	}
	if len(message) > 0 {
		if format, ok := message[0].(string); ok {
			message = []any{fmt.Sprintf(format, message[1:]...)}
		}
		text = fmt.Sprint(message...) + "\n" + text
	}
	panic(text)
}`, map[string]string{"fmt": "fmt"})
	}
	files := map[string][]byte{
		"go.mod":  []byte(fmt.Sprintf("module %s\n\ngo 1.26\n\nrequire %s v%s\n", moduleName(module), strings.TrimSuffix(modulePath, "/"), Version)),
		"main.go": main.file(),
	}
	if e.wrappers.Len() == 0 && len(tests.text.String()) == 0 {
		return files
	}
	run := "os.Exit(m.Run())"
	if e.main != "" {
		run = e.main + "(m)"
	}
	tests.add(fmt.Sprintf(`func TestMain(m *testing.M) {
	if err := await.NewLoop().Run(%s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	%s
}

// %s returns a test whose body is a task of a loop of its own.
func %s(f func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		loop := await.NewLoop(await.WithUnhandled(func(task *await.Task0) { t.Error(task.Err()) }))
		if err := loop.Run(func() { f(t) }); err != nil {
			t.Fatal(err)
		}
	}
}`, x.Statements, run, exportWrap, exportWrap), map[string]string{"testing": "testing", "await": check.AwaitPath, "fmt": "fmt", "os": "os"})
	tests.add(e.wrappers.String(), nil)
	files["session_test.go"] = tests.file()
	return files
}

// moduleName makes a module path of the name of a directory.
func moduleName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-') {
			return r
		}
		return -1
	}, name)
	if name == "" {
		return "session"
	}
	return name
}

// A goSource is a Go file that is being written.
type goSource struct {
	imports map[string]string
	text    strings.Builder
}

func newSource() *goSource { return &goSource{imports: map[string]string{}} }

func (g *goSource) add(text string, imports map[string]string) {
	maps.Copy(g.imports, imports)
	g.text.WriteString(text + "\n\n")
}

// file returns the whole file.
func (g *goSource) file() []byte {
	var b bytes.Buffer
	b.WriteString("package main\n\nimport (\n")
	own := func(name string) bool { return strings.HasPrefix(g.imports[name], modulePath) }
	paths := func(a, b string) int { return strings.Compare(g.imports[a], g.imports[b]) }
	var names []string
	for _, last := range []bool{false, true} {
		for _, name := range slices.SortedFunc(maps.Keys(g.imports), paths) {
			if own(name) == last {
				names = append(names, name)
			}
		}
	}
	for _, name := range names {
		path := g.imports[name]
		if own(name) && len(names) > 1 {
			b.WriteByte('\n')
		}
		if base := path[strings.LastIndexByte(path, '/')+1:]; base != name {
			fmt.Fprintf(&b, "\t%s %q\n", name, path)
		} else {
			fmt.Fprintf(&b, "\t%q\n", path)
		}
	}
	b.WriteString(")\n\n" + g.text.String())
	if text, err := format.Source(b.Bytes()); err == nil {
		return text
	}
	return b.Bytes()
}
