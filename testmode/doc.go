// Package testmode runs Go tests the way pytest runs Python's: it selects
// them, runs each as a task on a fresh await.Loop, all on one thread of their
// own, and reports in pytest's form, byte for byte where there is a
// counterpart.
//
// The package owns everything between "here are named functions and their
// source" and "here is the report and the exit status". It knows nothing of
// where the functions come from: a host (an interpreter's session, say) hands
// over a list of Test values and a few hooks in Options that translate places.
//
// What happens in a run is told as a stream of events; the terminal report and
// the JUnit file are two consumers of it, and a host may listen too.
//
// # Words
//
//   - A test is a function the host found: a test function, an example, a fuzz
//     test with its seeds, or, under Options.Bench, a benchmark. t.Run inside it
//     makes subtests; a test with subtests is represented by them in letters
//     and counts, and by itself only if it fails on its own account.
//   - A test has three phases, as in pytest: setup (Test.Setup), call
//     (Test.Func) and teardown (what t.Cleanup registered). A failure in call
//     is "failed", one in the other two is an "error".
//   - A test that calls t.Attr("xfail", reason) is expected to fail: it counts
//     as xfailed if it does and as xpassed if it does not. With
//     t.Attr("xfail_strict", reason), passing is a failure.
//   - A warning does not fail a test (except with -W error): tasks that were
//     still pending at the end are reported so, after they were cancelled and
//     awaited.
//
// # For hosts
//
// ParseOptions reads the arguments of a command; Options.Help, Watch and Native
// are then the host's to honour. KindOf tells by its name what a function is.
// Each becomes a Test with one of Func, Bench, Fuzz and Example set; TestMain
// goes to Options.Main, fixtures to Options.Fixtures, with Test.Needs naming
// what a test wants of them, and files that do not compile to Options.Broken.
//
// While a test runs, Current returns it to code of its tasks: what it prints
// belongs to T.Stdout and T.Stderr, a failed assertion to T.Assert, os.Exit to
// Exit, a panic of a goroutine it started to T.Panicked. The functions Short,
// Verbose, Testing and Benchmark stand for those of package testing, and T, B,
// F, M and PB for its types.
//
// Runner.Run blocks until the tests are done; a first Ctrl-C ends its context, a
// second calls Runner.Abandon. Runner.Memory is what to keep between processes.
package testmode
