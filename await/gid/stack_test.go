package gid

import "testing"

func TestGrowStack(t *testing.T) {
	if !canLook {
		t.Skip("where the runtime keeps a stack's bounds is not known on this architecture")
	}
	size := make(chan uintptr)
	go func() {
		GrowStack()
		size <- word(id()+8) - word(id()) // where the runtime keeps a stack's bounds
	}()
	if n := <-size; n < 8<<10 {
		t.Errorf("the stack has %d bytes", n)
	}
}
