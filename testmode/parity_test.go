package testmode_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// A tester is *testing.T or *testmode.T.
type tester[T any] interface {
	testing.TB
	Run(name string, f func(t T)) bool
	Parallel()
}

// A journal keeps what scenarios note, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// scenarios are tests whose behaviour must be the same under both.
func scenarios[T tester[T]](j *journal) map[string]func(t T) {
	state := func(t T) string { return fmt.Sprintf("%s failed=%v skipped=%v", t.Name(), t.Failed(), t.Skipped()) }
	sub := func(t T, name string, f func(t T)) {
		j.note("Run(%s) = %v, parent %v", name, t.Run(name, f), t.Failed())
	}
	return map[string]func(t T){
		"cleanup order": func(t T) {
			for i := range 3 {
				t.Cleanup(func() {
					j.note("cleanup %d %s", i, state(t))
					if i == 1 {
						t.Cleanup(func() { j.note("nested cleanup") })
					}
				})
			}
			defer j.note("defer")
			j.note("body")
		},
		"cleanup after FailNow": func(t T) {
			t.Cleanup(func() { j.note("cleanup %s", state(t)) })
			defer j.note("defer")
			t.FailNow()
			j.note("unreachable")
		},
		"FailNow in a cleanup": func(t T) {
			t.Cleanup(func() { j.note("first registered") })
			t.Cleanup(func() { t.FailNow(); j.note("unreachable") })
			j.note("body")
		},
		"subtests": func(t T) {
			sub(t, "pass", func(t T) { j.note("in %s", t.Name()) })
			sub(t, "skip", func(t T) { t.Cleanup(func() { j.note("%s", state(t)) }); t.Skip("why"); j.note("unreachable") })
			sub(t, "fail", func(t T) { t.Error("no"); j.note("%s", state(t)) })
			sub(t, "fatal", func(t T) { t.Fatal("no"); j.note("unreachable") })
			sub(t, "after", func(t T) { j.note("%s", state(t)) })
			sub(t, "deep/er", func(t T) {
				sub(t, "x y", func(t T) { j.note("%s", t.Name()); t.Fail() })
				j.note("%s", state(t))
			})
			j.note("%s", state(t))
		},
		"skip after failure": func(t T) { t.Error("no"); t.Cleanup(func() { j.note("%s", state(t)) }); t.Skip("then") },
		"cleanup and subtests": func(t T) {
			t.Cleanup(func() { j.note("outer cleanup") })
			sub(t, "in", func(t T) {
				t.Cleanup(func() { j.note("inner cleanup") })
				j.note("inner body")
			})
			j.note("outer body")
		},
		"parallel": func(t T) {
			t.Cleanup(func() { j.note("all over") })
			sub(t, "group", func(t T) {
				var mu sync.Mutex
				n := 0
				for i := range 3 {
					sub(t, fmt.Sprint(i), func(t T) {
						t.Parallel()
						mu.Lock()
						n++
						mu.Unlock()
						t.Cleanup(func() { mu.Lock(); n--; mu.Unlock() })
					})
				}
				t.Cleanup(func() { j.note("group cleanup, %d left", n) })
				j.note("group body, %d begun", n)
			})
			j.note("body ends")
		},
		"parallel failure": func(t T) {
			sub(t, "group", func(t T) {
				t.Run("a", func(t T) { t.Parallel(); t.FailNow() })
				t.Run("b", func(t T) { t.Parallel(); t.Skip() })
				j.note("%s", state(t))
			})
			j.note("%s", state(t))
		},
		"context": func(t T) {
			ctx := t.Context()
			t.Cleanup(func() { j.note("in cleanup: %v %v", ctx.Err(), t.Context().Err()) })
			sub(t, "in", func(t T) {
				inner := t.Context()
				t.Cleanup(func() { j.note("inner: %v, outer: %v", inner.Err(), ctx.Err()) })
			})
			j.note("in body: %v", ctx.Err())
		},
		"environment": func(t T) {
			os.Setenv("ASYNCREPL_PARITY", "before")
			dir, _ := os.Getwd()
			temp := ""
			sub(t, "in", func(t T) {
				t.Setenv("ASYNCREPL_PARITY", "inside")
				t.Setenv("ASYNCREPL_PARITY_NEW", "inside")
				temp = t.TempDir()
				t.Chdir(temp)
				now, _ := os.Getwd()
				a, b := t.TempDir(), t.TempDir()
				j.note("%v %v %v %v", os.Getenv("ASYNCREPL_PARITY"), filepath.Base(now) == filepath.Base(temp), a != b, filepath.Dir(a) == filepath.Dir(b))
			})
			_, new := os.LookupEnv("ASYNCREPL_PARITY_NEW")
			now, _ := os.Getwd()
			_, err := os.Stat(temp)
			j.note("%s %v %v %v", os.Getenv("ASYNCREPL_PARITY"), new, now == dir, os.IsNotExist(err))
			os.Unsetenv("ASYNCREPL_PARITY")
		},
		"goroutines": func(t T) {
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() { t.Error("from a goroutine"); t.Log("as well") })
			}
			wg.Wait()
			j.note("%s", state(t))
		},
		"fatal of the parent": func(t T) {
			ok := t.Run("in", func(sub T) { t.Fail(); j.note("%s, %s", state(t), state(sub)) })
			j.note("%v %s", ok, state(t))
		},
		"panics of misuse": func(t T) {
			try := func(what string, f func()) {
				defer func() { j.note("%s panics: %v", what, recover() != nil) }()
				f()
			}
			t.Run("setenv, parallel", func(t T) { t.Setenv("ASYNCREPL_PARITY", "x"); try("parallel", t.Parallel) })
			t.Run("parallel, setenv", func(t T) {
				t.Parallel()
				try("setenv", func() { t.Setenv("ASYNCREPL_PARITY", "x") })
				try("chdir", func() { t.Chdir(".") })
				try("parallel", t.Parallel)
			})
		},
		"artifacts": func(t T) {
			a, b := t.ArtifactDir(), t.ArtifactDir()
			_, err := os.Stat(a)
			j.note("%v %v", a == b, err)
		},
		"attributes": func(t T) {
			t.Attr("key", "a value")
			j.note("%s", state(t))
			sub(t, "key", func(t T) { t.Attr("a key", "value") })
			sub(t, "value", func(t T) { t.Attr("key", "two\nlines") })
		},
		"output": func(t T) {
			n, err := fmt.Fprint(t.Output(), "half a line")
			j.note("%d %v", n, err)
		},
	}
}

