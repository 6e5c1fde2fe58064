package repl

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/tools/go/ssa"

	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/module"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A packageLoader loads packages of files into a session, which has nothing
// else.
type packageLoader struct {
	s   *Session
	mod *module.Module // that the packages belong to, or nil
	// display returns how messages call a file.
	display func(file string) string
	count   bool // the executions of the statements of the package under test
}

// tests loads the package in a directory with its tests, and those beside it,
// and adds them to the suite. It runs as a task of the session's loop. An error
// is nil, or one of what a cell can fail with.
func (l *packageLoader) tests(dir string, su *suite) error {
	s := l.s
	p, err := module.Read(dir)
	if err != nil {
		return err
	}
	if l.mod, err = module.Containing(dir); err != nil {
		return err
	}
	importPath := filepath.Base(dir)
	if l.mod != nil {
		importPath = l.mod.ImportPath(dir)
	}
	s.check.Find = l.find
	if l.count {
		s.check.Counts = func(c *syntax.Cell) bool {
			return !c.Foreign && path.Dir(c.Name) == path.Clean(l.display(dir)) && !strings.HasSuffix(c.Name, "_test.go")
		}
	}
	var inits []*ssa.Function
	for _, part := range []struct {
		path  string
		files []string
	}{{importPath, slices.Concat(p.Files, p.Tests)}, {importPath + "_test", p.External}} {
		if len(part.files) == 0 {
			continue
		}
		files, err := l.parse(dir, part.files, false)
		if err != nil {
			return s.compileFailure(err)
		}
		pkg, err := s.check.CheckPackage(part.path, files)
		if err != nil {
			return s.compileFailure(err)
		}
		inits = append(inits, pkg.Func("init"))
		for _, f := range files {
			su.found(pkg, f)
		}
	}
	asserts := s.check.Asserts
	s.asserts.Store(&asserts)
	counts := make([]atomic.Int64, len(s.check.Counters))
	s.counts.Store(&counts)
	if err := l.run(inits); err != nil {
		return err
	}
	su.load()
	return nil
}

// find returns the files of an imported package.
func (l *packageLoader) find(path string) ([]*syntax.Program, error) {
	if files, ok := check.StandIn(path); ok {
		return l.standIn(path, files)
	}
	if l.mod == nil {
		return nil, fmt.Errorf("package %s is not in the standard library, and there is no go.mod that tells where it is", path)
	}
	dir, err := l.mod.Find(path)
	if err != nil {
		return nil, err
	}
	p, err := module.Read(dir)
	if err != nil {
		return nil, err
	}
	if len(p.Files) == 0 {
		return nil, fmt.Errorf("no Go files of package %s in %s", path, l.display(dir))
	}
	rel, err := filepath.Rel(l.mod.Dir, dir)
	return l.parse(dir, p.Files, err != nil || !filepath.IsLocal(rel))
}

// parse reads files of a directory. foreign tells that they are of another
// module.
func (l *packageLoader) parse(dir string, names []string, foreign bool) ([]*syntax.Program, error) {
	texts := make([]string, len(names))
	for i, n := range names {
		text, err := os.ReadFile(filepath.Join(dir, n))
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	own := declared(texts)
	var files []*syntax.Program
	for i, n := range names {
		f, err := l.s.check.Files.ParseProgram(l.display(filepath.Join(dir, n)), texts[i], func(w string) bool { return own[w] })
		if err != nil {
			return nil, err
		}
		f.Cell.Foreign = foreign
		files = append(files, f)
	}
	return files, nil
}

// standIn parses a package that takes the place of one that only the Go
// toolchain can compile.
func (l *packageLoader) standIn(path, text string) ([]*syntax.Program, error) {
	f, err := l.s.check.Files.ParseProgram(path, text, nil)
	if err != nil {
		return nil, err
	}
	f.Cell.Foreign = true
	return []*syntax.Program{f}, nil
}

// declared returns the names that the files of a package declare: a word of the
// language that is among them means that name.
func declared(texts []string) map[string]bool {
	own := map[string]bool{}
	for _, text := range texts {
		f, _ := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
		if f == nil {
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				own[d.Name.Name] = own[d.Name.Name] || d.Recv == nil
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						own[s.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range s.Names {
							own[n.Name] = true
						}
					}
				}
			}
		}
	}
	return own
}

