package await

// A Condition lets tasks that hold a Lock wait for a change that others make
// under the same lock. Make it with NewCondition. Tasks that need no lock across
// waits are better served by Waiters.
type Condition struct {
	// L is the lock.
	L       *Lock
	waiters Waiters
}

// NewCondition makes a condition for what l protects.
func NewCondition(l *Lock) *Condition { return &Condition{L: l} }

// Wait unlocks L, waits for Signal or Broadcast, and locks L again, also when
// the wait is cut short by cancellation. It panics if L is not held.
func (c *Condition) Wait() {
	c.waiters.Claim("a condition")
	c.L.Unlock()
	defer func() { Shield(c.L.Lock) }()
	c.waiters.Wait("a condition")
}

// WaitFor waits until ok, which it calls with L held, is true.
func (c *Condition) WaitFor(ok func() bool) {
	for !ok() {
		c.Wait()
	}
}

// Signal wakes the task that has waited longest.
func (c *Condition) Signal() { c.waiters.WakeOne() }

// Broadcast wakes all who wait.
func (c *Condition) Broadcast() { c.waiters.WakeAll() }
