package rt

import (
	"runtime"
	"sync"

	"github.com/asyncrepl/asyncrepl/await/gid"
)

// Defers is one activation's stack of deferred calls.
type Defers struct {
	fns []deferred
	// panicking is the panic that runs the deferred calls now, if any.
	panicking *panicking
}

type deferred struct {
	fn       func()
	recovers bool // the function itself calls recover
	ordinary bool // it does nothing in a panic
}

type panicking struct {
	value     any
	recovered bool
	replaced  bool // by one of a deferred call
	goexit    bool
	outer     *panicking
}

// NewDefers returns an empty stack.
func NewDefers() *Defers { return &Defers{} }

// Push defers fn.
func (d *Defers) Push(fn func()) {
	if fn == nil {
		fn = func() { panic(nilDereference) }
	}
	d.fns = append(d.fns, deferred{fn: fn})
}

// PushR defers fn, a function that may call recover itself.
func (d *Defers) PushR(fn func()) {
	if fn == nil {
		fn = func() { panic(nilDereference) }
	}
	d.fns = append(d.fns, deferred{fn: fn, recovers: true})
}

// PushRecover defers recover itself, in a function that began with p caught:
// it recovers p if that function returns, and nothing if it panics.
func (d *Defers) PushRecover(p *Panicking) {
	d.fns = append(d.fns, deferred{fn: func() { Recover(p) }, ordinary: true})
}

// Empty reports whether nothing is deferred.
func (d *Defers) Empty() bool { return len(d.fns) == 0 }

// Run runs the deferred calls of an activation that returns normally.
func (d *Defers) Run() {
	for len(d.fns) > 0 {
		f := d.fns[len(d.fns)-1]
		d.fns = d.fns[:len(d.fns)-1]
		d.call(f, nil)
	}
}

func (d *Defers) call(f deferred, p *panicking) {
	if f.ordinary && p != nil {
		return
	}
	g := gid.ID()
	old := current(g)
	if p != nil && f.recovers {
		setCurrent(g, p)
	} else {
		setCurrent(g, nil)
	}
	defer setCurrent(g, old)
	f.fn()
}

// Protect runs body, an activation's code, and reports whether it returned
// normally. If it panicked, the deferred calls are run; if one of them
// recovered, Protect reports false, else the panic goes on, unless it is one
// that keeps says the caller takes care of; keeps is told whether it is the
// panic of a deferred call.
func Protect(d *Defers, body func(), keeps func(v any, deferred bool) bool) (returned bool) {
	defer func() {
		if returned {
			return
		}
		v := recover()
		p := &panicking{value: v, goexit: v == any(ErrGoexit)}
		d.unwind(p)
		if !p.recovered && !keeps(p.value, p.replaced) {
			panic(p.value)
		}
	}()
	body()
	return true
}

// unwind runs the deferred calls for the panic p; a panic in one of them
// replaces it.
func (d *Defers) unwind(p *panicking) {
	for len(d.fns) > 0 {
		f := d.fns[len(d.fns)-1]
		d.fns = d.fns[:len(d.fns)-1]
		func() {
			defer func() {
				if v := recover(); v != nil {
					p.value, p.replaced = v, true
					p.goexit = v == any(ErrGoexit)
					p.recovered = false
				}
			}()
			d.call(f, p)
		}()
		if p.recovered {
			// The rest of the deferred calls runs as on a normal return.
			func() {
				defer func() {
					if v := recover(); v != nil {
						p.value, p.replaced, p.recovered = v, true, false
					}
				}()
				for len(d.fns) > 0 && p.recovered {
					f := d.fns[len(d.fns)-1]
					d.fns = d.fns[:len(d.fns)-1]
					d.call(f, nil)
				}
			}()
			if p.recovered {
				return
			}
		}
	}
}

// panics holds, by goroutine, the panic that a deferred call now running
// directly may recover.
var panics sync.Map // uintptr → *panicking

func current(g uintptr) *panicking {
	p, _ := panics.Load(g)
	q, _ := p.(*panicking)
	return q
}

func setCurrent(g uintptr, p *panicking) {
	if p == nil {
		panics.Delete(g)
		return
	}
	panics.Store(g, p)
}

// Unrecoverable is asked about values that recover must not return: those
// which unwind a task, a test or a cell from outside.
var Unrecoverable = func(v any) bool { return false }

// A Panicking is a panic that runs deferred calls.
type Panicking = panicking

// Caught returns the panic that a function which calls recover may recover,
// or nil: one that runs the deferred calls which the function, called now, is
// one of. What it calls in turn is none.
func Caught() *Panicking {
	g := gid.ID()
	p := current(g)
	if p != nil {
		setCurrent(g, nil)
	}
	return p
}

// Recover is Go's recover, in a function that began with p caught.
func Recover(p *Panicking) any {
	if p == nil || p.recovered || p.goexit || Unrecoverable(p.value) {
		return nil
	}
	if _, overflow := p.value.(*StackOverflow); overflow {
		return nil
	}
	p.recovered = true
	v := PanicValue(p.value)
	return Normal(v)
}

// Panic is Go's panic.
func Panic(v any) {
	if v == nil {
		panic(new(runtime.PanicNilError))
	}
	panic(v)
}

// RangePanic is the panic of a range statement whose iterator does wrong.
func RangePanic(text string) { panic(Errorf("%s", text)) }

// Goexit ends the calling goroutine of the session after running its deferred
// calls.
func Goexit() { panic(ErrGoexit) }
