package repl_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl"
)

// A program runs cells in a session of its own.
func Example() {
	runtime.LockOSThread() // the session's loop stays on this thread

	s, err := repl.New(repl.Config{Out: os.Stdout, Err: os.Stdout, In: strings.NewReader("")})
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		defer s.Close()

		// Eval runs a cell. What it prints goes to Out, what goes wrong is returned.
		_ = s.Eval(repl.Source{Text: "async func double(n int) int { await sleep(time.Millisecond); return 2 * n }"})
		_ = s.Eval(repl.Source{Text: "await double(21)"})
		err := s.Eval(repl.Source{Name: "input", Line: 1, Text: "undefined_name"})
		var fs repl.Failures
		if errors.As(err, &fs) {
			fmt.Println("failed:", fs[0].Pos, fs[0].Msg)
		}

		// Enter also takes commands, and prints what goes wrong.
		_ = s.Enter(repl.Source{Text: ":type double(1)"})

		// Run reads cells until the end, or until one fails.
		err = s.Run("script", strings.NewReader("await gather(double(1), double(2))\nos.Exit(3)\n"), false)
		fmt.Println("status", repl.Status(err))
	}()
	if err := s.Serve(); err != nil { // until Close
		fmt.Println(err)
	}
	// Output:
	// 42
	// failed: input:1:1 undefined: undefined_name
	// *await.Task[int]
	// []int{2, 4}
	// os.Exit(3) was called; the session goes on
	// status 1
}
