//go:build unix

// Package ptytest gives tests a terminal: a pseudo-terminal with an emulator at
// its end whose screen can be looked at.
package ptytest

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

// Patience is how long a condition may take to come true.
const Patience = 10 * time.Second

// A Terminal is a terminal emulator and the pseudo-terminal it is on.
type Terminal struct {
	// Slave is the end that the program under test is on.
	Slave *os.File

	t      testing.TB
	master *os.File
	vt     vt10x.Terminal
	copied chan struct{}

	mu   sync.Mutex
	raw  strings.Builder // all that was written
	rest []byte          // the beginning of a rune, which the emulator does not take
}

// New opens a terminal of that many columns and rows. Close ends it.
func New(t testing.TB, width, height int) *Terminal {
	t.Helper()
	t.Setenv("TERM", "xterm")
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := &Terminal{t: t, master: master, Slave: slave, copied: make(chan struct{})}
	c.vt = vt10x.New(vt10x.WithSize(width, height))
	c.Resize(width, height)
	go func() {
		defer close(c.copied)
		io.Copy(screenWriter{c}, master) // ends when the other side is closed
	}()
	return c
}

// Close closes the terminal, after the program on it has ended.
func (c *Terminal) Close() {
	c.Slave.Close()
	<-c.copied
	c.master.Close()
}

// screenWriter takes what the program writes.
type screenWriter struct{ c *Terminal }

func (w screenWriter) Write(p []byte) (int, error) {
	c := w.c
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

// Written returns all that the program has written, escapes included.
func (c *Terminal) Written() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.raw.String()
}

// Resize gives the terminal another size, and tells the program.
func (c *Terminal) Resize(width, height int) {
	c.t.Helper()
	c.vt.Resize(width, height)
	if err := pty.Setsize(c.master, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		c.t.Fatal(err)
	}
}

// Type sends keys.
func (c *Terminal) Type(keys string) {
	c.t.Helper()
	if _, err := io.WriteString(c.master, keys); err != nil {
		c.t.Fatal(err)
	}
}

// Until waits for the screen to look as it should; what says how that is.
func (c *Terminal) Until(what string, ok func(Screen) bool) {
	c.t.Helper()
	deadline := time.Now().Add(Patience)
	for !ok(c.Screen()) {
		if time.Now().After(deadline) {
			c.t.Fatalf("the screen never shows %s:\n%s", what, c.Screen())
		}
		time.Sleep(time.Millisecond)
	}
}

// Shows waits for exactly these lines, and the cursor at the mark "|" in one of
// them if there is one.
func (c *Terminal) Shows(lines ...string) {
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
	c.Until(fmt.Sprintf("(cursor %d,%d)\n%s\n--- but", x, y, want), func(s Screen) bool {
		return strings.Join(s.Lines, "\n") == want && (x < 0 || s.X == x && s.Y == y)
	})
}

// A Screen is what a terminal shows at a moment.
type Screen struct {
	Lines []string // without blanks at the ends and blank lines at the end
	X, Y  int      // the cursor
}

// Screen returns what the terminal shows now.
func (c *Terminal) Screen() Screen {
	c.vt.Lock()
	defer c.vt.Unlock()
	var s Screen
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
		s.Lines = append(s.Lines, strings.TrimRight(b.String(), " "))
	}
	for len(s.Lines) > 0 && s.Lines[len(s.Lines)-1] == "" {
		s.Lines = s.Lines[:len(s.Lines)-1]
	}
	cursor := c.vt.Cursor()
	s.X, s.Y = cursor.X, cursor.Y
	return s
}

// Line returns the line the cursor is in.
func (s Screen) Line() string {
	if s.Y < len(s.Lines) {
		return s.Lines[s.Y]
	}
	return ""
}

// String returns the lines and the place of the cursor.
func (s Screen) String() string {
	return fmt.Sprintf("%s\n(cursor %d,%d)", strings.Join(s.Lines, "\n"), s.X, s.Y)
}
