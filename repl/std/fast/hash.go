package fast

import "hash/maphash"

// Comparable returns the hash of v. It panics if v cannot be compared.
func Comparable(seed maphash.Seed, v any) uint64 { return maphash.Comparable(seed, v) }

// WriteComparable adds v to the data hashed by h. It panics if v cannot be
// compared.
func WriteComparable(h *maphash.Hash, v any) { maphash.WriteComparable(h, v) }