// run loads functions without parameters and results and runs them in turn.
func (l *packageLoader) run(funcs []*ssa.Function) error {
	s := l.s
	s.lower.Once, s.lower.Statement = false, nil
	lowered, err := s.lower.Lower(funcs, nil)
	if err != nil {
		return s.compileFailure(err)
	}
	if _, err := s.engine.Load(lowered, ""); err != nil {
		return s.compileFailure(err)
	}
	for _, f := range funcs {
		v, err := s.engine.Func(lowered.Names[f])
		if err != nil {
			return s.compileFailure(err)
		}
		if _, err := s.runUnit(readyUnit{main: v.Interface().(func())}); err != nil {
			return err
		}
	}
	return nil
}

// found notes the functions of a file that may belong to the suite.
func (su *suite) found(pkg *ssa.Package, f *syntax.Program) {
	for i, d := range f.File.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fd.Recv != nil || fd.Type.TypeParams != nil || !isGoTest(fd.Name.Name) {
			continue
		}
		obj := pkg.Pkg.Scope().Lookup(fd.Name.Name)
		if obj == nil {
			continue
		}
		su.functions = append(su.functions, &check.Entity{
			Name: fd.Name.Name, Kind: check.Func, Obj: obj, Items: f.Cell.Items[i : i+1],
			Async: f.Marks[fd.Type.Func] == syntax.AsyncFunc,
		})
	}
}

// isGoTest reports whether a function of a package of files may belong to its
// tests. There, what begins in lower case is no test, as for go test: helpers of
// tests are called so. Only a session, which go test does not see, is freer.
func isGoTest(name string) bool {
	switch testmode.KindOf(name) {
	case testmode.NoTest:
		return false
	case testmode.IsFixture, testmode.IsSessionFixture:
		return true
	}
	return ast.IsExported(name)
}

// load loads the functions that were found and adds them to the suite, examples
// last as go test runs them; if they cannot be loaded all at once, one by one,
// and those that cannot be fail when they are run.
func (su *suite) load() {
	slices.SortStableFunc(su.functions, func(a, b *check.Entity) int { return cmp.Compare(turn(a), turn(b)) })
	if su.loadFunctions(su.functions) == nil {
		for _, e := range su.functions {
			su.add(e)
		}
		return
	}
	for _, e := range su.functions {
		if err := su.loadFunctions([]*check.Entity{e}); err != nil {
			e.Off = &check.Error{Msg: err.Error()}
			var f *Failure
			if errors.As(su.s.compileFailure(err), &f) {
				e.Off.Pos, e.Off.Msg = f.Pos, f.Msg
			}
		}
		su.add(e)
	}
}

// turn returns when a function of a package runs: an example may change the
// directory or other things that tests rely on.
func turn(e *check.Entity) int {
	switch testmode.KindOf(e.Name) {
	case testmode.IsFuzz:
		return 1
	case testmode.IsExample:
		return 2
	}
	return 0
}

// loadFunctions loads functions into the engine.
func (su *suite) loadFunctions(es []*check.Entity) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = ownFault(v)
		}
	}()
	var fns []*ssa.Function
	for _, e := range es {
		if f := su.s.check.Prog().FuncValue(e.Obj.(*types.Func)); f != nil {
			fns = append(fns, f)
		}
	}
	lowered, err := su.s.lower.Lower(fns, nil)
	if err != nil {
		return err
	}
	if _, err = su.s.engine.Load(lowered, ""); err != nil {
		lowered.Forget()
	}
	return err
}
