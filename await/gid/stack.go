package gid

// GrowStack grows the running goroutine's stack to 8 kB, if it is smaller. A
// stack that grows is copied, with all that is on it: who is about to need so
// much, as an interpreter does for a few calls, had better ask for it while the
// stack is nearly empty, and at once. Where the stack is large enough already it
// costs 1 ns.
func GrowStack() { growStack() }
