package lineedit

import (
	"fmt"
	"io"
	"strings"
)

// view is what the editor wants to be seen: a cell with its prompts, the cursor
// and, below, lines of a menu.
type view struct {
	prompt, continuation string
	painted              string // the text, with escapes
	pos                  int    // the rune the cursor is on
	below                []string
}

// screen draws a view at the end of what the terminal shows, and draws it again
// with as little output as it can. It keeps to the rows of the view, and moves
// between them by relative escapes only, so it need not know where on the
// terminal they are.
type screen struct {
	out  io.Writer
	size func() (width, height int)

	shown  bool
	view   view
	rows   []row // as drawn
	cursor int   // the row of them the cursor is in
	column int
	width  int // when they were drawn
	top    int // the first row of the text that is drawn
	cut    bool
}

// show draws v in the place of what is drawn.
func (s *screen) show(v view) error {
	var b strings.Builder
	s.draw(&b, v)
	return s.flush(&b)
}

// above writes whole lines of text above the view.
func (s *screen) above(text string) error {
	var b strings.Builder
	s.erase(&b)
	b.WriteString(text + "\x1b[0m")
	s.draw(&b, s.view)
	return s.flush(&b)
}

// leave draws all of v's text once more, goes to the line below it and leaves
// it there for good.
func (s *screen) leave(v view) error {
	var b strings.Builder
	if v.pos, v.below = -1, nil; s.shown && !s.cut {
		s.draw(&b, v)
	}
	if !s.shown || s.cut {
		s.erase(&b)
		rows, _, _ := newLayout(v.prompt, v.continuation, v.painted, -1, s.measure())
		paint(&b, rows, s.width)
		s.rows, s.cursor = rows, len(rows)-1
	}
	s.move(&b, len(s.rows)-1)
	b.WriteString("\r\n")
	s.shown, s.rows, s.cut, s.top = false, nil, false, 0
	return s.flush(&b)
}

// hide takes the view off the terminal; the next show brings it back.
func (s *screen) hide() error {
	var b strings.Builder
	s.erase(&b)
	s.shown = false
	return s.flush(&b)
}

// clear empties the terminal and draws the view at its top.
func (s *screen) clear() error {
	var b strings.Builder
	b.WriteString("\x1b[H\x1b[2J")
	s.rows, s.cursor = nil, 0
	s.draw(&b, s.view)
	return s.flush(&b)
}

// measure takes the width of the terminal.
func (s *screen) measure() int {
	s.width, _ = s.size()
	return s.width
}

// draw brings the terminal from what is drawn to v.
func (s *screen) draw(b *strings.Builder, v view) {
	width, height := s.size()
	if s.shown && width != s.width {
		s.reflow(b, width)
	}
	if !s.shown {
		freshLine(b, width)
	}
	s.shown, s.view, s.width = true, v, width

	rows, cursor, column := newLayout(v.prompt, v.continuation, v.painted, v.pos, width)
	if v.pos < 0 {
		cursor = len(rows) - 1
	}
	below := v.below[:min(len(v.below), max(0, height-1))]
	room := height - len(below)
	s.cut = len(rows) > room
	if s.cut {
		s.top = max(cursor-room+1, min(s.top, cursor, len(rows)-room))
		rows = rows[s.top : s.top+room]
		rows[room-1].soft = false
		cursor -= s.top
	} else {
		s.top = 0
	}
	rows = rows[:len(rows):len(rows)]
	for _, line := range below {
		rows = append(rows, clip(line, width))
	}
	s.update(b, rows)
	s.move(b, cursor)
	b.WriteByte('\r')
	if column > 0 {
		fmt.Fprintf(b, "\x1b[%dC", column)
	}
	s.column = column
}

// update paints those of rows that differ from what is drawn.
func (s *screen) update(b *strings.Builder, rows []row) {
	first, last := 0, len(rows)
	for first < min(len(rows), len(s.rows)) && rows[first] == s.rows[first] {
		first++
	}
	if len(rows) == len(s.rows) {
		for last > first && rows[last-1] == s.rows[last-1] {
			last--
		}
	}
	switch {
	case first == len(rows) && first == len(s.rows):
		return
	case first < len(s.rows):
		if len(rows) < len(s.rows) {
			s.clearBelow(b, max(first, 1))
		}
		s.move(b, first)
		b.WriteByte('\r')
	case len(s.rows) > 0:
		s.move(b, first-1)
		b.WriteString("\r\n")
	}
	s.cursor = first
	if first < last {
		paint(b, rows[first:last], s.width)
		s.cursor = last - 1
	}
	s.rows = rows
}

// paint writes rows one below the other, from the first column on. Soft rows
// are left for the terminal to wrap, so that it knows what belongs together.
func paint(b *strings.Builder, rows []row, width int) {
	for i, r := range rows {
		if i > 0 && !(rows[i-1].soft && rows[i-1].cells == width && r.cells > 0) {
			b.WriteString("\r\n")
		}
		b.WriteString(r.text)
		if r.cells < width {
			b.WriteString("\x1b[K")
		}
	}
}

// move takes the cursor to another of the rows.
func (s *screen) move(b *strings.Builder, to int) {
	switch n := to - s.cursor; {
	case n > 0:
		fmt.Fprintf(b, "\x1b[%dB", n)
	case n < 0:
		fmt.Fprintf(b, "\x1b[%dA", -n)
	}
	s.cursor = to
}

// erase takes all rows away and leaves the cursor where the first began.
func (s *screen) erase(b *strings.Builder) {
	if !s.shown || len(s.rows) == 0 {
		return
	}
	if width, _ := s.size(); width != s.width {
		s.reflow(b, width)
		return
	}
	s.clearBelow(b, 1)
	s.move(b, 0)
	b.WriteString("\r\x1b[K")
	s.rows = nil
}

// clearBelow empties the rows from the one given on, which must not be the
// first: some terminals put a screen that is emptied from its corner into their
// history.
func (s *screen) clearBelow(b *strings.Builder, first int) {
	if first < len(s.rows) {
		s.move(b, first)
		b.WriteString("\r\x1b[J")
	}
}

// reflow erases rows that the terminal has broken anew for another width.
//
// Terminals that do so keep the cursor on its character; how far that is below
// the first row follows from the rows as they were drawn.
func (s *screen) reflow(b *strings.Builder, width int) {
	up, line := 0, 0
	for i, r := range s.rows[:min(s.cursor, len(s.rows))] {
		line += r.cells
		if !(r.soft && r.cells == s.width && s.rows[i+1].cells > 0) {
			up += max(1, (line+width-1)/width)
			line = 0
		}
	}
	up += (line + s.column) / width
	if up > 0 {
		fmt.Fprintf(b, "\x1b[%dA", up)
	}
	b.WriteString("\r\x1b[J")
	s.rows, s.cursor, s.width = nil, 0, width
}

// freshLine goes to the start of the next line unless the cursor is at the
// start of one, which nobody can know: something else may have written to the
// terminal. A row of blanks ends in the same row only if it began at its start.
func freshLine(b *strings.Builder, width int) {
	b.WriteString("\x1b[0m" + strings.Repeat(" ", width) + "\r\x1b[K")
}

func (s *screen) flush(b *strings.Builder) error {
	_, err := io.WriteString(s.out, b.String())
	return err
}

// forget takes it that nothing of the view is on the terminal any more.
func (s *screen) forget() { s.shown, s.rows, s.cursor, s.top, s.cut = false, nil, 0, 0, false }
