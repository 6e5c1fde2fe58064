package await

// A Task is a task with a result of type T.
type Task[T any] struct {
	*Task0
	a T
}

// A Task2 is a task with two results.
type Task2[A, B any] struct {
	*Task0
	a A
	b B
}

// A Task3 is a task with three results.
type Task3[A, B, C any] struct {
	*Task0
	a A
	b B
	c C
}

// A Task4 is a task with four results.
type Task4[A, B, C, D any] struct {
	*Task0
	a A
	b B
	c C
	d D
}

// Start starts f as a task of the current loop. The task first runs when the
// caller waits. Start panics with a *MisuseError if the caller belongs to no
// loop.
func Start[T any](f func() T) *Task[T] {
	t := &Task[T]{}
	t.Task0 = StartSkip(1, func() { t.a = f() })
	return t
}

// Start2 is Start for a function with two results.
func Start2[A, B any](f func() (A, B)) *Task2[A, B] {
	t := &Task2[A, B]{}
	t.Task0 = StartSkip(1, func() { t.a, t.b = f() })
	return t
}

// Start3 is Start for a function with three results.
func Start3[A, B, C any](f func() (A, B, C)) *Task3[A, B, C] {
	t := &Task3[A, B, C]{}
	t.Task0 = StartSkip(1, func() { t.a, t.b, t.c = f() })
	return t
}

// Start4 is Start for a function with four results.
func Start4[A, B, C, D any](f func() (A, B, C, D)) *Task4[A, B, C, D] {
	t := &Task4[A, B, C, D]{}
	t.Task0 = StartSkip(1, func() { t.a, t.b, t.c, t.d = f() })
	return t
}

// Await waits for the task as Task0.Await does, and returns its result.
func (t *Task[T]) Await() T {
	t.Task0.Await()
	return t.a
}

// Await waits for the task as Task0.Await does, and returns its results.
func (t *Task2[A, B]) Await() (A, B) {
	t.Task0.Await()
	return t.a, t.b
}

// Await waits for the task as Task0.Await does, and returns its results.
func (t *Task3[A, B, C]) Await() (A, B, C) {
	t.Task0.Await()
	return t.a, t.b, t.c
}

// Await waits for the task as Task0.Await does, and returns its results.
func (t *Task4[A, B, C, D]) Await() (A, B, C, D) {
	t.Task0.Await()
	return t.a, t.b, t.c, t.d
}

// Off1 is Off for a function with a result.
func Off1[T any](f func() T) T {
	var a T
	Off(func() { a = f() })
	return a
}

// Off2 is Off for a function with two results.
func Off2[A, B any](f func() (A, B)) (A, B) {
	var a A
	var b B
	Off(func() { a, b = f() })
	return a, b
}

// Off3 is Off for a function with three results.
func Off3[A, B, C any](f func() (A, B, C)) (A, B, C) {
	var a A
	var b B
	var c C
	Off(func() { a, b, c = f() })
	return a, b, c
}

// Off4 is Off for a function with four results.
func Off4[A, B, C, D any](f func() (A, B, C, D)) (A, B, C, D) {
	var a A
	var b B
	var c C
	var d D
	Off(func() { a, b, c, d = f() })
	return a, b, c, d
}
