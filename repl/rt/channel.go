package rt

import "reflect"

// Receive receives from ch, a channel, into what dst points to, if not nil, and
// reports whether it got a value that was sent.
func Receive(ch, dst any) bool {
	if ok, done := receivePlain(ch, dst); done {
		return ok
	}
	c := reflect.ValueOf(ch)
	var v reflect.Value
	var ok bool
	if !c.IsNil() {
		v, ok = c.TryRecv()
	}
	if !v.IsValid() {
		_, v, ok = wait([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: c}}, true)
	}
	switch {
	case dst == nil:
	case ok:
		reflect.ValueOf(dst).Elem().Set(v)
	default:
		reflect.ValueOf(dst).Elem().SetZero()
	}
	return ok
}

// Send sends what src points to on the channel ch.
func Send(ch, src any) {
	if sendPlain(ch, src) {
		return
	}
	c, v := reflect.ValueOf(ch), reflect.ValueOf(src).Elem()
	if !c.IsNil() && c.TrySend(v) {
		return
	}
	wait([]reflect.SelectCase{{Dir: reflect.SelectSend, Chan: c, Send: v}}, true)
}

// receivePlain is Receive without reflection, for the commonest types of
// channels; done reports whether ch is of one of these.
func receivePlain(ch, dst any) (ok, done bool) {
	switch c := ch.(type) {
	case chan int:
		return receive(c, dst), true
	case chan string:
		return receive(c, dst), true
	case chan bool:
		return receive(c, dst), true
	case chan float64:
		return receive(c, dst), true
	case chan error:
		return receive(c, dst), true
	case chan any:
		return receive(c, dst), true
	case <-chan int:
		return receive(c, dst), true
	case <-chan string:
		return receive(c, dst), true
	case <-chan bool:
		return receive(c, dst), true
	case <-chan float64:
		return receive(c, dst), true
	case <-chan error:
		return receive(c, dst), true
	case <-chan any:
		return receive(c, dst), true
	}
	return false, false
}

// sendPlain is Send as receivePlain is Receive.
func sendPlain(ch, src any) bool {
	switch c := ch.(type) {
	case chan int:
		return send(c, src)
	case chan string:
		return send(c, src)
	case chan bool:
		return send(c, src)
	case chan float64:
		return send(c, src)
	case chan error:
		return send(c, src)
	case chan any:
		return send(c, src)
	case chan<- int:
		return send(c, src)
	case chan<- string:
		return send(c, src)
	case chan<- bool:
		return send(c, src)
	case chan<- float64:
		return send(c, src)
	case chan<- error:
		return send(c, src)
	case chan<- any:
		return send(c, src)
	}
	return false
}

// receive receives from c, open to interrupts.
func receive[C ~chan T | ~<-chan T, T any](c C, dst any) bool {
	var v T
	var ok bool
	in := (<-chan T)(c)
	select {
	case v, ok = <-in:
	default:
		for waiting := true; waiting; {
			stop := interrupts()
			if stop == nil {
				v, ok = <-in
				break
			}
			select {
			case v, ok = <-in:
				waiting = false
			case <-stop:
				Poll()
			}
		}
	}
	if p, _ := dst.(*T); p != nil {
		*p = v
	}
	return ok
}

// send sends what src points to on c, open to interrupts. It reports true.
func send[C ~chan T | ~chan<- T, T any](c C, src any) bool {
	out, v := (chan<- T)(c), *src.(*T)
	select {
	case out <- v:
		return true
	default:
	}
	for {
		stop := interrupts()
		if stop == nil {
			out <- v
			return true
		}
		select {
		case out <- v:
			return true
		case <-stop:
			Poll()
		}
	}
}
