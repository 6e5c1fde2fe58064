// Package iter is the source of the standard package iter for a session.
package iter

import "github.com/asyncrepl/asyncrepl/repl/std/fast"

// Seq is an iterator over values: seq(yield) calls yield(v) for each value v,
// stopping early if yield returns false.
type Seq[V any] func(yield func(V) bool)

// Seq2 is an iterator over pairs of values: seq(yield) calls yield(k, v) for
// each pair, stopping early if yield returns false.
type Seq2[K, V any] func(yield func(K, V) bool)

// Pull returns functions that get the values of seq one at a time and that
// end the iteration.
func Pull[V any](seq Seq[V]) (next func() (V, bool), stop func()) {
	var value V
	resume, stop := fast.Pull(func(yield func() bool) {
		seq(func(v V) bool {
			value = v
			return yield()
		})
	})
	next = func() (V, bool) {
		var zero V
		if !resume() {
			return zero, false
		}
		v := value
		value = zero
		return v, true
	}
	return next, stop
}

// Pull2 returns functions that get the pairs of seq one at a time and that end
// the iteration.
func Pull2[K, V any](seq Seq2[K, V]) (next func() (K, V, bool), stop func()) {
	var key K
	var value V
	resume, stop := fast.Pull(func(yield func() bool) {
		seq(func(k K, v V) bool {
			key, value = k, v
			return yield()
		})
	})
	next = func() (K, V, bool) {
		var zeroKey K
		var zero V
		if !resume() {
			return zeroKey, zero, false
		}
		k, v := key, value
		key, value = zeroKey, zero
		return k, v, true
	}
	return next, stop
}
