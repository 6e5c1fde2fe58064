package await

import "time"

// Post has f called on the loop, in the order of posting, between two steps of
// tasks; f must not wait (Start a task for that), and a panic in it is
// reported as WithUnhandled says. Post never blocks. When the loop is busy it
// costs no thread switch; when the loop is idle it wakes it. Post reports
// whether f will be called: it will not if the loop is over.
func (l *Loop) Post(f func()) bool { return l.post(post{call: f}) }

// Call has f called on the loop as Post does, waits until f has returned, and
// reports whether it was called. If f panics, Call panics with a *PanicError.
// On the loop, Call just calls f; in a task of another loop it waits as Off
// does; any other goroutine it blocks.
func (l *Loop) Call(f func()) (called bool) {
	switch CurrentLoop() {
	case l:
		f()
		return true
	case nil:
		return l.call(f)
	}
	Off(func() { called = l.call(f) })
	return called
}

// call is Call from another goroutine.
func (l *Loop) call(f func()) bool {
	done := make(chan struct{})
	var failure *PanicError
	accepted := l.Post(func() {
		returned := false
		defer func() {
			if !returned {
				failure = &PanicError{Value: ErrGoexit, Name: "callback"}
				if v := recover(); v != nil {
					failure = newPanicError(v)
					failure.Name = "callback"
				}
			}
			close(done)
		}()
		f()
		returned = true
	})
	if !accepted {
		return false
	}
	<-done
	if failure != nil {
		panic(failure)
	}
	return true
}

// A post is what another goroutine wants of the loop: a call or a new task.
type post struct {
	call  func()
	start *Task0
}

// post puts p in the inbox, unless the loop is over.
func (l *Loop) post(p post) bool {
	l.mu.Lock()
	if l.phase == over {
		l.mu.Unlock()
		return false
	}
	l.inbox = append(l.inbox, p)
	l.mu.Unlock()
	l.rouse()
	return true
}

// rouse makes the hub run soon. It may be called from any goroutine.
func (l *Loop) rouse() {
	if !l.poke.Load() {
		l.poke.Store(true)
	}
	if l.asleep.Load() && l.asleep.CompareAndSwap(true, false) {
		l.wake <- struct{}{}
	}
}

// takePosts accepts what was posted.
func (l *Loop) takePosts() {
	l.mu.Lock()
	posts := l.inbox
	l.inbox = l.emptied
	l.mu.Unlock()
	l.accept(posts)
	clear(posts)
	l.emptied = posts[:0]
}

// accept queues calls and admits tasks.
func (l *Loop) accept(posts []post) {
	for _, p := range posts {
		if p.start != nil {
			l.admit(p.start)
		} else {
			l.calls.push(p.call)
		}
	}
}

// A callQueue holds the callbacks that are to run on the loop.
type callQueue struct {
	queue []func()
	head  int
}

func (q *callQueue) size() int { return len(q.queue) - q.head }

func (q *callQueue) push(f func()) { q.queue = append(q.queue, f) }

// pop removes the first call; the queue must not be empty.
func (q *callQueue) pop() func() {
	f := q.queue[q.head]
	q.queue[q.head] = nil
	q.head++
	if q.head == len(q.queue) {
		q.queue, q.head = q.queue[:0], 0
	}
	return f
}

// runCalls runs the callbacks that are there now, on strand s. Callbacks run
// on a strand, not on the hub, so that runtime.Goexit in one cannot end the
// loop.
func (l *Loop) runCalls(s *strand) {
	if l.observed {
		l.entered(nil)
	}
	for n := l.calls.size(); n > 0; n-- {
		l.perform(s, l.calls.pop())
	}
	s.calls = false
	if l.observed {
		l.left(nil, nil)
	}
}

// perform runs one callback.
func (l *Loop) perform(s *strand, f func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		e := &PanicError{Value: ErrGoexit}
		v := recover()
		if v != nil {
			e = newPanicError(v)
		}
		l.reportCall("callback", e)
		if v == nil {
			s.calls = false
			l.leaveByGoexit(s)
		}
	}()
	f()
	returned = true
}

// reportCall reports a panic that belongs to no task, as that of a task with
// number 0.
func (l *Loop) reportCall(name string, e *PanicError) {
	e.Name = name
	t := &Task0{loop: l, state: Failed, extras: &extras{err: e}}
	t.origin.Store(&origin{name: name})
	t.end()
	l.report(t)
}

// An alarm wakes the loop at the time of its next timer.
type alarm struct {
	timer *time.Timer
	at    time.Duration // what it is set to
	set   bool
}

// setAlarm makes the alarm go off when the first timer is due, if it would
// not already.
func (l *Loop) setAlarm() {
	if l.clock.kind == Virtual {
		return
	}
	at, ok := l.timers.next()
	if !ok {
		return
	}
	a := &l.alarm
	if a.set && a.at <= at {
		return
	}
	d := at - l.clock.now()
	if a.timer == nil {
		a.timer = time.AfterFunc(d, l.rouse)
	} else {
		a.timer.Reset(d)
	}
	a.at, a.set = at, true
}

// stop switches the alarm off for good.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
