package testmode

import "time"

// An Event is something that happened in a run. It is one of Collected,
// Started, Reported, Measured, Warned, Printed, Finished and Ended.
type Event interface{ event() }

// Collected begins a run: tests were found and selected.
type Collected struct {
	Time time.Time
	// Tests are those that will run, in order; Found is how many there were
	// before deselection.
	Tests []Test
	Found int
	// Errors is how many files could not be collected.
	Errors int
	// Notes are lines for the header, as in "run-last-failure: …".
	Notes []string
}

// Started tells that a test begins.
type Started struct {
	Time time.Time
	ID   string
}

// Reported carries the report of a test, a subtest, or a failed phase.
type Reported struct{ Report *Report }

// Measured carries the result of a benchmark.
type Measured struct{ Measurement Measurement }

// Warned carries a warning.
type Warned struct{ Warning Warning }

// Printed carries output of a test that is not captured.
type Printed struct{ Text []byte }

// Finished tells that a test is over, its subtests and teardown included.
type Finished struct {
	Time time.Time
	ID   string
	// Done is how many of the selected tests are over.
	Done int
	// Durations are those of the test's phases.
	Durations [3]time.Duration
}

// Ended ends a run.
type Ended struct {
	Result *Result
	// Stop is why the run ended early, as in "stopping after 1 failures".
	Stop string
	// Interrupted is the place of the test a Ctrl-C met, as "location:line";
	// it is "?" if the place is not known, and empty if there was none.
	Interrupted string
	// Frames are the calls that were active there.
	Frames []Frame
	// Internal is what went wrong in this package, or in a hook of the host.
	Internal []string
	// Problem is a usage error met while selecting tests.
	Problem string
}

func (Collected) event() {}
func (Started) event()   {}
func (Reported) event()  {}
func (Measured) event()  {}
func (Warned) event()    {}
func (Printed) event()   {}
func (Finished) event()  {}
func (Ended) event()     {}
