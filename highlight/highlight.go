// Package highlight colours source of asyncrepl's language, Go with the
// contextual words await, async and assert, for terminals.
//
// It owns three things: a lexer that never fails, whatever is missing or wrong
// in its input ([Tokens], [Lexer]); themes, which turn chroma styles into
// terminal escapes ([Theme]); and the decision whether to colour at all
// ([Enabled], [DepthOf]).
//
// The lexer is written by hand and speaks chroma's token types, so that every
// chroma style works with it. Of chroma only the core is imported: its lexers
// and styles packages parse megabytes of XML when a program starts.
package highlight

import "strings"

// Source returns src coloured by theme. Taking the escapes out again gives src
// back, byte for byte, and every line of the result is complete in itself: a
// token that spans lines is closed before each newline and opened again after
// it, so that the result may be cut at newlines.
func Source(src string, theme Theme) string {
	if theme.plain() || src == "" {
		return src
	}
	var b strings.Builder
	b.Grow(4*len(src) + 64)
	for _, t := range Tokens(src) {
		open := theme.escape(t.Type)
		if open == "" {
			b.WriteString(t.Value)
			continue
		}
		for line := range strings.Lines(t.Value) {
			text, newline := strings.CutSuffix(line, "\n")
			if text != "" {
				b.WriteString(open)
				b.WriteString(text)
				b.WriteString(theme.reset)
			}
			if newline {
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}
