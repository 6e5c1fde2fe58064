package testmode_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// BenchmarkRun measures whole runs of trivial tests in a process that has
// begun, and fails beyond the budget.
func BenchmarkRun(b *testing.B) {
	async := func(*testmode.T) { await.Start0(await.Yield).Await() }
	for _, c := range []struct {
		name   string
		body   func(*testmode.T)
		n      int
		budget time.Duration
	}{
		{"sync", func(*testmode.T) {}, 1, 3 * time.Millisecond},
		{"sync", func(*testmode.T) {}, 1000, 60 * time.Millisecond},
		{"sync", func(*testmode.T) {}, 10000, 600 * time.Millisecond},
		{"async", async, 1, 3 * time.Millisecond},
		{"async", async, 1000, 150 * time.Millisecond},
		{"async", async, 10000, 1500 * time.Millisecond},
		{"failing", func(t *testmode.T) { t.Error("no") }, 1000, 150 * time.Millisecond},
	} {
		b.Run(fmt.Sprintf("%s/%d", c.name, c.n), func(b *testing.B) {
			tests := make([]testmode.Test, c.n)
			for i := range tests {
				tests[i] = testmode.Test{Name: fmt.Sprintf("test_%d", i), File: "session", Line: i, Func: c.body}
			}
			opt, err := testmode.ParseOptions(nil)
			if err != nil {
				b.Fatal(err)
			}
			var r testmode.Runner
			for b.Loop() {
				if result := r.Run(context.Background(), tests, opt, io.Discard); result.Passed+result.Failed != c.n {
					b.Fatalf("%+v", result)
				}
			}
			if took := b.Elapsed() / time.Duration(b.N); took > c.budget && !raceEnabled {
				b.Errorf("%v, the budget is %v", took, c.budget)
			}
		})
	}
}

// BenchmarkPeers measures the same with the programs people come from: pytest
// in a process of its own, and ipytest in a session that has begun.
func BenchmarkPeers(b *testing.B) {
	python, err := exec.LookPath("python3")
	if err != nil {
		b.Skip("no python3")
	}
	has := func(module string) bool { return exec.Command(python, "-c", "import "+module).Run() == nil }
	for _, c := range []struct {
		name, function string
		n              int
	}{
		{"sync", "def test_%d(): pass\n", 1},
		{"sync", "def test_%d(): pass\n", 1000},
		{"sync", "def test_%d(): pass\n", 10000},
		{"async", "@pytest.mark.asyncio\nasync def test_%d(): await asyncio.create_task(asyncio.sleep(0))\n", 1000},
	} {
		var source strings.Builder
		source.WriteString("import asyncio, pytest\n")
		for i := range c.n {
			fmt.Fprintf(&source, c.function, i)
		}
		b.Run(fmt.Sprintf("pytest/%s/%d", c.name, c.n), func(b *testing.B) {
			if !has("pytest") {
				b.Skip("no pytest for " + python)
			}
			if c.name == "async" && !has("pytest_asyncio") {
				b.Skip("no pytest-asyncio for " + python)
			}
			file := filepath.Join(b.TempDir(), "test_x.py")
			if err := os.WriteFile(file, []byte(source.String()), 0o666); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if out, err := exec.Command(python, "-B", "-m", "pytest", "-qq", "-p", "no:cacheprovider", file).CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
		b.Run(fmt.Sprintf("ipytest/%s/%d", c.name, c.n), func(b *testing.B) {
			if !has("ipytest") {
				b.Skip("no ipytest for " + python)
			}
			script := "import ipytest, time\nipytest.autoconfig(run_in_thread=True, addopts=['-qq'])\nexec(compile(" +
				fmt.Sprintf("%q", source.String()) + ", 'cell', 'exec'), globals())\nipytest.run()\nfor _ in range(5):\n t = time.perf_counter(); ipytest.run(); print('took', time.perf_counter() - t)\n"
			took, runs := 0.0, 0
			for b.Loop() {
				out, err := exec.Command(python, "-m", "IPython", "-c", script).CombinedOutput()
				if err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				for line := range strings.Lines(string(out)) {
					var s float64
					if _, err := fmt.Sscanf(line, "took %g", &s); err == nil {
						took, runs = took+s, runs+1
					}
				}
			}
			b.ReportMetric(took/float64(max(runs, 1))*1e9, "ns/op")
		})
	}
}
