//go:build unix

package lineedit

import (
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/ptytest"
)

// console is a terminal with an editor on it.
type console struct {
	*ptytest.Terminal
	t       testing.TB
	editor  *Editor
	results chan result
}

type result struct {
	text string
	err  error
}

// newConsole opens a terminal of that size and an editor on it.
func newConsole(t testing.TB, width, height int, cfg Config) *console {
	t.Helper()
	c := &console{Terminal: ptytest.New(t, width, height), t: t, results: make(chan result, 1)}
	cfg.In, cfg.Out = c.Slave, c.Slave
	var err error
	if c.editor, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.editor.Close(); err != nil {
			t.Error(err)
		}
		<-c.editor.keys.ended
		c.Close()
	})
	return c
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
	c.Until("the prompt", func(s ptytest.Screen) bool { return s.Line() == ">>>" && s.X == 4 })
}

// cell waits for the ReadCell to return text.
func (c *console) cell(want string) {
	c.t.Helper()
	if r := c.result(); r.err != nil || r.text != want {
		c.t.Fatalf("ReadCell: %q, %v, want %q\nscreen:\n%s", r.text, r.err, want, c.Screen())
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
	case <-time.After(ptytest.Patience):
		c.t.Fatalf("ReadCell does not return; screen:\n%s", c.Screen())
		return result{}
	}
}

// brackets is an Incomplete that counts brackets.
func brackets(src string) (more bool, indent int) {
	depth := strings.Count(src, "{") + strings.Count(src, "(") - strings.Count(src, "}") - strings.Count(src, ")")
	return depth > 0, depth
}
