package await

import "reflect"

// A port is one task's wait for something of Go's own, such as a channel, that
// cannot call the loop when it is ready. As long as the loop is busy its ports
// are tried now and then; before the loop blocks, goroutines are sent that block
// in their place.
type port struct {
	unqueued
	task   *Task0 // nil once it has gone without its envoy
	what   string
	try    func() bool
	block  func(stop <-chan struct{}) bool
	choice *choice // if it is a Select's
	tries  int
	envoy  *envoy // nil: to be tried
	done   bool
	leaves bool // it waits for its envoy to come back
	fault  any  // what try or block panicked with
	slot   int  // index in the list of ports to be tried
}

func (p *port) waitsFor() string { return p.what }

// An envoy is a goroutine that blocks for a port, or for several that only
// receive.
type envoy struct {
	loop     *Loop
	ports    []*port
	stop     chan struct{}
	recalled bool          // stop is closed
	settled  chan struct{} // closed when it no longer touches the ports
	winner   *port         // the one that got what it waits for
	seen     bool          // its result was taken
	slot     int
}

// portList is the ports of a loop.
type portList struct {
	idle    []*port // to be tried
	envoys  []*envoy
	helpers int // goroutines
	meeting meeting
}

const (
	// A busy loop sends no envoy before it has tried a port minTries times, and
	// then waits for enough others to share it, until maxTries.
	minTries, maxTries = 4, 64
	// convoy is for how many ports one envoy blocks. More would save memory,
	// but each that succeeds costs time in proportion.
	convoy = 16
)

// WaitOn makes the current task wait for something outside the loop. It is
// what the waits for channels and contexts are made of.
//
// try attempts it without blocking, and reports success; it is called on the
// loop, whenever the loop cares to. block attempts it until it succeeds or stop
// is closed, and reports which; it is called on a goroutine of its own, and
// never at the same time as try. What succeeded is never thrown away: if
// cancellation comes too late, WaitOn returns and the task's next wait raises
// it. If try or block panics, so does WaitOn. what describes the wait.
//
// In a goroutine that belongs to no loop, WaitOn calls block with nil.
func WaitOn(what string, try func() bool, block func(stop <-chan struct{}) bool) {
	me := waiter("wait for "+what, nil, nil)
	if me == nil {
		block(nil)
		return
	}
	if me.interrupted() {
		me.unwind()
	}
	if !try() {
		me.waitAt(&port{task: me, what: what, try: try, block: block})
	}
}

// waitAt makes the running task wait at p.
func (me *Task0) waitAt(p *port) {
	ps := &me.loop.ports
	ps.add(p)
	me.loop.poke.Store(true)
	if !me.park(p) && !p.done {
		ps.forget(p)
		if e := p.envoy; e != nil {
			p.leaves = true
			e.recall()
			me.shields++
			for !e.seen && me.park(p) {
			}
			me.shields--
		}
		if !p.done {
			p.task = nil
			me.unwind()
		}
	}
	if p.fault != nil {
		panic(p.fault)
	}
}

// any reports whether a task waits at a port.
func (ps *portList) any() bool { return len(ps.idle)+len(ps.envoys) > 0 }

// add has p tried.
func (ps *portList) add(p *port) {
	p.slot = len(ps.idle)
	ps.idle = append(ps.idle, p)
	if p.choice != nil {
		ps.meeting.enter(p)
	}
}

// forget stops p from being tried.
func (ps *portList) forget(p *port) {
	if p.slot < 0 {
		return
	}
	last := len(ps.idle) - 1
	ps.idle[p.slot] = ps.idle[last]
	ps.idle[p.slot].slot = p.slot
	ps.idle[last] = nil
	ps.idle = ps.idle[:last]
	p.slot = -1
	if p.choice != nil {
		ps.meeting.leave(p)
	}
}

// poll tries the ports that have no envoy, and reports whether one succeeded.
func (ps *portList) poll() bool {
	progress := false
	for i := 0; i < len(ps.idle); {
		p := ps.idle[i]
		p.tries++
		if !p.attempt() {
			i++
			continue
		}
		ps.forget(p)
		p.succeed()
		progress = true
	}
	return progress
}

