package highlight

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/chroma/v2"
)

// Tokens splits src into tokens whose values, joined, are src.
//
// Input that is not finished has no error token: an open string is a string to
// the end of its line, an open raw string or comment reaches to the end of src.
func Tokens(src string) []chroma.Token {
	s := scanner{src: src, tokens: make([]chroma.Token, 0, len(src)/3+4)}
	s.scan()
	classify(s.tokens)
	return s.tokens
}

// scanner cuts source into tokens by their spelling alone. Words come out as
// [chroma.Name]; classify tells them apart afterwards.
type scanner struct {
	src    string
	pos    int
	tokens []chroma.Token
}

// emit makes a token of the text from the scanner's position up to end.
func (s *scanner) emit(t chroma.TokenType, end int) {
	if end > s.pos {
		s.tokens = append(s.tokens, chroma.Token{Type: t, Value: s.src[s.pos:end]})
		s.pos = end
	}
}

func (s *scanner) scan() {
	if strings.HasPrefix(s.src, "#!") {
		s.emit(chroma.CommentHashbang, s.lineEnd(0))
	}
	s.command()
	for s.pos < len(s.src) {
		s.next()
	}
}

// command takes the ":name" of a command of the REPL, which stands at the start
// of the source; what follows it is highlighted as Go.
func (s *scanner) command() {
	i := s.pos + len(s.src[s.pos:]) - len(strings.TrimLeft(s.src[s.pos:], " \t\n"))
	if end := s.wordEnd(i + 1); i < len(s.src) && s.src[i] == ':' && end > i+1 {
		s.emit(chroma.TextWhitespace, i)
		s.emit(chroma.CommentPreproc, end)
	}
}

func (s *scanner) next() {
	c := s.src[s.pos]
	switch {
	case isSpace(c):
		i := s.pos
		for i < len(s.src) && isSpace(s.src[i]) {
			i++
		}
		s.emit(chroma.TextWhitespace, i)
	case isDigit(c), c == '.' && s.pos+1 < len(s.src) && isDigit(s.src[s.pos+1]):
		s.number()
	case c == '"':
		s.quoted(chroma.LiteralString, '"')
	case c == '\'':
		s.quoted(chroma.LiteralStringChar, '\'')
	case c == '`':
		s.emit(chroma.LiteralStringBacktick, s.after(s.pos+1, "`"))
	case strings.HasPrefix(s.src[s.pos:], "//"):
		s.emit(chroma.CommentSingle, s.lineEnd(s.pos))
	case strings.HasPrefix(s.src[s.pos:], "/*"):
		s.emit(chroma.CommentMultiline, s.after(s.pos+2, "*/"))
	case strings.IndexByte("()[]{},;", c) >= 0:
		s.emit(chroma.Punctuation, s.pos+1)
	default:
		if end := s.wordEnd(s.pos); end > s.pos {
			s.emit(chroma.Name, end)
		} else if n := operatorLen(s.src[s.pos:]); n > 0 {
			s.emit(chroma.Operator, s.pos+n)
		} else {
			_, n := utf8.DecodeRuneInString(s.src[s.pos:])
			s.emit(chroma.Text, s.pos+n)
		}
	}
}

// number takes a numeric literal, also an unfinished one such as 0x or 1e.
func (s *scanner) number() {
	rest := s.src[s.pos:]
	kind, digits, exponent := chroma.LiteralNumberInteger, "0123456789_", "eE"
	i := 0
	if len(rest) > 1 && rest[0] == '0' {
		switch rest[1] {
		case 'x', 'X':
			kind, digits, exponent, i = chroma.LiteralNumberHex, "0123456789abcdefABCDEF_", "pP", 2
		case 'b', 'B':
			kind, exponent, i = chroma.LiteralNumberBin, "", 2
		case 'o', 'O':
			kind, exponent, i = chroma.LiteralNumberOct, "", 2
		}
	}
	for i < len(rest) {
		c := rest[i]
		switch {
		case strings.IndexByte(digits, c) >= 0:
		case c == '.' && exponent != "":
			kind = chroma.LiteralNumberFloat
		case strings.IndexByte(exponent, c) >= 0:
			kind = chroma.LiteralNumberFloat
			if i+1 < len(rest) && (rest[i+1] == '+' || rest[i+1] == '-') {
				i++
			}
		case c == 'i':
			s.emit(kind, s.pos+i+1)
			return
		default:
			s.emit(kind, s.pos+i)
			return
		}
		i++
	}
	s.emit(kind, s.pos+i)
}

// quoted takes an interpreted string or a rune literal, its escapes as tokens
// of their own. It ends at the end of the line at the latest.
func (s *scanner) quoted(kind chroma.TokenType, quote byte) {
	for i := s.pos + 1; i < len(s.src); {
		switch c := s.src[i]; c {
		case quote:
			s.emit(kind, i+1)
			return
		case '\n':
			s.emit(kind, i)
			return
		case '\\':
			if n := escapeLen(s.src[i:]); n > 0 {
				s.emit(kind, i)
				s.emit(chroma.LiteralStringEscape, i+n)
				i += n
				// What follows is literal text even if it opens no quote itself.
				if i == len(s.src) || s.src[i] == '\n' {
					return
				}
				continue
			}
			i++
			if i < len(s.src) && s.src[i] != '\n' {
				i++
			}
		default:
			i++
		}
	}
	s.emit(kind, len(s.src))
}

// escapeLen returns the length of the escape sequence s begins with, or 0 when
// it is none or not finished.
func escapeLen(s string) int {
	if len(s) < 2 {
		return 0
	}
	digits, n := "0123456789abcdefABCDEF", 0
	switch c := s[1]; {
	case strings.IndexByte(`abfnrtv\'"`, c) >= 0:
		return 2
	case c == 'x':
		n = 4
	case c == 'u':
		n = 6
	case c == 'U':
		n = 10
	case c >= '0' && c <= '7':
		if len(s) >= 4 && strings.Trim(s[1:4], "01234567") == "" {
			return 4
		}
		return 0
	default:
		return 0
	}
	if len(s) < n || strings.Trim(s[2:n], digits) != "" {
		return 0
	}
	return n
}

// lineEnd returns the offset of the newline that ends the line at i.
func (s *scanner) lineEnd(i int) int {
	if n := strings.IndexByte(s.src[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(s.src)
}

// after returns the offset behind the next occurrence of mark from i on, or the
// end of the source.
func (s *scanner) after(i int, mark string) int {
	if n := strings.Index(s.src[i:], mark); n >= 0 {
		return i + n + len(mark)
	}
	return len(s.src)
}

// wordEnd returns the end of the identifier that starts at i, or i.
func (s *scanner) wordEnd(i int) int {
	start := i
	for i < len(s.src) {
		c := s.src[i]
		if c < utf8.RuneSelf {
			if c != '_' && !isLetter(c) && (i == start || !isDigit(c)) {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s.src[i:])
		if !unicode.IsLetter(r) && (i == start || !unicode.IsDigit(r)) {
			break
		}
		i += n
	}
	return i
}

// operators in the order in which they must be tried: longest first.
var operators = []string{
	"<<=", ">>=", "&^=", "...",
	"&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=",
	"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^",
}

// operatorLen returns the length of the operator s begins with, or 0.
func operatorLen(s string) int {
	if strings.IndexByte("+-*/%&|^<>=!:.~?", s[0]) < 0 {
		return 0
	}
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	return 1
}

func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
