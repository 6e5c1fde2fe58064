// Package maphash is the source of the generic part of the standard package
// hash/maphash for a session.
package maphash

import (
	"hash/maphash"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Comparable returns the hash of v with seed; equal values have equal hashes.
func Comparable[T comparable](seed maphash.Seed, v T) uint64 {
	return fast.Comparable(seed, v)
}

// WriteComparable adds x to the data hashed by h.
func WriteComparable[T comparable](h *maphash.Hash, x T) {
	fast.WriteComparable(h, x)
}
