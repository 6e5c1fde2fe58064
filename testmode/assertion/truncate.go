package assertion

import (
	"fmt"
	"unicode/utf8"
)

const (
	maxLines   = 8
	maxChars   = 640
	spareLines = 2 // so much longer may an explanation be and still stay whole
	spareChars = 70
)

// truncate cuts an explanation to the limits of pytest.
func truncate(lines []string) []string {
	if len(lines) <= maxLines+spareLines && chars(lines) <= maxChars+spareChars {
		return lines
	}
	cut := append([]string(nil), lines[:min(len(lines), maxLines)]...)
	inside := chars(cut) > maxChars+spareChars
	if inside {
		cut = cutChars(cut)
	}
	hidden := len(lines) - len(cut)
	if hidden == 0 && !inside {
		return lines
	}
	last := &cut[len(cut)-1]
	if *last != "" && inside {
		hidden++
	}
	*last += "..."
	s := "s"
	if hidden == 1 {
		s = ""
	}
	return append(cut, "", fmt.Sprintf("...Full output truncated (%d line%s hidden), use '-vv' to show", hidden, s))
}

// cutChars keeps the first maxChars characters of lines.
func cutChars(lines []string) []string {
	n := 0
	for i, l := range lines {
		c := utf8.RuneCountInString(l)
		if n+c > maxChars {
			return append(lines[:i:i], string([]rune(l)[:maxChars-n]))
		}
		n += c
	}
	return lines
}

func chars(lines []string) int {
	n := 0
	for _, l := range lines {
		n += utf8.RuneCountInString(l)
	}
	return n
}
