package engine

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
	"weak"

	"github.com/asyncrepl/asyncrepl/await/gid"
	"github.com/asyncrepl/asyncrepl/repl/rt"
)

// A goroutine whose stack outgrows the runtime's limit ends the process, and
// counting calls would cost each call. But whoever recurses without end
// allocates, so the collector runs: after each of its cycles the engine looks
// at what stacks take, and when that is much it has running code look, now and
// then, how deep it is.

// DefaultMaxDepth is how many calls may be under way in a goroutine unless
// SetMaxDepth says otherwise.
const DefaultMaxDepth = 250_000

const (
	suspicious = 16 << 20 // bytes of stacks from which the engine watches them
	alarming   = 40 << 20 // bytes of stacks from which it measures depths
	largeHeap  = 128 << 20
	// framesPerCall is how many frames of the engine a call takes at least.
	framesPerCall = 2
)

// SetMaxDepth sets how many calls may be under way in a goroutine, roughly.
func (e *Engine) SetMaxDepth(calls int) { e.maxDepth.Store(int64(calls)) }

// tooDeep looks how deep the calls are, if running code is to look, and begins
// to unwind them where they are too deep. The function of that name, which may
// be recursive, has just been entered.
func (e *Engine) tooDeep(name string) bool {
	if !e.measure.Load() {
		return false
	}
	limit := int(e.maxDepth.Load())
	var pc [1]uintptr
	if runtime.Callers(framesPerCall*limit, pc[:]) == 0 {
		return false
	}
	e.unwind(gid.ID(), &rt.StackOverflow{Function: name, Depth: limit})
	return true
}

// A panic takes the interpreter time that grows with the square of the depth,
// since each of its functions recovers it and panics anew. So what recurses too
// deeply ends by other means: the interpreter's functions return as soon as
// its run number is not theirs. The host code that called the outermost of
// them, or stands between them, finds the unwinding and gives back the number.
type unwinding struct {
	e     *Engine
	g     uintptr
	run   uint64
	cause *rt.StackOverflow
}

var current atomic.Pointer[unwinding]

// unwind ends the interpreted functions of the goroutine g, which is this one.
func (e *Engine) unwind(g uintptr, cause *rt.StackOverflow) {
	u := &unwinding{e, g, atomic.LoadUint64(e.run), cause}
	if !current.CompareAndSwap(nil, u) {
		return // another goroutine is at it
	}
	e.setMeasure(false)
	atomic.StoreUint64(e.run, u.run+1<<32)
	// Should no host code find it, the rest of the session must not stand still.
	time.AfterFunc(5*time.Second, func() {
		if current.CompareAndSwap(u, nil) {
			atomic.StoreUint64(e.run, u.run)
		}
	})
}

// unwound returns why the code that this goroutine has just returned from did
// not run to its end, or nil if it did.
func unwound() *rt.StackOverflow {
	u := current.Load()
	if u == nil || u.g != gid.ID() || !current.CompareAndSwap(u, nil) {
		return nil
	}
	atomic.StoreUint64(u.e.run, u.run)
	return u.cause
}

// Guard returns a function that calls f, code of the engine, and panics if f
// recursed too deeply; a fault in memory that f has mapped or made an address of
// is a panic, too, rather than the end of the process. Host code that is handed a closure by running code, to
// call it on a goroutine or coroutine of its own, must call it so; what Func,
// Load and the hook Go see is guarded already.
func Guard(f func()) func() {
	return func() {
		debug.SetPanicOnFault(true)
		f()
		if cause := unwound(); cause != nil {
			panic(cause)
		}
	}
}

// protect is rt.Protect, for a body that may be unwound.
func (e *Engine) protect(d *rt.Defers, body func()) bool {
	var cause *rt.StackOverflow
	at := 0 // where it panicked
	ended := false
	returned := rt.Protect(d, func() {
		defer func() {
			at = *e.pos
			if !ended && !d.Empty() {
				e.panics()
			}
		}()
		body()
		if cause = unwound(); cause != nil {
			panic(cause)
		}
		ended = true
	}, func(v any, deferred bool) bool {
		if !deferred {
			*e.pos = at // whatever deferred calls have come to
		}
		return cause != nil && v == any(cause)
	})
	if cause != nil && !returned {
		e.unwind(gid.ID(), cause)
	}
	return returned
}

// watchStacks has the engine watch the stacks after each cycle of the
// collector, as long as it is in use.
func (e *Engine) watchStacks() {
	type sentinel struct{ self *sentinel }
	engine := weak.Make(e)
	var arm func()
	arm = func() {
		s := &sentinel{}
		runtime.SetFinalizer(s, func(*sentinel) {
			e := engine.Value()
			if e == nil {
				return
			}
			if stacks, heap := memory(); (stacks > suspicious || heap > largeHeap) && e.watching.CompareAndSwap(false, true) {
				go watch(engine)
			}
			arm()
		})
	}
	arm()
}

// watch measures depths from time to time until there is no need to.
func watch(engine weak.Pointer[Engine]) {
	for n := 1; ; n++ {
		e := engine.Value()
		if e == nil {
			return
		}
		stacks, heap := memory()
		if stacks <= suspicious && heap <= largeHeap {
			e.watching.Store(false)
			return
		}
		if stacks > alarming {
			e.setMeasure(true)
			time.Sleep(time.Millisecond)
			e.setMeasure(false)
		}
		e = nil
		if stacks > suspicious {
			if n%100 == 0 {
				runtime.GC() // it may be long ago that they were in use
			}
			time.Sleep(20 * time.Millisecond)
		} else {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// memory returns the bytes that stacks and live objects take.
func memory() (stacks, heap uint64) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}
