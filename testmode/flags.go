package testmode

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A UsageError tells of arguments that make no sense. The exit status of a run
// that meets one is StatusUsage.
type UsageError struct {
	Problem string
	// Plain tells that the arguments were well formed, and the way of writing
	// them need not be repeated.
	Plain bool
}

// Error returns the problem, as in "unrecognized arguments: --nope".
func (e *UsageError) Error() string { return e.Problem }

// Usage returns the text to print for the error in the command called program.
func (e *UsageError) Usage(program string) string {
	if e.Plain {
		return "ERROR: " + e.Problem + "\n"
	}
	return fmt.Sprintf("ERROR: usage: %s [options] [test ids]\n%s: error: %s\n", program, program, e.Problem)
}

// A flag is an option that ParseOptions understands.
type flag struct {
	names string // separated by spaces; the last is the one messages use
	value string // what stands for the value in the help text, or ""
	help  string
	set   func(o *Options, v string) error
}

var flags = []flag{
	{names: "-v --verbose", help: "more about each test; -vv: full differences",
		set: func(o *Options, _ string) error { o.Verbosity++; return nil }},
	{names: "-q --quiet", help: "less (the default); -qq: no statistics",
		set: func(o *Options, _ string) error { o.Verbosity--; return nil }},
	{names: "--verbosity", value: "N", help: "set the verbosity; pytest's own default is 0",
		set: integer(func(o *Options, n int) { o.Verbosity = n })},
	{names: "-k", value: "EXPR", help: "run tests whose names match, as in 'get and not slow'",
		set: func(o *Options, v string) error {
			if _, err := ParseKeyword(v); err != nil {
				return &UsageError{Problem: err.Error(), Plain: true}
			}
			o.Keyword = v
			return nil
		}},
	{names: "-x --exitfirst", help: "stop at the first failure",
		set: func(o *Options, _ string) error { o.MaxFail = 1; return nil }},
	{names: "--maxfail", value: "N", help: "stop after N failures",
		set: integer(func(o *Options, n int) { o.MaxFail = n })},
	{names: "--lf --last-failed", help: "run only what failed last time",
		set: func(o *Options, _ string) error { o.LastFailed = true; return nil }},
	{names: "--lfnf --last-failed-no-failures", value: "WHICH", help: "what --lf runs if nothing failed: all or none",
		set: choice(func(o *Options, v string) { o.NoFailures = v }, "all", "none")},
	{names: "--ff --failed-first", help: "run what failed last time first",
		set: func(o *Options, _ string) error { o.FailedFirst = true; return nil }},
	{names: "--sw --stepwise", help: "stop at a failure and go on from there next time",
		set: func(o *Options, _ string) error { o.Stepwise = true; return nil }},
	{names: "--co --collect-only", help: "list the tests, run none",
		set: func(o *Options, _ string) error { o.CollectOnly = true; return nil }},
	{names: "--fixtures", help: "list the fixtures, run nothing",
		set: func(o *Options, _ string) error { o.ShowFixtures = true; return nil }},
	{names: "--continue-on-collection-errors", help: "run what there is although some files do not compile",
		set: func(o *Options, _ string) error { o.ContinueOnBroken = true; return nil }},
	{names: "--ids", value: "FORM", help: "ids of subtests: go (TestX/case) or pytest (TestX[case])",
		set: choice(func(o *Options, v string) { o.IDs = v }, "go", "pytest")},
	{names: "-r", value: "CHARS", help: "what the summary lists: f E s x X p P, a (all but pP), A (all), N (nothing)",
		set: func(o *Options, v string) error { o.Report += v; return nil }},
	{names: "--tb", value: "STYLE", help: "auto, long, short, line or no",
		set: choice(func(o *Options, v string) { o.TB = v }, "auto", "long", "short", "line", "native", "no")},
	{names: "-l --showlocals", help: "show local variables in failures",
		set: func(o *Options, _ string) error { o.ShowLocals = true; return nil }},
	{names: "--no-showlocals", help: "do not, although the defaults say so",
		set: func(o *Options, _ string) error { o.ShowLocals = false; return nil }},
	{names: "-s", help: "do not capture output",
		set: func(o *Options, _ string) error { o.Capture = "no"; return nil }},
	{names: "--capture", value: "METHOD", help: "fd, sys, tee-sys or no",
		set: choice(func(o *Options, v string) { o.Capture = v }, "fd", "sys", "no", "tee-sys")},
	{names: "--show-capture", value: "WHICH", help: "captured output to show: no, stdout, stderr, log or all",
		set: choice(func(o *Options, v string) { o.ShowCapture = v }, "no", "stdout", "stderr", "log", "all")},
	{names: "--durations", value: "N", help: "list the N slowest phases; 0 for all",
		set: integer(func(o *Options, n int) { o.Durations = &n })},
	{names: "--durations-min", value: "SECONDS", help: "the shortest to list; 0.005 if not given",
		set: seconds(func(o *Options, d time.Duration) { o.DurationsMin = d })},
	{names: "--color", value: "WHEN", help: "yes, no or auto",
		set: choice(func(o *Options, v string) { o.ColorWhen = v }, "yes", "no", "auto")},
	{names: "--no-header", help: "leave out the header",
		set: func(o *Options, _ string) error { o.NoHeader = true; return nil }},
	{names: "--no-summary", help: "leave out the summary",
		set: func(o *Options, _ string) error { o.NoSummary = true; return nil }},
	{names: "--full-trace", help: "show what was running at a Ctrl-C",
		set: func(o *Options, _ string) error { o.FullTrace = true; return nil }},
	{names: "-W --pythonwarnings", value: "ACTION", help: "warnings: default, error or ignore",
		set: choice(func(o *Options, v string) { o.Warnings = v }, "default", "error", "ignore")},
	{names: "--junit-xml --junitxml", value: "PATH", help: "write a JUnit XML file",
		set: func(o *Options, v string) error { o.JUnit = v; return nil }},
	{names: "--timeout", value: "SECONDS", help: "end a test that takes longer; 600 if not given, 0 for never",
		set: seconds(func(o *Options, d time.Duration) { o.Timeout = d })},
	{names: "--count", value: "N", help: "run every test N times",
		set: integer(func(o *Options, n int) { o.Count = n })},
	{names: "--shuffle", help: "run the tests in random order",
		set: func(o *Options, _ string) error { o.Shuffle = true; return nil }},
	{names: "--seed", value: "N", help: "the seed of --shuffle and --schedules",
		set: func(o *Options, v string) error {
			n, err := strconv.ParseUint(v, 10, 64)
			if err != nil {
				return fmt.Errorf("invalid int value: %s", pyQuote(v))
			}
			o.Seed = &n
			return nil
		}},
	{names: "--virtual", help: "let the tests' time jump instead of passing",
		set: func(o *Options, _ string) error { o.Virtual = true; return nil }},
	{names: "--schedules", value: "N", help: "run each test under N random schedules, in virtual time",
		set: integer(func(o *Options, n int) { o.Schedules = n })},
	{names: "--loop-scope", value: "SCOPE", help: "function: a fresh loop per test; session: one for all",
		set: choice(func(o *Options, v string) { o.LoopScope = v }, "function", "session")},
	{names: "--bench", help: "run the benchmarks, and nothing else",
		set: func(o *Options, _ string) error { o.Bench = true; return nil }},
	{names: "--benchtime", value: "TIME", help: "how long to run each benchmark, as in 2s, or how often, as in 100x",
		set: func(o *Options, v string) error {
			if digits, ok := strings.CutSuffix(v, "x"); ok {
				n, err := strconv.Atoi(digits)
				if err != nil || n <= 0 {
					return fmt.Errorf("invalid count: %s", pyQuote(v))
				}
				o.BenchTime, o.BenchCount = 0, n
				return nil
			}
			d, err := time.ParseDuration(v)
			if err != nil || d <= 0 {
				return fmt.Errorf("invalid duration: %s", pyQuote(v))
			}
			o.BenchTime, o.BenchCount = d, 0
			return nil
		}},
	{names: "--benchmem", help: "show the allocations of all benchmarks",
		set: func(o *Options, _ string) error { o.BenchMem = true; return nil }},
	{names: "--short", help: "have testing.Short report true",
		set: func(o *Options, _ string) error { o.ShortMode = true; return nil }},
	{names: "--cov", help: "report how many statements were executed",
		set: func(o *Options, _ string) error { o.Cover = true; return nil }},
	{names: "--cov-report", value: "TYPE", help: "term, or term-missing to list the lines that were not",
		set: choice(func(o *Options, v string) { o.Missing = v == "term-missing" }, "term", "term-missing")},
	{names: "--cov-fail-under", value: "MIN", help: "fail if less than MIN percent were executed",
		set: func(o *Options, v string) error {
			n, err := strconv.ParseFloat(v, 64)
			if err != nil || !(n >= 0 && n <= 100) {
				return fmt.Errorf("invalid percentage: %s", pyQuote(v))
			}
			o.CoverLeast = n
			return nil
		}},
	{names: "--coverprofile", value: "PATH", help: "write the coverage to a file, as go test does",
		set: func(o *Options, v string) error { o.Cover, o.CoverProfile = true, v; return nil }},
	{names: "--watch", help: "run again what a redefinition concerns, after each cell",
		set: func(o *Options, _ string) error { o.Watch = true; return nil }},
	{names: "--native", help: "export the session and run its tests with go test",
		set: func(o *Options, _ string) error { o.Native = true; return nil }},
	{names: "--race", help: "with --native: under the race detector",
		set: func(o *Options, _ string) error { o.Race = true; return nil }},
	{names: "-h --help", help: "list the options",
		set: func(o *Options, _ string) error { o.Help = true; return nil }},
}

