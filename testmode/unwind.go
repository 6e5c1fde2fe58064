package testmode

import "github.com/asyncrepl/asyncrepl/await"

// An unwind is what FailNow and SkipNow panic with to leave the test's task.
// The test is marked before, so that recovering it cannot make a success.
type unwind struct{ t *T }

// String explains an unwind that someone recovered and printed.
func (u *unwind) String() string { return "testmode: FailNow or SkipNow leaves the test" }

// IsUnwind reports whether v, a value returned by recover, is FailNow, SkipNow
// or Exit leaving a test or TestMain. Hosts whose code recovers it should panic with it
// again.
func IsUnwind(v any) bool {
	switch await.PanicValue(v).(type) {
	case *unwind, *exit:
		return true
	}
	return false
}

// Unwind returns a value for a host to panic with when it stops code of a test
// that does not wait, because Options.Interrupt asked it to: the test has been
// marked already.
func Unwind() any { return &unwind{} }
