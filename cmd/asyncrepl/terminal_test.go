//go:build unix

package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/ptytest"
)

// A console is a terminal in which the shell runs.
type console struct {
	*ptytest.Terminal
	t   *testing.T
	cmd *exec.Cmd
}

// start runs the shell in a terminal and waits for its prompt.
func start(t *testing.T, env ...string) *console {
	t.Helper()
	c := launch(t, nil, env...)
	c.prompt()
	return c
}

// launch runs the shell in a terminal of 80 columns and 24 rows. Its history and
// journals go to a directory of the test, unless env says otherwise.
func launch(t *testing.T, args []string, env ...string) *console {
	t.Helper()
	c := &console{Terminal: ptytest.New(t, 80, 24), t: t}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	c.cmd = exec.Command(exe, args...)
	c.cmd.Env = append(os.Environ(), append([]string{shellVar + "=1", "NO_COLOR=1", "ASYNCREPL_HISTORY=" + state + "/history", "ASYNCREPL_JOURNAL=" + state + "/journal"}, env...)...)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = c.Slave, c.Slave, c.Slave
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		c.cmd.Wait()
		c.Close()
	})
	return c
}

// prompt waits for an empty prompt.
func (c *console) prompt() {
	c.t.Helper()
	c.Until("a prompt", func(s ptytest.Screen) bool { return s.Line() == ">>>" && s.X == 4 })
}

// enter types a cell and Enter, and waits for what it prints and the prompt.
func (c *console) enter(cell string, want ...string) {
	c.t.Helper()
	before := len(c.Screen().Lines)
	c.Type(cell + "\r")
	c.Until("after "+cell+"\n"+strings.Join(want, "\n"), func(s ptytest.Screen) bool {
		n := len(s.Lines) - len(want) - 1
		if n < before && before < 20 || n < 0 || s.Line() != ">>>" || s.X != 4 {
			return false
		}
		return strings.Join(s.Lines[n:n+len(want)], "\n") == strings.Join(want, "\n")
	})
}

// exits waits for the shell to leave with that status.
func (c *console) exits(status int) {
	c.t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.cmd.Wait() }()
	select {
	case err := <-done:
		got := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		}
		if got != status {
			c.t.Errorf("status %d, want %d\n%s", got, status, c.Screen())
		}
	case <-time.After(ptytest.Patience):
		c.t.Fatalf("the shell does not end:\n%s", c.Screen())
	}
}

func TestTerminalSession(t *testing.T) {
	c := start(t)
	c.enter("count, x := 1, 20")
	c.enter("x + 1", "21")
	c.enter(`"a\tb"`, `"a\tb"`)
	c.enter("x +* 1", "cell4:1:6: invalid operation: cannot indirect 1 (untyped int constant)", "        x +* 1", "             ^")
	c.enter("y := cuont", "cell5:1:6: undefined: cuont (did you mean count?)", "        y := cuont", "             ^")
	c.Type(":quit 7\r")
	c.exits(7)
}

// Background output goes above the prompt; what is typed stays intact, with
// the cursor where it was.
func TestTerminalBackgroundOutput(t *testing.T) {
	c := start(t)
	c.enter("async func() { for i := 0; ; i++ { await sleep(20*time.Millisecond); fmt.Println(`tick`, i) } }(); 0")
	c.Type("half a line")
	c.Type("\x1b[D\x1b[D\x1b[D\x1b[D") // four to the left
	last := ""
	for range 3 {
		c.Until("the typed text below new ticks", func(s ptytest.Screen) bool {
			if s.Y == 0 || s.Line() != ">>> half a line" || s.X != len(">>> half a ") {
				return false
			}
			above := s.Lines[s.Y-1]
			if !strings.HasPrefix(above, "tick ") || above == last {
				return false
			}
			last = above
			return true
		})
	}
	c.Type("\x03")
	c.prompt()
	c.Type("\x04")
	c.exits(0)
}

// Ctrl-C cancels the cell that runs and nothing else.
func TestTerminalInterrupt(t *testing.T) {
	c := start(t)
	c.enter("ticks := 0")
	c.enter("ticker := async func() { for { await sleep(time.Millisecond); ticks++ } }()")
	c.enter("func wait() { defer fmt.Println(`cleaned up`); fmt.Println(`it runs`); await sleep(time.Hour) }")
	for _, cell := range []string{"wait()", "for {}", "func() { for i := 0; ; i++ { i-- } }()", "time.Sleep(time.Hour)", "<-make(chan int)", "make(chan int) <- 1", "select {}", "for range make(chan int) {}"} {
		typed := "fmt.Println(`it runs`); " + cell
		if cell == "wait()" {
			typed = cell // it says so itself, once its call is deferred
		}
		c.Type(typed + "\r")
		c.Until("the cell run", func(s ptytest.Screen) bool { return s.X == 0 && s.Lines[len(s.Lines)-1] == "it runs" })
		began := time.Now()
		c.Type("\x03")
		c.prompt()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v until the prompt", cell, took)
		}
		s := c.Screen()
		if got := s.Lines[s.Y-1]; got != "interrupted" {
			t.Errorf("%s: %q above the prompt", cell, got)
		}
		if got := s.Lines[s.Y-2]; cell == "wait()" && got != "cleaned up" {
			t.Errorf("%s: %q; its deferred call did not run", cell, got)
		}
	}
	c.enter("before := ticks; await sleep(20*time.Millisecond); ticks > before", "true")
	c.enter("ticker.Ended()", "false")
	c.enter("os.Exit(3)", "os.Exit(3) was called; the session goes on")
	c.Type("\x04")
	c.exits(0)
}

