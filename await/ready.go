package await

import (
	"math/rand/v2"
	"unsafe"

	"github.com/asyncrepl/asyncrepl/await/gid"
)

// ready is the queue of tasks that can run: a ring that grows.
type ready struct {
	ring []*Task0 // its length is a power of two
	head int
	size int
	rng  *rand.Rand // nil: first come, first served
}

// seed makes pop choose at random.
func (q *ready) seed(s uint64) { q.rng = rand.New(rand.NewPCG(s, s^0x9e3779b97f4a7c15)) }

// push appends t.
func (q *ready) push(t *Task0) {
	if q.size == len(q.ring) {
		bigger := make([]*Task0, max(16, 2*len(q.ring)))
		n := copy(bigger, q.ring[q.head:])
		copy(bigger[n:], q.ring[:q.head])
		q.ring, q.head = bigger, 0
	}
	q.ring[(q.head+q.size)&(len(q.ring)-1)] = t
	q.size++
}

// pop removes and returns the next task. The queue must not be empty.
func (q *ready) pop() *Task0 {
	mask := len(q.ring) - 1
	if q.rng != nil && q.size > 1 {
		i := (q.head + q.rng.IntN(q.size)) & mask
		q.ring[q.head], q.ring[i] = q.ring[i], q.ring[q.head]
	}
	t := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & mask
	q.size--
	return t
}

// A crowd is more ready tasks than the processor's caches can hold.
const crowd = 256

// fetch has what the next tasks will need brought into the caches, in stages:
// each looks at what the one before has fetched. That more than halves the time
// of a switch in a crowd. The queue must hold more than a few tasks.
func (q *ready) fetch() {
	const ahead = 2
	at := func(i int) *Task0 { return q.ring[(q.head+i*ahead)&(len(q.ring)-1)] }
	gid.Fetch(unsafe.Pointer(at(6)))
	gid.Fetch(unsafe.Pointer(at(5).strand))
	if s := at(4).strand; s != nil {
		gid.FetchRecord(s.g)
		gid.Fetch(unsafe.Pointer(s.at))
	}
	if s := at(3).strand; s != nil && s.g != 0 {
		gid.FetchStack(s.g)
		gid.Fetch(s.at.way())
	}
	if s := at(2).strand; s != nil && s.g != 0 {
		gid.FetchCaptured(s.at.way())
	}
}

// way returns the function that leads to who stands in c, as a pointer.
func (c *coro) way() unsafe.Pointer {
	f := unsafe.Pointer(&c.next)
	if c.inNext {
		f = unsafe.Pointer(&c.yield)
	}
	return *(*unsafe.Pointer)(f)
}
