package testmode_test

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// bench adds a benchmark.
func (s *suite) bench(name string, f func(b *testmode.B)) {
	s.tests = append(s.tests, testmode.Test{Name: name, File: "session", Line: len(s.tests) + 1, Bench: f,
		Source: source(len(s.tests)+1, "func "+name+"(b *testing.B) {\n}")})
}

func TestBenchmarks(t *testing.T) {
	s := newSuite(t, "--bench", "--benchtime=20x")
	s.add("TestNot", 1, "func TestNot() {}", func(*testmode.T) { t.Error("a test ran among the benchmarks") })
	var laps []int
	s.bench("BenchmarkN", func(b *testmode.B) {
		laps = append(laps, b.N)
		for range b.N {
			await.Yield()
		}
	})
	turns := 0
	s.bench("BenchmarkLoop", func(b *testmode.B) {
		b.ReportAllocs()
		b.SetBytes(8)
		for b.Loop() {
			turns++
		}
		if b.N != 20 {
			b.Errorf("N is %d after the loop", b.N)
		}
		b.ReportMetric(1.5, "widgets/op")
	})
	s.bench("BenchmarkSub", func(b *testmode.B) {
		for _, n := range []string{"small", "big one"} {
			if !b.Run(n, func(b *testmode.B) { b.Run("deep", func(b *testmode.B) {}) }) {
				b.Error("Run reports failure")
			}
		}
	})
	s.bench("BenchmarkSkip", func(b *testmode.B) { b.Skip("no disk") })
	s.bench("BenchmarkFail", func(b *testmode.B) { s.at("BenchmarkFail", 6); b.Fatal("broken") })
	out, r := s.run()
	if !slices.Equal(laps, []int{1, 20}) || turns != 20 {
		t.Errorf("laps %v, %d turns", laps, turns)
	}
	out = regexp.MustCompile(`[\d.]+ (ns/op|MB/s)`).ReplaceAllString(out, "N $1")
	out = regexp.MustCompile(`(?m)^(goos|goarch|cpu): .*\n`).ReplaceAllString(out, "")
	out = regexp.MustCompile(`(Benchmark\S*?)(-\d+)?(\s*)\t *20\t +`).ReplaceAllString(out, "$1 20 ")
	out = strings.ReplaceAll(out, "\t", "|")
	out = regexp.MustCompile(`\| +`).ReplaceAllString(out, "|")
	out = regexp.MustCompile(`\d+ B/op`).ReplaceAllString(out, "N B/op")
	check(t, out, `
BenchmarkN 20 N ns/op
BenchmarkLoop 20 N ns/op|N MB/s|1.500 widgets/op|N B/op|0 allocs/op
BenchmarkSub/small/deep 20 N ns/op
BenchmarkSub/big_one/deep 20 N ns/op
BenchmarkSkip SKIPPED (no disk)
BenchmarkFail FAILED
=================================== FAILURES ===================================
________________________________ BenchmarkFail _________________________________

>   func BenchmarkFail(b *testing.B) {
E   Failed: broken

session:6: Failed
=========================== short test summary info ============================
FAILED session::BenchmarkFail - Failed: broken
1 failed, 4 passed, 1 skipped in 0.00s
`)
	var names []string
	for _, m := range r.Benchmarks {
		names = append(names, m.ID)
	}
	if want := []string{"session::BenchmarkN", "session::BenchmarkLoop", "session::BenchmarkSub/small/deep", "session::BenchmarkSub/big_one/deep"}; !slices.Equal(names, want) {
		t.Errorf("measured %q", names)
	}
	s.opt.Bench = false
	s.tests = s.tests[1:]
	if _, r := s.run(); r.Status != testmode.StatusNoTests {
		t.Errorf("benchmarks ran among the tests: %+v", r)
	}
}

// The lines must be those of package testing, but for the numbers.
func TestBenchmarkLineIsGoTests(t *testing.T) {
	theirs := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(3, "z/op")
		b.ReportMetric(2, "a/op")
	})
	s := newSuite(t, "--bench", "--benchtime=1x", "--benchmem")
	s.bench("BenchmarkX", func(b *testmode.B) { b.ReportMetric(3, "z/op"); b.ReportMetric(2, "a/op") })
	_, r := s.run()
	shape := func(s string) string { return regexp.MustCompile(` *[\d.]+ *`).ReplaceAllString(s, "0") }
	if want, got := shape(theirs.String()+"\t"+theirs.MemString()), shape(r.Benchmarks[0].String()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBenchTime(t *testing.T) {
	s := newSuite(t, "--bench", "--benchtime=20ms")
	s.bench("BenchmarkN", func(b *testmode.B) {
		for range b.N {
			spin(200 * time.Microsecond)
		}
	})
	s.bench("BenchmarkLoop", func(b *testmode.B) {
		for b.Loop() {
			spin(200 * time.Microsecond)
		}
	})
	_, r := s.run()
	for _, m := range r.Benchmarks {
		if m.Result.T < 20*time.Millisecond || m.Result.N < 2 || m.Result.N > 1000 {
			t.Errorf("%s: %d iterations in %v", m.ID, m.Result.N, m.Result.T)
		}
	}
}

// spin computes for so long.
func spin(d time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
	}
}

