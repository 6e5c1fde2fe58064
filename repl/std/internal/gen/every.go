package main

import "iter"

// every reports whether ok holds for every element of seq.
func every[T any](seq iter.Seq[T], ok func(T) bool) bool {
	for v := range seq {
		if !ok(v) {
			return false
		}
	}
	return true
}
