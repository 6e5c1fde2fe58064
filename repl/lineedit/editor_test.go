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

	"github.com/asyncrepl/asyncrepl/repl/ptytest"
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
		c.Type(line)
		c.Until("the line "+line, func(s ptytest.Screen) bool { return strings.HasSuffix(s.Line(), line) })
		y := c.Screen().Y
		c.Type(enter)
		c.Until("a new line", func(s ptytest.Screen) bool { return s.Y == y+1 })
	}
}

func ctrl(letter byte) string { return string(rune(letter & 0x1f)) }

func TestTyping(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("x := 1")
	c.Shows(">>> x := 1|")
	c.Type(left + "2 " + home + "my" + end + "0")
	c.Shows(">>> myx := 2 10|")
	c.Type(backspace + ctrlLeft + ctrl('w'))
	c.Shows(">>> myx := |1")
	c.Type(del + ctrl('y') + ctrl('a') + ctrl('k') + ctrl('y') + "!")
	c.Shows(">>> myx := 2 !|")
	c.Type(enter)
	c.cell("myx := 2 !")
	c.Shows(">>> myx := 2 !", "|")
}

func TestMultiLineCell(t *testing.T) {
	c := newConsole(t, 40, 10, Config{Incomplete: brackets})
	c.prompt()
	c.Type("func f() {" + enter)
	c.Shows(">>> func f() {", "...     |")
	c.Type("if x {" + enter)
	c.Shows(">>> func f() {", "...     if x {", "...         |")
	c.lines("y()")
	c.Type("}")
	c.Shows(">>> func f() {", "...     if x {", "...         y()", "...     }|")
	c.lines("", "")
	c.Type("}")
	c.Shows(">>> func f() {", "...     if x {", "...         y()", "...     }", "...", "... }|")
	c.Type(enter)
	c.cell("func f() {\n\tif x {\n\t\ty()\n\t}\n\n}")
	c.Shows(">>> func f() {", "...     if x {", "...         y()", "...     }", "...", "... }", "|")
}

func TestEarlierLinesAreEditable(t *testing.T) {
	c := newConsole(t, 40, 10, Config{Incomplete: brackets})
	c.prompt()
	c.lines("f(", "1,")
	c.Type(")")
	c.Shows(">>> f(", "...     1,", "... )|")
	c.Type(up + end + "2" + home + "0")
	c.Shows(">>> f(", "... 0|   1,2", "... )")
	c.Type(enter) // not on the last line: a new line, though the cell is complete
	c.Shows(">>> f(", "... 0", "...     |    1,2", "... )")
	c.Type(down + enter)
	c.cell("f(\n0\n\t\t1,2\n)")
}

func TestAltEnterBeginsALine(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("a" + altEnter + "b" + enter)
	c.cell("a\nb")
}

func TestHistoryOutlivesTheEditor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	c := newConsole(t, 40, 10, Config{Incomplete: brackets, History: path})
	for _, cell := range []string{"f(\n\t1,\n)", "g()", " secret", "g()"} {
		c.prompt()
		c.Type(pasteStart + cell + pasteEnd + enter)
		c.cell(cell)
		c.Type("")
		c.Until("a fresh line", func(s ptytest.Screen) bool { return s.X == 0 })
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
	c.Type("new" + up)
	c.Shows(">>> g()|")
	c.Type(up)
	c.Shows(">>> f(", "...     1,", "... )|")
	c.Type(up + left + "2")
	c.Shows(">>> f(", "... 2|   1,", "... )")
	c.Type(down + down + down)
	c.Shows(">>> new|")
	c.Type(up + up + enter)
	c.cell("f(\n2\t1,\n)")
}

func TestSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("alpha()\nbeta(\u20281)\nalphabet\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newConsole(t, 40, 10, Config{History: path})
	c.prompt()
	c.Type("typed" + ctrl('r'))
	c.Shows(">>> typed|", "search:")
	c.Type("alp")
	c.Shows(">>> |alphabet", "search: alp")
	c.Type(ctrl('r'))
	c.Shows(">>> |alpha()", "search: alp")
	c.Type(ctrl('r'))
	c.Shows(">>> |alpha()", "not found: alp")
	c.Type(ctrl('g'))
	c.Shows(">>> typed|")
	c.Type(ctrl('r') + "bet" + ctrl('r'))
	c.Shows(">>> |beta(", "... 1)", "search: bet")
	c.Type(ctrl('s'))
	c.Shows(">>> alpha|bet", "search: bet")
	c.Type(enter)
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
	before := len(c.Written())
	c.Type(pasteStart + strings.ReplaceAll(src, "\n", "\r\n") + "\r\n" + pasteEnd)
	c.Until("the end of the paste", func(s ptytest.Screen) bool { return s.Line() == "... }" && s.X == 5 && s.Y == 19 })
	if highlighted > 2 {
		t.Errorf("highlighted %d times, want once for the prompt and once for the paste", highlighted)
	}
	if n := len(c.Written()) - before; n > 4000 {
		t.Errorf("%d bytes drawn for a screen of 20 rows", n)
	}
	c.Type(strings.Repeat(up, 97))
	c.Until("the start", func(s ptytest.Screen) bool { return s.Lines[0] == ">>> func f(x int) {" && s.Y == 0 })
	c.Type(strings.Repeat(down, 97) + enter)
	c.cell(src)
	c.Until("all of it gone by", func(s ptytest.Screen) bool { return s.X == 0 && s.Lines[len(s.Lines)-1] == "... }" })
	if n := strings.Count(c.Written(), "x == 7 {"); n < 2 {
		t.Errorf("a line that was off the screen is written %d times, want it again on Enter", n)
	}
}

