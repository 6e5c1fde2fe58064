package assertion

import "strings"

// A Failure is what a failed assertion panics with outside a test.
type Failure struct {
	// Explanation is what Explain returned.
	Explanation []string
	// Message is the message the assertion was written with, if any.
	Message string
}

// Error returns the lines joined.
func (f *Failure) Error() string { return strings.Join(f.Lines(), "\n") }

// Lines returns the lines of the failure, as a report shows them after E.
func (f *Failure) Lines() []string { return Lines(f.Explanation, f.Message) }

// Lines returns the lines that a report shows after E for a failed assertion.
func Lines(explanation []string, message string) []string {
	if message == "" {
		return explanation
	}
	lines := strings.Split("AssertionError: "+message, "\n")
	return append(lines, explanation...)
}
