package await_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/asyncrepl/asyncrepl/await"
)

// peer, in the environment, makes the test binary do one thing and end.
const peer = "AWAIT_PEER"

func TestMain(m *testing.M) {
	if what, count, ok := strings.Cut(os.Getenv(peer), " "); ok {
		n, err := strconv.Atoi(count)
		if err != nil {
			panic(err)
		}
		switch what {
		case "memory":
			fmt.Println(float64(memoryOfParked(n)) / float64(n))
		case "stubborn":
			fmt.Println(stubborn(n))
		default:
			fmt.Println(float64(measure(what, n).Nanoseconds()) / float64(max(n, 1)))
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// BenchmarkPeers measures the same things here, in asyncio and in Node, each in
// a process of its own. What is counted as memory is how much more the process
// had at its peak than one that does nothing.
func BenchmarkPeers(b *testing.B) {
	test, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	peers := []struct {
		name, program string
		args          []string
	}{
		{"await", test, nil},
		{"asyncio", "python3", []string{"testdata/peers.py"}},
		{"node", "node", []string{"testdata/peers.js"}},
	}
	things := []struct {
		what string
		n    int
	}{
		{"switch2", 1_000_000}, {"switch1000", 1_000_000}, {"spawn", 200_000}, {"timer", 100_000}, {"post", 20_000},
		{"parked", 1000}, {"parked", 10_000}, {"parked", 100_000}, {"parked", 1_000_000},
	}
	for _, thing := range things {
		for _, p := range peers {
			name := thing.what + "/" + p.name
			if thing.what == "parked" {
				name = fmt.Sprint("parked/", thing.n, "/", p.name)
			}
			b.Run(name, func(b *testing.B) {
				program, err := exec.LookPath(p.program)
				if err != nil {
					b.Skipf("%s is not installed", p.program)
				}
				if thing.n >= 1_000_000 && thing.what == "parked" && testing.Short() {
					b.Skip("takes seconds and gigabytes")
				}
				var least float64
				var most int64
				for b.Loop() {
					ns, peak := inProcess(b, program, p.args, thing.what, thing.n)
					if least == 0 || ns < least {
						least = ns
					}
					most = max(most, peak)
				}
				b.ReportMetric(least, "ns/op")
				if thing.what == "parked" && most > 0 {
					_, idle := inProcess(b, program, p.args, thing.what, 0)
					b.ReportMetric(float64(most-idle)/float64(thing.n), "B/task")
				}
			})
		}
	}
}

// BenchmarkParked measures what tasks that wait cost: the time to start each,
// let it wait, wake it and let it end, and the memory that it has meanwhile,
// stack and all. Each measurement has a process of its own, because Go's runtime
// lets the stacks that goroutines had before decide how big it makes new ones.
func BenchmarkParked(b *testing.B) {
	test, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			if n >= 1_000_000 && testing.Short() {
				b.Skip("takes seconds and gigabytes")
			}
			var ns float64
			for b.Loop() {
				ns, _ = inProcess(b, test, nil, "parked", n)
			}
			size, _ := inProcess(b, test, nil, "memory", n)
			b.ReportMetric(ns, "ns/op")
			b.ReportMetric(size, "B/task")
		})
	}
}

// inProcess measures a thing n times in a new process, and returns what that
// printed and its peak of memory, if that can be known.
func inProcess(b *testing.B, program string, args []string, what string, n int) (result float64, peak int64) {
	c := exec.Command(program, append(args, what, fmt.Sprint(n))...)
	c.Env = append(os.Environ(), fmt.Sprint(peer, "=", what, " ", n))
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		b.Fatal(err)
	}
	if result, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64); err != nil {
		b.Fatal(err)
	}
	return result, peakMemory(c.ProcessState)
}

// memoryOfParked returns how much memory n tasks have that wait.
func memoryOfParked(n int) (size uint64) {
	err := await.NewLoop().Run(func() {
		var line await.Waiters
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before) // without a collection: see BenchmarkParked
		for range n {
			await.Start0(func() { line.Wait("the end") })
		}
		await.Yield()
		runtime.GC()
		runtime.GC() // now all garbage is swept
		runtime.ReadMemStats(&after)
		inUse := func(m *runtime.MemStats) uint64 { return m.HeapInuse + m.StackInuse + m.OtherSys }
		size = inUse(&after) - inUse(&before)
		line.WakeAll()
	})
	if err != nil {
		panic(err)
	}
	return size
}

// measure does a thing n times and returns how long that took.
func measure(what string, n int) (d time.Duration) {
	if what == "post" {
		l := await.NewLoop()
		go l.Serve()
		began := time.Now()
		for range n {
			l.Start("", func() {}).Await()
		}
		d = time.Since(began)
		l.Close()
		<-l.Closed()
		return d
	}
	things := map[string]func(){
		"switch2":    func() { takeTurns(2, n) },
		"switch1000": func() { takeTurns(1000, n) },
		"spawn": func() {
			for range n {
				await.Start(func() int { return 1 }).Await()
			}
		},
		"timer": func() {
			fired := 0
			var over await.Event
			for i := range n {
				await.CurrentLoop().After(time.Duration(i*7919%n), func() {
					if fired++; fired == n {
						over.Set()
					}
				})
			}
			over.Wait()
		},
		"parked": func() {
			var end await.Event
			all := make([]*await.Task0, n)
			for i := range all {
				all[i] = await.Start0(end.Wait)
			}
			await.Yield()
			end.Set()
			for _, x := range all {
				x.Await()
			}
		},
	}
	err := await.NewLoop().Run(func() {
		began := time.Now()
		things[what]()
		d = time.Since(began)
	})
	if err != nil {
		panic(err)
	}
	return d
}

// takeTurns lets tasks yield, n times in all.
func takeTurns(tasks, n int) {
	all := make([]*await.Task0, tasks)
	for i := range all {
		all[i] = await.Start0(func() {
			for range n / tasks {
				await.Yield()
			}
		})
	}
	await.Settle(all...)
}
