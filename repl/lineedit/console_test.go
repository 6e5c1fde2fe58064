//go:build unix

package lineedit

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// patience is how long a condition may take to come true.
const patience = 10 * time.Second

// console is a terminal emulator with an editor on its other end.
type console struct {
	t       testing.TB
	master  *os.File
	slave   *os.File
	vt      vt10x.Terminal
	editor  *Editor
	results chan result

	mu   sync.Mutex
	raw  strings.Builder // all that the editor wrote
	rest []byte          // the beginning of a rune, which the emulator does not take
}

type result struct {
	text string
	err  error
}

// newConsole opens a terminal of that size and an editor on it.
func newConsole(t testing.TB, width, height int, cfg Config) *console {
	t.Helper()
	t.Setenv("TERM", "xterm")
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, master: master, slave: slave, results: make(chan result, 1)}
	c.vt = vt10x.New(vt10x.WithSize(width, height))
	c.resize(width, height)
	cfg.In, cfg.Out = slave, slave
	if c.editor, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		io.Copy(c, master) // ends when the other side is closed
	}()
	t.Cleanup(func() {
		if err := c.editor.Close(); err != nil {
			t.Error(err)
		}
		<-c.editor.keys.ended
		slave.Close()
		<-copied
		master.Close()
	})
	return c
}

// Write takes what the editor draws.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.raw.Write(p)
	c.mu.Unlock()
	data := append(c.rest, p...)
	n := len(data)
	for i := 1; i < utf8.UTFMax && i <= len(data); i++ {
		if b := data[len(data)-i]; utf8.RuneStart(b) {
			if !utf8.FullRune(data[len(data)-i:]) {
				n = len(data) - i
			}
			break
		}
	}
	c.rest = append([]byte(nil), data[n:]...)
	if _, err := c.vt.Write(data[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (c *console) written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

func (c *console) resize(width, height int) {
	c.t.Helper()
	c.vt.Resize(width, height)
	if err := pty.Setsize(c.master, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		c.t.Fatal(err)
	}
}

// read begins a ReadCell.
func (c *console) read() {
	go func() {
		text, err := c.editor.ReadCell(">>> ", "... ")
		c.results <- result{text, err}
	}()
}

// prompt begins a ReadCell and waits until its prompt shows.
func (c *console) prompt() {
	c.t.Helper()
	c.read()
	c.until("the prompt", func(s screenshot) bool { return s.line() == ">>>" && s.x == 4 })
}

// typed sends keys.
func (c *console) typed(keys string) {
	c.t.Helper()
	if _, err := io.WriteString(c.master, keys); err != nil {
		c.t.Fatal(err)
	}
}

// cell waits for the ReadCell to return text.
func (c *console) cell(want string) {
	c.t.Helper()
	if r := c.result(); r.err != nil || r.text != want {
		c.t.Fatalf("ReadCell: %q, %v, want %q\nscreen:\n%s", r.text, r.err, want, c.shot())
	}
}

// fails waits for the ReadCell to return an error.
func (c *console) fails(want error) {
	c.t.Helper()
	if r := c.result(); r.err != want {
		c.t.Fatalf("ReadCell: %q, %v, want error %v", r.text, r.err, want)
	}
}

func (c *console) result() result {
	c.t.Helper()
	select {
	case r := <-c.results:
		return r
	case <-time.After(patience):
		c.t.Fatalf("ReadCell does not return; screen:\n%s", c.shot())
		return result{}
	}
}

// until waits for the screen to look as it should.
func (c *console) until(what string, ok func(screenshot) bool) {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok(c.shot()) {
		if time.Now().After(deadline) {
			c.t.Fatalf("the screen never shows %s:\n%s", what, c.shot())
		}
		time.Sleep(time.Millisecond)
	}
}

// shows waits for exactly these lines, and the cursor at the mark "|" in one of
// them if there is one.
func (c *console) shows(lines ...string) {
	c.t.Helper()
	x, y := -1, -1
	for i, line := range lines {
		if j := strings.IndexByte(line, '|'); j >= 0 {
			x, y = len([]rune(line[:j])), i
			lines[i] = strings.TrimRight(line[:j]+line[j+1:], " ")
		}
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	want := strings.Join(lines, "\n")
	c.until(fmt.Sprintf("(cursor %d,%d)\n%s\n--- but", x, y, want), func(s screenshot) bool {
		return strings.Join(s.lines, "\n") == want && (x < 0 || s.x == x && s.y == y)
	})
}

// screenshot is what a terminal shows at a moment.
type screenshot struct {
	lines []string // without blanks at the ends and blank lines at the end
	x, y  int      // the cursor
}

func (c *console) shot() screenshot {
	c.vt.Lock()
	defer c.vt.Unlock()
	var s screenshot
	width, height := c.vt.Size()
	for y := range height {
		var b strings.Builder
		for x := range width {
			r := c.vt.Cell(x, y).Char
			if r == 0 {
				r = ' '
			}
			b.WriteRune(r)
		}
		s.lines = append(s.lines, strings.TrimRight(b.String(), " "))
	}
	for len(s.lines) > 0 && s.lines[len(s.lines)-1] == "" {
		s.lines = s.lines[:len(s.lines)-1]
	}
	cursor := c.vt.Cursor()
	s.x, s.y = cursor.X, cursor.Y
	return s
}

// line returns the line the cursor is in.
func (s screenshot) line() string {
	if s.y < len(s.lines) {
		return s.lines[s.y]
	}
	return ""
}

func (s screenshot) String() string {
	return fmt.Sprintf("%s\n(cursor %d,%d)", strings.Join(s.lines, "\n"), s.x, s.y)
}

// brackets is an Incomplete that counts brackets.
func brackets(src string) (more bool, indent int) {
	depth := strings.Count(src, "{") + strings.Count(src, "(") - strings.Count(src, "}") - strings.Count(src, ")")
	return depth > 0, depth
}
