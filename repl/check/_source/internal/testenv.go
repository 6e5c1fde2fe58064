// Package testenv stands in for the one of the Go toolchain: the tests run
// beside a Go installation that need not be there, on no builder.
package testenv

import "testing"

func Builder() string { return "" }

func HasGoBuild() bool { return false }

func MustHaveGoBuild(t testing.TB) { t.Skip("the go command may not be there") }

func MustHaveExec(t testing.TB) {}

func OptimizationOff() bool { return true }

func SkipIfOptimizationOff(t testing.TB) { t.Skip("interpreted code is not optimized") }