func TestPasteWithoutBrackets(t *testing.T) {
	c := newConsole(t, 40, 10, Config{Incomplete: brackets})
	c.prompt()
	c.Type("f(\r\t1,\r\t(\r\t\t2,\r\t),\r)\r")
	c.cell("f(\n\t1,\n\t(\n\t\t2,\n\t),\n)")
}

func TestPasteIsNotObeyed(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type(pasteStart + "a\x1b[2Jb\x03\x04\x00\u009bc" + pasteEnd)
	c.Shows(">>> a[2Jbc|")
	c.Type(enter)
	c.cell("a[2Jbc")
}

func TestWrappedInput(t *testing.T) {
	c := newConsole(t, 20, 8, Config{})
	c.prompt()
	c.Type("0123456789abcdef")
	c.Shows(">>> 0123456789abcdef", "|")
	c.Type("ghijklmnopqrstuvwxyz")
	c.Shows(">>> 0123456789abcdef", "ghijklmnopqrstuvwxyz", "|")
	c.Type("!" + home + "X")
	c.Shows(">>> X|0123456789abcde", "fghijklmnopqrstuvwxy", "z!")
	c.Type(del + strings.Repeat(right, 16))
	c.Shows(">>> X123456789abcdef", "g|hijklmnopqrstuvwxyz", "!")
	c.Type(ctrl('u') + "y" + ctrl('k'))
	c.Shows(">>> y|")
	c.Type(enter)
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
		c.Type(test.typed)
		c.Until("column "+test.column[1:], func(ptytest.Screen) bool { return strings.HasSuffix(c.Written(), test.column) })
	}
	c.Type(enter)
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
				c.Type(string(r))
				if r != '\x1b' && r != '[' {
					time.Sleep(time.Millisecond) // for output to come in between
				}
			}
			c.Until("ticks above", func(s ptytest.Screen) bool { return strings.HasPrefix(s.Lines[0], "tick") })
			c.Until("enough ticks", func(ptytest.Screen) bool { return strings.Contains(c.Written(), "tick 20") })
			close(stop)
			last := <-done
			var want []string
			for i := range 10 - len(test.shown) {
				want = append(want, fmt.Sprintf("tick %d", last-(10-len(test.shown))+1+i))
			}
			c.Shows(append(want, test.shown...)...)
			for i := 1; i <= last; i++ {
				if n := strings.Count(c.Written(), fmt.Sprintf("tick %d\n", i)) + strings.Count(c.Written(), fmt.Sprintf("tick %d\r\n", i)); n != 1 {
					t.Errorf("tick %d written %d times", i, n)
				}
			}
			c.Type(enter)
			if test.name == "several lines" {
				c.Type(down + ctrl('e') + enter)
			}
			c.result()
		})
	}
}

func TestOutputWithoutNewlineIsHeld(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	w := c.editor.Output()
	io.WriteString(w, "no prompt: at once")
	c.Shows("no prompt: at once|")
	c.prompt()
	c.Shows("no prompt: at once", ">>> |")
	io.WriteString(w, "begun ")
	io.WriteString(c.editor.Output(), "another\n")
	c.Shows("no prompt: at once", "another", ">>> |")
	io.WriteString(w, "and ended\nmore")
	c.Shows("no prompt: at once", "another", "begun and ended", ">>> |")
	c.Type("x" + enter)
	c.cell("x")
	c.prompt()
	c.Shows("no prompt: at once", "another", "begun and ended", ">>> x", "more", ">>> |")
}

func TestInterrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	c := newConsole(t, 40, 10, Config{Incomplete: brackets, History: path})
	c.prompt()
	c.lines("f(")
	c.Type("1" + ctrl('c'))
	c.fails(ErrInterrupt)
	c.Shows(">>> f(", "...     1^C", "|")
	c.prompt()
	c.Type(up)
	c.Shows(">>> f(", "...     1^C", ">>> f(", "...     1|")
	c.Type(ctrl('c'))
	c.fails(ErrInterrupt)
	if data, _ := os.ReadFile(path); len(data) > 0 {
		t.Errorf("the file has %q, want nothing that was not entered", data)
	}
}

