package repl

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Completion is a way to go on with what is typed.
type Completion struct {
	// Text takes the place of what is completed.
	Text string
	// Detail is its type or signature, or empty.
	Detail string
}

// patience is how long a completion may wait for the session's loop.
const patience = 300 * time.Millisecond

// Completions returns what may stand in the place of src[from:pos], where pos,
// in bytes, is that of the cursor. It returns nothing while the loop is busy.
func (s *Session) Completions(src string, pos int) (list []Completion, from int) {
	head := src[:pos]
	if word, ok := strings.CutPrefix(head, ":"); ok {
		return s.completeCommand(word, pos)
	}
	from = pos
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(head[:from])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		from -= n
	}
	prefix := head[from:]
	done := make(chan []Completion, 1)
	task := s.loop.Start("completion", func() {
		base, isMember := operand(head[:from])
		switch {
		case isMember:
			done <- s.members(base, prefix)
		case prefix == "":
			done <- nil
		default:
			done <- s.namesWith(prefix)
		}
	})
	select {
	case list = <-done:
	case <-task.Done(): // it was cancelled, or failed
		select {
		case list = <-done:
		default:
		}
	case <-time.After(patience):
		task.Cancel(errInterrupted)
	}
	return list, from
}

func (s *Session) completeCommand(word string, pos int) (list []Completion, from int) {
	if strings.ContainsAny(word, " \t") {
		return nil, pos
	}
	for _, c := range commands {
		if strings.HasPrefix(c.name, word) {
			list = append(list, Completion{c.name, c.help})
		}
	}
	return list, pos - len(word)
}

// operand returns the expression before the dot that text ends in.
func operand(text string) (expr string, ok bool) {
	text, ok = strings.CutSuffix(text, ".")
	if !ok {
		return "", false
	}
	depth, i := 0, len(text)
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:i])
		switch {
		case r == ')' || r == ']' || r == '}':
			depth++
		case r == '(' || r == '[' || r == '{':
			if depth == 0 {
				return text[i:], true
			}
			depth--
		case depth > 0 || r == '.' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
		case r == '"' || r == '`':
			return "", true // not worth the trouble
		default:
			return text[i:], true
		}
		i -= n
	}
	return text, true
}

// namesWith returns the names that a cell can mention and that begin with
// prefix.
func (s *Session) namesWith(prefix string) []Completion {
	var list []Completion
	for _, n := range s.check.Names(prefix) {
		list = append(list, Completion{n.Name, n.Detail})
	}
	return list
}

// members returns the members of an expression or package that begin with
// prefix.
func (s *Session) members(base, prefix string) []Completion {
	var list []Completion
	for _, n := range s.check.Members(base, prefix) {
		list = append(list, Completion{n.Name, n.Detail})
	}
	return list
}