// Tests behave as under package testing, and fail when they do there.
func TestParity(t *testing.T) {
	for name := range scenarios[*testing.T](&journal{}) {
		t.Run(name, func(t *testing.T) {
			var theirs, ours journal
			quiet(t, func() {
				ok := testing.RunTests(func(string, string) (bool, error) { return true, nil },
					[]testing.InternalTest{{Name: "TestX", F: scenarios[*testing.T](&theirs)[name]}})
				theirs.note("passed: %v", ok)
			})
			s := newSuite(t, "-q")
			s.add("TestX", 1, "", scenarios[*testmode.T](&ours)[name])
			_, r := s.run()
			ours.note("passed: %v", r.Status == testmode.StatusOK)
			if diff := cmp.Diff(theirs.lines, ours.lines); diff != "" {
				t.Errorf("-testing +testmode:\n%s\n%s", diff, strings.Join(ours.lines, "\n"))
			}
		})
	}
}

// quiet calls f, which runs tests once, while nothing is printed to standard
// output.
func quiet(t *testing.T, f func()) {
	count := flag.Lookup("test.count").Value
	before := count.String()
	count.Set("1")
	defer count.Set(before)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	stdout := os.Stdout
	os.Stdout = null
	defer func() { os.Stdout = stdout }()
	f()
}

