package await

import (
	"iter"
	"reflect"
)

// Recv waits until a value can be received from c, and returns it; the zero
// value if c is closed. Nothing received is ever lost to cancellation.
func Recv[T any](c <-chan T) T {
	v, _ := Recv2(c)
	return v
}

// Recv2 is Recv that also reports whether the value was sent (false: c is
// closed).
func Recv2[T any](c <-chan T) (T, bool) {
	if CurrentLoop() == nil {
		v, ok := <-c
		return v, ok
	}
	r := CaseRecv(c)
	Select(r)
	return r.Value, r.OK
}

// Send waits until v can be sent to c, and sends it. It panics if c is closed,
// as Go's send does.
func Send[T any](c chan<- T, v T) {
	if CurrentLoop() == nil {
		c <- v
		return
	}
	Select(CaseSend(c, v))
}

// Range returns the values received from c until it is closed, each waited for
// as Recv does.
func Range[T any](c <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, ok := Recv2(c)
			if !ok || !yield(v) {
				return
			}
		}
	}
}

// A RecvCase is a receive operation in a Select.
type RecvCase[T any] struct {
	// Value is what was received, and OK whether it was sent (false: the
	// channel is closed), if Select chose this case.
	Value T
	OK    bool
	c     <-chan T
}

// CaseRecv makes the case of a Select that receives from c; a nil c is never
// ready.
func CaseRecv[T any](c <-chan T) *RecvCase[T] { return &RecvCase[T]{c: c} }

// Try receives if it can be done at once.
func (r *RecvCase[T]) Try() bool {
	select {
	case x, k := <-r.c:
		r.Value, r.OK = x, k
		return true
	default:
		return false
	}
}

// Operation describes the case to reflect.Select.
func (r *RecvCase[T]) Operation() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.c)}
}

// Chosen takes what reflect.Select received.
func (r *RecvCase[T]) Chosen(v reflect.Value, ok bool) {
	var zero T
	r.Value, r.OK = zero, ok
	if ok {
		reflect.ValueOf(&r.Value).Elem().Set(v)
	}
}

// A SendCase is a send operation in a Select.
type SendCase[T any] struct {
	c chan<- T
	v T
}

// CaseSend makes the case of a Select that sends v to c; a nil c is never
// ready.
func CaseSend[T any](c chan<- T, v T) *SendCase[T] { return &SendCase[T]{c: c, v: v} }

// Try sends if it can be done at once.
func (s *SendCase[T]) Try() bool {
	select {
	case s.c <- s.v:
		return true
	default:
		return false
	}
}

// Operation describes the case to reflect.Select.
func (s *SendCase[T]) Operation() reflect.SelectCase {
	v := s.v
	return reflect.SelectCase{Dir: reflect.SelectSend, Chan: reflect.ValueOf(s.c), Send: reflect.ValueOf(&v).Elem()}
}

// Chosen does nothing: a send has no result.
func (s *SendCase[T]) Chosen(reflect.Value, bool) {}
