package testmode

import (
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// Options say what to run and how, in pytest's words, and how to reach the
// host. ParseOptions makes them from arguments; the zero value is pytest's
// default verbosity with everything else plain.
type Options struct {
	// Verbosity is 0 by default, -1 for -q, -2 for -qq, 1 for -v, 2 for -vv.
	Verbosity int
	// NodeIDs select tests: "TestX", "TestX/sub", "file.go::TestX", "file.go".
	NodeIDs []string
	// Keyword is the expression of -k.
	Keyword string
	// MaxFail stops after so many failures; 0 means never.
	MaxFail int
	// LastFailed runs only what failed in the last run, FailedFirst runs that
	// first, Stepwise goes on from the test that failed and stops at the next
	// failure.
	LastFailed, FailedFirst, Stepwise bool
	// NoFailures says what LastFailed runs if nothing has failed: all (or
	// empty) or none.
	NoFailures string
	// CollectOnly lists the tests instead of running them, ShowFixtures the
	// fixtures.
	CollectOnly, ShowFixtures bool
	// ContinueOnBroken runs the other tests although there are Broken files.
	ContinueOnBroken bool
	// IDs is the form of the ids of subtests: go (or empty) for "TestX/case",
	// pytest for "TestX[case]".
	IDs string

	// TB is the style of failures: auto (or empty), long, short, line, no.
	TB string
	// ShowLocals shows the local variables of each call.
	ShowLocals bool
	// Report is the letters of -r; empty means "fE".
	Report string
	// NoSummary leaves out everything between progress and statistics.
	NoSummary bool
	// NoHeader leaves out the header of the run.
	NoHeader bool
	// FullTrace shows the calls that were active at a Ctrl-C.
	FullTrace bool
	// Durations, if not nil, lists so many slowest phases; 0 means all.
	Durations *int
	// DurationsMin is the shortest to list, unless Verbosity is 2.
	DurationsMin time.Duration
	// Capture is "fd" or "sys" (or empty) to capture output, "tee-sys" to
	// capture and print it, "no" to print it only.
	Capture string
	// ShowCapture says which captured output to show: all (or empty), stdout,
	// stderr, log, no.
	ShowCapture string
	// ColorWhen is yes, no or auto; with auto (or empty), Color decides.
	ColorWhen string
	Color     bool
	// Width is the width of the terminal; 0 means 80.
	Width int
	// JUnit is the path of a JUnit XML file to write.
	JUnit string
	// Warnings is what becomes of warnings: default (or empty), error, ignore.
	Warnings string

	// Timeout ends a test that takes longer; 0 means never.
	Timeout time.Duration
	// Grace is how long a test may take to stop before its thread is given up;
	// 0 means two seconds.
	Grace time.Duration
	// Count runs every test so many times; 0 means once.
	Count int
	// Shuffle runs the tests in random order.
	Shuffle bool
	// Virtual gives the tests' loops the virtual clock.
	Virtual bool
	// Schedules runs each test under so many random schedules, with the
	// virtual clock, until one fails.
	Schedules int
	// Seed is the seed of Shuffle, and of the first of Schedules; nil means
	// one is chosen.
	Seed *uint64
	// Bench runs the benchmarks instead of everything else. Each takes about
	// BenchTime, or one second if that is 0, or BenchCount iterations if that
	// is not 0. BenchMem shows allocations of all.
	Bench      bool
	BenchTime  time.Duration
	BenchCount int
	BenchMem   bool
	// ShortMode is what Short reports.
	ShortMode bool
	// LoopScope is function (or empty) for a fresh loop per test, session for
	// one loop.
	LoopScope string

	// Cover reports which statements were executed; Missing lists the lines
	// that were not.
	Cover, Missing bool
	// CoverProfile is the path of a file to write, as go test -coverprofile
	// does. CoverLeast fails the run if a smaller percentage was executed.
	CoverProfile string
	CoverLeast   float64

	// Help asks for the list of options, Watch to run again what a change
	// concerns, Native to run the tests as compiled code, with Race under the
	// race detector. All this is for the host to do; a Runner ignores it.
	Help, Watch, Native, Race bool

	// What follows is the host's.

	// Broken are files whose tests could not be found, as those that do not
	// compile; no test is run then, unless ContinueOnBroken is set.
	Broken []Broken
	// Main is TestMain of the tests that belong to no Group, if there is one,
	// and MainSource its declaration.
	Main       func(m *M)
	MainSource Source
	// Fixtures provide what those tests ask for in Test.Needs.
	Fixtures []Fixture
	// Version is shown in the header, as in "asyncrepl-0.1.0".
	Version string
	// Root is the directory shown in the header.
	Root string
	// Where returns the calls of user code active in the calling goroutine,
	// innermost first. It is called when a failure is recorded.
	Where func() []Frame
	// Locals gives frames that Where has just returned their Locals. It is
	// called when a failure is recorded, on the same goroutine.
	Locals func(frames []Frame)
	// PanicFrames returns what a function panicked with, without the host's
	// wrapping, and the calls that were active. It is called with what recover
	// returned, inside the deferred function that recovered it.
	PanicFrames func(v any) (value any, frames []Frame)
	// TaskPlace returns where a task was started, as far as user code is
	// concerned. It is called on the task's loop.
	TaskPlace func(task await.TaskInfo) (Frame, bool)
	// Guard returns what is called in the place of f, which calls a function of
	// a test: the test itself, a subtest or what was registered by Cleanup.
	Guard func(f func()) func()
	// Interrupt is called, from any goroutine, when the running test is to
	// stop: the host has code that computes without waiting panic with
	// Unwind(). Resume ends that state before the next test.
	Interrupt, Resume func()
	// LoopOptions are for the loops of the tests. A host that wants
	// await.WithSwitch should set Switch instead: otherwise --schedules cannot
	// tell the order in which tasks ran.
	LoopOptions []await.Option
	// Switch is called at every change of the running task of a test's loop;
	// see await.WithSwitch.
	Switch func(from, to *await.Task0)
	// Coverage returns what has been executed since the run began. It is
	// called at the end of a run with Cover set.
	Coverage func() []Coverage
	// Highlight colours a line of source text.
	Highlight func(line string) string
	// Listen is told of all events, on the thread of the tests.
	Listen func(Event)
}

// A Broken is a file whose tests could not be found.
type Broken struct {
	// File is its name.
	File string
	// Lines tell why.
	Lines []string
}

// colored reports whether to use colour.
func (o *Options) colored() bool {
	return o.ColorWhen == "yes" || o.ColorWhen != "no" && o.Color
}

// captures reports whether output is kept for the report.
func (o *Options) captures() bool { return o.Capture != "no" }

// prints reports whether output is printed as it comes.
func (o *Options) prints() bool { return o.Capture == "no" || o.Capture == "tee-sys" }

// width returns the width to print for.
func (o *Options) width() int {
	if o.Width < 40 {
		return 80
	}
	return o.Width
}

// grace returns how long a test may take to stop.
func (o *Options) grace() time.Duration {
	if o.Grace > 0 {
		return o.Grace
	}
	return 2 * time.Second
}

// reportLetters returns the letters of -r with its short forms resolved.
func (o *Options) reportLetters() string {
	if o.Report == "" {
		return "fE"
	}
	var letters []rune
	for _, c := range o.Report {
		switch c {
		case 'a':
			letters = []rune("sxXEf")
		case 'A':
			letters = []rune("PpsxXEf")
		case 'N':
			letters = nil
		case 'F':
			letters = addLetter(letters, 'f')
		case 'S':
			letters = addLetter(letters, 's')
		default:
			letters = addLetter(letters, c)
		}
	}
	return string(letters)
}

func addLetter(letters []rune, c rune) []rune {
	for _, l := range letters {
		if l == c {
			return letters
		}
	}
	return append(letters, c)
}
