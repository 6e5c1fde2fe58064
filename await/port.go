package await

// A port is one task's wait for something of Go's own, such as a channel, that
// cannot call the loop when it is ready. As long as the loop is busy its ports
// are tried now and then; before the loop blocks, each gets a goroutine that
// blocks in its place.
type port struct {
	task  *Task0
	what  string
	try   func() bool
	block func(stop <-chan struct{}) bool
	tries int
	envoy *envoy // nil: to be tried
	done  bool
	fault any // what try or block panicked with
	slot  int // index in the list of ports to be tried
}

func (p *port) waitsFor() string { return p.what }

// An envoy is a goroutine that blocks for a port.
type envoy struct {
	port    *port
	stop    chan struct{}
	settled chan struct{} // closed when it no longer touches the port
	got     bool
	seen    bool // its result was taken
}

// portList is the ports of a loop.
type portList struct {
	idle    []*port // to be tried
	envoys  map[*envoy]struct{}
	helpers int // goroutines
}

// maxTries is how often a busy loop tries a port before it sends an envoy.
const maxTries = 4

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
	if try() {
		return
	}
	l := me.loop
	p := &port{task: me, what: what, try: try, block: block}
	l.ports.add(p)
	l.poke.Store(true)
	if !me.park(nil, p) && !p.done {
		l.ports.forget(p)
		if e := p.envoy; e != nil {
			close(e.stop)
			me.shields++
			for !e.seen && me.park(nil, p) {
			}
			me.shields--
		}
		if !p.done {
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
	for i := 0; i < len(ps.idle); {
		if p := ps.idle[i]; p.tries >= maxTries {
			ps.send(p)
		} else {
			i++
		}
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
	p.task.wake()
}

// arm sends an envoy for every port that has none.
func (ps *portList) arm() {
	for len(ps.idle) > 0 {
		ps.send(ps.idle[len(ps.idle)-1])
	}
}

// send gives p an envoy.
func (ps *portList) send(p *port) {
	ps.forget(p)
	e := &envoy{port: p, stop: make(chan struct{}), settled: make(chan struct{})}
	p.envoy = e
	if ps.envoys == nil {
		ps.envoys = map[*envoy]struct{}{}
	}
	ps.envoys[e] = struct{}{}
	ps.helpers++
	go e.run()
}

// run is the envoy's goroutine.
func (e *envoy) run() {
	l := e.port.task.loop
	defer func() {
		if v := recover(); v != nil {
			e.port.fault, e.got = v, true
		}
		close(e.settled)
		l.Post(func() {
			l.ports.helpers--
			l.ports.receive(e)
		})
	}()
	e.got = e.port.block(e.stop)
}

// receive takes the envoy's result, once.
func (ps *portList) receive(e *envoy) (got bool) {
	if e.seen {
		return false
	}
	e.seen = true
	delete(ps.envoys, e)
	if e.got {
		e.port.done = true
	}
	e.port.task.wake()
	return e.got
}

// disarm calls all envoys back, so that the state of every port is known, and
// reports whether one had succeeded or succeeds now.
func (ps *portList) disarm() bool {
	progress := false
	for e := range ps.envoys {
		close(e.stop)
	}
	for e := range ps.envoys {
		<-e.settled
		if e.got {
			progress = ps.receive(e) || progress
			continue
		}
		e.seen = true
		delete(ps.envoys, e)
		e.port.envoy = nil
		ps.add(e.port)
	}
	return ps.poll() || progress
}
