// Package engine runs lowered units in yaegi. It is the only package that
// imports the interpreter: it hands it the host's symbols, loads units into it,
// finds out where in the user's code a panic came from, and has the flag that
// makes running code poll.
package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"go/parser"
	"io"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/asyncrepl/asyncrepl/await/gid"
	"github.com/asyncrepl/asyncrepl/repl/lower"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/traefik/yaegi/interp"
)

// hostPath is the import path under which lowered code finds host symbols.
const hostPath = lower.Host + "/" + lower.Host

// An Engine is one interpreter. Load is called by one goroutine at a time;
// functions that Func returns may run on any.
type Engine struct {
	i     *interp.Interpreter
	stop  *bool
	pos   *int
	gen   *int   // the generation of the methods of types
	entry func() // what the unit that is being loaded hands over

	panics func() // is called when a panic is about to run deferred calls

	stopped  bool        // as SetStop says
	measure  atomic.Bool // functions are to look how deep they are
	watching atomic.Bool
	maxDepth atomic.Int64
	run      *uint64    // the interpreter's run number
	flags    sync.Mutex // held while the stop flag is set

	nowhere *node // see elsewhere

	mu     sync.Mutex
	traces map[uintptr][]string // engine functions that a panic has left, by goroutine
}

// New returns an engine whose lowered code can call hooks besides the ones that
// package rt provides. Poll, one of them, is called by loops and by functions
// that may recurse while SetStop(true) is in force, and Panics before the
// deferred calls of a function that panics.
func New(hooks map[string]reflect.Value) (*Engine, error) {
	if !known {
		return nil, errors.New("this is not the interpreter that package engine was written for")
	}
	e := &Engine{traces: map[uintptr][]string{}}
	e.maxDepth.Store(DefaultMaxDepth)
	e.watchStacks()
	e.i = interp.New(interp.Options{Stdin: bytes.NewReader(nil), Stdout: io.Discard, Stderr: traceWriter{e}, Unrestricted: true})
	symbols := map[string]reflect.Value{}
	for n, v := range rtHooks {
		symbols[n] = v
	}
	symbols["SetMethod"] = reflect.ValueOf(func(t *rt.Type, name string, fn any) {
		t.SetMethod(name, fn)
		*e.gen = t.Generation()
	})
	for n, v := range hooks {
		symbols[n] = v
	}
	if v, ok := symbols["Go"]; ok {
		if start, ok := v.Interface().(func(int, func())); ok {
			symbols["Go"] = reflect.ValueOf(func(pos int, f func()) { start(pos, Guard(f)) })
		}
	}
	symbols["Protect"] = reflect.ValueOf(func(d *rt.Defers, body func()) bool { return e.protect(d, body) })
	e.panics = func() {}
	if v, ok := symbols["Panics"]; ok {
		e.panics, _ = v.Interface().(func())
	}
	poll := func() {}
	if v, ok := symbols["Poll"]; ok {
		poll, _ = v.Interface().(func())
	}
	symbols["Enter"] = reflect.ValueOf(func(name string) {
		if !e.tooDeep(name) {
			poll()
		}
	})
	symbols["Entry"] = reflect.ValueOf(func(f func()) { e.entry = f })
	if err := e.i.Use(interp.Exports{hostPath: symbols}); err != nil {
		return nil, err
	}
	if _, err := e.i.Eval("package main\n\nimport x \"" + lower.Host + "\"\n\nvar stop bool\nvar pos int\nvar gen int\n"); err != nil {
		return nil, err
	}
	e.run = (*uint64)(unsafe.Pointer(reflect.ValueOf(e.i).Elem().FieldByName("id").UnsafeAddr()))
	if err := e.pointer("&stop", &e.stop); err != nil {
		return nil, err
	}
	if err := e.pointer("&gen", &e.gen); err != nil {
		return nil, err
	}
	return e, e.pointer("&pos", &e.pos)
}

func (e *Engine) pointer(expr string, p any) error {
	v, err := e.i.Eval(expr)
	if err != nil {
		return err
	}
	reflect.ValueOf(p).Elem().Set(v)
	return nil
}

// An Error is what the engine says of a unit that it cannot load.
type Error struct {
	Err    error
	Source string
}

// Error returns the engine's message.
func (e *Error) Error() string { return "the engine cannot run this: " + e.Err.Error() }

// Unwrap returns the engine's own error.
func (e *Error) Unwrap() error { return e.Err }

