package await

// offices keeps the books of the calls that run off the loop.
type offices struct {
	active int
	queue  []*offCall
}

// An offCall is one call of Off.
type offCall struct {
	unqueued
	loop *Loop
	f    func()
	task *Task0 // who waits; nil after cancellation
	err  *PanicError
}

func (c *offCall) waitsFor() string { return "a call off the loop" }

// Off runs f on a goroutine of its own, off the loop's thread, while the
// current task waits and others run: it is for calls that block. A panic in f
// is raised in the waiting task, as a *PanicError. When the task is cancelled
// the wait ends at once; f cannot be stopped and goes on unobserved, except
// that a panic in it is reported. At most as many calls as WithOffLimit allows
// are under way at the same time.
//
// In a goroutine that belongs to no loop, Off just calls f.
func Off(f func()) {
	me := waiter("a call off the loop", nil, nil)
	if me == nil {
		f()
		return
	}
	if me.interrupted() {
		me.unwind()
	}
	l := me.loop
	c := &offCall{loop: l, f: f, task: me}
	l.send(c)
	if !me.park(c) {
		c.task = nil
		c.withdraw()
		me.unwind()
	}
	if c.err != nil {
		panic(c.err)
	}
}

// send starts c, or queues it.
func (l *Loop) send(c *offCall) {
	if l.off.active >= l.offLimit {
		l.off.queue = append(l.off.queue, c)
		return
	}
	l.off.active++
	go c.run()
}

// withdraw takes a call that has not begun out of the queue.
func (c *offCall) withdraw() {
	for i, q := range c.loop.off.queue {
		if q == c {
			c.loop.off.queue = append(c.loop.off.queue[:i], c.loop.off.queue[i+1:]...)
			return
		}
	}
}

// run makes the call, on its own goroutine.
func (c *offCall) run() {
	returned := false
	defer func() {
		if !returned {
			c.err = &PanicError{Value: ErrGoexit, Name: c.waitsFor()}
			if v := recover(); v != nil {
				c.err = newPanicError(v)
				c.err.Name = c.waitsFor()
			}
		}
		c.loop.Post(c.finish)
	}()
	c.f()
	returned = true
}

// finish runs on the loop when the call is over.
func (c *offCall) finish() {
	l := c.loop
	l.off.active--
	if c.task != nil {
		c.task.wake()
	} else if c.err != nil {
		l.reportCall(c.waitsFor(), c.err)
	}
	if len(l.off.queue) > 0 {
		next := l.off.queue[0]
		l.off.queue = l.off.queue[1:]
		l.send(next)
	}
}