func TestEndOfInput(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("x" + left + ctrl('d') + del) // Ctrl-D deletes; Delete on nothing does nothing
	c.Shows(">>> |")
	c.Type(ctrl('d'))
	c.fails(io.EOF)
	c.prompt()
	c.Type("y" + enter)
	c.cell("y")
}

func TestHangUpEntersNothing(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("rm()")
	c.Shows(">>> rm()|")
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
	case <-time.After(ptytest.Patience):
		t.Fatal("Close waits")
	}
}

func TestModesOutsideReadCell(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	modes := func() uint32 {
		m, err := unix.IoctlGetTermios(int(c.Slave.Fd()), ioctlGetTermios)
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
	c.Type("x" + enter)
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
	io.WriteString(c.Slave, mark)
	c.Until("the mark", func(ptytest.Screen) bool { return strings.HasSuffix(c.Written(), mark) })
	return strings.TrimSuffix(c.Written(), mark)
}

func TestSuspend(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("half")
	c.Shows(">>> half|")
	if err := c.editor.Suspend(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(c.editor.Output(), "direct")
	c.Shows("direct|")
	c.Type("stolen\n")
	buf := make([]byte, 100)
	n, err := c.Slave.Read(buf)
	if err != nil || string(buf[:n]) != "stolen\n" {
		t.Errorf("read %q, %v while suspended", buf[:n], err)
	}
	if err := c.editor.Resume(); err != nil {
		t.Fatal(err)
	}
	c.Shows("directstolen", ">>> half|")
	c.Type(enter)
	c.cell("half")
}

func TestTypeAheadIsKept(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("first" + enter + "second" + enter + "thi")
	c.cell("first")
	c.read()
	c.cell("second")
	c.prompt3("thi")
}

// prompt3 begins a ReadCell whose line is typed already.
func (c *console) prompt3(typed string) {
	c.t.Helper()
	c.read()
	c.Until("what was typed ahead", func(s ptytest.Screen) bool { return s.Line() == ">>> "+typed })
	c.Type(enter)
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
	c.Type("é." + "S" + tab)
	c.Shows(">>> é.Scan|")
	c.Type(ctrl('w') + "P" + tab)
	c.Shows(">>> é.Print|")
	c.Type(tab)
	c.Shows(">>> é.Print|", "Print    Printf   Println")
	c.Type(tab + tab)
	c.Shows(">>> é.Printf|", "Print    Printf   Println")
	c.Type("(")
	c.Shows(">>> é.Printf(|")
	c.Type(left + tab + tab + tab + "\x1b")
	c.Shows(">>> é.Printf|(")
	c.Type(home + tab)
	c.Shows(">>>     |é.Printf(")
	c.Type(enter)
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
	c.Type("a" + tab)
	c.Shows(">>> f(", "...     a|", "ab   int", "ac…  func()")
	if want := `"f(\n\ta" 5`; got != want {
		t.Errorf("Complete got %s, want %s", got, want)
	}
	c.Type(tab + enter)
	c.Shows(">>> f(", "...     ab|")
	c.lines("")
	c.Type(")")
	c.Shows(">>> f(", "...     ab", "... )|")
	c.Type(enter)
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
	c.Type("x" + tab)
	c.Shows("complete", "lineedit: Complete: panic: lost", ">>> x|")
	c.Type(enter)
	c.cell("x")
	c.Shows("complete", "lineedit: Complete: panic: lost", "incomplete", ">>> x", "|")
}

func TestClearScreen(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	io.WriteString(c.Slave, "rubbish\n")
	c.prompt()
	c.Type("ab" + left + ctrl('l'))
	c.Shows(">>> a|b")
	c.Type(enter)
	c.cell("ab")
}

func TestResize(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("one row")
	c.Shows(">>> one row|")
	c.Resize(30, 8)
	c.editor.resized()
	c.Type("!")
	c.Shows(">>> one row!|")
	c.Resize(50, 12)
	c.editor.resized()
	c.Type("?" + enter)
	c.cell("one row!?")
	c.Shows(">>> one row!?", "|")
}

func TestUnknownKeysChangeNothing(t *testing.T) {
	c := newConsole(t, 40, 10, Config{})
	c.prompt()
	c.Type("a" + "\x1b[15~" + "\x1bx" + "\x00" + "\x0f" + "\x1bOP" + "\x1b[200;5u" + "\U0010FF01" + "b" + enter)
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
	c.Until("a report", func(s ptytest.Screen) bool { return strings.Contains(s.String(), "lineedit: history is kept") })
	c.read()
	c.Type("x" + enter)
	c.cell("x")
}