// A program is a test made of random steps; some are subtests.
type program struct {
	name  string
	steps []string
	subs  []*program // one for each step "run"
}

// randomProgram makes a program; depth limits how deep it nests.
func randomProgram(rng *rand.Rand, name string, depth int) *program {
	p := &program{name: name}
	steps := []string{"note", "error", "log", "cleanup", "cleanup that fails", "cleanup that leaves", "context", "run", "run", "run", "fatal", "skip", "failnow"}
	if depth < 3 && rng.IntN(3) == 0 {
		p.steps = append(p.steps, "parallel")
	}
	for range 1 + rng.IntN(6) {
		step := steps[rng.IntN(len(steps))]
		if step == "run" {
			if depth == 0 {
				continue
			}
			p.subs = append(p.subs, randomProgram(rng, string(rune('a'+rng.IntN(3))), depth-1))
		}
		p.steps = append(p.steps, step)
		if rng.IntN(3) > 0 && (step == "fatal" || step == "skip" || step == "failnow") {
			p.steps = p.steps[:len(p.steps)-1] // not too often
		}
	}
	return p
}

// perform runs a program and notes, for each test by itself, what it sees.
func perform[T tester[T]](p *program, t T, j map[string]*journal, mu *sync.Mutex) {
	mu.Lock()
	own := j[t.Name()]
	if own == nil {
		own = &journal{}
		j[t.Name()] = own
	}
	mu.Unlock()
	state := func() string { return fmt.Sprintf("failed=%v skipped=%v", t.Failed(), t.Skipped()) }
	defer func() { own.note("leaves") }()
	sub := 0
	for i, step := range p.steps {
		own.note("%d %s", i, step)
		switch step {
		case "parallel":
			t.Parallel()
		case "error":
			t.Error("no")
			own.note("%s", state())
		case "log":
			t.Log("text")
		case "cleanup":
			t.Cleanup(func() { own.note("cleanup %d: %s", i, state()) })
		case "cleanup that fails":
			t.Cleanup(func() { t.Error("late"); own.note("cleanup %d", i) })
		case "cleanup that leaves":
			t.Cleanup(func() { t.FailNow() })
		case "context":
			ctx := t.Context()
			own.note("context: %v", ctx.Err())
			t.Cleanup(func() { own.note("context: %v", ctx.Err()) })
		case "run":
			q := p.subs[sub]
			sub++
			ok := t.Run(q.name, func(t T) { perform(q, t, j, mu) })
			if len(q.steps) == 0 || q.steps[0] != "parallel" {
				own.note("run: %v, %s", ok, state())
			}
		case "fatal":
			t.Fatal("no")
		case "skip":
			t.Skip("no")
		case "failnow":
			t.FailNow()
		}
	}
}

// Random programs see the same under both.
func TestRandomParity(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for round := range rounds {
		p := randomProgram(rand.New(rand.NewPCG(uint64(round), 0)), "TestX", 3)
		var mu sync.Mutex
		theirs, ours := map[string]*journal{}, map[string]*journal{}
		var theirsOK bool
		quiet(t, func() {
			theirsOK = testing.RunTests(func(string, string) (bool, error) { return true, nil },
				[]testing.InternalTest{{Name: "TestX", F: func(t *testing.T) { perform(p, t, theirs, &mu) }}})
		})
		s := newSuite(t, "-q")
		s.add("TestX", 1, "", func(t *testmode.T) { perform(p, t, ours, &mu) })
		_, r := s.run()
		lines := func(j map[string]*journal) map[string][]string {
			m := map[string][]string{}
			for name, own := range j {
				m[name] = own.lines
			}
			return m
		}
		if diff := cmp.Diff(lines(theirs), lines(ours)); diff != "" || theirsOK != (r.Status == testmode.StatusOK) {
			t.Fatalf("round %d: %v, status %d; -testing +testmode:\n%s", round, theirsOK, r.Status, diff)
		}
	}
}
