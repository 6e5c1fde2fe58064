package fast

import "iter"

// Pull turns the push iterator seq into a pull iterator, as [iter.Pull] does.
// The elements do not pass through it: seq leaves each where the caller of
// next finds it, and next reports whether there is one.
func Pull(seq func(yield func() bool)) (next func() bool, stop func()) {
	resume, stop := iter.Pull(func(yield func(struct{}) bool) {
		seq(func() bool { return yield(struct{}{}) })
	})
	return func() bool { _, ok := resume(); return ok }, stop
}
