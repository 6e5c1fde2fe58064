//go:build unix

package lineedit

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Keys as terminals send them.
const (
	enter, tab, backspace = "\r", "\t", "\x7f"
	up, down              = "\x1b[A", "\x1b[B"
	left, right           = "\x1b[D", "\x1b[C"
	home, end, del        = "\x1b[H", "\x1b[F", "\x1b[3~"
	ctrlLeft, ctrlRight   = "\x1b[1;5D", "\x1b[1;5C"
	altEnter              = "\x1b\r"
	pasteStart, pasteEnd  = "\x1b[200~", "\x1b[201~"
)

// lines types lines that are not the last, and waits for each until the next is
// begun: what follows Enter at once is taken for a paste, and not indented.
func (c *console) lines(list ...string) {
	c.t.Helper()
	for _, line := range list {
		c.typed(line)
		c.until("the line "+line, func(s screenshot) bool { return strings.HasSuffix(s.line(), line) })
		y := c.shot().y
		c.typed(enter)
		c.until("a new line", func(s screenshot) bool { return s.y == y+1 })
	}
}

func ctrl(letter byte) string { return string(rune(letter & 0x1f)) }

func TestTyping(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("x := 1")
	c.shows(">>> x := 1|")
	c.typed(left + "2 " + home + "my" + end + "0")
	c.shows(">>> myx := 2 10|")
	c.typed(backspace + ctrlLeft + ctrl('w'))
	c.shows(">>> myx := |1")
	c.typed(del + ctrl('y') + ctrl('a') + ctrl('k') + ctrl('y') + "!")
	c.shows(">>> myx := 2 !|")
	c.typed(enter)
	c.cell("myx := 2 !")
	c.shows(">>> myx := 2 !", "|")
}

func TestMultiLineCell(t *testing.T) {
	c := newConsole(t, 40, 10, Config{Incomplete: brackets})
	c.prompt()
	c.typed("func f() {" + enter)
	c.shows(">>> func f() {", "...     |")
	c.typed("if x {" + enter)
	c.shows(">>> func f() {", "...     if x {", "...         |")
	c.lines("y()")
	c.typed("}")
	c.shows(">>> func f() {", "...     if x {", "...         y()", "...     }|")
	c.lines("", "")
	c.typed("}")
	c.shows(">>> func f() {", "...     if x {", "...         y()", "...     }", "...", "... }|")
	c.typed(enter)
	c.cell("func f() {\n\tif x {\n\t\ty()\n\t}\n\n}")
	c.shows(">>> func f() {", "...     if x {", "...         y()", "...     }", "...", "... }", "|")
}

func TestEarlierLinesAreEditable(t *testing.T) {
	c := newConsole(t, 40, 10, Config{Incomplete: brackets})
	c.prompt()
	c.lines("f(", "1,")
	c.typed(")")
	c.shows(">>> f(", "...     1,", "... )|")
	c.typed(up + end + "2" + home + "0")
	c.shows(">>> f(", "... 0|   1,2", "... )")
	c.typed(enter) // not on the last line: a new line, though the cell is complete
	c.shows(">>> f(", "... 0", "...     |    1,2", "... )")
	c.typed(down + enter)
	c.cell("f(\n0\n\t\t1,2\n)")
}

func TestAltEnterBeginsALine(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("a" + altEnter + "b" + enter)
	c.cell("a\nb")
}

func TestHistoryOutlivesTheEditor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	c := newConsole(t, 40, 10, Config{Incomplete: brackets, History: path})
	for _, cell := range []string{"f(\n\t1,\n)", "g()", " secret", "g()"} {
		c.prompt()
		c.typed(pasteStart + cell + pasteEnd + enter)
		c.cell(cell)
		c.typed("")
		c.until("a fresh line", func(s screenshot) bool { return s.x == 0 })
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	data, _ := os.ReadFile(path)
	if want := "f(\u2028\t1,\u2028)\ng()\n"; string(data) != want {
		t.Errorf("file %q, want %q", data, want)
	}

	c = newConsole(t, 40, 10, Config{Incomplete: brackets, History: path})
	c.prompt()
	c.typed("new" + up)
	c.shows(">>> g()|")
	c.typed(up)
	c.shows(">>> f(", "...     1,", "... )|")
	c.typed(up + left + "2")
	c.shows(">>> f(", "... 2|   1,", "... )")
	c.typed(down + down + down)
	c.shows(">>> new|")
	c.typed(up + up + enter)
	c.cell("f(\n2\t1,\n)")
}

func TestSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("alpha()\nbeta(\u20281)\nalphabet\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newConsole(t, 40, 10, Config{History: path})
	c.prompt()
	c.typed("typed" + ctrl('r'))
	c.shows(">>> typed|", "search:")
	c.typed("alp")
	c.shows(">>> |alphabet", "search: alp")
	c.typed(ctrl('r'))
	c.shows(">>> |alpha()", "search: alp")
	c.typed(ctrl('r'))
	c.shows(">>> |alpha()", "not found: alp")
	c.typed(ctrl('g'))
	c.shows(">>> typed|")
	c.typed(ctrl('r') + "bet" + ctrl('r'))
	c.shows(">>> |beta(", "... 1)", "search: bet")
	c.typed(ctrl('s'))
	c.shows(">>> alpha|bet", "search: bet")
	c.typed(enter)
	c.cell("alphabet")
}

func TestPasteOfAFunction(t *testing.T) {
	var b strings.Builder
	b.WriteString("func f(x int) {\n")
	for i := range 48 {
		fmt.Fprintf(&b, "\tif x == %d { // tabs and 日本\n\t\tx++\t}\n", i)
	}
	b.WriteString("}")
	src := b.String()

	highlighted := 0
	c := newConsole(t, 60, 20, Config{Incomplete: brackets, Highlight: func(s string) string { highlighted++; return s }})
	c.prompt()
	before := len(c.written())
	c.typed(pasteStart + strings.ReplaceAll(src, "\n", "\r\n") + "\r\n" + pasteEnd)
	c.until("the end of the paste", func(s screenshot) bool { return s.line() == "... }" && s.x == 5 && s.y == 19 })
	if highlighted > 2 {
		t.Errorf("highlighted %d times, want once for the prompt and once for the paste", highlighted)
	}
	if n := len(c.written()) - before; n > 4000 {
		t.Errorf("%d bytes drawn for a screen of 20 rows", n)
	}
	c.typed(strings.Repeat(up, 97))
	c.until("the start", func(s screenshot) bool { return s.lines[0] == ">>> func f(x int) {" && s.y == 0 })
	c.typed(strings.Repeat(down, 97) + enter)
	c.cell(src)
	c.until("all of it gone by", func(s screenshot) bool { return s.x == 0 && s.lines[len(s.lines)-1] == "... }" })
	if n := strings.Count(c.written(), "x == 7 {"); n < 2 {
		t.Errorf("a line that was off the screen is written %d times, want it again on Enter", n)
	}
}

func TestPasteWithoutBrackets(t *testing.T) {
	c := newConsole(t, 40, 10, Config{Incomplete: brackets})
	c.prompt()
	c.typed("f(\r\t1,\r\t(\r\t\t2,\r\t),\r)\r")
	c.cell("f(\n\t1,\n\t(\n\t\t2,\n\t),\n)")
}

func TestPasteIsNotObeyed(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed(pasteStart + "a\x1b[2Jb\x03\x04\x00\u009bc" + pasteEnd)
	c.shows(">>> a[2Jbc|")
	c.typed(enter)
	c.cell("a[2Jbc")
}

func TestWrappedInput(t *testing.T) {
	c := newConsole(t, 20, 8, Config{})
	c.prompt()
	c.typed("0123456789abcdef")
	c.shows(">>> 0123456789abcdef", "|")
	c.typed("ghijklmnopqrstuvwxyz")
	c.shows(">>> 0123456789abcdef", "ghijklmnopqrstuvwxyz", "|")
	c.typed("!" + home + "X")
	c.shows(">>> X|0123456789abcde", "fghijklmnopqrstuvwxy", "z!")
	c.typed(del + strings.Repeat(right, 16))
	c.shows(">>> X123456789abcdef", "g|hijklmnopqrstuvwxyz", "!")
	c.typed(ctrl('u') + "y" + ctrl('k'))
	c.shows(">>> y|")
	c.typed(enter)
	c.cell("y")
}

