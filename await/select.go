package await

import (
	"math/rand/v2"
	"reflect"
)

// A Case is one operation of a Select. CaseRecv, CaseSend and CaseDefault make
// them.
type Case interface {
	// Try performs the operation if that is possible at once.
	Try() bool
	// Operation describes it to reflect.Select.
	Operation() reflect.SelectCase
	// Chosen is called when reflect.Select has performed it.
	Chosen(v reflect.Value, ok bool)
}

// A DefaultCase is the case of a Select that is chosen when no other can go
// on.
type DefaultCase struct{}

// CaseDefault makes a DefaultCase.
func CaseDefault() *DefaultCase { return &DefaultCase{} }

// Try reports false: the case is for when all others did.
func (*DefaultCase) Try() bool { return false }

// Operation describes the case to reflect.Select.
func (*DefaultCase) Operation() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectDefault}
}

// Chosen does nothing.
func (*DefaultCase) Chosen(reflect.Value, bool) {}

// Select waits until one of the operations can be performed, performs it, and
// returns its index, as Go's select does: if several can, it chooses one at
// random, and if none can, a CaseDefault. Without cases it waits forever.
func Select(cases ...Case) int {
	if len(cases) == 0 {
		Forever("a select without cases")
	}
	c := &choice{cases: cases, chosen: -1}
	for i, x := range cases {
		if _, ok := x.(*DefaultCase); ok {
			if c.try() {
				return c.chosen
			}
			return i
		}
	}
	what := "a select"
	if len(cases) == 1 {
		what = "a channel"
	}
	c.wait(what)
	return c.chosen
}

// A choice is the state of a Select.
type choice struct {
	cases  []Case
	ops    []reflect.SelectCase // what they are, once that was asked for
	chosen int                  // -1 before
	stands []*stand
}

// wait waits until one of the operations was performed; what describes that.
func (c *choice) wait(what string) {
	me := waiter("wait for a channel", nil, nil)
	if me == nil {
		c.block(nil)
		return
	}
	if me.interrupted() {
		me.unwind()
	}
	if ps := &me.loop.ports; !c.try() && !ps.meeting.seek(ps, c) {
		me.waitAt(&port{task: me, what: what, try: c.try, block: c.block, choice: c})
	}
}

// operations describes the cases to reflect.Select.
func (c *choice) operations() []reflect.SelectCase {
	if c.ops == nil {
		c.ops = make([]reflect.SelectCase, len(c.cases))
		for i, x := range c.cases {
			c.ops[i] = x.Operation()
		}
	}
	return c.ops
}

// receives reports whether no operation is a send.
func (c *choice) receives() bool {
	for _, op := range c.operations() {
		if op.Dir != reflect.SelectRecv {
			return false
		}
	}
	return true
}

// try performs one of the operations if that is possible at once.
func (c *choice) try() bool {
	first := 0
	if len(c.cases) > 1 {
		first = rand.IntN(len(c.cases))
	}
	for i := range c.cases {
		k := (first + i) % len(c.cases)
		if c.cases[k].Try() {
			c.chosen = k
			return true
		}
	}
	return false
}

// block performs one of the operations, unless stop is closed before.
func (c *choice) block(stop <-chan struct{}) bool {
	ops := c.operations()
	if stop != nil {
		ops = append(ops[:len(ops):len(ops)], reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(stop)})
	}
	i, v, ok := reflect.Select(ops)
	if i == len(c.cases) {
		return false
	}
	c.take(i, v, ok)
	return true
}

// take notes that case i was performed.
func (c *choice) take(i int, v reflect.Value, ok bool) {
	c.chosen = i
	c.cases[i].Chosen(v, ok)
}
