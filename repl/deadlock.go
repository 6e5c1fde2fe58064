package repl

import (
	"runtime"
	"strings"
	"time"
)

// wakes reports whether a goroutine that waits may be woken by what the
// compiled function brings about: a timer, a signal, another process.
func wakes(path, name string) bool {
	switch path {
	case "time":
		return name == "After" || name == "AfterFunc" || name == "NewTimer" || name == "NewTicker" || name == "Tick"
	case "context":
		return strings.HasPrefix(name, "WithTimeout") || strings.HasPrefix(name, "WithDeadline")
	case "runtime":
		return name == "SetFinalizer"
	case "net", "os/signal", "os/exec", "syscall":
		return true
	}
	return strings.HasPrefix(path, "net/")
}

// asleep are the states of goroutines that only another one wakes. A goroutine
// that waits for the runtime, even for our look at it, is in none of them.
var asleep = map[string]bool{
	"chan receive": true, "chan send": true, "chan receive (nil chan)": true, "chan send (nil chan)": true,
	"select": true, "select (no cases)": true, "coroutine": true,
	"sync.Cond.Wait": true, "sync.Mutex.Lock": true, "sync.RWMutex.Lock": true, "sync.RWMutex.RLock": true, "sync.WaitGroup.Wait": true,
}

// watchdog looks now and then whether all goroutines are asleep but the others,
// those that were there before the program, and calls dead if so, unless done
// is closed before. It returns at once if something else than a goroutine may
// wake one.
func (s *Session) watchdog(others map[string]string, done <-chan struct{}, dead func()) {
	if s.woken {
		return
	}
	at, looks := -1, 0
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		select {
		case <-done:
			return
		case <-time.After(pause):
		}
		was := at
		if at = s.engine.Position(); at != was || !s.stuck(others) {
			looks = 0
		} else if looks++; looks == 2 {
			dead()
			return
		}
	}
}

// stuck reports whether all goroutines are asleep but the others.
func (s *Session) stuck(others map[string]string) bool {
	if s.sleeping.Load() > 0 {
		return false
	}
	for id, state := range goroutineStates() {
		if _, other := others[id]; !other && !asleep[state] {
			return false
		}
	}
	return true
}

// goroutineStates returns the states of all goroutines but the one that calls
// it, by their ids.
func goroutineStates() map[string]string {
	buf := make([]byte, 64<<10)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	states := map[string]string{}
	for i, trace := range strings.Split(string(buf[:n]), "\n\n") {
		head, _, _ := strings.Cut(trace, "\n")
		id, state, ok := strings.Cut(strings.TrimPrefix(head, "goroutine "), " ")
		if i == 0 || !ok {
			continue
		}
		if open := strings.IndexByte(state, '['); open >= 0 {
			state = state[open+1:]
		}
		state, _, _ = strings.Cut(strings.TrimSuffix(state, "]:"), ",")
		states[id] = state
	}
	return states
}