func TestWideCharacters(t *testing.T) {
	// The emulator gives every rune one cell, so what is checked is the
	// column the editor asks for.
	c := newConsole(t, 40, 8, Config{})
	c.prompt()
	for _, test := range []struct {
		typed  string
		column string
	}{
		{"日本", "\x1b[8C"},
		{"語" + left, "\x1b[8C"},
		{left, "\x1b[6C"},
		{ctrl('a') + "🙂" + ctrl('e') + "Ａ", "\x1b[14C"},
		{"e\u0301", "\x1b[15C"},
	} {
		c.typed(test.typed)
		c.until("column "+test.column[1:], func(screenshot) bool { return strings.HasSuffix(c.written(), test.column) })
	}
	c.typed(enter)
	c.cell("🙂日本語Ａe\u0301")
}

func TestOutputAboveThePrompt(t *testing.T) {
	for _, test := range []struct {
		name  string
		typed string
		moved string
		shown []string
	}{
		{"at the end", "half a line", "", []string{">>> half a line|"}},
		{"in the middle", "half a line", strings.Repeat(left, 4), []string{">>> half a |line"}},
		{"wrapped", "half a line that is wider than the screen", strings.Repeat(left, 36),
			[]string{">>> half |a line that", " is wider than the s", "creen"}},
		{"several lines", "half" + altEnter + "a" + altEnter + "line", up,
			[]string{">>> half", "... a|", "... line"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newConsole(t, 20, 10, Config{})
			c.prompt()
			stop, done := make(chan struct{}), make(chan int)
			go func() {
				w := c.editor.Output()
				for i := 1; ; i++ {
					fmt.Fprintf(w, "tick %d\n", i)
					select {
					case <-stop:
						done <- i
						return
					case <-time.After(2 * time.Millisecond):
					}
				}
			}()
			for _, r := range test.typed + test.moved {
				c.typed(string(r))
				if r != '\x1b' && r != '[' {
					time.Sleep(time.Millisecond) // for output to come in between
				}
			}
			c.until("ticks above", func(s screenshot) bool { return strings.HasPrefix(s.lines[0], "tick") })
			c.until("enough ticks", func(screenshot) bool { return strings.Contains(c.written(), "tick 20") })
			close(stop)
			last := <-done
			var want []string
			for i := range 10 - len(test.shown) {
				want = append(want, fmt.Sprintf("tick %d", last-(10-len(test.shown))+1+i))
			}
			c.shows(append(want, test.shown...)...)
			for i := 1; i <= last; i++ {
				if n := strings.Count(c.written(), fmt.Sprintf("tick %d\n", i)) + strings.Count(c.written(), fmt.Sprintf("tick %d\r\n", i)); n != 1 {
					t.Errorf("tick %d written %d times", i, n)
				}
			}
			c.typed(enter)
			if test.name == "several lines" {
				c.typed(down + ctrl('e') + enter)
			}
			c.result()
		})
	}
}

func TestOutputWithoutNewlineIsHeld(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	w := c.editor.Output()
	io.WriteString(w, "no prompt: at once")
	c.shows("no prompt: at once|")
	c.prompt()
	c.shows("no prompt: at once", ">>> |")
	io.WriteString(w, "begun ")
	io.WriteString(c.editor.Output(), "another\n")
	c.shows("no prompt: at once", "another", ">>> |")
	io.WriteString(w, "and ended\nmore")
	c.shows("no prompt: at once", "another", "begun and ended", ">>> |")
	c.typed("x" + enter)
	c.cell("x")
	c.prompt()
	c.shows("no prompt: at once", "another", "begun and ended", ">>> x", "more", ">>> |")
}

func TestInterrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	c := newConsole(t, 40, 10, Config{Incomplete: brackets, History: path})
	c.prompt()
	c.lines("f(")
	c.typed("1" + ctrl('c'))
	c.fails(ErrInterrupt)
	c.shows(">>> f(", "...     1^C", "|")
	c.prompt()
	c.typed(up)
	c.shows(">>> f(", "...     1^C", ">>> f(", "...     1|")
	c.typed(ctrl('c'))
	c.fails(ErrInterrupt)
	if data, _ := os.ReadFile(path); len(data) > 0 {
		t.Errorf("the file has %q, want nothing that was not entered", data)
	}
}

func TestEndOfInput(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("x" + left + ctrl('d') + del) // Ctrl-D deletes; Delete on nothing does nothing
	c.shows(">>> |")
	c.typed(ctrl('d'))
	c.fails(io.EOF)
	c.prompt()
	c.typed("y" + enter)
	c.cell("y")
}

func TestHangUpEntersNothing(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("rm()")
	c.shows(">>> rm()|")
	if err := c.editor.Close(); err != nil {
		t.Fatal(err)
	}
	c.fails(io.EOF)
	if _, err := c.editor.ReadCell(">>> ", "... "); err != io.EOF {
		t.Errorf("after Close: %v, want EOF", err)
	}
}

func TestCloseDoesNotWait(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	closed := make(chan error)
	go func() { closed <- c.editor.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Close waits")
	}
}

func TestModesOutsideReadCell(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	modes := func() uint32 {
		m, err := unix.IoctlGetTermios(int(c.slave.Fd()), ioctlGetTermios)
		if err != nil {
			t.Fatal(err)
		}
		return uint32(m.Lflag) & (unix.ISIG | unix.ICANON | unix.ECHO)
	}
	before := modes()
	c.prompt()
	if modes() != 0 {
		t.Error("not raw while reading")
	}
	c.typed("x" + enter)
	c.cell("x")
	if modes() != before {
		t.Error("not restored after a cell")
	}
	if !strings.HasSuffix(c.drained(), "\x1b[?2004l") {
		t.Error("bracketed paste left on")
	}
}

// drained returns all that was written, once a mark sent after it has come.
func (c *console) drained() string {
	c.t.Helper()
	const mark = "\x1b[?25h"
	io.WriteString(c.slave, mark)
	c.until("the mark", func(screenshot) bool { return strings.HasSuffix(c.written(), mark) })
	return strings.TrimSuffix(c.written(), mark)
}

func TestSuspend(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("half")
	c.shows(">>> half|")
	if err := c.editor.Suspend(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c.editor.Output(), "direct")
	c.shows("direct|")
	c.typed("stolen\n")
	buf := make([]byte, 100)
	n, err := c.slave.Read(buf)
	if err != nil || string(buf[:n]) != "stolen\n" {
		t.Errorf("read %q, %v while suspended", buf[:n], err)
	}
	if err := c.editor.Resume(); err != nil {
		t.Fatal(err)
	}
	c.shows("directstolen", ">>> half|")
	c.typed(enter)
	c.cell("half")
}

func TestTypeAheadIsKept(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("first" + enter + "second" + enter + "thi")
	c.cell("first")
	c.read()
	c.cell("second")
	c.prompt3("thi")
}

// prompt3 begins a ReadCell whose line is typed already.
func (c *console) prompt3(typed string) {
	c.t.Helper()
	c.read()
	c.until("what was typed ahead", func(s screenshot) bool { return s.line() == ">>> "+typed })
	c.typed(enter)
	c.cell(typed)
}

