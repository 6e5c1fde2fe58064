package await

// An Event is a flag that tasks can wait for. Its zero value is not set. It
// belongs to the loop that used it first, as Waiters does.
type Event struct {
	waiters Waiters
	set     bool
}

// Set sets the flag and wakes all who wait for it.
func (e *Event) Set() {
	e.waiters.Claim("an event")
	e.set = true
	e.waiters.WakeAll()
}

// Clear takes the flag back.
func (e *Event) Clear() {
	e.waiters.Claim("an event")
	e.set = false
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet() bool { return e.set }

// Wait returns once the flag is set; at once if it is.
func (e *Event) Wait() {
	e.waiters.Claim("an event")
	if !e.set {
		e.waiters.Wait("an event")
	}
}

// Await is Wait, so that an event can be awaited.
func (e *Event) Await() { e.Wait() }
