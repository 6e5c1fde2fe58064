// Package conformance runs whole programs through the lowering and the engine,
// so that what they print can be compared with what the Go toolchain makes of
// them.
package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/engine"
	"github.com/asyncrepl/asyncrepl/repl/lower"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/repl/source"
	"github.com/asyncrepl/asyncrepl/repl/std"
	"golang.org/x/tools/go/ssa"
)

// A Program is a Go program of one file, made ready to run.
type Program struct {
	// Lowered is its form for the engine.
	Lowered *lower.Unit

	fset      *token.FileSet
	main      *ssa.Package
	engine    *engine.Engine
	positions []token.Pos
}

// New checks, lowers and loads the program text. Func finds its functions init
// and main, and those that are named besides.
func New(name, text string, functions ...string) (*Program, error) {
	p := &Program{fset: token.NewFileSet(), positions: []token.Pos{token.NoPos}}
	file, err := parser.ParseFile(p.fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	prog := ssa.NewProgram(p.fset, ssa.NaiveForm|ssa.InstantiateGenerics)
	lib := source.NewLibrary(prog)
	pkg := types.NewPackage("main", "main")
	info := source.NewInfo()
	conf := types.Config{Importer: lib, GoVersion: "go1.26"}
	if err := types.NewChecker(&conf, p.fset, pkg, info).Files([]*ast.File{file}); err != nil {
		return nil, err
	}
	p.main = prog.CreatePackage(pkg, []*ast.File{file}, info, false)
	p.main.Build()

	reg := newRegistry(func(q *types.Package) bool { return q == pkg || lib.IsSource(q) })
	overrides := rt.Overrides(rt.Host{
		Stdout: func() io.Writer { return os.Stdout },
		Stderr: func() io.Writer { return os.Stderr },
		Stdin:  os.Stdin,
		Exit:   os.Exit,
	})
	lw := &lower.Lowerer{
		Types: reg,
		Compiled: func(path, name string) (reflect.Value, bool) {
			if v, ok := overrides[path+"."+name]; ok {
				return v, true
			}
			v, ok := std.Symbols(path)[name]
			return v, ok
		},
		Position: p.position,
		Methods:  func(t types.Type) []lower.Method { return methods(prog, t) },
	}
	fns := []*ssa.Function{p.main.Func("init"), p.main.Func("main")}
	for _, name := range functions {
		fns = append(fns, p.main.Func(name))
	}
	p.Lowered, err = lw.Lower(fns, nil)
	if err != nil {
		return nil, err
	}
	p.engine, err = engine.New(map[string]reflect.Value{
		"Poll":     reflect.ValueOf(func() {}),
		"Go":       reflect.ValueOf(p.start),
		"Bprint":   reflect.ValueOf(func(a ...any) { rt.Print(os.Stderr, a...) }),
		"Bprintln": reflect.ValueOf(func(a ...any) { rt.Println(os.Stderr, a...) }),
	})
	if err != nil {
		return nil, err
	}
	_, err = p.engine.Load(p.Lowered, "")
	return p, err
}

// newRegistry returns a type registry for packages of the standard library and
// those that isSource tells.
func newRegistry(isSource func(*types.Package) bool) *rt.Registry {
	reg := rt.NewRegistry()
	reg.IsCompiled = func(p *types.Package) bool { return !isSource(p) }
	reg.Compiled = func(path, name string) (reflect.Type, bool) {
		v, ok := std.Symbols(path)[name]
		if !ok || v.Kind() != reflect.Pointer {
			return nil, false
		}
		return v.Type().Elem(), true
	}
	reg.Wrap = func(path, name string) func(rt.Boxed) any {
		w := std.Wrapper(path, name)
		if w == nil {
			return nil
		}
		return func(b rt.Boxed) any { return w(b) }
	}
	rt.SetUnwrap(func(x any) (any, bool) {
		b, ok := std.Unbox(x)
		return b, ok
	})
	return reg
}

func methods(prog *ssa.Program, t types.Type) []lower.Method {
	var ms []lower.Method
	set := types.NewMethodSet(t)
	for i := range set.Len() {
		if f := prog.MethodValue(set.At(i)); f != nil {
			ms = append(ms, lower.Method{Name: set.At(i).Obj().Name(), Func: f})
		}
	}
	return ms
}

func (p *Program) position(pos token.Pos, fn *ssa.Function) int {
	p.positions = append(p.positions, pos)
	return len(p.positions) - 1
}

// Run runs the program and returns its exit status.
func (p *Program) Run() (status int) {
	defer func() {
		if v := recover(); v != nil {
			status = p.died(v)
		}
	}()
	for _, name := range []string{"init", "main"} {
		f, err := p.Func(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		f.Interface().(func())()
	}
	return 0
}

// Func returns the engine's function of that name.
func (p *Program) Func(name string) (reflect.Value, error) {
	return p.engine.Func(p.Lowered.Names[p.main.Func(name)])
}

// start runs f on a goroutine of its own; the program dies of a panic there.
func (p *Program) start(pos int, f func()) {
	go func() {
		defer func() {
			if v := recover(); v != nil && v != any(rt.ErrGoexit) {
				os.Exit(p.died(v))
			}
		}()
		f()
	}()
}

// died reports the panic that ends the program as Go does.
func (p *Program) died(v any) int {
	if os.Getenv("CONFORMANCE_TRACE") != "" {
		panic(v)
	}
	trace := p.engine.Trace()
	at := p.fset.Position(p.positions[p.engine.Position()])
	if v == any(rt.ErrGoexit) {
		fmt.Fprintln(os.Stderr, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!")
		return 2
	}
	fmt.Fprintf(os.Stderr, "panic: %s\n\n%s %s\n", rt.PanicText(v), at, strings.Join(trace, " "))
	return 2
}
