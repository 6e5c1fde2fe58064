package lineedit

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

// menu is the mode in which the candidates for a completion are listed. Tab and
// Shift-Tab go through them; any other key takes the one chosen.
type menu struct {
	candidates []Candidate
	from, to   int // what a candidate takes the place of, in runes
	chosen     int // -1 is none

	before    string // what was edited before, and where
	beforePos int
}

// tab completes what stands before the cursor: as far as all candidates agree,
// and from there by listing them. At the start of a line it indents.
func (e *Editor) tab() {
	b := &e.buf
	if e.cfg.Complete == nil || b.blankBefore() {
		b.insert("\t")
		return
	}
	src := b.String()
	pos := len(string(b.text[:b.pos]))
	var candidates []Candidate
	from := pos
	e.call("Complete", func() { candidates, from = e.cfg.Complete(src, pos) })
	from = max(0, min(from, pos))
	if len(candidates) == 0 {
		e.ring()
		return
	}
	typed := src[from:pos]
	start := utf8.RuneCountInString(src[:from])
	if len(candidates) == 1 {
		b.replace(start, b.pos, []rune(printable(candidates[0].Text)))
		return
	}
	if common := commonPrefix(candidates); len(common) > len(typed) && strings.HasPrefix(common, typed) {
		b.replace(start, b.pos, []rune(printable(common)))
		return
	}
	e.mode = &menu{candidates: candidates, from: start, to: b.pos, chosen: -1, before: src, beforePos: b.pos}
}

func commonPrefix(candidates []Candidate) string {
	common := candidates[0].Text
	for _, c := range candidates[1:] {
		n := 0
		for n < min(len(common), len(c.Text)) && common[n] == c.Text[n] {
			n++
		}
		common = common[:n]
	}
	for !utf8.ValidString(common) {
		common = common[:len(common)-1]
	}
	return common
}

func (m *menu) key(e *Editor, r rune) bool {
	n := len(m.candidates)
	switch r {
	case readline.CharTab, readline.CharNext:
		m.chosen = (m.chosen + 1) % n
	case keyBackTab, readline.CharPrev:
		m.chosen = (max(m.chosen, 0) + n - 1) % n
	case readline.CharBell, readline.CharInterrupt, keyEscape:
		e.buf.set(m.before)
		e.buf.pos = m.beforePos
		e.mode = nil
		return true
	case readline.CharEnter:
		e.mode = nil
		return m.chosen >= 0 // it takes the choice, rather than entering the cell
	default:
		return false
	}
	text := []rune(printable(m.candidates[m.chosen].Text))
	e.buf.replace(m.from, m.to, text)
	m.to = m.from + len(text)
	return true
}

// lines lists the candidates: with their details a line each, else in columns.
func (m *menu) lines(width, height int) []string {
	var items []string
	columns, cell := 1, width
	detailed := false
	widest := 0
	for _, c := range m.candidates {
		widest = max(widest, cellsOf(c.label()))
		detailed = detailed || c.Detail != ""
	}
	if !detailed {
		cell = widest + 2
		columns = max(1, (width-1)/cell)
	}
	for i, c := range m.candidates {
		label := printable(c.label())
		item := label
		if i == m.chosen {
			item = "\x1b[7m" + label + "\x1b[0m"
		}
		pad := strings.Repeat(" ", max(0, min(widest, width/2)-cellsOf(label)))
		switch {
		case detailed && c.Detail != "":
			item += pad + "  \x1b[2m" + printable(c.Detail) + "\x1b[0m"
		case !detailed && columns > 1:
			item += strings.Repeat(" ", cell-cellsOf(label))
		}
		items = append(items, item)
	}
	rows := (len(items) + columns - 1) / columns
	var lines []string
	for row := range rows {
		var line strings.Builder
		for i := row; i < len(items); i += rows {
			line.WriteString(items[i])
		}
		lines = append(lines, strings.ReplaceAll(line.String(), "\n", " "))
	}
	return m.window(lines, rows, max(1, height/2))
}

// window cuts the list to a number of lines around the one chosen.
func (m *menu) window(lines []string, rows, room int) []string {
	if len(lines) <= room {
		return lines
	}
	room = max(1, room-1)
	first := min(max(0, max(m.chosen, 0)%rows-room/2), len(lines)-room)
	rest := fmt.Sprintf("\x1b[2m(%d of %d lines)\x1b[0m", room, len(lines))
	return append(lines[first:first+room:first+room], rest)
}

// label returns how a candidate is listed.
func (c Candidate) label() string {
	if c.Display != "" {
		return c.Display
	}
	return c.Text
}
