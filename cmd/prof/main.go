// Command asyncrepl is a Go shell with await at the prompt and a test runner.
package main

import (
	"os"
	"runtime"
"runtime/pprof"

	"github.com/asyncrepl/asyncrepl/repl/cli"
)

func init() {
	// The main goroutine stays on the process's main thread, which is that of
	// the session's loop.
	runtime.LockOSThread()
}

func main() { f, _ := os.Create(os.Getenv("PROF")); pprof.StartCPUProfile(f); s := cli.Main(os.Args[1:]); pprof.StopCPUProfile(); f.Close(); os.Exit(s) }