// A terminal that cannot be drawn on gets prompts and plain lines.
func TestDumbTerminal(t *testing.T) {
	c := start(t, "TERM=dumb")
	c.enter("1 + 1", "2")
	c.Type("func f() int {\r")
	c.Until("the continuation", func(s ptytest.Screen) bool { return s.Line() == "..." && s.X == 4 })
	c.Type("return 3 }\r")
	c.prompt()
	c.enter("f()", "3")
	c.enter("cuont", "cell4:1:1: undefined: cuont", "        cuont", "        ^")
	if w := c.Written(); strings.Contains(w, "\x1b") {
		t.Errorf("escapes are written: %q", w)
	}
	c.Type("\x04")
	c.exits(0)
}

// A cell of several lines can be edited as a whole, pasted, and recalled.
func TestTerminalManyLines(t *testing.T) {
	c := start(t)
	for _, l := range []string{"func fib(n int) int {", "if n < 2 {", "return n", "}", "return fib(n-1) + fib(n-2)"} {
		c.Type(l)
		c.Until(l, func(s ptytest.Screen) bool { return strings.HasSuffix(s.Line(), l) })
		y := c.Screen().Y
		c.Type("\r")
		c.Until("a new line", func(s ptytest.Screen) bool { return s.Y == y+1 })
	}
	c.Type("}")
	c.Until("the closing brace, dedented", func(s ptytest.Screen) bool { return s.Line() == "... }" })
	c.Type("\r")
	c.prompt()
	c.enter("fib(15)", "610")
	c.Type("\x1b[200~func g() string {\n\treturn \"pasted\"\n}\ng()\x1b[201~")
	c.Until("the paste", func(s ptytest.Screen) bool { return s.Line() == "... g()" })
	c.enter("", "\"pasted\"")
	c.Type("\x1b[A")
	c.Until("the cell recalled", func(s ptytest.Screen) bool {
		return s.Line() == "... g()" && s.Lines[len(s.Lines)-4] == ">>> func g() string {"
	})
	c.Type("\x03")
	c.prompt()
	c.Type("strings.ToUpp\t")
	c.Until("the completion", func(s ptytest.Screen) bool { return strings.HasPrefix(s.Line(), ">>> strings.ToUpper") })
	c.Type("\x03")
	c.prompt()
}

// What compiled code writes to the standard files, and goroutines print, goes
// above the prompt like all other output.
func TestTerminalStandardFiles(t *testing.T) {
	c := start(t)
	c.Type("os.Stdout.WriteString(\"direct\\n\"); os.Stderr.WriteString(\"error\\n\"); log.SetFlags(0); log.Print(`logged`)\r")
	c.Until("what was written", func(s ptytest.Screen) bool {
		text := s.String()
		for _, line := range []string{"direct", "error", "logged"} {
			if !strings.Contains(text, "\n"+line+"\n") {
				return false
			}
		}
		return s.Line() == ">>>"
	})
}

// What was entered outlives a process that Go itself ends. What begins with a
// space is nowhere written down.
func TestTerminalResume(t *testing.T) {
	dir := t.TempDir()
	state := []string{"ASYNCREPL_HISTORY=" + dir + "/h/history", "ASYNCREPL_JOURNAL=" + dir + "/j"}
	c := start(t, state...)
	c.enter("base := 40")
	c.enter("func add(n int) int { return base + n }")
	c.enter("func double(n int) int { return 2 * n }")
	c.enter("func double(n int) int { return 2 * nn }", "func double waits for nn")
	c.enter("func double(n int) int { return n + n }")
	c.enter(`func double(n int) int { return "one" }`,
		`cell6:1:33: cannot use "one" (untyped string constant) as int value in return st`, "atement",
		`        func double(n int) int { return "one" }`, "                                        ^")
	c.enter(" const secret = 1")
	c.Type("new(sync.Mutex).Unlock()\r") // which is fatal
	c.exits(2)

	for _, file := range []string{dir + "/h/history", dir + "/j"} {
		filepath.WalkDir(file, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				t.Fatal(err)
			}
			info, err := d.Info()
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode&0o077 != 0 {
				t.Errorf("%s has mode %v", path, mode)
			}
			if d.IsDir() {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "Unlock") || strings.Contains(string(text), "secret") {
				t.Errorf("%s has:\n%s", path, text)
			}
			return nil
		})
	}

	c = launch(t, []string{"--resume"}, state...)
	c.prompt()
	text := strings.Join(strings.Fields(c.Screen().String()), "") // for lines are broken anywhere
	for _, want := range []string{": func double", "func add is off: cell1:1:30: undefined: base", "not run again: base := 40 new(sync.Mutex).Unlock()"} {
		if !strings.Contains(text, strings.Join(strings.Fields(want), "")) {
			t.Errorf("%q is not said:\n%s", want, c.Screen())
		}
	}
	c.enter("base := 2", "func add is back")
	c.enter("add(double(4))", "10")
	c.Type("\x04")
	c.exits(0)

	// The journal of that session has what it restored. This one has no end yet.
	c = launch(t, []string{"--resume"}, state...)
	c.prompt()
	c.enter("double(5)", "10")
}

