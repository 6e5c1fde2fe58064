package rt

import (
	"reflect"
	"unicode/utf8"
)

// An Iter steps through a map or a string for a range statement.
type Iter struct {
	m          *reflect.MapIter
	s          string
	i          int
	key, value reflect.Value
}

// IterMap returns an iterator over the map m that leaves each key and value
// where key and value point to; either may be nil.
func IterMap(m, key, value any) *Iter {
	it := &Iter{m: reflect.ValueOf(m).MapRange()}
	it.key, it.value = target(key), target(value)
	return it
}

func target(p any) reflect.Value {
	if p == nil {
		return reflect.Value{}
	}
	return reflect.ValueOf(p).Elem()
}

// IterString returns an iterator over the string s that leaves each byte index
// (an int) and rune where key and value point to; either may be nil.
func IterString(s string, key, value any) *Iter {
	return &Iter{s: s, key: target(key), value: target(value)}
}

// Next steps to the next element and reports whether there is one.
func Next(it *Iter) bool {
	if it.m != nil {
		if !it.m.Next() {
			return false
		}
		if it.key.IsValid() {
			it.key.SetIterKey(it.m)
		}
		if it.value.IsValid() {
			it.value.SetIterValue(it.m)
		}
		return true
	}
	if it.i >= len(it.s) {
		return false
	}
	r, n := utf8.DecodeRuneInString(it.s[it.i:])
	if it.key.IsValid() {
		it.key.SetInt(int64(it.i))
	}
	if it.value.IsValid() {
		it.value.SetInt(int64(r))
	}
	it.i += n
	return true
}

// A Case is one clause of a select statement.
type Case struct {
	reflect.SelectCase
	dst reflect.Value
}

// RecvCase receives from ch, a channel, into what dst points to, if not nil.
func RecvCase(ch, dst any) Case {
	return Case{reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)}, target(dst)}
}

// SendCase sends what src points to on the channel ch.
func SendCase(ch, src any) Case {
	return Case{reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(ch), Send: reflect.ValueOf(src).Elem()}, reflect.Value{}}
}

// Select runs a select statement over the cases, in source order. It returns
// the index of the clause taken, or -1 for the default clause of a statement
// that does not block, and whether a receive got a value.
func Select(blocking bool, cases ...Case) (int, bool) {
	rc := make([]reflect.SelectCase, 0, len(cases)+1)
	for _, c := range cases {
		rc = append(rc, c.SelectCase)
	}
	if !blocking {
		rc = append(rc, reflect.SelectCase{Dir: reflect.SelectDefault})
	}
	i, v, ok := wait(rc, blocking)
	if i == len(cases) {
		return -1, false
	}
	if c := cases[i]; c.Dir == reflect.SelectRecv && c.dst.IsValid() {
		if v.IsValid() {
			c.dst.Set(v)
		} else {
			c.dst.SetZero()
		}
	}
	return i, ok
}

// Interrupts returns a channel that is closed when the running code is to see
// whether it has to stop, by calling Poll, which does not return if so. A host
// sets both; nil is no channel.
var (
	Interrupts = func() <-chan struct{} { return nil }
	Poll       = func() {}
)

// interrupts is Interrupts for code that is about to block: an interrupt that
// came before is not missed.
func interrupts() <-chan struct{} {
	stop := Interrupts()
	if stop != nil {
		Poll()
	}
	return stop
}

// wait is reflect.Select, open to interrupts where it may block.
func wait(cases []reflect.SelectCase, blocking bool) (int, reflect.Value, bool) {
	for {
		stop := interrupts()
		if !blocking || stop == nil {
			return reflect.Select(cases)
		}
		i, v, ok := reflect.Select(append(cases[:len(cases):len(cases)], reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(stop)}))
		if i < len(cases) {
			return i, v, ok
		}
	}
}

// MakeChan makes a channel of type t, which may be one-way, with room for n
// values.
func MakeChan(t *Type, n int) any {
	both := reflect.ChanOf(reflect.BothDir, t.R.Elem())
	if n < 0 {
		panic(makeChanSize{})
	}
	return reflect.MakeChan(both, n).Convert(t.R).Interface()
}

type makeChanSize struct{}

func (makeChanSize) Error() string { return "makechan: size out of range" }
func (makeChanSize) RuntimeError() {}
