package std_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// start runs this test binary with nothing to do and returns the lines about
// the initialisation of packages below this one.
func start(tb testing.TB) [][]string {
	tb.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
	trace := regexp.MustCompile(`(?m)^init (\S+/repl/std\S*) .* (\d+) bytes, (\d+) allocs$`)
	return trace.FindAllStringSubmatch(string(out), -1)
}

// TestStart checks that nothing is made at start but the empty mux.
func TestStart(t *testing.T) {
	for _, line := range start(t) {
		if allocs, err := strconv.Atoi(line[3]); err != nil || allocs > 10 {
			t.Errorf("at start: %s", line[0])
		} else {
			t.Log(line[0])
		}
	}
}

// BenchmarkStart measures the life of a process that links all tables.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		start(b)
	}
}
