package await_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// The fuzz target runs random programs twice: as tasks of a loop in virtual
// time, and in a model, a few dozen lines that know nothing of coroutines. Both
// write down what happens, when, and how; the two accounts have to agree.

// An op is one statement of a random program.
type op struct {
	kind opKind
	arg  int // a task, or a time in milliseconds
	more int // a second time
}

type opKind uint8

const (
	opYield opKind = iota
	opSleep
	opSpawn
	opAwait
	opCancel
	opTimeout // a sleep with a timeout
	opSwallow // a sleep whose cancellation is recovered
	opPanic
	opKinds
)

// decode makes programs of bytes: three to a statement; program i is what task
// i runs, and task 0 is main.
func decode(data []byte) [][]op {
	programs := [][]op{nil}
	for len(data) >= 3 && len(programs) < 30 {
		o := op{opKind(data[0]) % (opKinds + 1), int(data[1]) % 32, int(data[2]) % 32}
		data = data[3:]
		if o.kind == opKinds { // the next program
			programs = append(programs, nil)
			continue
		}
		last := len(programs) - 1
		programs[last] = append(programs[last], o)
	}
	return programs
}

// really runs the programs on a loop.
func really(programs [][]op, seeded bool) (account []string, deadlock bool) {
	var tasks []*await.Task0
	note := func(task int, format string, args ...any) {
		account = append(account, fmt.Sprintf("%v task %d ", await.Now().Sub(epoch), task)+fmt.Sprintf(format, args...))
	}
	var run func(me int)
	run = func(me int) {
		defer func() {
			v := recover()
			switch {
			case v == nil:
				note(me, "is done")
			case await.IsCancellation(v):
				note(me, "is cancelled")
				panic(v)
			default:
				note(me, "fails")
				panic(v)
			}
		}()
		for _, o := range programs[me] {
			switch o.kind {
			case opYield:
				await.Yield()
				note(me, "had its turn")
			case opSleep:
				await.Sleep(time.Duration(o.arg+1) * time.Millisecond)
				note(me, "slept")
			case opSpawn:
				if child := len(tasks); child < len(programs) {
					tasks = append(tasks, nil)
					tasks[child] = await.Start0(func() { run(child) })
				}
			case opAwait:
				i := o.arg % len(tasks)
				tasks[i].Wait()
				note(me, "awaited %d: %v", i, tasks[i].State())
			case opCancel:
				i := o.arg % len(tasks)
				note(me, "cancels %d: %v", i, tasks[i].Cancel(nil))
			case opTimeout:
				err := await.Timeout(time.Duration(o.arg+1)*time.Millisecond, func() {
					await.Sleep(time.Duration(o.more+1) * time.Millisecond)
				})
				note(me, "had a timeout: %v", err != nil)
			case opSwallow:
				v := caught(func() { await.Sleep(time.Duration(o.arg+1) * time.Millisecond) })
				note(me, "slept lightly: %v", v == nil)
			case opPanic:
				panic("boom")
			}
		}
	}
	options := []await.Option{await.WithClock(await.Virtual), await.WithUnhandled(func(*await.Task0) {})}
	if seeded {
		options = append(options, await.WithSeed(uint64(len(programs))))
	}
	err := await.NewLoop(options...).Run(func() {
		tasks = append(tasks, await.Current())
		run(0)
	})
	var d *await.DeadlockError
	return account, errors.As(err, &d)
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// A model is the loop as it is meant to be.
type model struct {
	programs [][]op
	tasks    []*modelTask
	ready    []*modelTask
	timers   []*modelTimer
	now      time.Duration
	serial   int
	closing  bool
	sealed   bool
	account  []string
}

type modelTask struct {
	id, pc  int
	began   bool
	state   await.State
	within  bool // in the middle of the statement at pc
	asked   bool // cancellation of the task, not yet raised
	late    bool // cancellation of its timeout, not yet raised
	cut     bool // the wait was cut short
	timer   *modelTimer
	limit   *modelTimer
	target  *modelTask
	waiters []*modelTask
}

type modelTimer struct {
	at     time.Duration
	serial int
	task   *modelTask
	scope  bool // a timeout, not a sleep
	gone   bool
}

func (m *model) note(t *modelTask, format string, args ...any) {
	m.account = append(m.account, fmt.Sprintf("%v task %d ", m.now, t.id)+fmt.Sprintf(format, args...))
}

func (m *model) spawn() {
	t := &modelTask{id: len(m.tasks)}
	m.tasks = append(m.tasks, t)
	m.ready = append(m.ready, t)
	if m.closing {
		t.asked = true
	}
}

func (m *model) wake(t *modelTask) {
	if t.state == await.Waiting {
		t.state = await.Ready
		m.ready = append(m.ready, t)
	}
}

func (m *model) cancel(t *modelTask) {
	if t.asked || t.state.Ended() {
		return
	}
	t.asked = true
	m.interrupt(t)
}

func (m *model) interrupt(t *modelTask) {
	if t.state == await.Waiting {
		t.cut = true
		if t.target != nil {
			t.target.waiters = slices.DeleteFunc(t.target.waiters, func(w *modelTask) bool { return w == t })
		}
		m.wake(t)
	}
}

func (m *model) set(t *modelTask, ms int, scope bool) *modelTimer {
	m.serial++
	x := &modelTimer{at: m.now + time.Duration(ms)*time.Millisecond, serial: m.serial, task: t, scope: scope}
	m.timers = append(m.timers, x)
	return x
}

func (m *model) end(t *modelTask, s await.State, what string) {
	t.state = s
	if what != "" {
		m.note(t, "%s", what)
	}
	for _, w := range t.waiters {
		m.wake(w)
	}
	t.waiters = nil
	if t.id == 0 {
		m.stop()
	}
}

func (m *model) stop() {
	if m.closing {
		return
	}
	m.closing = true
	for _, t := range m.tasks {
		m.cancel(t)
	}
}

// step runs t until it waits or ends.
func (m *model) step(t *modelTask) {
	if !t.began && t.asked {
		m.end(t, await.Cancelled, "")
		return
	}
	t.began, t.state = true, await.Running
	for t.pc < len(m.programs[t.id]) {
		o := m.programs[t.id][t.pc]
		raise := func() bool { // at the beginning of a wait
			if t.within {
				cut := t.cut
				t.cut = false
				return cut
			}
			return t.asked || m.sealed
		}
		wait := func() {
			t.within, t.state = true, await.Waiting
		}
		switch o.kind {
		case opYield:
			if t.asked {
				t.asked = false
				m.end(t, await.Cancelled, "is cancelled")
				return
			}
			if !t.within {
				t.within, t.state = true, await.Ready
				m.ready = append(m.ready, t)
				return
			}
			m.note(t, "had its turn")
		case opSleep, opSwallow:
			if raise() {
				t.asked = false
				if t.timer != nil {
					t.timer.gone = true
				}
				if o.kind == opSleep {
					m.end(t, await.Cancelled, "is cancelled")
					return
				}
				m.note(t, "slept lightly: false")
				break
			}
			if !t.within {
				t.timer = m.set(t, o.arg+1, false)
				wait()
				return
			}
			if o.kind == opSleep {
				m.note(t, "slept")
			} else {
				m.note(t, "slept lightly: true")
			}
		case opTimeout:
			if !t.within {
				t.limit = m.set(t, o.arg+1, true)
			}
			if raise() {
				if t.timer != nil {
					t.timer.gone = true
				}
				t.limit.gone = true
				if t.asked || m.sealed {
					t.asked, t.late = false, false
					m.end(t, await.Cancelled, "is cancelled")
					return
				}
				t.late = false
				m.note(t, "had a timeout: true")
				break
			}
			if !t.within {
				t.timer = m.set(t, o.more+1, false)
				wait()
				return
			}
			t.limit.gone, t.late = true, false
			m.note(t, "had a timeout: false")
		case opSpawn:
			if len(m.tasks) < len(m.programs) {
				m.spawn()
			}
		case opAwait:
			if !t.within {
				t.target = m.tasks[o.arg%len(m.tasks)]
			}
			u := t.target
			if u.state.Ended() && !t.cut {
				m.note(t, "awaited %d: %v", u.id, u.state)
				break
			}
			if !t.within && circle(t, u) {
				m.end(t, await.Failed, "fails")
				return
			}
			if raise() {
				t.asked = false
				m.end(t, await.Cancelled, "is cancelled")
				return
			}
			u.waiters = append(u.waiters, t)
			wait()
			return
		case opCancel:
			u := m.tasks[o.arg%len(m.tasks)]
			m.note(t, "cancels %d: %v", u.id, !u.state.Ended())
			m.cancel(u)
		case opPanic:
			m.end(t, await.Failed, "fails")
			return
		}
		t.pc++
		t.within, t.timer, t.target = false, nil, nil
	}
	m.end(t, await.Done, "is done")
}

// circle reports whether awaiting u would make t wait for itself.
func circle(t, u *modelTask) bool {
	for u != nil && u != t {
		if u.state != await.Waiting {
			return false
		}
		u = u.target
	}
	return u == t
}

// run runs the programs in the model.
func (m *model) run() (deadlock bool) {
	m.spawn()
	for {
		for len(m.ready) > 0 {
			t := m.ready[0]
			m.ready = m.ready[1:]
			m.step(t)
		}
		m.timers = slices.DeleteFunc(m.timers, func(x *modelTimer) bool { return x.gone })
		slices.SortFunc(m.timers, func(a, b *modelTimer) int {
			if a.at != b.at {
				return int(a.at - b.at)
			}
			return a.serial - b.serial
		})
		if len(m.timers) == 0 {
			if !slices.ContainsFunc(m.tasks, func(t *modelTask) bool { return !t.state.Ended() }) {
				return deadlock
			}
			if !m.closing {
				deadlock = true
				m.stop()
				continue
			}
			m.sealed = true
			for _, t := range m.tasks {
				m.cancel(t)
			}
			continue
		}
		m.now = m.timers[0].at
		var late []*modelTimer
		for len(m.timers) > 0 && m.timers[0].at == m.now {
			x := m.timers[0]
			m.timers = m.timers[1:]
			x.gone = true
			if x.scope {
				late = append(late, x)
			} else {
				m.wake(x.task)
			}
		}
		for _, x := range late {
			x.task.late = true
			m.interrupt(x.task)
		}
	}
}

func FuzzLoop(f *testing.F) {
	f.Add([]byte{2, 0, 0, 3, 1, 0, 8, 0, 0, 1, 5, 0})
	f.Add([]byte{2, 0, 0, 2, 0, 0, 0, 0, 0, 4, 1, 0, 3, 1, 0, 3, 2, 0, 8, 0, 0, 6, 9, 0, 8, 0, 0, 5, 3, 9})
	f.Add([]byte{2, 0, 0, 3, 1, 0, 8, 0, 0, 3, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		programs := decode(data)
		got, deadlock := really(programs, false)
		m := &model{programs: programs}
		if want := m.run(); deadlock != want {
			t.Errorf("deadlock: %v, in the model %v", deadlock, want)
		}
		for i := range max(len(got), len(m.account)) {
			if i >= len(got) || i >= len(m.account) || got[i] != m.account[i] {
				t.Fatalf("line %d differs\nloop:\n%s\nmodel:\n%s\nprograms: %v", i+1, strings.Join(got, "\n"), strings.Join(m.account, "\n"), programs)
			}
		}
		a, _ := really(programs, true)
		b, _ := really(programs, true)
		if !slices.Equal(a, b) {
			t.Fatalf("the same seed made two schedules:\n%s\n\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
		}
	})
}
