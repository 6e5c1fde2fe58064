package conformance

import (
	"fmt"
	"os"
)

// Main runs the program in the named file and returns its exit status: that
// of the program, or 1 where it cannot be run at all.
func Main(name string) int {
	text, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	p, err := New(name, string(text))
	if os.Getenv("CONFORMANCE_SOURCE") != "" && p != nil && p.Lowered != nil {
		fmt.Fprintln(os.Stderr, p.Lowered.Source)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return p.Run()
}
