package lineedit

import (
	"strings"

	"github.com/chzyer/readline"
)

// search is the mode of Ctrl-R and Ctrl-S: what is typed is looked for in the
// history, and the cell found is shown in the place of the one being edited.
type search struct {
	query  []rune
	at     int // index of the entry shown
	step   int // -1 towards older entries, +1 towards newer ones
	failed bool

	start     int    // index of the entry shown before
	before    string // what was edited before, and where
	beforePos int
}

func (e *Editor) search(step int) {
	h, text := e.history, e.buf.String()
	h.edits[h.at] = text
	e.mode = &search{at: h.at, step: step, start: h.at, before: text, beforePos: e.buf.pos}
}

func (s *search) key(e *Editor, r rune) bool {
	switch r {
	case readline.CharBckSearch, readline.CharFwdSearch:
		s.step = 1
		if r == readline.CharBckSearch {
			s.step = -1
		}
		s.find(e, s.at+s.step)
	case readline.CharBackspace, readline.CharCtrlH:
		if len(s.query) > 0 {
			s.query = s.query[:len(s.query)-1]
		}
		s.find(e, s.at)
	case readline.CharBell, readline.CharInterrupt, keyEscape:
		e.history.at = s.start
		e.buf.set(s.before)
		e.buf.pos = s.beforePos
		e.mode = nil
	default:
		if r < ' ' || r >= keyFirst {
			return false
		}
		s.query = append(s.query, r)
		s.find(e, s.at)
	}
	return true
}

// find shows the first entry that has the query, from the i-th on.
func (s *search) find(e *Editor, i int) {
	if len(s.query) == 0 {
		s.failed = false
		return
	}
	if s.step < 0 {
		i = min(i, len(e.history.entries)-1)
	}
	query := string(s.query)
	at, ok := e.history.find(query, i, s.step)
	s.failed = !ok
	if !ok {
		e.ring()
		return
	}
	s.at, e.history.at = at, at
	text := e.history.entries[at]
	e.buf.set(text)
	e.buf.pos = len([]rune(text[:strings.LastIndex(text, query)]))
}

func (s *search) lines(_, _ int) []string {
	title := "search: "
	if s.failed {
		title = "not found: "
	}
	return []string{title + string(s.query)}
}
