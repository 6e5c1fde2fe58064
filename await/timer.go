package await

import "time"

// A Timer calls a function on a loop at a given time, unless it is stopped.
// Make it with Loop.After. Only the loop may use it.
type Timer struct {
	unqueued
	loop *Loop
	when time.Duration // since the clock's origin
	f    func()        // called on the loop; nil for a sleeping task
	task *Task0
	dead bool // fired or stopped
}

// After has f called on the loop when d has passed; f must not wait. Only the
// loop's tasks and callbacks may call it: it panics with a *MisuseError if
// others do.
func (l *Loop) After(d time.Duration, f func()) *Timer {
	if CurrentLoop() != l {
		panic(&MisuseError{"a timer of " + l.name + " was set from outside: use Loop.Post or Loop.Call"})
	}
	t := &Timer{loop: l, f: f}
	l.arm(t, d)
	return t
}

// Stop prevents the timer from firing, and reports whether it did so: false
// means that it has fired or was stopped before. It panics with a *MisuseError
// outside the loop.
func (t *Timer) Stop() bool {
	if CurrentLoop() != t.loop {
		panic(&MisuseError{"a timer of " + t.loop.name + " was stopped from outside: use Loop.Post or Loop.Call"})
	}
	return t.stop()
}

// stop is Stop on the loop.
func (t *Timer) stop() bool {
	if t.dead {
		return false
	}
	t.dead = true
	t.loop.timers.drop()
	return true
}

// When returns the time at which the timer fires, by the loop's clock.
func (t *Timer) When() time.Time { return t.loop.clock.origin.Add(t.when) }

func (t *Timer) waitsFor() string { return "sleep until " + t.When().Format("15:04:05.000") }

// Now returns the present by the loop's clock. It may be called only by the
// loop's tasks and callbacks if the clock is virtual.
func (l *Loop) Now() time.Time { return l.clock.origin.Add(l.clock.now()) }

// Now returns the present by the clock of the current loop; in a goroutine
// that belongs to no loop it is time.Now.
func Now() time.Time {
	if l := CurrentLoop(); l != nil {
		return l.Now()
	}
	return time.Now()
}

// Sleep lets others run until d has passed by the loop's clock; at least once,
// even if d is not positive. In a goroutine that belongs to no loop it is
// time.Sleep.
func Sleep(d time.Duration) {
	me := waiter("sleep", nil, nil)
	if me == nil {
		time.Sleep(d)
		return
	}
	if d <= 0 {
		Yield()
		return
	}
	t := &Timer{loop: me.loop, task: me}
	me.loop.arm(t, d)
	if !me.park(t) {
		t.stop()
		me.unwind()
	}
}

// StartSleep starts a task that does nothing but sleep for d, from now on. It
// is what Start0 is with a function that sleeps, for the cost of a timer: the
// task has no stack. It panics with a *MisuseError if the caller belongs to no
// loop.
func StartSleep(d time.Duration) *Task0 {
	l := CurrentLoop()
	if l == nil {
		panic(&MisuseError{"StartSleep needs a loop: it was called by a goroutine that belongs to none; use Loop.Start"})
	}
	task := l.newTask("", caller(1))
	timer := &Timer{loop: l, task: task}
	task.state, task.on = Waiting, timer
	l.arm(timer, d)
	l.enroll(task)
	if l.tracer != nil {
		l.tracer.add(l, task, traceWait)
	}
	return task
}

// rise makes a task that only sleeps one that has yet to begin: it was
// cancelled, and will end like any other.
func (t *Task0) rise(timer *Timer) {
	timer.stop()
	t.state, t.on = Ready, body(func() {})
	t.loop.unborn++
	t.loop.ready.push(t)
}

// SleepUntil sleeps until the time t by the loop's clock.
func SleepUntil(t time.Time) { Sleep(t.Sub(Now())) }

