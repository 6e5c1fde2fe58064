package testmode

import (
	"strings"

	runewidth "github.com/mattn/go-runewidth"
)

// A style is a sequence of the terminal's attributes, as pytest writes them.
type style string

const (
	plain   style = ""
	red     style = "\x1b[31m"
	green   style = "\x1b[32m"
	yellow  style = "\x1b[33m"
	bold    style = "\x1b[1m"
	redBold style = red + bold
	boldRed style = bold + red
	cyan    style = "\x1b[36m"
)

// of returns text in the style.
func (s style) of(text string) string {
	if s == plain {
		return text
	}
	return string(s) + text + "\x1b[0m"
}

// separator returns a line of so many columns: c repeated, with a title in the
// middle. Escape sequences in the title take no columns.
func separator(c, title string, columns int) string {
	line := strings.Repeat(c, columns/len(c))
	if title != "" {
		fill := strings.Repeat(c, max((columns-textWidth(title)-2)/(2*len(c)), 1))
		line = fill + " " + title + " " + fill
	}
	if last := strings.TrimRight(c, " "); textWidth(line)+len(last) <= columns {
		line += last
	}
	return line
}

// textWidth returns the number of columns of text, escape sequences left out.
func textWidth(text string) int {
	if !strings.Contains(text, "\x1b") {
		return width.StringWidth(text)
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\x1b' {
			for i+1 < len(text) && text[i] != 'm' {
				i++
			}
			continue
		}
		b.WriteByte(text[i])
	}
	return width.StringWidth(b.String())
}

// width measures text the same everywhere, whatever the locale.
var width = &runewidth.Condition{StrictEmojiNeutral: true}

// trimmed formats a message into before+message+after, its first line only, cut
// to available columns with "..."; ok is false if there is no room.
func trimmed(before, message, after string, available int) (text string, ok bool) {
	message, _, _ = strings.Cut(message, "\n")
	around := textWidth(before + after)
	if around+3 > available {
		return "", false
	}
	if around+textWidth(message) > available {
		runes := []rune(message)
		room := available - 3 - around
		n, w := 0, 0
		for n < len(runes) {
			rw := width.RuneWidth(runes[n])
			if w+rw > room {
				break
			}
			w += rw
			n++
		}
		message = string(runes[:n]) + "..."
	}
	return before + message + after, true
}

// expand replaces tabs by blanks up to multiples of four columns.
func expand(line string) string {
	if !strings.Contains(line, "\t") {
		return line
	}
	var b strings.Builder
	col := 0
	for _, r := range line {
		if r == '\t' {
			n := 4 - col%4
			b.WriteString("    "[:n])
			col += n
			continue
		}
		b.WriteRune(r)
		col += width.RuneWidth(r)
	}
	return b.String()
}
