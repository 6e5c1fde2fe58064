// Package prelude holds what is predeclared in a session besides Go's own
// names. The shell interprets it from source, as it does all generic code.
package prelude

import (
	"context"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// sleep waits for d without holding the loop.
func sleep(d time.Duration) { await.Sleep(d) }

// gather waits for all tasks and returns their results, in order.
func gather[T any](ts ...*await.Task[T]) []T { return await.Gather(ts...) }

// race waits for the task that ends first, cancels the others and returns its
// result.
func race[T any](ts ...*await.Task[T]) T { return await.Race(ts...) }

// first returns the result of the first task that succeeds, and cancels the
// others.
func first[T any](ts ...*await.Task[T]) (T, error) { return await.First(ts...) }

// gather0ʹ is gather for tasks without results.
func gather0ʹ(ts ...*await.Task0) { await.GatherTasks(ts...) }

// gather2ʹ is gather for tasks with a result and an error.
func gather2ʹ[T any](ts ...*await.Task2[T, error]) ([]T, error) { return await.Gather2(ts...) }

// race0ʹ is race for tasks without results; it returns the index of the first.
func race0ʹ(ts ...*await.Task0) int { return await.RaceTasks(ts...) }

// race2ʹ is race for tasks with a result and an error.
func race2ʹ[T any](ts ...*await.Task2[T, error]) (T, error) { return await.Race2(ts...) }

// first0ʹ is first for tasks without results; it returns the index of the first.
func first0ʹ(ts ...*await.Task0) (int, error) { return await.FirstTask(ts...) }

// first2ʹ is first for tasks with a result and an error.
func first2ʹ[T any](ts ...*await.Task2[T, error]) (T, error) { return await.First2(ts...) }

// timeout runs f, and cancels what it waits for after d.
func timeout(d time.Duration, f func()) error { return await.Timeout(d, f) }

// shield runs f so that cancellation of its caller waits until it is done.
func shield(f func()) { await.Shield(f) }

// group runs f with a group whose tasks end before group returns.
func group(f func(g *await.Group)) error { return await.WithGroup(f) }

// background is a context that never ends; background tasks use their own.
func background() context.Context { return await.CurrentContext() }

// start0ʹ to start4ʹ start a task that has a name.
func start0ʹ(f func(), name string) *await.Task0 {
	t := await.Start0(f)
	t.SetName(name)
	return t
}

func start1ʹ[A any](f func() A, name string) *await.Task[A] {
	t := await.Start(f)
	t.SetName(name)
	return t
}

func start2ʹ[A, B any](f func() (A, B), name string) *await.Task2[A, B] {
	t := await.Start2(f)
	t.SetName(name)
	return t
}

func start3ʹ[A, B, C any](f func() (A, B, C), name string) *await.Task3[A, B, C] {
	t := await.Start3(f)
	t.SetName(name)
	return t
}

func start4ʹ[A, B, C, D any](f func() (A, B, C, D), name string) *await.Task4[A, B, C, D] {
	t := await.Start4(f)
	t.SetName(name)
	return t
}

// startSleepʹ starts a task that only sleeps.
func startSleepʹ(d time.Duration, name string) *await.Task0 {
	t := await.StartSleep(d)
	t.SetName(name)
	return t
}

// noteʹ keeps the value of an operand of an assertion.
func noteʹ[T any](r *assertion.Record, slot int, v T) T {
	r.Set(slot, v)
	return v
}

// countʹ counts an execution of the statement of that number.
func countʹ(n int)

// recordʹ begins the assertion of that number.
func recordʹ(n int) *assertion.Record

// failʹ ends a failed assertion.
func failʹ(r *assertion.Record, message ...any)

// assertʹ stands for an assertion until its operands are known.
func assertʹ(condition bool, message ...any)

// echoʹ prints the values of a bare expression.
func echoʹ(values ...any)
