package repl

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"unsafe"
	"weak"

	"golang.org/x/tools/go/ssa"
)

// Code that asks which calls are under way is told those of the session's
// functions: once such code is there, the functions that are lowered say where
// they have come to while they run. A place stands for a program counter, by its
// number.

// stackReaders returns the functions that take the place of those of the
// library that tell of calls and functions.
func (s *Session) stackReaders() map[string]any {
	return map[string]any{
		"runtime.Caller":         s.caller,
		"runtime.Callers":        s.callers,
		"runtime.CallersFrames":  s.callersFrames,
		"runtime.(*Frames).Next": s.nextFrame,
		"runtime.FuncForPC":      s.funcForPC,
		"runtime.(*Func).Name": func(f *runtime.Func) string {
			return ownFunction(f, (*runtime.Func).Name, func(o *sessionFunc) string { return o.name })
		},
		"runtime.(*Func).Entry": func(f *runtime.Func) uintptr {
			return ownFunction(f, (*runtime.Func).Entry, func(o *sessionFunc) uintptr { return o.entry })
		},
		"runtime.(*Func).FileLine": s.fileLine,
		"runtime.Stack":            func(buf []byte, _ bool) int { return copy(buf, s.stackText("")) },
		"runtime/debug.Stack":      func() []byte { return s.stackText("runtime/debug.Stack") },
		"runtime/debug.PrintStack": func() { s.stderr().Write(s.stackText("runtime/debug.PrintStack")) },
	}
}

// locates reports whether running code is to tell where fn has come to.
func (s *Session) locates(fn *ssa.Function) bool {
	return s.check.ReadsStack && s.isUser(fn) && (fn.Syntax() != nil || isCell(fn))
}

// A sessionFunc is what a *runtime.Func of the session's code points to.
type sessionFunc struct {
	name  string
	entry uintptr
}

// ownFunctions has the functions of sessions, by what stands for them.
var ownFunctions sync.Map // *runtime.Func → *sessionFunc

// ownFunction returns what own tells of f if that is a function of a session,
// and what compiled tells if it is not.
func ownFunction[T any](f *runtime.Func, compiled func(*runtime.Func) T, own func(*sessionFunc) T) T {
	if o, ok := ownFunctions.Load(f); ok {
		return own(o.(*sessionFunc))
	}
	return compiled(f)
}

// panicking stands among the activations of a strand for the function of the
// runtime that runs deferred calls for a panic, which has no place of ours.
var panicking = &observed{}

// panics notes that the running code panics, so that what its deferred calls see
// of the stack is as in Go.
func (s *Session) panics() {
	st := s.strand()
	if st == nil || len(st.active) == 0 || st.active[len(st.active)-1].of == panicking {
		return
	}
	st.active = append(st.active, activation{of: panicking, pos: new(int)})
}

// The counters that stand for places are none of compiled code. Programs
// subtract one from a counter to get that of the call.
const (
	firstCounter = ^uintptr(0) &^ (^uintptr(0) >> 1)
	perPlace     = 16
)

func counter(place int) uintptr { return firstCounter + uintptr(place)*perPlace + perPlace/2 }

// placeAt returns the place that the program counter pc stands for.
func (s *Session) placeAt(pc uintptr) (place, bool) {
	if pc < firstCounter {
		return place{}, false
	}
	return s.place(int((pc - firstCounter) / perPlace)), true
}

// fileAndLine returns the file and line of a place.
func (s *Session) fileAndLine(p place) (file string, line int) {
	if file, line, ok := s.check.Files.Directed(p.pos); ok {
		return cmp.Or(file, "??"), line
	}
	pos, ok := s.check.Files.Position(p.pos)
	if !ok {
		return "", 0
	}
	file = pos.Cell.Name
	if filepath.Ext(file) == ".go" {
		if abs, err := filepath.Abs(file); err == nil {
			file = filepath.ToSlash(abs)
		}
	}
	return file, pos.Line()
}

// outermost are the program counters of the functions of the runtime in which
// the main goroutine begins, the last of which all goroutines have.
var outermost = func() []uintptr {
	var pcs [20]uintptr
	n := runtime.Callers(0, pcs[:])
	return pcs[n-2 : n]
}()

// gopanic is the program counter of the function of the runtime that runs
// deferred calls for a panic.
var gopanic = func() (pc uintptr) {
	defer func() {
		var pcs [1]uintptr
		runtime.Callers(2, pcs[:])
		pc = pcs[0]
		recover()
	}()
	panic("where this leads through")
}()

// counters returns the program counters of the session's calls under way in the
// running strand, innermost first.
func (s *Session) counters() []uintptr {
	st := s.strand()
	if st == nil || len(st.active) == 0 {
		return []uintptr{counter(s.engine.Position())}
	}
	var pcs []uintptr
	for _, a := range slices.Backward(st.active) {
		switch n := *a.pos; {
		case a.of == panicking:
			pcs = append(pcs, gopanic)
		case n == 0:
			pcs = append(pcs, counter(s.position(a.of.fn.Pos(), a.of.fn)))
		default:
			pcs = append(pcs, counter(n))
		}
	}
	return pcs
}

// allCounters is counters with the functions of the runtime that each goroutine
// begins in.
func (s *Session) allCounters() []uintptr {
	pcs := s.counters()
	if st := s.strand(); st != nil && st.number > 0 {
		return append(pcs, outermost[1])
	}
	return append(pcs, outermost...)
}

