package await

import "errors"

// ErrBroken is what Barrier.Wait returns when the barrier was broken.
var ErrBroken = errors.New("await: the barrier is broken")

// A Barrier makes a fixed number of tasks wait for each other, again and again.
// Make it with NewBarrier. It belongs to the loop that used it first, as Waiters
// does.
type Barrier struct {
	size    int
	round   *barrierRound
	broken  bool
	waiters Waiters
}

// barrierRound is one gathering of tasks.
type barrierRound struct {
	arrived int
	broken  bool
}

// NewBarrier makes a barrier for n tasks.
func NewBarrier(n int) *Barrier { return &Barrier{size: n, round: &barrierRound{}} }

// Wait waits until as many tasks wait as the barrier is for, and returns the
// caller's place in the order of arrival, from 0. If the barrier is broken, by
// Break or by cancellation of one of them, all get ErrBroken.
func (b *Barrier) Wait() (int, error) {
	b.waiters.Claim("a barrier")
	if b.broken {
		return 0, ErrBroken
	}
	r := b.round
	place := r.arrived
	r.arrived++
	if r.arrived == b.size {
		b.round = &barrierRound{}
		b.waiters.WakeAll()
		return place, nil
	}
	passed := false
	defer func() {
		if !passed {
			b.Break()
		}
	}()
	b.waiters.Wait("a barrier")
	passed = true
	if r.broken {
		return place, ErrBroken
	}
	return place, nil
}

// Break wakes all who wait and makes every Wait return ErrBroken, until Reset.
func (b *Barrier) Break() {
	b.waiters.Claim("a barrier")
	b.broken, b.round.broken = true, true
	b.waiters.WakeAll()
}

// Reset makes the barrier whole and empty; tasks that wait get ErrBroken.
func (b *Barrier) Reset() {
	b.Break()
	b.broken, b.round = false, &barrierRound{}
}

// Waiting returns how many tasks wait.
func (b *Barrier) Waiting() int { return b.waiters.Len() }
