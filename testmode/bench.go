package testmode

import (
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/asyncrepl/asyncrepl/await"
)

// A B is what a benchmark sees of its run: it has the methods of *testing.B,
// with the same meaning. It runs as a task of the benchmark's loop, so it may
// await; time is the real one, also with the virtual clock.
//
// The methods of the timer, Loop, Run and RunParallel are for the benchmark's
// own task; the others may be called from any goroutine.
type B struct {
	tb // the T that reports for the benchmark

	// N is how many iterations the benchmark function is to perform, unless it
	// calls Loop.
	N int

	t           *T
	bytes       int64
	parallelism int
	allocs      bool
	subs        bool
	metrics     map[string]float64

	timing  bool
	began   time.Time
	elapsed time.Duration
	memory  memoryUse // when the timer was started
	used    memoryUse // while it ran

	done, goal uint64 // iterations of Loop
	looped     bool   // Loop has come to its end
	previous   lap
}

// A lap is how long so many iterations took.
type lap struct {
	n    int
	took time.Duration
}

// memoryUse counts allocations.
type memoryUse struct{ mallocs, bytes uint64 }

func memoryNow() memoryUse {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memoryUse{m.Mallocs, m.TotalAlloc}
}

// newB makes a B that reports through t.
func newB(t *T) *B { return &B{tb: t, t: t, parallelism: 1} }

// benchmark turns a benchmark function into the body of a test that measures it
// and tells the result.
func benchmark(f func(b *B)) func(t *T) {
	return func(t *T) {
		b := newB(t)
		if b.measure(f) {
			t.run.benchmarked(t, b)
		}
	}
}

// Benchmark measures f outside a run of tests, for the standard benchmark time
// of one second. It is what testing.Benchmark is to compiled code. Called in a
// task of a loop, it runs f there.
func Benchmark(f func(b *B)) testing.BenchmarkResult {
	r := &run{clock: time.Now, failedNow: map[string]bool{}, failedSub: map[string][]string{}, ran: map[string]bool{}}
	t := &T{run: r, item: &item{Test: Test{Name: "Benchmark"}}, name: "Benchmark", id: "Benchmark"}
	var result testing.BenchmarkResult
	measure := func() {
		t.loop, t.task = await.CurrentLoop(), await.Current()
		t.guard(func() {
			if b := newB(t); b.measure(f) {
				result = b.result()
			}
		})
	}
	if await.Current() != nil {
		measure()
	} else if err := await.NewLoop(await.WithName("of a benchmark")).Run(measure); err != nil {
		return testing.BenchmarkResult{}
	}
	return result
}

// measure runs f until its time is known well enough. It reports whether there
// is a result: there is none if f has only run sub-benchmarks, or has failed.
func (b *B) measure(f func(b *B)) bool {
	b.lap(f, 1)
	if b.subs || b.t.Failed() {
		return false
	}
	d, n := b.t.run.opt.benchTime()
	switch {
	case b.goal > 0: // Loop did the work
		if !b.looped {
			b.Error("b.Loop was left before it returned false")
			return false
		}
	case n > 1:
		b.lap(f, n)
	case n == 0:
		for b.elapsed < d && b.N < maxIterations && !b.t.Failed() {
			b.lap(f, next(b.N, b.elapsed, d))
		}
	}
	return !b.t.Failed()
}

// maxIterations is how often a benchmark is repeated at most.
const maxIterations = 1_000_000_000

// next returns how many iterations to try when n took so long and the goal is
// d: a fifth more than it should take, but at most a hundred times as many.
func next(n int, took, d time.Duration) int {
	estimate := float64(n) * float64(d) / float64(max(took, 1)) * 1.2
	estimate = min(estimate, 100*float64(n), maxIterations)
	return max(int(estimate), n+1)
}

// lap runs f once, for n iterations, and what it registered with Cleanup.
func (b *B) lap(f func(b *B), n int) {
	runtime.GC()
	before := b.t.registered()
	b.previous = lap{b.N, b.elapsed}
	b.N, b.done, b.goal, b.looped = n, 0, 0, false
	b.t.renewContext()
	b.ResetTimer()
	b.StartTimer()
	defer func() {
		b.StopTimer()
		b.t.endContext()
		b.t.cleanUp(before)
	}()
	f(b)
}

// result returns what was measured.
func (b *B) result() testing.BenchmarkResult {
	return testing.BenchmarkResult{N: b.N, T: b.elapsed, Bytes: b.bytes,
		MemAllocs: b.used.mallocs, MemBytes: b.used.bytes, Extra: maps.Clone(b.metrics)}
}

// StartTimer begins, or goes on, measuring.
func (b *B) StartTimer() {
	if !b.timing {
		b.memory = memoryNow()
		b.timing, b.began = true, time.Now()
	}
}

// StopTimer stops measuring, so that the benchmark can prepare something.
func (b *B) StopTimer() {
	if b.timing {
		b.elapsed += time.Since(b.began)
		now := memoryNow()
		b.used.mallocs += now.mallocs - b.memory.mallocs
		b.used.bytes += now.bytes - b.memory.bytes
		b.timing = false
	}
}

// ResetTimer forgets what was measured, and the metrics that were reported. A
// running timer goes on.
func (b *B) ResetTimer() {
	if b.timing {
		b.memory = memoryNow()
		b.began = time.Now()
	}
	b.elapsed, b.used = 0, memoryUse{}
	b.metrics = map[string]float64{}
}

