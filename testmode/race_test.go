//go:build race

package testmode_test

// raceEnabled tells that the race detector is on, under which nothing is timed.
const raceEnabled = true
