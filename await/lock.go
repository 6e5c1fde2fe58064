package await

// A Lock keeps other tasks out across waits; between two waits no lock is
// needed. Tasks get it in the order in which they asked. Its zero value is
// unlocked. It belongs to the loop that used it first, as Waiters does.
type Lock struct {
	waiters Waiters
	held    bool
}

// Lock waits until the lock is free and takes it.
func (k *Lock) Lock() {
	k.waiters.Claim("a lock")
	if k.held {
		k.waiters.Wait("a lock") // Unlock hands it over
	}
	k.held = true
}

// TryLock takes the lock if it is free, and reports whether it did.
func (k *Lock) TryLock() bool {
	k.waiters.Claim("a lock")
	if k.held {
		return false
	}
	k.held = true
	return true
}

// Unlock gives the lock to the task that has waited longest, or sets it free.
// It panics if the lock is not held.
func (k *Lock) Unlock() {
	k.waiters.Claim("a lock")
	if !k.held {
		panic(&MisuseError{"unlock of a lock that is not held"})
	}
	k.held = k.waiters.WakeOne()
}

// Held reports whether some task has the lock.
func (k *Lock) Held() bool { return k.held }

// With calls f with the lock held.
func (k *Lock) With(f func()) {
	k.Lock()
	defer k.Unlock()
	f()
}
