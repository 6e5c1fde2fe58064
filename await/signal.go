package await

import (
	"iter"
	"os"
	"os/signal"
)

// Signals yields the operating system's signals of the given kinds (all, if
// none is given) as they arrive, from the beginning of the iteration to its end.
// Meanwhile they do not have their usual effect.
func Signals(kinds ...os.Signal) iter.Seq[os.Signal] {
	return func(yield func(os.Signal) bool) {
		c := make(chan os.Signal, 16)
		signal.Notify(c, kinds...)
		defer signal.Stop(c)
		for s := range Range(c) {
			if !yield(s) {
				return
			}
		}
	}
}

// Signal waits for one signal of the given kinds, and returns it.
func Signal(kinds ...os.Signal) os.Signal {
	for s := range Signals(kinds...) {
		return s
	}
	panic("unreachable: a channel that nobody closes was closed")
}