// Load compiles u and installs the methods that it brings. entry, if it is not
// empty, is the engine name of a function of u without parameters and results;
// Load returns it.
func (e *Engine) Load(u *lower.Unit, entry string) (f func(), err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{fmt.Errorf("%v", r), u.Source}
		}
		e.entry = nil
		e.release()
	}()
	if len(u.Symbols) > 0 {
		if err := e.i.Use(interp.Exports{hostPath: u.Symbols}); err != nil {
			return nil, &Error{err, u.Source}
		}
	}
	src := u.Source
	if u.Register != "" || entry != "" {
		src += "func init() {\n"
		if u.Register != "" {
			src += "\t" + u.Register + "()\n"
		}
		if entry != "" {
			src += "\tx.Entry(" + entry + ")\n"
		}
		src += "}\n"
	}
	file, err := parser.ParseFile(e.i.FileSet(), interp.DefaultSourceName, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, &Error{err, u.Source}
	}
	prog, err := e.i.CompileAST(file)
	if err != nil {
		return nil, &Error{err, u.Source}
	}
	e.improve(root(prog))
	e.grow()
	_, err = e.i.Execute(prog)
	e.separate(root(prog))
	if err != nil {
		return nil, &Error{err, u.Source}
	}
	e.Drop(u.Register)
	if entry != "" && e.entry == nil {
		return nil, &Error{errors.New("it does not load " + entry), u.Source}
	}
	if e.entry == nil {
		return nil, nil
	}
	return Guard(e.entry), nil
}

// Func returns the loaded function, or other value, of that engine name.
func (e *Engine) Func(name string) (v reflect.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{fmt.Errorf("%v", r), name}
		}
	}()
	if v, ok := e.declared(name); ok {
		return v, nil
	}
	v, err = e.i.Eval(name)
	if err != nil {
		return v, &Error{err, name}
	}
	if f, ok := v.Interface().(func()); ok {
		return reflect.ValueOf(Guard(f)), nil
	}
	return v, nil
}

// Pointer returns a pointer to the loaded variable of that engine name.
func (e *Engine) Pointer(name string) (reflect.Value, error) { return e.Func("&" + name) }

// SetStop makes running code call the hook Poll, or no longer.
func (e *Engine) SetStop(on bool) {
	e.flags.Lock()
	defer e.flags.Unlock()
	e.stopped = on
	e.setFlag()
}

func (e *Engine) setMeasure(on bool) {
	e.flags.Lock()
	defer e.flags.Unlock()
	e.measure.Store(on)
	e.setFlag()
}

func (e *Engine) setFlag() {
	word, bit := e.stopWord()
	if e.stopped || e.measure.Load() {
		atomic.OrUint32(word, bit)
	} else {
		atomic.AndUint32(word, ^bit)
	}
}

// stopWord returns the word that the flag is in, and the flag's bit of it:
// there are no atomic operations on bytes.
func (e *Engine) stopWord() (word *uint32, bit uint32) {
	low := uintptr(unsafe.Pointer(e.stop)) & 3
	word = (*uint32)(unsafe.Add(unsafe.Pointer(e.stop), -int(low)))
	if isBigEndian {
		low = 3 - low
	}
	return word, 1 << (8 * low)
}

var isBigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// Position returns the number of the position that running code reported
// last; a task's own is saved and restored at switches with SetPosition.
func (e *Engine) Position() int { return *e.pos }

// SetPosition sets what Position returns.
func (e *Engine) SetPosition(n int) { *e.pos = n }

// Trace returns the engine functions that the panic last recovered on this
// goroutine has left, innermost first, and forgets them.
func (e *Engine) Trace() []string {
	g := gid.ID()
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.traces[g]
	delete(e.traces, g)
	return t
}

var panicLine = regexp.MustCompile(`panic: (?:main\.)?(\w+)`)

// traceWriter collects what the interpreter prints while a panic unwinds it.
type traceWriter struct{ e *Engine }

func (w traceWriter) Write(p []byte) (int, error) {
	if m := panicLine.FindSubmatch(p); m != nil {
		w.e.left(string(m[1]))
	}
	return len(p), nil
}

// left notes that a panic has left the engine function of that name.
func (e *Engine) left(name string) {
	g := gid.ID()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.traces[g]) < 1000 {
		e.traces[g] = append(e.traces[g], name)
	}
}

func init() {
	rt.EnginePanic = func(v any) (any, bool) {
		switch p := v.(type) {
		case interp.Panic:
			return p.Value, true
		case *interp.Panic:
			return p.Value, true
		case reflect.Value:
			if p.IsValid() && p.CanInterface() {
				return p.Interface(), true
			}
			return nil, true
		}
		return nil, false
	}
}

// IsInternal reports whether a recovered panic value shows a fault of the
// engine rather than of the program that it runs.
func IsInternal(v any) bool {
	var re runtime.Error
	if err, ok := v.(error); ok && errors.As(err, &re) {
		return false
	}
	s, ok := v.(string)
	return ok && (strings.Contains(s, "CFG post-order panic") || strings.HasPrefix(s, "reflect"))
}
