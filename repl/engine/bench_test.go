package engine_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/traefik/yaegi/interp"
	"github.com/traefik/yaegi/stdlib"

	"github.com/asyncrepl/asyncrepl/repl/conformance"
)

// BenchmarkEngine runs each program of testdata/bench as a session runs it, as
// the bare interpreter does and, where there is a file for it, as CPython does:
// go test ./repl/engine -run - -bench Engine
func BenchmarkEngine(b *testing.B) {
	for _, file := range programs(b) {
		name := strings.TrimSuffix(filepath.Base(file), ".go")
		b.Run(name+"/session", func(b *testing.B) { repeat(b, session(b, file)) })
		b.Run(name+"/yaegi", func(b *testing.B) { repeat(b, bare(b, file)) })
		b.Run(name+"/python", func(b *testing.B) {
			b.ReportMetric(float64(python(b, strings.TrimSuffix(file, ".go")+".py")), "ns/op")
		})
	}
}

func programs(t testing.TB) []string {
	files, err := filepath.Glob("testdata/bench/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no programs", err)
	}
	return files
}

func repeat(b *testing.B, run func() int) {
	for b.Loop() {
		run()
	}
}

func session(t testing.TB, file string) func() int {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := conformance.New(file, string(text), "Run")
	if err != nil {
		t.Fatal(err)
	}
	f, err := p.Func("Run")
	if err != nil {
		t.Fatal(err)
	}
	return f.Interface().(func() int)
}

func bare(t testing.TB, file string) func() int {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	i := interp.New(interp.Options{})
	if err := i.Use(stdlib.Symbols); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Eval(string(text)); err != nil {
		t.Fatal(err)
	}
	f, err := i.Eval("Run")
	if err != nil {
		t.Fatal(err)
	}
	return f.Interface().(func() int)
}

// python returns how long the function run of the file takes.
func python(b *testing.B, file string) time.Duration {
	exe, err := exec.LookPath("python3")
	if err != nil {
		b.Skip("there is no python3 here")
	}
	out, err := exec.Command(exe, "-c", `
import importlib.util, json, sys, time
spec = importlib.util.spec_from_file_location("bench", sys.argv[1])
m = importlib.util.module_from_spec(spec)
spec.loader.exec_module(m)
best = 1e9
for _ in range(7):
    t = time.perf_counter()
    m.run()
    best = min(best, time.perf_counter() - t)
print(json.dumps(best))
`, file).Output()
	if err != nil {
		b.Fatal(err)
	}
	var seconds float64
	if err := json.Unmarshal(out, &seconds); err != nil {
		b.Fatal(err)
	}
	return time.Duration(seconds * float64(time.Second))
}

// TestBenchPrograms checks that the session and the bare interpreter agree on
// what the benchmarks compute.
func TestBenchPrograms(t *testing.T) {
	for _, file := range programs(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if got, want := session(t, file)(), bare(t, file)(); got != want {
				t.Errorf("the session computes %d, the interpreter %d", got, want)
			}
		})
	}
}