// ParseOptions reads arguments in pytest's words. Without -q and -v the
// verbosity is that of -q; what is given replaces that. An error is a
// *UsageError.
func ParseOptions(args []string) (Options, error) {
	o := Options{Timeout: 10 * time.Minute}
	loud := false
	var unknown []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			o.NodeIDs = append(o.NodeIDs, args[i+1:]...)
			i = len(args)
		case len(arg) < 2 || arg[0] != '-':
			o.NodeIDs = append(o.NodeIDs, arg)
		case strings.HasPrefix(arg, "--"):
			name, value, attached := strings.Cut(arg, "=")
			f := findFlag(name)
			if f == nil {
				unknown = append(unknown, arg)
				break
			}
			loud = loud || isVerbosity(f)
			if f.value == "" && attached {
				return o, usage(f, fmt.Errorf("ignored explicit argument %s", pyQuote(value)))
			}
			if f.value != "" && !attached {
				if i+1 == len(args) {
					return o, usage(f, errNoArgument)
				}
				i++
				value = args[i]
			}
			if err := f.set(&o, value); err != nil {
				return o, usage(f, err)
			}
		default:
			rest := arg[1:]
			for rest != "" {
				f := findFlag("-" + rest[:1])
				rest = rest[1:]
				if f == nil {
					unknown = append(unknown, arg)
					break
				}
				loud = loud || isVerbosity(f)
				value := ""
				if f.value != "" {
					value = strings.TrimPrefix(rest, "=")
					if rest == "" {
						if i+1 == len(args) {
							return o, usage(f, errNoArgument)
						}
						i++
						value = args[i]
					}
					rest = ""
				}
				if err := f.set(&o, value); err != nil {
					return o, usage(f, err)
				}
			}
		}
	}
	if unknown != nil {
		return o, &UsageError{Problem: "unrecognized arguments: " + strings.Join(unknown, " ")}
	}
	if !loud {
		o.Verbosity = -1
	}
	return o, nil
}

