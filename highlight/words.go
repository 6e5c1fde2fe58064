package highlight

import (
	"strings"

	"github.com/alecthomas/chroma/v2"
)

// words gives the type of every word that has one of its own in Go, whether
// reserved or predeclared.
var words = wordTypes(map[chroma.TokenType]string{
	chroma.KeywordNamespace:   "package import",
	chroma.KeywordDeclaration: "func var const type struct interface map chan",
	chroma.Keyword: "break case continue default defer else fallthrough for go goto if " +
		"range return select switch",
	chroma.KeywordConstant: "true false nil iota",
	chroma.KeywordType: "any bool byte comparable complex64 complex128 error float32 float64 " +
		"int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr",
	chroma.NameBuiltin: "append cap clear close complex copy delete imag len make max min new " +
		"panic print println real recover",
})

func wordTypes(lists map[chroma.TokenType]string) map[string]chroma.TokenType {
	m := make(map[string]chroma.TokenType)
	for t, list := range lists {
		for _, w := range strings.Fields(list) {
			m[w] = t
		}
	}
	return m
}

// classify gives the words among tokens, which are all [chroma.Name], the type
// they have where they stand.
func classify(tokens []chroma.Token) {
	prev := neighbour{newline: true}
	for i := range tokens {
		t := &tokens[i]
		switch {
		case isComment(t.Type):
			continue
		case t.Type == chroma.TextWhitespace:
			prev.gap = true
			prev.newline = prev.newline || strings.Contains(t.Value, "\n")
			continue
		case t.Type == chroma.Name:
			t.Type = wordType(tokens, i, prev)
		}
		prev = neighbour{text: t.Value, kind: t.Type}
	}
}

// wordType returns the type of the word tokens[i], which follows prev.
func wordType(tokens []chroma.Token, i int, prev neighbour) chroma.TokenType {
	word := tokens[i].Value
	if prev.text == "." {
		return nameType(tokens, i)
	}
	switch word {
	case "await", "async", "assert":
		if isContextual(tokens, i, prev) {
			return chroma.Keyword
		}
	}
	if prev.text == "func" {
		return chroma.NameFunction
	}
	if t, ok := words[word]; ok {
		return t
	}
	return nameType(tokens, i)
}

// nameType tells a name that is called from one that is not.
func nameType(tokens []chroma.Token, i int) chroma.TokenType {
	if i+1 < len(tokens) && tokens[i+1].Value == "(" {
		return chroma.NameOther
	}
	return chroma.Name
}

// isContextual reports whether the word await, async or assert at tokens[i] is
// used as a keyword there, which it is when an operand follows it and the place
// is one where its kind of expression or statement may begin.
//
// At the very end of the source, where the operand is not yet typed, it is one.
func isContextual(tokens []chroma.Token, i int, prev neighbour) bool {
	word := tokens[i].Value
	switch prev.text {
	case "func", "var", "const", "type", "package", "import", "goto":
		return false
	}
	if word == "assert" && !startsStatement(prev) {
		return false
	}
	next, j := following(tokens, i)
	switch {
	case next.text == "":
		return true
	case next.newline:
		return false
	case next.kind == chroma.Name || isLiteral(next.kind):
		return true
	}
	switch next.text {
	case "!":
		return true
	case "(":
		return next.gap || !declares(tokens, word)
	case "[", "{":
		return next.gap
	case "<-", "*", "&", "-", "+", "^":
		// As gofmt spaces them: an unary operator stands close to its operand.
		return next.gap && j+1 < len(tokens) && tokens[j+1].Type != chroma.TextWhitespace
	}
	return false
}

// neighbour is the significant token next to a word.
type neighbour struct {
	text    string
	kind    chroma.TokenType
	gap     bool // white space or a comment stands between the two
	newline bool // a newline stands between the two, or there is no token
}

// following returns what comes after tokens[i], and its index.
func following(tokens []chroma.Token, i int) (neighbour, int) {
	var n neighbour
	for j := i + 1; j < len(tokens); j++ {
		t := tokens[j]
		if t.Type != chroma.TextWhitespace && !isComment(t.Type) {
			n.text, n.kind = t.Value, t.Type
			return n, j
		}
		n.gap = true
		n.newline = n.newline || strings.Contains(t.Value, "\n")
	}
	return n, len(tokens)
}

// startsStatement reports whether a statement may begin after prev.
func startsStatement(prev neighbour) bool {
	if prev.newline {
		return true
	}
	switch prev.text {
	case ";", "{", "}", ":":
		return true
	}
	return prev.kind == chroma.CommentPreproc
}

// declares reports whether the source itself declares word, as a function or by
// an assignment.
func declares(tokens []chroma.Token, word string) bool {
	var prev string
	for i, t := range tokens {
		if t.Type == chroma.TextWhitespace || isComment(t.Type) {
			continue
		}
		if t.Value == word {
			next, _ := following(tokens, i)
			switch {
			case prev == "func", prev == "var", prev == "const", prev == "type",
				next.text == ":=", next.text == "=":
				return true
			}
		}
		prev = t.Value
	}
	return false
}

func isComment(t chroma.TokenType) bool {
	switch t {
	case chroma.CommentSingle, chroma.CommentMultiline, chroma.CommentHashbang:
		return true
	}
	return false
}

func isLiteral(t chroma.TokenType) bool { return t.InCategory(chroma.Literal) }