func TestBenchmarkTimer(t *testing.T) {
	s := newSuite(t, "--bench", "--benchtime=1x")
	s.bench("BenchmarkX", func(b *testmode.B) {
		spin(20 * time.Millisecond)
		b.StopTimer()
		held := b.Elapsed()
		b.StartTimer()
		spin(20 * time.Millisecond)
		if held < 20*time.Millisecond || b.Elapsed() < 40*time.Millisecond {
			b.Errorf("%v, then %v", held, b.Elapsed())
		}
		b.ResetTimer()
		b.StopTimer()
	})
	_, r := s.run()
	if len(r.Benchmarks) != 1 || r.Benchmarks[0].Result.T >= 20*time.Millisecond {
		t.Errorf("%+v", r.Benchmarks)
	}
}

// Cleanup and Context belong to one call of the benchmark function; what the
// setup registered stays until the end.
func TestBenchmarkCleanup(t *testing.T) {
	s := newSuite(t, "--bench", "--benchtime=5x")
	var did []string
	s.bench("BenchmarkX", func(b *testmode.B) {
		did = append(did, fmt.Sprint(b.N, b.Context().Err()))
		b.Cleanup(func() { did = append(did, "clean") })
	})
	s.tests[0].Setup = func(t *testmode.T) { t.Cleanup(func() { did = append(did, "end") }) }
	s.run()
	if want := []string{"1 <nil>", "clean", "5 <nil>", "clean", "end"}; !slices.Equal(did, want) {
		t.Errorf("got %q", did)
	}
}

func TestRunParallel(t *testing.T) {
	s := newSuite(t, "--bench", "--benchtime=1000x")
	var n atomic.Int64
	s.bench("BenchmarkX", func(b *testmode.B) {
		n.Store(0)
		b.SetParallelism(3)
		b.RunParallel(func(pb *testmode.PB) {
			for pb.Next() {
				n.Add(1)
			}
		})
	})
	s.bench("BenchmarkIdle", func(b *testmode.B) { b.RunParallel(func(*testmode.PB) {}) })
	s.bench("BenchmarkPanic", func(b *testmode.B) {
		b.RunParallel(func(pb *testmode.PB) {
			for pb.Next() {
			}
			panic("inside")
		})
	})
	_, r := s.run()
	if n.Load() != 1000 || len(r.Benchmarks) != 1 || r.Failed != 2 {
		t.Errorf("%d iterations, %+v", n.Load(), r)
	}
}

func TestBenchmarkMisuse(t *testing.T) {
	for want, f := range map[string]func(b *testmode.B){
		"Failed: B.Loop called with timer stopped":          func(b *testmode.B) { b.StopTimer(); b.Loop() },
		"Failed: b.Loop was left before it returned false":  func(b *testmode.B) { b.Loop() },
		"panic: metric unit must not be empty":              func(b *testmode.B) { b.ReportMetric(1, "") },
		"panic: metric unit must not contain whitespace":    func(b *testmode.B) { b.ReportMetric(1, "a b") },
		"panic: in a task of the benchmark":                 func(b *testmode.B) { await.Start0(func() { panic("in a task of the benchmark") }).Await() },
		"Failed: Timeout >0.02s":                            func(b *testmode.B) { await.Sleep(time.Hour) },
		"Deadlock: every task waits for what cannot happen": func(b *testmode.B) { await.Forever("godot") },
	} {
		s := newSuite(t, "--bench", "--benchtime=3x")
		s.bench("BenchmarkX", f)
		if strings.Contains(want, "Timeout") {
			s.tests[0].Timeout = 20 * time.Millisecond
		}
		_, r := s.run()
		if r.Failed != 1 || r.Reports[0].Failures[0].Lines[0] != want {
			t.Errorf("want %s, got %+v", want, r.Reports)
		}
	}
}

