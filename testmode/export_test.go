package testmode

// FailAs records a failure of any kind, so that tests can say what pytest's
// tests said.
func (t *T) FailAs(kind string, lines []string, frames []Frame) {
	t.add(Failure{Kind: kind, Lines: lines, Frames: frames})
	t.leave()
}

// FailBare records lines without a place.
func (t *T) FailBare(lines ...string) {
	t.add(Failure{Lines: lines, Bare: true})
	t.leave()
}

// Warn records a warning.
func (t *T) Warn(w Warning) { t.warn(w) }

// ParseSeed reads a file of seeds.
var ParseSeed = parseSeed

// Chance is the test for differences between benchmarks.
var Chance = chance
