package await

import "time"

// A Clock is a way for a loop's time to pass.
type Clock int

const (
	// Real time is the computer's monotonic clock.
	Real Clock = iota
	// Virtual time stands still while any task can run, and jumps to the next
	// timer when none can: sleeping for an hour takes no time. It begins at
	// midnight UTC 2000-01-01. It does not jump while calls made by Off are
	// under way.
	Virtual
)

// String returns "real" or "virtual".
func (c Clock) String() string {
	if c == Virtual {
		return "virtual"
	}
	return "real"
}

// clock tells a loop's time as the duration since its making.
type clock struct {
	kind   Clock
	origin time.Time
	jumped time.Duration // virtual: the present
}

// start sets the origin.
func (c *clock) start() {
	c.origin = time.Now()
	if c.kind == Virtual {
		c.origin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
}

// now returns the time since the origin.
func (c *clock) now() time.Duration {
	if c.kind == Virtual {
		return c.jumped
	}
	return time.Since(c.origin)
}
