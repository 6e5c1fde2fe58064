package await

import "reflect"

// A meeting is where tasks that wait for unbuffered channels find others of
// their own loop that wait for the opposite. What Go's channels are for
// goroutines that block in them it is for tasks, none of which blocks: what one
// sends goes straight to the other. Its zero value is empty.
type meeting struct {
	stands map[spot]*stand // the first of each ring
}

// A spot is a direction in a channel.
type spot struct {
	channel uintptr
	dir     reflect.SelectDir
}

// A stand is one case of a port that is to be tried, at its spot.
type stand struct {
	port       *port
	index      int
	at         spot
	prev, next *stand
}

// spotOf returns where an operation stands, and false if it cannot meet any.
func spotOf(op reflect.SelectCase) (spot, bool) {
	if op.Dir == reflect.SelectDefault || !op.Chan.IsValid() || op.Chan.IsNil() || op.Chan.Cap() > 0 {
		return spot{}, false
	}
	return spot{op.Chan.Pointer(), op.Dir}, true
}

// opposite returns where the counterparts of those at s stand.
func (s spot) opposite() spot {
	if s.dir == reflect.SelectSend {
		return spot{s.channel, reflect.SelectRecv}
	}
	return spot{s.channel, reflect.SelectSend}
}

// seek performs one of the operations of c together with a port that stands
// ready for the opposite, and reports whether there was one.
func (m *meeting) seek(ps *portList, c *choice) bool {
	if len(m.stands) == 0 {
		return false
	}
	for i, op := range c.operations() {
		at, ok := spotOf(op)
		if !ok {
			continue
		}
		s := m.stands[at.opposite()]
		if s == nil {
			continue
		}
		other := s.port.choice
		if op.Dir == reflect.SelectSend {
			other.take(s.index, op.Send, true)
			c.take(i, reflect.Value{}, false)
		} else {
			c.take(i, other.operations()[s.index].Send, true)
			other.take(s.index, reflect.Value{}, false)
		}
		p := s.port
		ps.forget(p)
		p.succeed()
		return true
	}
	return false
}

// enter makes p stand for each of its cases.
func (m *meeting) enter(p *port) {
	c := p.choice
	for i, op := range c.operations() {
		at, ok := spotOf(op)
		if !ok {
			continue
		}
		s := &stand{port: p, index: i, at: at}
		c.stands = append(c.stands, s)
		first := m.stands[at]
		if first == nil {
			if m.stands == nil {
				m.stands = map[spot]*stand{}
			}
			m.stands[at] = s
			s.prev, s.next = s, s
			continue
		}
		s.prev, s.next = first.prev, first
		s.prev.next, s.next.prev = s, s
	}
}

// leave takes p away.
func (m *meeting) leave(p *port) {
	for _, s := range p.choice.stands {
		switch {
		case s.next == s:
			delete(m.stands, s.at)
		case m.stands[s.at] == s:
			m.stands[s.at] = s.next
		}
		s.prev.next, s.next.prev = s.next, s.prev
	}
	p.choice.stands = p.choice.stands[:0]
}
