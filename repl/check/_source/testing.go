// Package testing is what a session sees of the standard package testing in
// place of the parts that only a compiled test binary can use.
package testing

import (
	"context"
	"io"
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// T, B, F, M and PB are the test mode's, which have the methods of the standard
// ones.
type (
	T  = testmode.T
	B  = testmode.B
	F  = testmode.F
	M  = testmode.M
	PB = testmode.PB
)

// TB is what T, B and F have in common.
type TB interface {
	ArtifactDir() string
	Attr(key, value string)
	Chdir(dir string)
	Cleanup(func())
	Context() context.Context
	Error(args ...any)
	Errorf(format string, args ...any)
	Fail()
	FailNow()
	Failed() bool
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Helper()
	Log(args ...any)
	Logf(format string, args ...any)
	Name() string
	Output() io.Writer
	Setenv(key, value string)
	Skip(args ...any)
	SkipNow()
	Skipf(format string, args ...any)
	Skipped() bool
	TempDir() string
}

// Benchmark measures f outside a run of tests.
func Benchmark(f func(b *B)) testing.BenchmarkResult { return testmode.Benchmark(f) }

// Short reports whether --short was given.
func Short() bool { return testmode.Short() }

// Verbose reports whether -v was given.
func Verbose() bool { return testmode.Verbose() }

// Testing reports whether a test is running.
func Testing() bool { return testmode.Testing() }