func TestCompletion(t *testing.T) {
	names := []string{"Print", "Printf", "Println", "Scan"}
	complete := func(src string, pos int) (list []Candidate, from int) {
		from = strings.LastIndexAny(src[:pos], ". \n") + 1
		for _, n := range names {
			if strings.HasPrefix(n, src[from:pos]) {
				list = append(list, Candidate{Text: n})
			}
		}
		return list, from
	}
	c := newConsole(t, 40, 10, Config{Complete: complete})
	c.prompt()
	c.typed("é." + "S" + tab)
	c.shows(">>> é.Scan|")
	c.typed(ctrl('w') + "P" + tab)
	c.shows(">>> é.Print|")
	c.typed(tab)
	c.shows(">>> é.Print|", "Print    Printf   Println")
	c.typed(tab + tab)
	c.shows(">>> é.Printf|", "Print    Printf   Println")
	c.typed("(")
	c.shows(">>> é.Printf(|")
	c.typed(left + tab + tab + tab + "\x1b")
	c.shows(">>> é.Printf|(")
	c.typed(home + tab)
	c.shows(">>>     |é.Printf(")
	c.typed(enter)
	c.cell("\té.Printf(")
}

func TestCompletionSeesEarlierLines(t *testing.T) {
	var got string
	c := newConsole(t, 40, 10, Config{Incomplete: brackets, Complete: func(src string, pos int) ([]Candidate, int) {
		got = fmt.Sprintf("%q %d", src, pos)
		return []Candidate{{Text: "ab", Detail: "int"}, {Text: "ac", Display: "ac…", Detail: "func()"}}, pos - 1
	}})
	c.prompt()
	c.lines("f(")
	c.typed("a" + tab)
	c.shows(">>> f(", "...     a|", "ab   int", "ac…  func()")
	if want := `"f(\n\ta" 5`; got != want {
		t.Errorf("Complete got %s, want %s", got, want)
	}
	c.typed(tab + enter)
	c.lines("")
	c.typed(")" + enter)
	c.cell("f(\n\tab\n)")
}

func TestCallbacksMayWriteOutput(t *testing.T) {
	var c *console
	say := func(what string) { fmt.Fprintln(c.editor.Output(), what) }
	c = newConsole(t, 40, 10, Config{
		Complete:   func(string, int) ([]Candidate, int) { say("complete"); panic("lost") },
		Incomplete: func(string) (bool, int) { say("incomplete"); return false, 0 },
	})
	c.prompt()
	c.typed("x" + tab)
	c.shows("complete", "lineedit: Complete: panic: lost", ">>> x|")
	c.typed(enter)
	c.cell("x")
	c.shows("complete", "lineedit: Complete: panic: lost", "incomplete", ">>> x", "|")
}

func TestClearScreen(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	io.WriteString(c.slave, "rubbish\n")
	c.prompt()
	c.typed("ab" + left + ctrl('l'))
	c.shows(">>> a|b")
	c.typed(enter)
	c.cell("ab")
}

func TestResize(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("one row")
	c.shows(">>> one row|")
	c.resize(30, 8)
	c.editor.resized()
	c.typed("!")
	c.shows(">>> one row!|")
	c.resize(50, 12)
	c.editor.resized()
	c.typed("?" + enter)
	c.cell("one row!?")
	c.shows(">>> one row!?", "|")
}

func TestUnknownKeysChangeNothing(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.typed("a" + "\x1b[15~" + "\x1bx" + "\x00" + "\x0f" + "\x1bOP" + "\x1b[200;5u" + "\U0010FF01" + "b" + enter)
	c.cell("ab")
}

func TestNotATerminal(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := New(Config{In: slave, Out: file}); err != ErrNotTerminal {
		t.Errorf("output to a file: %v", err)
	}
	if _, err := New(Config{In: file, Out: slave}); err != ErrNotTerminal {
		t.Errorf("input from a file: %v", err)
	}
	t.Setenv("TERM", "dumb")
	if _, err := New(Config{In: slave, Out: slave}); err != ErrNotTerminal {
		t.Errorf("dumb terminal: %v", err)
	}
}

func TestUnusableHistoryIsReported(t *testing.T) {
	c := newConsole(t, 80, 10, Config{History: t.TempDir()})
	c.until("a report", func(s screenshot) bool { return strings.Contains(s.String(), "lineedit: history is kept") })
	c.read()
	c.typed("x" + enter)
	c.cell("x")
}
