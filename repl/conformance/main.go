package conformance

import "github.com/asyncrepl/asyncrepl/repl/cli"

// Main runs the program in the named file as the shell does and returns its
// exit status.
func Main(name string) int { return cli.Main([]string{name}) }
