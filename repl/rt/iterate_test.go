package rt

import "testing"

// An interrupt that comes before a wait has its channel is seen by the wait all
// the same.
func TestWaitsSeeEarlierInterrupts(t *testing.T) {
	interrupts, poll := Interrupts, Poll
	defer func() { Interrupts, Poll = interrupts, poll }()
	const interrupted = "interrupted"
	next := make(chan struct{}) // of the interrupt after the one that came
	Interrupts = func() <-chan struct{} { return next }
	Poll = func() { panic(interrupted) }
	defer func() {
		if v := recover(); v != interrupted {
			t.Errorf("the wait ended with %v", v)
		}
	}()
	never := make(chan int)
	Receive(never, nil)
}