// arm starts t.
func (l *Loop) arm(t *Timer, d time.Duration) {
	t.when = l.clock.now() + max(d, 0)
	if t.when < 0 { // beyond the end of time
		t.when = 1<<63 - 1
	}
	l.timers.push(t)
	if at, _ := l.timers.next(); at == t.when && l.clock.kind == Real {
		l.poke.Store(true) // the hub will fire it, or set the alarm
	}
}

// fireTimers fires all timers that are due.
func (l *Loop) fireTimers() {
	if len(l.timers.heap) == 0 {
		return
	}
	now := l.clock.now()
	if l.alarm.set && l.alarm.at <= now {
		l.alarm.set = false
	}
	for len(l.timers.heap) > 0 && l.timers.heap[0].when <= now {
		t := l.timers.pop()
		switch {
		case t.dead:
			continue
		case t.task != nil && t.task.strand == nil:
			l.finish(t.task, Done, nil)
		case t.task != nil:
			t.task.wake()
		default:
			l.calls.push(t.f)
		}
		t.dead = true
		l.timers.live--
	}
	l.setAlarm()
}

// jump sets virtual time forward to the next timer.
func (l *Loop) jump() bool {
	at, ok := l.timers.next()
	if ok {
		l.clock.jumped = max(at, l.clock.jumped)
	}
	return ok
}

// timers is a heap with four children to a node, which touches less memory
// than one with two. Stopped timers stay in it until they come up, or until
// they are more than half of it. Timers of the same time fire in the order
// they were started.
type timers struct {
	heap []timerEntry
	live int
	seq  uint64
}

type timerEntry struct {
	when  time.Duration
	seq   uint64
	timer *Timer
}

func (e timerEntry) before(o timerEntry) bool {
	return e.when < o.when || e.when == o.when && e.seq < o.seq
}

// next returns the time of the first live timer.
func (h *timers) next() (time.Duration, bool) {
	for len(h.heap) > 0 {
		if e := h.heap[0]; !e.timer.dead {
			return e.when, true
		}
		h.pop()
	}
	return 0, false
}

// push adds t.
func (h *timers) push(t *Timer) {
	h.seq++
	h.live++
	h.heap = append(h.heap, timerEntry{t.when, h.seq, t})
	h.up(len(h.heap) - 1)
}

// pop removes and returns the first timer, live or not.
func (h *timers) pop() *Timer {
	t := h.heap[0].timer
	n := len(h.heap) - 1
	h.heap[0] = h.heap[n]
	h.heap[n] = timerEntry{}
	h.heap = h.heap[:n]
	if n > 1 {
		h.down(0)
	}
	return t
}

// drop takes note that a timer in the heap was stopped.
func (h *timers) drop() {
	h.live--
	if len(h.heap) < 64 || h.live > len(h.heap)/2 {
		return
	}
	kept := h.heap[:0]
	for _, e := range h.heap {
		if !e.timer.dead {
			kept = append(kept, e)
		}
	}
	clear(h.heap[len(kept):])
	h.heap = kept
	for i := (len(kept) - 2) / 4; i >= 0; i-- {
		h.down(i)
	}
}

func (h *timers) up(i int) {
	e := h.heap[i]
	for i > 0 {
		p := (i - 1) / 4
		if !e.before(h.heap[p]) {
			break
		}
		h.heap[i] = h.heap[p]
		i = p
	}
	h.heap[i] = e
}

func (h *timers) down(i int) {
	if len(h.heap) == 0 {
		return
	}
	e := h.heap[i]
	for {
		c := 4*i + 1
		if c >= len(h.heap) {
			break
		}
		m := c
		for k := c + 1; k < min(c+4, len(h.heap)); k++ {
			if h.heap[k].before(h.heap[m]) {
				m = k
			}
		}
		if !h.heap[m].before(e) {
			break
		}
		h.heap[i] = h.heap[m]
		i = m
	}
	h.heap[i] = e
}
