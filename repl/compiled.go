package repl

import (
	"reflect"
	"unsafe"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
)

// compiled returns what makes compiled code of the functions that nearly all
// tasks of a session go through; interpreted, they would cost more than the
// tasks themselves.
func (s *Session) compiled(path, name string) func(reflect.Type) (reflect.Value, bool) {
	if path != check.PreludePath && path != check.AwaitPath {
		return nil
	}
	switch name {
	case "start0ʹ":
		return func(t reflect.Type) (reflect.Value, bool) { return reflect.ValueOf(s.startNamed), true }
	case "startSleepʹ":
		return func(t reflect.Type) (reflect.Value, bool) { return reflect.ValueOf(s.startSleep), true }
	case "gather0ʹ":
		return func(t reflect.Type) (reflect.Value, bool) { return reflect.ValueOf(await.GatherTasks), true }
	case "start1ʹ":
		return func(t reflect.Type) (reflect.Value, bool) {
			return instance(t, t.In(0).Out(0), func(r result) any { return r.start(s) })
		}
	case "start2ʹ":
		return func(t reflect.Type) (reflect.Value, bool) {
			if t.In(0).Out(1).Kind() != reflect.Interface {
				return reflect.Value{}, false
			}
			return instance(t, t.In(0).Out(0), func(r result) any { return r.start2(s) })
		}
	case "(*Task2).Await":
		return func(t reflect.Type) (reflect.Value, bool) {
			if t.Out(1).Kind() != reflect.Interface {
				return reflect.Value{}, false
			}
			return instance(t, t.Out(0), result.await2)
		}
	case "(*Task).Await":
		return func(t reflect.Type) (reflect.Value, bool) { return instance(t, t.Out(0), result.await) }
	case "gather", "Gather":
		return func(t reflect.Type) (reflect.Value, bool) { return instance(t, t.Out(0).Elem(), result.gather) }
	case "sleep":
		return func(t reflect.Type) (reflect.Value, bool) { return reflect.ValueOf(await.Sleep), true }
	}
	return nil
}

// instance returns the function of type t that choose finds for tasks whose
// results are represented by r, if there is compiled code for them.
func instance(t, r reflect.Type, choose func(result) any) (reflect.Value, bool) {
	kind, ok := resultKinds[r.Kind()]
	if !ok {
		return reflect.Value{}, false
	}
	// The code is that of a function whose types differ from those of t in
	// their names only, not in what they look like in memory.
	f := reflect.ValueOf(choose(kind))
	p := reflect.New(f.Type())
	p.Elem().Set(f)
	return reflect.NewAt(t, p.UnsafePointer()).Elem(), true
}

// A result is the compiled code for tasks with one result of a certain kind, or
// with such a one and an error.
type result interface {
	start(*Session) any
	await() any
	gather() any
	start2(*Session) any
	await2() any
}

// resultKinds has the code by the kind of the result. All pointers look the same,
// and so do all slices, and interfaces. There is none for structs and arrays,
// each of which looks different; and none for functions, of which the engine
// has a form of its own.
var resultKinds = map[reflect.Kind]result{
	reflect.Bool: resultOf[bool]{}, reflect.String: resultOf[string]{},
	reflect.Int: resultOf[int]{}, reflect.Int8: resultOf[int8]{}, reflect.Int16: resultOf[int16]{},
	reflect.Int32: resultOf[int32]{}, reflect.Int64: resultOf[int64]{},
	reflect.Uint: resultOf[uint]{}, reflect.Uint8: resultOf[uint8]{}, reflect.Uint16: resultOf[uint16]{},
	reflect.Uint32: resultOf[uint32]{}, reflect.Uint64: resultOf[uint64]{}, reflect.Uintptr: resultOf[uintptr]{},
	reflect.Float32: resultOf[float32]{}, reflect.Float64: resultOf[float64]{},
	reflect.Complex64: resultOf[complex64]{}, reflect.Complex128: resultOf[complex128]{},
	reflect.Pointer: resultOf[unsafe.Pointer]{}, reflect.Map: resultOf[unsafe.Pointer]{},
	reflect.Chan: resultOf[unsafe.Pointer]{}, reflect.UnsafePointer: resultOf[unsafe.Pointer]{},
	reflect.Slice: resultOf[[]unsafe.Pointer]{}, reflect.Interface: resultOf[any]{},
}

// A task is what represents an await.Task[T] in the engine.
type task[T any] struct {
	*await.Task0
	a T
}

// A task2 is what represents an await.Task2[T, error].
type task2[T any] struct {
	*await.Task0
	a T
	b any
}

// A resultOf is the code for results of type T, or that look like one.
type resultOf[T any] struct{}

func (resultOf[T]) start(s *Session) any {
	return func(f func() T, name string) *task[T] {
		t := &task[T]{}
		t.Task0 = s.startNamed(func() { t.a = f() }, name)
		return t
	}
}

func (resultOf[T]) await() any {
	return func(t *task[T]) T {
		t.Task0.Await()
		return t.a
	}
}

func (resultOf[T]) gather() any {
	return func(ts ...*task[T]) []T {
		cores := make([]*await.Task0, len(ts))
		for i, t := range ts {
			cores[i] = t.Task0
		}
		await.GatherTasks(cores...)
		all := make([]T, len(ts))
		for i, t := range ts {
			all[i] = t.a
		}
		return all
	}
}

func (resultOf[T]) start2(s *Session) any {
	return func(f func() (T, any), name string) *task2[T] {
		t := &task2[T]{}
		t.Task0 = s.startNamed(func() { t.a, t.b = f() }, name)
		return t
	}
}

func (resultOf[T]) await2() any {
	return func(t *task2[T]) (T, any) {
		t.Task0.Await()
		return t.a, t.b
	}
}