func TestBenchmarkFunction(t *testing.T) {
	var r testing.BenchmarkResult
	err := await.NewLoop().Run(func() {
		r = testmode.Benchmark(func(b *testmode.B) {
			for b.Loop() {
				await.Sleep(10 * time.Millisecond)
			}
			b.ReportMetric(7, "x/op")
		})
	})
	if err != nil || r.N < 2 || r.T < time.Second || r.Extra["x/op"] != 7 {
		t.Errorf("%+v, %v", r, err)
	}
	if r := testmode.Benchmark(func(b *testmode.B) { b.Fatal("no") }); r.N != 0 {
		t.Errorf("a failed benchmark has the result %+v", r)
	}
}

func TestBenchmarkSummary(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // names without "-N"
	s := newSuite(t, "--bench", "--benchtime=1x", "--count=6")
	took := []float64{254, 250, 260, 251, 258, 252}
	i := -1
	s.bench("BenchmarkFib10", func(b *testmode.B) { i++; b.ReportMetric(took[i%6], "ns/op") })
	s.bench("BenchmarkJoin", func(b *testmode.B) { b.ReportMetric(1016, "ns/op"); b.ReportMetric(12345, "tokens/s") })
	out, _ := s.run()
	if n := strings.Count(out, "\nBenchmarkFib10"); n != 6 {
		t.Errorf("%d lines\n%s", n, out)
	}
	_, summary, _ := strings.Cut(out, "\n\n")
	check(t, summary, `
        │   sec/op    │
Fib10     253.0n ± 3%
Join      1.016µ ± 0%
geomean   507.0n

     │  tokens/s   │
Join   12.35k ± 0%

12 passed in 0.00s
`[1:])
	took = []float64{127, 125, 130, 126, 129, 128}
	s.bench("BenchmarkNew", func(b *testmode.B) { b.ReportMetric(5, "ns/op") })
	out, _ = s.run()
	_, summary, _ = strings.Cut(out, "\n\n")
	check(t, summary, `
        │   before    │     now     │
        │   sec/op    │   sec/op    │
Fib10     253.0n ± 3%   127.5n ± 2%   -49.60% (p=0.002 n=6)
Join      1.016µ ± 0%   1.016µ ± 0%   ~ (p=1.000 n=6)
New                     5.000n ± 0%
geomean                 86.52n

     │   before    │     now     │
     │  tokens/s   │  tokens/s   │
Join   12.35k ± 0%   12.35k ± 0%   ~ (p=1.000 n=6)

18 passed in 0.00s
`[1:])
	s.opt.NodeIDs = []string{"BenchmarkFib10", "BenchmarkJoin"}
	out, _ = s.run()
	if !strings.Contains(out, "\ngeomean   359.9n        359.9n        +0.00%\n") {
		t.Error(out)
	}
	s.opt.NodeIDs = nil
	s.opt.Count = 2
	out, _ = s.run()
	if !strings.Contains(out, "± ∞ ¹   ~ (p=0.399 n=6+2)\n") || !strings.Contains(out, "\n¹ need >= 6 samples for confidence interval at level 0.95\n") {
		t.Error(out)
	}
}

// The exact test is that of all ways to deal the values out.
func TestChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		n, m := 1+rng.IntN(5), 1+rng.IntN(5)
		values := make([]float64, n+m)
		for i := range values {
			values[i] = rng.Float64()
		}
		statistic := func(inA func(i int) bool) (u int) {
			for i, x := range values {
				for j, y := range values {
					if inA(i) && !inA(j) && x > y {
						u++
					}
				}
			}
			return min(u, n*m-u)
		}
		u := statistic(func(i int) bool { return i < n })
		all, far := 0, 0
		for set := range 1 << (n + m) {
			if bits.OnesCount(uint(set)) == n {
				all++
				if statistic(func(i int) bool { return set>>i&1 == 1 }) <= u {
					far++
				}
			}
		}
		want := float64(far) / float64(all)
		if got := testmode.Chance(values[:n], values[n:]); math.Abs(got-want) > 1e-9 && got < 1 {
			t.Errorf("%v and %v: %v, want %v", values[:n], values[n:], got, want)
		}
	}
	if p := testmode.Chance([]float64{1, 1, 1}, []float64{1, 1, 1}); p != 1 {
		t.Errorf("equal values: %v", p)
	}
	low, high := make([]float64, 30), make([]float64, 30)
	for i := range low {
		low[i], high[i] = float64(i%7), float64(i%7)+10
	}
	if p := testmode.Chance(low, high); p > 1e-6 {
		t.Errorf("far apart: %v", p)
	}
}