// attend is poll for a busy loop: ports that were tried often get an envoy. It
// reports whether there is anything left to poll.
func (ps *portList) attend() bool {
	if len(ps.idle) == 0 {
		return false
	}
	ps.poll()
	due, most := 0, 0
	for _, p := range ps.idle {
		if p.tries >= minTries {
			due++
		}
		most = max(most, p.tries)
	}
	if due >= convoy || most >= maxTries {
		ps.dispatch(minTries)
	}
	return len(ps.idle) > 0
}

// attempt calls try; a panic is a success that raises it in the task.
func (p *port) attempt() (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			p.fault, ok = v, true
		}
	}()
	return p.try()
}

// succeed ends the wait.
func (p *port) succeed() {
	p.done = true
	if p.task != nil {
		p.task.wake()
	}
}

// dispatch sends envoys for the ports that were tried at least so often.
func (ps *portList) dispatch(tries int) {
	var several []*port
	for i := 0; i < len(ps.idle); {
		p := ps.idle[i]
		if p.tries < tries {
			i++
			continue
		}
		ps.forget(p)
		if p.choice == nil || !p.choice.receives() {
			ps.send(p)
		} else if several = append(several, p); len(several) == convoy {
			ps.send(several...)
			several = nil
		}
	}
	if len(several) > 0 {
		ps.send(several...)
	}
}

// send sends one envoy for some ports.
func (ps *portList) send(ports ...*port) {
	e := &envoy{loop: ports[0].task.loop, ports: ports, stop: make(chan struct{}), settled: make(chan struct{}), slot: len(ps.envoys)}
	for _, p := range ports {
		p.envoy = e
	}
	ps.envoys = append(ps.envoys, e)
	ps.helpers++
	go e.run()
}

// recall tells the envoy to come back.
func (e *envoy) recall() {
	if !e.recalled {
		e.recalled = true
		close(e.stop)
	}
}

// run is the envoy's goroutine.
func (e *envoy) run() {
	defer func() {
		if v := recover(); v != nil {
			e.winner = e.ports[0]
			e.winner.fault = v
		}
		close(e.settled)
		e.loop.Post(func() {
			e.loop.ports.helpers--
			e.loop.ports.receive(e)
		})
	}()
	if len(e.ports) > 1 {
		e.winner = receiveAny(e.ports, e.stop)
	} else if e.ports[0].block(e.stop) {
		e.winner = e.ports[0]
	}
}

// receiveAny blocks until one of the ports, all of which only receive, has
// received, and returns it; nil if stop is closed before.
func receiveAny(ports []*port, stop <-chan struct{}) *port {
	ops := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(stop)}}
	for _, p := range ports {
		ops = append(ops, p.choice.operations()...)
	}
	i, v, ok := reflect.Select(ops)
	for i--; i >= 0; ports = ports[1:] {
		c := ports[0].choice
		if i < len(c.cases) {
			c.take(i, v, ok)
			return ports[0]
		}
		i -= len(c.cases)
	}
	return nil
}

// receive takes the envoy's result, once, and reports whether one of its ports
// has succeeded.
func (ps *portList) receive(e *envoy) bool {
	if e.seen {
		return false
	}
	e.seen = true
	last := ps.envoys[len(ps.envoys)-1]
	ps.envoys[e.slot], last.slot = last, e.slot
	ps.envoys[len(ps.envoys)-1] = nil
	ps.envoys = ps.envoys[:len(ps.envoys)-1]
	for _, p := range e.ports {
		p.envoy = nil
		switch {
		case p == e.winner:
			p.succeed()
		case p.task == nil:
		case p.leaves:
			p.task.wake()
		default:
			ps.add(p)
		}
	}
	return e.winner != nil
}

// disarm calls all envoys back, so that the state of every port is known, and
// reports whether one had succeeded or succeeds now.
func (ps *portList) disarm() bool {
	progress := false
	for _, e := range ps.envoys {
		e.recall()
	}
	for len(ps.envoys) > 0 {
		e := ps.envoys[0]
		<-e.settled
		progress = ps.receive(e) || progress
	}
	return ps.poll() || progress
}
