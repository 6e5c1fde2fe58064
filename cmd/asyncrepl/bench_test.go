package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A peer is a shell of another language, or ours.
type peer struct {
	name string
	args []string
	env  []string
}

// peers returns our shell and those of the others that are installed.
func peers(b *testing.B) []peer {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	all := []peer{{"asyncrepl", []string{exe}, []string{shellVar + "=1"}}}
	for _, p := range []peer{
		{name: "python3", args: []string{"python3", "-i", "-q"}},
		{name: "asyncio", args: []string{"python3", "-m", "asyncio"}},
		{name: "node", args: []string{"node", "-i"}},
	} {
		if _, err := exec.LookPath(p.args[0]); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// run runs the peer with that input and returns what it prints.
func (p peer) run(b *testing.B, input string) string {
	b.Helper()
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s: %v\n%s", p.name, err, stderr.Bytes())
	}
	return string(out)
}

// BenchmarkStart measures a process that evaluates 1+1 from a pipe: 25 ms is
// the budget.
func BenchmarkStart(b *testing.B) {
	for _, p := range peers(b) {
		b.Run(p.name, func(b *testing.B) {
			for range b.N {
				if out := p.run(b, "1+1\n"); !strings.Contains(out, "2") {
					b.Fatalf("it prints %q", out)
				}
			}
		})
	}
}

// BenchmarkLines measures what a piped line costs, start excluded: 250 µs is the
// budget, at line 10,000 as well.
func BenchmarkLines(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		for _, p := range peers(b) {
			var input strings.Builder
			for i := range n {
				switch p.name {
				case "asyncrepl":
					fmt.Fprintf(&input, "x%d := %d * 2\n", i, i)
				case "node":
					fmt.Fprintf(&input, "var x%d = %d * 2\n", i, i)
				default:
					fmt.Fprintf(&input, "x%d = %d * 2\n", i, i)
				}
			}
			b.Run(fmt.Sprintf("%d/%s", n, p.name), func(b *testing.B) {
				for range b.N {
					began := time.Now()
					p.run(b, "1+1\n")
					start := time.Since(began)
					began = time.Now()
					p.run(b, input.String())
					b.ReportMetric(float64((time.Since(began)-start).Microseconds())/float64(n), "µs/line")
				}
			})
		}
	}
}

// BenchmarkTasks measures what tasks of a session cost, beside asyncio's.
// Budgets: a switch 350 ns, a task 3 µs, 100,000 gathered 0.5 s (5 µs each)
// and 4 kB each, a timer 2 µs. A sleeper is a task of the user's own that sleeps.
func BenchmarkTasks(b *testing.B) {
	const ours = `
func measure(name string, n int, f func(n int)) { f(100); began := time.Now(); f(n); fmt.Println(name, float64(time.Since(began).Nanoseconds())/float64(n)) }
async func one(i int) int { return i }
measure("ns/switch", 200000, func(n int) { a := async func() { for range n/2 { await.Yield() } }(); b := async func() { for range n/2 { await.Yield() } }(); await a; await b })
measure("ns/task", 100000, func(n int) { for i := range n { await one(i) } })
measure("ns/gathered", 100000, func(n int) { var ts []*await.Task[int]; for i := range n { ts = append(ts, one(i)) }; if rs := await gather(ts...); len(rs) != n { panic("lost") } })
func inUse() float64 { runtime.GC(); var m runtime.MemStats; runtime.ReadMemStats(&m); return float64(m.HeapAlloc + m.StackInuse) }
func memory(n int) { before := inUse(); var ts []*await.Task[int]; for i := range n { ts = append(ts, one(i)) }; fmt.Println("B/gathered", (inUse() - before) / float64(n)); await gather(ts...) }
memory(100000)
measure("ns/timer", 100000, func(n int) { var ts []*await.Task0; for i := range n { ts = append(ts, async sleep(time.Duration(10+i%10) * time.Millisecond)) }; await gather(ts...) })
async func nap(i int) { await sleep(time.Duration(10+i%10) * time.Millisecond) }
measure("ns/sleeper", 100000, func(n int) { var ts []*await.Task0; for i := range n { ts = append(ts, nap(i)) }; await gather(ts...) })
`
	const asyncio = `
import asyncio, time
async def measure(name, n, f):
    await f(100); began = time.perf_counter(); await f(n); print(name, (time.perf_counter() - began) / n * 1e9)

async def one(i): return i
async def turns(n):
    for _ in range(n): await asyncio.sleep(0)

async def switch(n): await asyncio.gather(turns(n//2), turns(n//2))
async def task(n):
    for i in range(n): await asyncio.create_task(one(i))

async def gathered(n): assert len(await asyncio.gather(*[one(i) for i in range(n)])) == n
async def timer(n): await asyncio.gather(*[asyncio.sleep((10 + i % 10) / 1000) for i in range(n)])
async def nap(i): await asyncio.sleep((10 + i % 10) / 1000)
async def sleeper(n): await asyncio.gather(*[nap(i) for i in range(n)])
async def main():
    await measure("ns/switch", 200000, switch)
    await measure("ns/task", 100000, task)
    await measure("ns/gathered", 100000, gathered)
    await measure("ns/timer", 100000, timer)
    await measure("ns/sleeper", 100000, sleeper)

asyncio.run(main())
`
	for _, p := range peers(b) {
		input := ours
		switch p.name {
		case "asyncrepl":
		case "python3":
			input, p.name, p.args = asyncio, "asyncio", []string{"python3", "-"}
		default:
			continue
		}
		b.Run(p.name, func(b *testing.B) {
			for range b.N {
				for _, l := range strings.Split(p.run(b, input), "\n") {
					if name, figure, ok := strings.Cut(l, " "); ok && strings.Contains(name, "/") {
						if ns, err := strconv.ParseFloat(figure, 64); err == nil {
							b.ReportMetric(ns, name)
						}
					}
				}
			}
		})
	}
}

// BenchmarkTests measures :test in a warm session. Budgets: 3 ms for one test,
// 60 ms for 1,000, 0.6 s for 10,000.
func BenchmarkTests(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		var input strings.Builder
		for i := range n {
			fmt.Fprintf(&input, "func test_%d() { assert %d == %d }\n", i, i, i)
		}
		input.WriteString(":test -qq\nbegan := time.Now()\n:test -qq\nfmt.Println(\"took\", time.Since(began).Nanoseconds())\n")
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := peers(b)[0]
			for range b.N {
				out := p.run(b, input.String())
				_, figure, _ := strings.Cut(out, "took ")
				ns, err := strconv.ParseFloat(strings.TrimSpace(figure), 64)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(ns/1e6, "ms/run")
			}
		})
	}
}
