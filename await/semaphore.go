package await

// A Semaphore hands out a number of permits, in the order in which tasks ask.
// Make it with NewSemaphore. It belongs to the loop that used it first, as
// Waiters does.
type Semaphore struct {
	waiters Waiters
	free    int
}

// NewSemaphore makes a semaphore with n permits.
func NewSemaphore(n int) *Semaphore { return &Semaphore{free: n} }

// Acquire waits for a permit.
func (s *Semaphore) Acquire() {
	s.waiters.Claim("a semaphore")
	if s.free > 0 {
		s.free--
		return
	}
	s.waiters.Wait("a semaphore") // Release hands a permit over
}

// TryAcquire takes a permit if there is one, and reports whether it did.
func (s *Semaphore) TryAcquire() bool {
	s.waiters.Claim("a semaphore")
	if s.free <= 0 {
		return false
	}
	s.free--
	return true
}

// Release gives a permit back, or adds one.
func (s *Semaphore) Release() {
	s.waiters.Claim("a semaphore")
	if !s.waiters.WakeOne() {
		s.free++
	}
}

// Free returns the number of permits that nobody has.
func (s *Semaphore) Free() int { return s.free }

// With calls f with a permit.
func (s *Semaphore) With(f func()) {
	s.Acquire()
	defer s.Release()
	f()
}
