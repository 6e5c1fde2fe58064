//go:build unix

package lineedit

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/ptytest"
)

// plays begins to play a cell.
func (c *console) plays(cell string, pace Pace) {
	go func() { c.results <- result{"", c.editor.Play(">>> ", "... ", cell, pace)} }()
}

func TestPlay(t *testing.T) {
	history := t.TempDir() + "/history"
	var record bytes.Buffer
	c := newConsole(t, 40, 10, Config{History: history, Record: &record})
	slow := Pace{Key: time.Hour, Enter: -1}
	c.plays("f() {\n\tx\n}", slow)
	c.Shows(">>> f|")
	c.Type("xyz" + up) // means nothing here
	c.Type(" ")
	c.Shows(">>> f() {", "...     x", "... }|")
	io.WriteString(c.editor.Output(), "above\n")
	c.Shows("above", ">>> f() {", "...     x", "... }|")
	c.Type(pasteStart + "no" + pasteEnd)
	c.Type(enter)
	c.cell("")
	c.Shows("above", ">>> f() {", "...     x", "... }", "|")

	// By itself.
	c.plays("y", Pace{Key: time.Millisecond})
	c.cell("")
	c.plays("z", Pace{})
	c.cell("")

	for _, end := range []struct {
		cell, key string
		err       error
	}{{"cell", ctrl('c'), ErrInterrupt}, {"done", ctrl('d'), io.EOF}} {
		c.plays(end.cell, slow)
		c.Until(end.cell, func(s ptytest.Screen) bool { return s.Line() == ">>> "+end.cell[:1] })
		c.Type(end.key)
		c.fails(end.err)
	}

	// What was played can be recalled, but has not been typed.
	c.prompt()
	c.Type(up)
	c.Until("the cell recalled", func(s ptytest.Screen) bool { return s.Line() == ">>> cell" })
	c.Type(ctrl('c'))
	c.fails(ErrInterrupt)
	if text, err := os.ReadFile(history); len(text) > 0 {
		t.Errorf("the history has %q, %v", text, err)
	}

	c.plays("w", slow)
	c.Until("the cell", func(s ptytest.Screen) bool { return s.Line() == ">>> w" })
	c.editor.Close()
	c.fails(io.EOF)
	for _, text := range []string{"\x1b[?2004h", "f() {", "above", "^C"} {
		if !strings.Contains(record.String(), text) {
			t.Errorf("%q is not in the record: %q", text, record.String())
		}
	}
}
