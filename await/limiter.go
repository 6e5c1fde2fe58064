package await

import "time"

// A Limiter bounds how often something happens: a number of times at once, and
// then once in every interval. It is a token bucket kept as the one moment at
// which the bucket would be full (the "generic cell rate algorithm" of ATM
// networks). Make it with NewLimiter. Only the tasks of one loop may use it.
type Limiter struct {
	interval time.Duration
	burst    int
	full     time.Time
}

// NewLimiter makes a limiter that allows burst events at once, and refills by
// one in every interval. burst must be positive.
func NewLimiter(interval time.Duration, burst int) *Limiter {
	if burst < 1 {
		panic(&MisuseError{"a limiter needs a positive burst"})
	}
	return &Limiter{interval: interval, burst: burst}
}

// Wait waits until an event is allowed, in the order of asking. If the wait is
// cut short by cancellation, the event counts nevertheless.
func (m *Limiter) Wait() {
	now := Now()
	if m.full.Before(now) {
		m.full = now
	}
	m.full = m.full.Add(m.interval)
	if d := m.delay(now); d > 0 {
		Sleep(d)
	}
}

// Allow reports whether an event is allowed now, and counts it if so.
func (m *Limiter) Allow() bool {
	now := Now()
	old := m.full
	if m.full.Before(now) {
		m.full = now
	}
	m.full = m.full.Add(m.interval)
	if m.delay(now) > 0 {
		m.full = old
		return false
	}
	return true
}

// delay returns how long the event counted last has to wait.
func (m *Limiter) delay(now time.Time) time.Duration {
	return m.full.Sub(now) - time.Duration(m.burst)*m.interval
}