// caller is runtime.Caller.
func (s *Session) caller(skip int) (pc uintptr, file string, line int, ok bool) {
	pcs := s.allCounters()
	if skip < 0 || skip >= len(pcs) {
		return 0, "", 0, false
	}
	f := s.frameAt(pcs[skip])
	return f.PC, f.File, f.Line, f.File != ""
}

// callers is runtime.Callers.
func (s *Session) callers(skip int, pcs []uintptr) int {
	all := append([]uintptr{reflect.ValueOf(runtime.Callers).Pointer() + 1}, s.allCounters()...)
	return copy(pcs, all[min(max(skip, 0), len(all)):])
}

// frameAt returns what is known of the call whose program counter is pc.
func (s *Session) frameAt(pc uintptr) runtime.Frame {
	p, ok := s.placeAt(pc)
	if !ok {
		f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		return f
	}
	f := runtime.Frame{PC: pc, Func: s.funcForPC(pc), Function: s.goName(p.fn), Entry: pc}
	f.File, f.Line = s.fileAndLine(p)
	return f
}

// framesLeft has the program counters that Next has yet to tell of.
var framesLeft sync.Map // weak.Pointer[runtime.Frames] → []uintptr

// callersFrames is runtime.CallersFrames.
func (s *Session) callersFrames(pcs []uintptr) *runtime.Frames {
	f := new(runtime.Frames)
	key := weak.Make(f)
	framesLeft.Store(key, pcs)
	runtime.AddCleanup(f, func(key weak.Pointer[runtime.Frames]) { framesLeft.Delete(key) }, key)
	return f
}

// nextFrame is the method Next of runtime.Frames.
func (s *Session) nextFrame(f *runtime.Frames) (frame runtime.Frame, more bool) {
	key := weak.Make(f)
	left, _ := framesLeft.Load(key)
	pcs, _ := left.([]uintptr)
	if len(pcs) == 0 {
		return f.Next()
	}
	framesLeft.Store(key, pcs[1:])
	return s.frameAt(pcs[0]), len(pcs) > 1
}

// funcForPC is runtime.FuncForPC.
func (s *Session) funcForPC(pc uintptr) *runtime.Func {
	p, ok := s.placeAt(pc)
	if !ok {
		return runtime.FuncForPC(pc)
	}
	if p.fn == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.functions[p.fn]
	if !ok {
		if s.functions == nil {
			s.functions = map[*ssa.Function]*sessionFunc{}
		}
		o = &sessionFunc{s.goName(p.fn), pc}
		s.functions[p.fn] = o
		ownFunctions.Store((*runtime.Func)(unsafe.Pointer(o)), o)
	}
	return (*runtime.Func)(unsafe.Pointer(o))
}

// fileLine is the method FileLine of runtime.Func.
func (s *Session) fileLine(f *runtime.Func, pc uintptr) (file string, line int) {
	if p, ok := s.placeAt(pc); ok {
		return s.fileAndLine(p)
	}
	return f.FileLine(pc)
}

// goName names fn as Go's runtime does.
func (s *Session) goName(fn *ssa.Function) string {
	if fn == nil {
		return ""
	}
	if p := fn.Parent(); p != nil {
		outer := s.goName(p)
		n := fn.Name()[len(p.Name()):]
		if number, ok := strings.CutPrefix(n, "$"); ok && p.Parent() != nil {
			return outer + "." + number
		}
		return outer + strings.Replace(n, "$", ".func", 1)
	}
	origin := fn
	if fn.Origin() != nil {
		origin = fn.Origin()
	}
	pkg := "main"
	if origin.Pkg != nil {
		pkg = origin.Pkg.Pkg.Path()
	}
	if isCell(fn) && fn.Synthetic != "package initializer" {
		return pkg + ".main"
	}
	name := origin.Name()
	if len(fn.TypeArgs()) > 0 && fn.Signature.Recv() == nil {
		name += "[...]"
	}
	if recv := fn.Signature.Recv(); recv != nil {
		t := recv.Type().String()
		t, _, generic := strings.Cut(t, "[")
		star := strings.HasPrefix(t, "*")
		t = t[strings.LastIndexByte(t, '.')+1:]
		if generic {
			t += "[...]"
		}
		if star {
			t = "(*" + t + ")"
		}
		name = t + "." + name
	}
	return pkg + "." + name
}

// stackText returns what Go's runtime prints of the running strand's calls;
// asked is the name of the compiled function that they end with, if any.
func (s *Session) stackText(asked string) []byte {
	var b bytes.Buffer
	st := s.strand()
	number := 1
	if st != nil {
		number += st.number
	}
	fmt.Fprintf(&b, "goroutine %d [running]:\n", number)
	if asked != "" {
		pc := reflect.ValueOf(debug.Stack).Pointer()
		file, line := runtime.FuncForPC(pc).FileLine(pc)
		fmt.Fprintf(&b, "%s()\n\t%s:%d +0x0\n", asked, file, line)
	}
	for _, pc := range s.counters() {
		f, args := s.frameAt(pc), "..."
		p, own := s.placeAt(pc)
		switch {
		case own && p.fn == nil:
			continue
		case own && len(p.fn.Params) == 0:
			args = ""
		case !own:
			f.Function = "panic"
		}
		fmt.Fprintf(&b, "%s(%s)\n\t%s:%d +0x0\n", f.Function, args, f.File, f.Line)
	}
	if st != nil && st.number > 0 {
		if p := s.place(st.start); p.fn != nil {
			file, line := s.fileAndLine(p)
			fmt.Fprintf(&b, "created by %s\n\t%s:%d +0x0\n", s.goName(p.fn), file, line)
		}
	}
	return b.Bytes()
}
