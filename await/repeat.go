package await

import (
	"fmt"
	"iter"
	"time"
)

// Ticks yields the time, by the loop's clock, in every interval d, first when d
// has passed. It keeps to the times planned at the beginning; those that pass
// while the loop body is busy are skipped.
func Ticks(d time.Duration) iter.Seq[time.Time] {
	if d <= 0 {
		panic(&MisuseError{"Ticks needs a positive interval"})
	}
	return func(yield func(time.Time) bool) {
		next := Now()
		for {
			next = next.Add(d)
			if late := Now().Sub(next); late > 0 {
				next = next.Add((late + d - 1).Truncate(d))
			}
			SleepUntil(next)
			if !yield(next) {
				return
			}
		}
	}
}

// Retry calls f until it returns nil, but at most attempts times, and sleeps
// between the calls: first for pause, then twice as long each time, up to a day.
// It returns the last error, wrapped, or nil. attempts must be positive.
func Retry(attempts int, pause time.Duration, f func() error) error {
	if attempts < 1 {
		panic(&MisuseError{"Retry needs a positive number of attempts"})
	}
	var err error
	for i := range attempts {
		if i > 0 {
			Sleep(pause)
			pause = max(pause, min(2*pause, 24*time.Hour))
		}
		if err = f(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("gave up after %d attempts: %w", attempts, err)
}