// Elapsed returns the time measured so far.
func (b *B) Elapsed() time.Duration {
	if b.timing {
		return b.elapsed + time.Since(b.began)
	}
	return b.elapsed
}

// Loop reports whether the benchmark is to go on: it is the condition of a loop
// over the code to measure. What comes before and after the loop is not
// measured, and runs once.
func (b *B) Loop() bool {
	if b.done < b.goal {
		b.done++
		return true
	}
	return b.turn()
}

// turn is called where Loop has come to its goal: it begins, ends, or goes on
// with another goal.
func (b *B) turn() bool {
	if !b.timing {
		b.Fatal("B.Loop called with timer stopped")
	}
	d, n := b.t.run.opt.benchTime()
	switch {
	case b.goal == 0:
		b.goal, b.N = uint64(max(n, 1)), 0
		b.ResetTimer()
	case n > 0 || b.Elapsed() >= d || b.goal >= maxIterations:
		b.StopTimer()
		b.N, b.looped = int(b.done), true
		return false
	default:
		b.goal = uint64(next(int(b.goal), b.Elapsed(), d))
	}
	b.done++
	return true
}

// ReportAllocs has the result show allocations, as --benchmem does for all
// benchmarks.
func (b *B) ReportAllocs() { b.allocs = true }

// SetBytes tells how many bytes one iteration processes: the result then shows
// MB/s.
func (b *B) SetBytes(n int64) { b.bytes = n }

// SetParallelism has RunParallel use p times GOMAXPROCS goroutines. It is
// ignored if p is not positive.
func (b *B) SetParallelism(p int) {
	if p > 0 {
		b.parallelism = p
	}
}

// ReportMetric adds a value to the result, which should be per iteration if the
// unit ends in "/op". A unit the result shows anyway is replaced. It panics if
// the unit is empty or contains white space.
func (b *B) ReportMetric(n float64, unit string) {
	if unit == "" {
		panic("metric unit must not be empty")
	}
	if strings.IndexFunc(unit, unicode.IsSpace) >= 0 {
		panic("metric unit must not contain whitespace")
	}
	b.metrics[unit] = n
}

// Run measures f as a sub-benchmark and reports whether it has not failed. A
// benchmark that calls Run is not measured itself.
func (b *B) Run(name string, f func(b *B)) bool {
	b.StopTimer()
	b.subs = true
	return b.t.Run(name, benchmark(f))
}

// RunParallel divides the iterations among goroutines, each of which calls
// body, and waits for them. The goroutines belong to no loop: they run in
// parallel.
func (b *B) RunParallel(body func(pb *PB)) {
	if b.N == 0 {
		return
	}
	var taken atomic.Uint64
	share := uint64(1)
	if p := b.previous; p.n > 0 && p.took > 0 {
		share = uint64(min(max(int64(p.n)*int64(100*time.Microsecond)/int64(p.took), 1), 10_000))
	}
	var wg sync.WaitGroup
	for range b.parallelism * runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() {
				if v := recover(); v != nil && !IsUnwind(v) {
					b.t.Panicked(b.t.run.panicFrames(v))
				}
			}()
			body(&PB{taken: &taken, share: share, n: uint64(b.N)})
		}()
	}
	await.WaitGroup(&wg)
	if taken.Load() <= uint64(b.N) && !b.Failed() {
		b.Fatal("RunParallel: body exited without pb.Next() == false")
	}
}

// A PB hands out the iterations of RunParallel to one goroutine.
type PB struct {
	taken    *atomic.Uint64 // by all goroutines
	share    uint64         // to take at a time
	n        uint64         // in all
	left     uint64         // of the last share
	finished bool
}

// Next reports whether there is another iteration to perform.
func (pb *PB) Next() bool {
	if pb.left == 0 && !pb.finished {
		end := pb.taken.Add(pb.share)
		begin := end - pb.share
		switch {
		case begin >= pb.n:
			pb.finished = true
		case end > pb.n:
			pb.left = pb.n - begin
		default:
			pb.left = pb.share
		}
	}
	if pb.left == 0 {
		return false
	}
	pb.left--
	return true
}

// benchTime returns for how long, or how often if n is not 0, to run a
// benchmark.
func (o *Options) benchTime() (d time.Duration, n int) {
	switch {
	case o.BenchCount > 0:
		return 0, o.BenchCount
	case o.BenchTime > 0:
		return o.BenchTime, 0
	}
	return time.Second, 0
}

// benchmarked tells the result of a benchmark.
func (r *run) benchmarked(t *T, b *B) {
	name := t.name
	if n := runtime.GOMAXPROCS(0); n != 1 {
		name = fmt.Sprintf("%s-%d", name, n)
	}
	m := Measurement{ID: t.id, Name: name, Result: b.result(), Memory: b.allocs || r.opt.BenchMem}
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.root().worker == r.owner {
		r.result.Benchmarks = append(r.result.Benchmarks, m)
		r.emit(Measured{m})
	}
}

// A Measurement is the result of one benchmark.
type Measurement struct {
	// ID is the node id, and Name what go test prints, as in "BenchmarkX-2".
	ID, Name string
	Result   testing.BenchmarkResult
	// Memory tells to show allocations.
	Memory bool
}

// String returns the numbers as go test prints them.
func (m Measurement) String() string {
	text := m.Result.String()
	if m.Memory {
		text += "\t" + m.Result.MemString()
	}
	return text
}
