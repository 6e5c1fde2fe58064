// Command asyncrepl is a Go shell with await at the prompt and a test runner.
package main

import (
	"os"
	"runtime"

	"github.com/asyncrepl/asyncrepl/repl/cli"
)

func init() {
	// The main goroutine stays on the process's main thread, which is that of
	// the session's loop.
	runtime.LockOSThread()
}

func main() { os.Exit(cli.Main(os.Args[1:])) }
