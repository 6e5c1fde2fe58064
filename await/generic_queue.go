package await

import "iter"

// A Queue passes values between the tasks of one loop. Make it with NewQueue,
// NewStack or NewPriorityQueue. It belongs to the loop that used it first, as
// Waiters does. Other goroutines should use a channel.
type Queue[T any] struct {
	items  []T
	bound  int
	lifo   bool
	less   func(a, b T) bool
	closed bool
	open   int // put, and not yet Done
	get    Waiters
	put    Waiters
	join   Waiters
	owner  Waiters // nobody waits in it
}

// claim panics if the queue belongs to another loop.
func (q *Queue[T]) claim() { q.owner.WakeAll() }

// NewQueue makes a queue: first in, first out. It holds at most bound values;
// any number if bound is not positive.
func NewQueue[T any](bound int) *Queue[T] { return &Queue[T]{bound: bound} }

// NewStack makes a queue that gives out the newest value first.
func NewStack[T any](bound int) *Queue[T] { return &Queue[T]{bound: bound, lifo: true} }

// NewPriorityQueue makes a queue that gives out the least value first.
func NewPriorityQueue[T any](bound int, less func(a, b T) bool) *Queue[T] {
	return &Queue[T]{bound: bound, less: less}
}

// Put waits until there is room, and adds v. It panics with ErrClosed if the
// queue is, or is meanwhile, closed.
func (q *Queue[T]) Put(v T) {
	q.claim()
	for !q.closed && q.bound > 0 && len(q.items) >= q.bound {
		q.put.Wait("room in a queue")
	}
	q.add(v)
}

// TryPut adds v if there is room, and reports whether it did.
func (q *Queue[T]) TryPut(v T) bool {
	if q.bound > 0 && len(q.items) >= q.bound {
		return false
	}
	q.add(v)
	return true
}

func (q *Queue[T]) add(v T) {
	q.claim()
	if q.closed {
		panic(ErrClosed)
	}
	q.items = append(q.items, v)
	q.open++
	if q.less != nil {
		q.up(len(q.items) - 1)
	}
	q.get.WakeOne()
}

// Get waits for a value and takes it out. It reports false if the queue is
// closed and empty.
func (q *Queue[T]) Get() (T, bool) {
	q.claim()
	for len(q.items) == 0 && !q.closed {
		q.get.Wait("a value in a queue")
	}
	return q.take()
}

// TryGet takes a value out if there is one, and reports whether there was.
func (q *Queue[T]) TryGet() (T, bool) {
	q.claim()
	return q.take()
}

func (q *Queue[T]) take() (T, bool) {
	var v, zero T
	n := len(q.items) - 1
	if n < 0 {
		return v, false
	}
	if q.lifo {
		v = q.items[n]
		q.items[n] = zero
		q.items = q.items[:n]
	} else if q.less != nil {
		v = q.items[0]
		q.items[0] = q.items[n]
		q.items[n] = zero
		q.items = q.items[:n]
		q.down(0)
	} else {
		v = q.items[0]
		q.items[0] = zero
		q.items = q.items[1:]
	}
	q.put.WakeOne()
	return v, true
}

// Await is Get, so that a queue can be awaited.
func (q *Queue[T]) Await() (T, bool) { return q.Get() }

// All yields the values taken out of the queue until it is closed and empty.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, ok := q.Get()
			if !ok || !yield(v) {
				return
			}
		}
	}
}

// Done tells that a value that was taken out has been dealt with; see Join.
func (q *Queue[T]) Done() {
	q.claim()
	if q.open == 0 {
		panic("await: Queue.Done was called more often than Put")
	}
	q.open--
	if q.open == 0 {
		q.join.WakeAll()
	}
}

// Join waits until Done has been called for every value that was put.
func (q *Queue[T]) Join() {
	for q.open > 0 {
		q.join.Wait("the work of a queue")
	}
}

// Close ends the queue: no more can be put, and those who wait for values get
// what is left. Closing again does nothing.
func (q *Queue[T]) Close() {
	q.claim()
	q.closed = true
	q.get.WakeAll()
	q.put.WakeAll()
}

// Len returns how many values are in the queue.
func (q *Queue[T]) Len() int { return len(q.items) }

// up and down keep items a binary heap.
func (q *Queue[T]) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !q.less(q.items[i], q.items[p]) {
			return
		}
		q.items[i], q.items[p] = q.items[p], q.items[i]
		i = p
	}
}

func (q *Queue[T]) down(i int) {
	for {
		m := i
		for _, c := range []int{2*i + 1, 2*i + 2} {
			if c < len(q.items) && q.less(q.items[c], q.items[m]) {
				m = c
			}
		}
		if m == i {
			return
		}
		q.items[i], q.items[m] = q.items[m], q.items[i]
		i = m
	}
}