// helpColumn is how wide the options are in the help text.
const helpColumn = 28

// Help returns the list of options, with what they mean.
func Help() string {
	var b strings.Builder
	for _, f := range flags {
		names := strings.ReplaceAll(f.names, " ", ", ")
		if f.value != "" {
			names += " " + f.value
		}
		if len(names) > helpColumn {
			names += "\n" + spaces(2+helpColumn)
		}
		fmt.Fprintf(&b, "  %-*s %s\n", helpColumn, names, f.help)
	}
	return b.String()
}

// findFlag returns the flag of that name.
func findFlag(name string) *flag {
	for i := range flags {
		if slices.Contains(strings.Fields(flags[i].names), name) {
			return &flags[i]
		}
	}
	return nil
}

// isVerbosity reports whether f sets the verbosity.
func isVerbosity(f *flag) bool {
	return f.names == "-v --verbose" || f.names == "-q --quiet" || f.names == "--verbosity"
}

var errNoArgument = errors.New("expected one argument")

// usage returns the error of a bad value of f.
func usage(f *flag, problem error) error {
	if u, ok := problem.(*UsageError); ok {
		return u
	}
	return &UsageError{Problem: fmt.Sprintf("argument %s: %v", strings.ReplaceAll(f.names, " ", "/"), problem)}
}

func integer(set func(*Options, int)) func(*Options, string) error {
	return func(o *Options, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil {
			return fmt.Errorf("invalid int value: %s", pyQuote(v))
		}
		set(o, n)
		return nil
	}
}

// seconds accepts a number of seconds, or a duration as Go writes it.
func seconds(set func(*Options, time.Duration)) func(*Options, string) error {
	return func(o *Options, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil {
			s, err := strconv.ParseFloat(v, 64)
			if err != nil || s != s || s < 0 || s > 1e9 {
				return fmt.Errorf("invalid float value: %s", pyQuote(v))
			}
			d = time.Duration(s * float64(time.Second))
		}
		set(o, d)
		return nil
	}
}

func choice(set func(*Options, string), choices ...string) func(*Options, string) error {
	return func(o *Options, v string) error {
		if !slices.Contains(choices, v) {
			quoted := make([]string, len(choices))
			for i, c := range choices {
				quoted[i] = pyQuote(c)
			}
			return fmt.Errorf("invalid choice: %s (choose from %s)", pyQuote(v), strings.Join(quoted, ", "))
		}
		set(o, v)
		return nil
	}
}

// pyQuote quotes s as pytest's messages do.
func pyQuote(s string) string { return "'" + s + "'" }