// A demo types cells and runs them when it is told to go on. The user is left in
// its session.
func TestTerminalDemo(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir + "/" + name
	}
	block := func(cells string) string { return "```asyncrepl\n" + cells + "```\n" }
	file := write("demo.md", "Functions come first.\n"+block(">>> func double(n int) int {\n... \treturn 2 * n\n... }\n")+
		"Then they are called.\n"+block(">>> double(4)\n>>> fmt.Println(`it runs`); for {}\n>>> double(5)\n")+"That is all.\n")
	history := dir + "/history"
	c := launch(t, []string{"demo", "--speed=1000", "--record=" + dir + "/demo.cast", file}, "ASYNCREPL_HISTORY="+history)
	c.Shows("Functions come first.", "", ">>> func double(n int) int {", "...     return 2 * n", "... }|")
	c.Type("x\r")
	c.Shows("Functions come first.", "", ">>> func double(n int) int {", "...     return 2 * n", "... }", "",
		"Then they are called.", "", ">>> double(4)|")
	c.Type(" ")
	c.Until("the next cell", func(s ptytest.Screen) bool {
		return s.Line() == ">>> fmt.Println(`it runs`); for {}" && s.Lines[s.Y-1] == "8"
	})
	c.Type("\r")
	c.Until("the loop run", func(s ptytest.Screen) bool { return s.X == 0 && s.Lines[len(s.Lines)-1] == "it runs" })
	c.Type("\x03") // ends the cell, not the demo
	c.Until("the last cell", func(s ptytest.Screen) bool { return s.Line() == ">>> double(5)" && s.Lines[s.Y-1] == "interrupted" })
	c.Type("\r")
	c.prompt()
	if s := c.Screen(); s.Lines[s.Y-2] != "That is all." || s.Lines[s.Y-4] != "10" {
		t.Errorf("the end is\n%s", s)
	}
	c.enter("double(21)", "42")
	c.Type("\x1b[A\x1b[A")
	c.Until("a cell of the demo", func(s ptytest.Screen) bool { return s.Line() == ">>> double(5)" })
	c.Type("\x03")
	c.prompt()
	c.Type("\x04")
	c.exits(0)
	if text, err := os.ReadFile(history); string(text) != "double(21)\n" {
		t.Errorf("the history has %q, %v", text, err)
	}
	cast, err := os.ReadFile(dir + "/demo.cast")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`{"version":2,"width":80,"height":24,`, "Functions come first.", `,"o","42\r\n"]`} {
		if !strings.Contains(string(cast), text) {
			t.Errorf("%q is not in the recording:\n%s", text, cast)
		}
	}

	// By itself, until it is ended.
	file = write("auto.md", block(">>> x := 1\n>>> y := 2\n>>> :quit 4\n"))
	c = launch(t, []string{"demo", "--speed=0", "--auto=1ms", file})
	c.exits(4)
	c = launch(t, []string{"demo", "--speed=0", file})
	c.Shows(">>> x := 1|")
	c.Type("\r")
	c.Until("the next cell", func(s ptytest.Screen) bool { return s.Line() == ">>> y := 2" })
	c.Type("\x03")
	c.prompt()
	c.enter("x", "1")
	c.Type("\x04")
	c.exits(0)
	c = launch(t, []string{"demo", file})
	c.Until("the first cell", func(s ptytest.Screen) bool { return s.Line() == ">>> x := 1" })
	c.Type("\x04")
	c.exits(0)
	c = launch(t, []string{"demo", file}, "TERM=dumb")
	c.exits(4)
}

// An ordinary session can be recorded, too.
func TestTerminalRecord(t *testing.T) {
	file := t.TempDir() + "/x.cast"
	c := launch(t, []string{"--record=" + file})
	c.prompt()
	c.enter("1 + 1", "2")
	c.Type("\x04")
	c.exits(0)
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `,"o","2\r\n"]`) {
		t.Errorf("the recording is %v\n%s", err, text)
	}
	c = launch(t, []string{"--record=" + file + "2"}, "TERM=dumb")
	c.exits(2)
	if _, err := os.Stat(file + "2"); err == nil {
		t.Error("there is a recording of what cannot be recorded")
	}
	c = launch(t, []string{"--record=" + file})
	c.Until("a message", func(s ptytest.Screen) bool { return strings.Contains(s.String(), "x.cast exists\n") })
	c.exits(2)
}
