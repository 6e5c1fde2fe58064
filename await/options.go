package await

import "time"

// An Option sets up a loop; see NewLoop.
type Option func(*Loop)

// WithName names the loop in messages. Without it, loops are called
// "loop 1", "loop 2", and so on.
func WithName(name string) Option { return func(l *Loop) { l.name = name } }

// WithClock chooses the loop's clock, Real or Virtual; the default is Real.
func WithClock(c Clock) Option { return func(l *Loop) { l.clock.kind = c } }

// WithSeed makes the loop choose at random, by this seed, which of the ready
// tasks runs next; the default is first come, first served. The same program
// under the same seed makes the same choices, provided that nothing outside
// the loop interferes (so: with the virtual clock).
func WithSeed(seed uint64) Option { return func(l *Loop) { l.ready.seed(seed) } }

// WithUnhandled sets the function that is told of failures nobody awaits: f is
// called on the loop the moment a task ended in a panic while no one waited for
// it. A panic in a callback, or in a call whose awaiter was cancelled, is
// reported as a task with number 0. Without this option the report goes to
// standard error. f must not wait.
func WithUnhandled(f func(t *Task0)) Option { return func(l *Loop) { l.unhandled = f } }

// WithSwitch sets a function that is called at every change of the running
// task, before the new one goes on, so that a host can save and restore what
// belongs to one task. from or to is nil when callbacks come between. f must
// not wait.
func WithSwitch(f func(from, to *Task0)) Option { return func(l *Loop) { l.onSwitch = f } }

// WithOffLimit sets how many calls of Off may be under way at the same time;
// more wait for their turn. The default is 256. n must be positive.
func WithOffLimit(n int) Option {
	return func(l *Loop) {
		if n < 1 {
			panic(&MisuseError{"WithOffLimit needs a positive number"})
		}
		l.offLimit = n
	}
}

// WithShutdown sets how long, in real time, a loop that ends waits for its
// cancelled tasks and outstanding calls to finish. The default is 5 seconds.
func WithShutdown(d time.Duration) Option { return func(l *Loop) { l.grace = d } }

// WithPlaces makes the loop record the places in the program where each task
// was started and where it waits, and since when, at the price of some hundred
// nanoseconds for each start and each wait.
func WithPlaces() Option { return func(l *Loop) { l.places = true } }
