package testmode

import "time"

// An Outcome is how a phase of a test ended.
type Outcome int

// The outcomes, in pytest's words. Errored is a failure of setup or teardown.
const (
	Passed Outcome = iota
	Failed
	Skipped
	XFailed
	XPassed
	Errored
)

// String returns the word of the statistics, as in "2 failed".
func (o Outcome) String() string {
	return [...]string{"passed", "failed", "skipped", "xfailed", "xpassed", "error"}[o]
}

// letter returns the progress letter.
func (o Outcome) letter() string {
	return [...]string{".", "F", "s", "x", "X", "E"}[o]
}

// word returns the word of verbose progress lines and of the short summary.
func (o Outcome) word() string {
	return [...]string{"PASSED", "FAILED", "SKIPPED", "XFAIL", "XPASS", "ERROR"}[o]
}

// A Phase is a part of a test's run.
type Phase int

// The phases of a test.
const (
	Setup Phase = iota
	Call
	Teardown
	// Collecting is the phase of reports on files that could not be collected.
	Collecting
)

// String returns the phase in lower case.
func (p Phase) String() string { return [...]string{"setup", "call", "teardown", "collecting"}[p] }

// A Report tells how a test, a subtest, or one phase of it ended.
type Report struct {
	// ID is the node id, as in "session::TestX/sub".
	ID string
	// File and Line are the test's.
	File string
	Line int
	// Phase is Call, unless Outcome is Errored.
	Phase   Phase
	Outcome Outcome
	// Failures are what went wrong, in order. It is not empty if Outcome is
	// Failed, Errored or XFailed by a failure.
	Failures []Failure
	// Reason is why the test was skipped or is expected to fail.
	Reason string
	// Place is where it was skipped, as "location:line".
	Place string
	// Sections are what was captured.
	Sections []Section
	// Attrs are the attributes set by T.Attr, in order.
	Attrs []Arg
	// Durations are those of the three phases.
	Durations [3]time.Duration
	// Subtest tells that the report is that of a subtest.
	Subtest bool
	// Source is the declaration of the test function.
	Source Source
}

// message returns the first failure's text, as the short summary shows it.
func (r *Report) message() string {
	if len(r.Failures) == 0 {
		return ""
	}
	return r.Failures[0].message()
}

// A Failure is one thing that went wrong in a test.
type Failure struct {
	// Kind is what stands after "location:line: ", as in "AssertionError",
	// "Failed" or "panic".
	Kind string
	// Lines are the text of the E lines.
	Lines []string
	// Frames are the active calls of user code, innermost first.
	Frames []Frame
	// Bare tells to print the lines alone, without source, and then Place, as
	// in "location:line", if it is not empty.
	Bare  bool
	Place string
	phase Phase
}

// message returns the lines joined, or "" if the short summary is to show none.
func (f Failure) message() string {
	if f.Bare && f.Place != "" || f.Kind == "CollectError" {
		return ""
	}
	n := 0
	for _, l := range f.Lines {
		n += len(l) + 1
	}
	b := make([]byte, 0, n)
	for i, l := range f.Lines {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, l...)
	}
	return string(b)
}

// A Section is captured output, as in "Captured stdout call".
type Section struct{ Title, Text string }

// A Warning is something the report mentions without failing the test.
type Warning struct {
	// ID is the node id of the test it was met in.
	ID string
	// Place is "location:line", Kind as in "TaskLeak".
	Place, Kind string
	// Lines are the text; the first is printed after the kind.
	Lines []string
	// Code is the source line, if known.
	Code string
}

// Exit statuses of a run: pytest's.
const (
	StatusOK          = 0
	StatusFailed      = 1
	StatusInterrupted = 2
	StatusInternal    = 3
	StatusUsage       = 4
	StatusNoTests     = 5
)

// A Result is what a run came to.
type Result struct {
	// Status is the exit status, 0 to 5 as pytest's.
	Status int
	// The counts of reports by outcome.
	Passed, Failed, Skipped, XFailed, XPassed, Errors int
	// Warnings were reported, and Deselected tests not run.
	Warnings, Deselected int
	// Duration is how long the run took.
	Duration time.Duration
	// Seed is what --shuffle and --schedules used.
	Seed uint64
	// Coverage is what was executed, if that was asked for.
	Coverage []Coverage
	// Reports are all reports in order.
	Reports []Report
	// Benchmarks are the results of benchmarks in order.
	Benchmarks []Measurement
}

// count adds a report to the statistics.
func (r *Result) count(o Outcome) {
	switch o {
	case Passed:
		r.Passed++
	case Failed:
		r.Failed++
	case Skipped:
		r.Skipped++
	case XFailed:
		r.XFailed++
	case XPassed:
		r.XPassed++
	case Errored:
		r.Errors++
	}
}
