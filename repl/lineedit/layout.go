package lineedit

import (
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// tabWidth is the distance of tab stops in a cell.
const tabWidth = 4

// row is one row of the screen.
type row struct {
	text  string // with escapes, complete in itself
	cells int    // columns taken
	soft  bool   // the row goes on in the next one, for want of width
}

// widths measures runes as terminals do, whatever the locale says.
var widths = runewidth.Condition{StrictEmojiNeutral: true}

// layout is text flowing into rows of a given width.
type layout struct {
	width int
	rows  []row

	b      strings.Builder // the row being filled
	cells  int
	style  string // the SGR escapes in force
	column int    // columns since the last prompt, for tab stops
}

// newLayout lays painted, which is text with escapes, out behind the prompt, and
// behind continuation from its second line on. It returns the rows and the
// place of the rune at pos; a negative pos is no place.
func newLayout(prompt, continuation, painted string, pos, width int) (rows []row, cursorRow, cursorColumn int) {
	l := &layout{width: max(width, 2)}
	l.run(prompt, func(r rune) { l.put(r) })
	l.column = 0
	i := 0
	mark := func(next int) {
		if i == pos {
			if l.cells+next > l.width {
				l.wrap()
			}
			cursorRow, cursorColumn = len(l.rows), l.cells
		}
		i++
	}
	l.run(painted, func(r rune) {
		switch {
		case r == '\n':
			mark(1)
			style := l.style
			if l.style = ""; style != "" {
				l.b.WriteString("\x1b[0m")
			}
			l.put(r)
			l.run(continuation, func(r rune) { l.put(r) })
			l.style = style
			l.b.WriteString(style)
			l.column = 0
		default:
			mark(max(1, widths.RuneWidth(r)))
			l.put(r)
		}
	})
	mark(1)
	l.end(false)
	return l.rows, cursorRow, cursorColumn
}

// run calls put for every rune of s that shows, and keeps the escapes.
func (l *layout) run(s string, put func(rune)) {
	for s != "" {
		if n := escapeLen(s); n > 0 {
			l.escape(s[:n])
			s = s[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		put(r)
		s = s[n:]
	}
}

// put adds one rune of the text.
func (l *layout) put(r rune) {
	switch {
	case r == '\n':
		l.end(false)
	case r == '\t':
		for range tabWidth - l.column%tabWidth {
			l.cell(" ", 1)
		}
	case r < ' ' || r == 0x7f:
		l.cell("^", 1)
		l.cell(string(r^0x40), 1)
	default:
		l.cell(string(r), widths.RuneWidth(r))
	}
}

func (l *layout) cell(s string, width int) {
	if l.cells+width > l.width {
		l.wrap()
	}
	l.b.WriteString(s)
	l.cells += width
	l.column += width
}

// escape keeps an escape, and what it says of the style if it is an SGR.
func (l *layout) escape(s string) {
	l.b.WriteString(s)
	if !strings.HasPrefix(s, "\x1b[") || s[len(s)-1] != 'm' {
		return
	}
	last := s[strings.LastIndexAny(s, "[;")+1 : len(s)-1]
	if strings.Trim(last, "0") == "" {
		l.style = ""
	} else {
		l.style += s
	}
}

func (l *layout) wrap() { l.end(true) }

// end closes the row being filled and begins the next in the same style.
func (l *layout) end(soft bool) {
	if l.style != "" {
		l.b.WriteString("\x1b[0m")
	}
	l.rows = append(l.rows, row{text: l.b.String(), cells: l.cells, soft: soft})
	l.b.Reset()
	l.b.WriteString(l.style)
	l.cells = 0
}

// clip cuts a line of text with escapes to a width, for the rows that must not
// wrap.
func clip(s string, width int) row {
	l := &layout{width: width}
	l.run(s, func(r rune) {
		if len(l.rows) == 0 && r != '\n' {
			l.put(r)
		}
	})
	l.end(false)
	first := l.rows[0]
	first.soft = false
	return first
}

// escapeLen returns the length of the terminal escape s begins with, or 0.
func escapeLen(s string) int {
	if len(s) < 2 || s[0] != '\x1b' {
		return 0
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
	case ']':
		for i := 2; i < len(s); i++ {
			if s[i] == '\a' {
				return i + 1
			}
			if strings.HasPrefix(s[i:], "\x1b\\") {
				return i + 2
			}
		}
	}
	return 0
}

// visible returns s without its escapes.
func visible(s string) string {
	if !strings.Contains(s, "\x1b") {
		return s
	}
	var b strings.Builder
	for s != "" {
		if n := escapeLen(s); n > 0 {
			s = s[n:]
			continue
		}
		n := strings.IndexByte(s[1:], '\x1b') + 1
		if n == 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

// cellsOf returns the columns s takes, escapes taken out.
func cellsOf(s string) (n int) {
	for _, r := range visible(s) {
		n += widths.RuneWidth(r)
	}
	return n
}
