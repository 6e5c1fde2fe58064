package await

import (
	"errors"
	"iter"
)

// Gather waits until all tasks have returned, and returns their results in the
// order of the arguments. As soon as one fails or is cancelled, the others are
// cancelled, their ends awaited, and Gather panics as awaiting the failed one
// does. If the caller is cancelled, so are the tasks.
func Gather[T any](ts ...*Task[T]) []T {
	GatherTasks(Cores(ts...)...)
	rs := make([]T, len(ts))
	for i, t := range ts {
		rs[i] = t.a
	}
	return rs
}

// Gather2 is Gather for tasks whose second result is an error: if one returns
// an error, the others are cancelled, their ends awaited, and that is the error
// which Gather2 returns, without results.
func Gather2[T any](ts ...*Task2[T, error]) ([]T, error) {
	cores, results := cores2(ts)
	if err := GatherResults(cores, func(t *Task0) error { return results[t].b }); err != nil {
		return nil, err
	}
	rs := make([]T, len(ts))
	for i, t := range ts {
		rs[i] = t.a
	}
	return rs, nil
}

// Race waits until one of the tasks has ended, cancels the others, waits for
// their ends, and returns the first one's result, or panics as awaiting it
// does. If the caller is cancelled, so are the tasks.
func Race[T any](ts ...*Task[T]) T {
	return ts[RaceTasks(Cores(ts...)...)].Await()
}

// Race2 is Race for tasks whose second result is an error.
func Race2[T any](ts ...*Task2[T, error]) (T, error) {
	cores, _ := cores2(ts)
	return ts[RaceTasks(cores...)].Await()
}

// First waits until one of the tasks has returned, cancels the others, waits
// for their ends, and returns the first one's result. If none returns, the
// error joins what ended each. If the caller is cancelled, so are the tasks.
func First[T any](ts ...*Task[T]) (T, error) {
	var none T
	i, err := FirstTask(Cores(ts...)...)
	if err != nil {
		return none, err
	}
	if i < 0 {
		return none, errors.New("await: First of no tasks")
	}
	return ts[i].a, nil
}

// First2 is First for tasks whose second result is an error: one that returns
// an error counts as failed.
func First2[T any](ts ...*Task2[T, error]) (T, error) {
	cores, results := cores2(ts)
	var none T
	i, err := FirstResult(cores, func(t *Task0) error { return results[t].b })
	if err != nil {
		return none, err
	}
	if i < 0 {
		return none, errors.New("await: First2 of no tasks")
	}
	return ts[i].a, nil
}

// AsCompleted yields the tasks in the order in which they end, each when it
// has. Leaving the loop early leaves the other tasks alone.
func AsCompleted[T any](ts ...*Task[T]) iter.Seq[*Task[T]] {
	return func(yield func(*Task[T]) bool) {
		Completed(Cores(ts...)...)(func(i int) bool { return yield(ts[i]) })
	}
}

// Map calls f for each input in a task of its own, at most limit at the same
// time (all at once if limit is not positive), and returns the results in the
// order of the inputs. The first failure cancels the rest, and Map panics with
// it; if the caller is cancelled, so are the tasks.
func Map[A, B any](in []A, limit int, f func(A) B) []B {
	if limit <= 0 || limit > len(in) {
		limit = len(in)
	}
	out := make([]B, len(in))
	next := 0
	var workers []*Task0
	for range limit {
		workers = append(workers, StartSkip(1, func() {
			for next < len(in) {
				i := next
				next++
				out[i] = f(in[i])
			}
		}))
	}
	GatherTasks(workers...)
	return out
}

// Spawn starts f, which has a result, as a task of the group.
func Spawn[T any](g *Group, f func() T) *Task[T] {
	t := &Task[T]{}
	t.Task0 = g.Start("", func() { t.a = f() })
	return t
}

// Cores returns the tasks without their result type, for functions that take
// any tasks.
func Cores[T any](ts ...*Task[T]) []*Task0 {
	list := make([]*Task0, len(ts))
	for i, t := range ts {
		list[i] = t.Task0
	}
	return list
}

// cores2 is Cores for tasks whose second result is an error, and finds the
// tasks by what Cores makes of them.
func cores2[T any](ts []*Task2[T, error]) ([]*Task0, map[*Task0]*Task2[T, error]) {
	list, found := make([]*Task0, len(ts)), make(map[*Task0]*Task2[T, error], len(ts))
	for i, t := range ts {
		list[i], found[t.Task0] = t.Task0, t
	}
	return list, found
}
