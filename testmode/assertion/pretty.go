package assertion

import (
	"strings"
	"unicode/utf8"
)

// Text formats a value as Go syntax: on one line if that is at most width
// characters, else with one element a line. Of a large value it shows about
// limit bytes, and says so; no more than that is looked at.
func Text(v any, width, limit int) string {
	one := printer{items: -1, entries: -1, levels: 100, room: limit}
	one.value(valueOf(v), "", 0)
	text := one.b.String()
	if len(text) <= limit && utf8.RuneCountInString(text) <= width {
		return text
	}
	p := prettyPrinter{room: limit}
	p.value(valueOf(v), "", "", "", "")
	text = strings.Join(p.lines, "\n")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "\n… and more"
	}
	return text
}
