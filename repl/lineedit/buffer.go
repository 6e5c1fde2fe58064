package lineedit

import "unicode"

// buffer is the text of a cell being edited, and the cursor in it. It holds the
// edits that chzyer/readline has not, or has for a single line only.
type buffer struct {
	text   []rune
	pos    int
	killed []rune // what the last kill took out
}

func (b *buffer) set(text string) {
	b.text = []rune(text)
	b.pos = len(b.text)
}

func (b *buffer) String() string { return string(b.text) }

// insert puts text in at the cursor and moves the cursor behind it.
func (b *buffer) insert(text string) { b.replace(b.pos, b.pos, []rune(text)) }

// replace puts text in the place of [from, to), and the cursor behind it.
func (b *buffer) replace(from, to int, text []rune) {
	out := make([]rune, 0, len(b.text)-(to-from)+len(text))
	out = append(out, b.text[:from]...)
	out = append(out, text...)
	out = append(out, b.text[to:]...)
	b.text, b.pos = out, from+len(text)
}

// kill takes [from, to) out and keeps it for yank.
func (b *buffer) kill(from, to int) {
	if from == to {
		return
	}
	b.killed = append([]rune(nil), b.text[from:to]...)
	b.replace(from, to, nil)
}

func (b *buffer) yank() { b.insert(string(b.killed)) }

// lineStart returns the start of the line the cursor is in.
func (b *buffer) lineStart() int {
	i := b.pos
	for i > 0 && b.text[i-1] != '\n' {
		i--
	}
	return i
}

// lineEnd returns the end of the line the cursor is in.
func (b *buffer) lineEnd() int {
	i := b.pos
	for i < len(b.text) && b.text[i] != '\n' {
		i++
	}
	return i
}

func (b *buffer) onFirstLine() bool { return b.lineStart() == 0 }
func (b *buffer) onLastLine() bool  { return b.lineEnd() == len(b.text) }

// up moves to the same column of the line above, or to its end.
func (b *buffer) up() {
	start := b.lineStart()
	column := b.pos - start
	b.pos = start - 1
	b.pos = min(b.lineStart()+column, start-1)
}

// down moves to the same column of the line below, or to its end.
func (b *buffer) down() {
	column := b.pos - b.lineStart()
	b.pos = b.lineEnd() + 1
	b.pos = min(b.pos+column, b.lineEnd())
}

// wordLeft returns the start of the word before the cursor.
func (b *buffer) wordLeft() int {
	i := b.pos
	for i > 0 && !isWord(b.text[i-1]) {
		i--
	}
	for i > 0 && isWord(b.text[i-1]) {
		i--
	}
	return i
}

// wordRight returns the end of the word behind the cursor.
func (b *buffer) wordRight() int {
	i := b.pos
	for i < len(b.text) && !isWord(b.text[i]) {
		i++
	}
	for i < len(b.text) && isWord(b.text[i]) {
		i++
	}
	return i
}

// blankBefore reports whether nothing but white space stands between the start
// of the line and the cursor.
func (b *buffer) blankBefore() bool { return isBlank(b.text[b.lineStart():b.pos]) }

func isBlank(text []rune) bool {
	for _, r := range text {
		if r != ' ' && r != '\t' {
			return false
		}
	}
	return true
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
