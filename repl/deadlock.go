package repl

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// A Go program all of whose goroutines wait for one another ends with a fatal
// error. The shell has goroutines of its own, so the runtime does not see that,
// and we look at what it says of the program's. That tells something only where
// nothing but goroutines of the program can wake one.

// closed are the packages of the library, and parents of packages, of which
// nothing goes on by itself or waits for the world in ways that cannot be seen.
var closed = []string{
	"bufio", "bytes", "cmp", "container", "context", "embed", "encoding", "errors", "fmt", "hash", "html", "io", "iter",
	"log", "maps", "math", "os", "path", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync",
	"text", "time", "unicode", "unique", "unsafe", "weak",
}

// timers are what starts the timers that are not plain to see.
var timers = map[string][]string{
	"time":    {"After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Reset"},
	"context": {"AfterFunc", "WithDeadline", "WithDeadlineCause", "WithTimeout", "WithTimeoutCause"},
	"os":      {"Signal", "StartProcess"},
	"runtime": {"SetFinalizer", "AddCleanup"},
}

// isClosed reports whether only goroutines of the program, which mentions the
// objects in uses, can wake others.
func isClosed(p *syntax.Program, uses map[*ast.Ident]types.Object) bool {
	for _, i := range p.File.Imports {
		path := strings.Trim(i.Path.Value, "\"`")
		root, rest, _ := strings.Cut(path, "/")
		if !slices.Contains(closed, root) || root == "os" && rest != "" {
			return false
		}
	}
	for _, obj := range uses {
		if obj.Pkg() != nil && slices.Contains(timers[obj.Pkg().Path()], obj.Name()) {
			return false
		}
	}
	return true
}

var (
	goroutineLine = regexp.MustCompile(`^goroutine (\d+) (?:[^\[]*)\[([^,\]]+)`)
	waiting       = []string{
		"chan receive", "chan receive (nil chan)", "chan send", "chan send (nil chan)", "select", "select (no cases)",
		"sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "sync.WaitGroup.Wait", "sync.Cond.Wait",
	}
)

// mostStacks is how many bytes of stacks are looked at.
const mostStacks = 32 << 20

// stacks returns what the runtime prints of each goroutine, by its number, or
// nil if that is too much.
func stacks() map[string]string {
	for size := 64 << 10; size <= mostStacks; size *= 4 {
		buf := make([]byte, size)
		n := runtime.Stack(buf, true)
		if n == size {
			continue
		}
		all := map[string]string{}
		for part := range bytes.SplitSeq(buf[:n], []byte("\n\n")) {
			if m := goroutineLine.FindSubmatch(part); m != nil {
				all[string(m[1])] = string(part)
			}
		}
		return all
	}
	return nil
}

// isAsleep reports whether all goroutines of the program wait, and there is
// one: those that are not among the shell's own, which its loop has more of.
func isAsleep(own map[string]string) bool {
	found := false
	for number, text := range stacks() {
		if _, ok := own[number]; ok || strings.Contains(text, "repl.(*Session).awaitDeadlock") {
			continue
		}
		runs := strings.Contains(text, "yaegi/interp.") || strings.Contains(text, "repl/engine.(*Engine).runFrame")
		if !runs && strings.Contains(text, "asyncrepl/await.") {
			continue
		}
		state := goroutineLine.FindStringSubmatch(text)[2]
		if !runs || !slices.Contains(waiting, state) || strings.Contains(text, "repl.(*Session).sleep") {
			return false
		}
		found = true
	}
	return found
}

// awaitDeadlock ends the process as Go does when all goroutines of the program
// that runs wait, until done is closed. The shell's own goroutines are given.
func (s *Session) awaitDeadlock(own map[string]string, done <-chan struct{}) {
	const first, longest = 50 * time.Millisecond, 10 * time.Second
	at, interval := -1, first
	for {
		select {
		case <-done:
			return
		case <-time.After(interval):
		}
		if now := s.engine.Position(); now != at {
			at, interval = now, first
			continue // it goes on
		}
		if isAsleep(own) {
			fmt.Fprintln(s.cfg.Err, "fatal error: all goroutines are asleep - deadlock!")
			s.cfg.Exit(2)
		}
		interval = min(2*interval, longest)
	}
}
