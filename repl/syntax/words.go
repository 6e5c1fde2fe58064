package syntax

import (
	"go/scanner"
	"go/token"
)

// A Mark says which of the language's own words stands at a place.
type Mark int

// The marks, by the node whose position they are kept under.
const (
	None        Mark = iota
	Await            // a unary expression: await X
	Async            // a unary expression: async f(x)
	AsyncFunc        // a function declaration or literal, at its func
	ForAwait         // a range statement, at its for
	AwaitSelect      // a select statement, at its select
	Assert           // a return statement: assert cond, args…
)

// tok is one token of a cell.
type tok struct {
	off int
	tok token.Token
	lit string
}

func (t tok) end() int {
	switch {
	case t.tok == token.SEMICOLON && t.lit == "\n":
		return t.off
	case t.lit != "" && t.tok != token.SEMICOLON:
		return t.off + len(t.lit)
	}
	return t.off + len(t.tok.String())
}

// scan returns the tokens of src, and the first lexical error.
func scan(src []byte) (toks []tok, err *scanner.Error) {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, func(pos token.Position, msg string) {
		if err == nil {
			err = &scanner.Error{Pos: pos, Msg: msg}
		}
	}, 0)
	for {
		pos, t, lit := s.Scan()
		if t == token.EOF {
			return toks, err
		}
		toks = append(toks, tok{file.Offset(pos), t, lit})
	}
}

// mark finds the language's own words among toks, blanks them in src, and
// returns the marks by byte offset. declared reports whether the user has
// declared a name; a word that names something of the user's is an identifier
// wherever Go could take it for one.
func mark(src []byte, toks []tok, declared func(string) bool) map[int]Mark {
	marks := map[int]Mark{}
	own := declaredHere(toks)
	isName := func(w string) bool { return own[w] || declared != nil && declared(w) }
	blank := func(t tok, with string) {
		copy(src[t.off:], with)
		for i := len(with); i < len(t.lit); i++ {
			src[t.off+i] = ' '
		}
	}
	word := -1 // the last token that is one of the words
	for i, t := range toks {
		if t.tok != token.IDENT || t.lit != "await" && t.lit != "async" && t.lit != "assert" {
			continue
		}
		prev, next := token.SEMICOLON, token.EOF
		if i > 0 {
			prev = toks[i-1].tok
		}
		if i > 0 && word == i-1 {
			prev = token.RETURN // an operand begins after it
		}
		if i+1 < len(toks) {
			next = toks[i+1].tok
		}
		if prev == token.PERIOD || endsOperand(prev) && prev != token.RPAREN && prev != token.RBRACE {
			continue
		}
		switch t.lit {
		case "await":
			switch {
			case prev == token.FOR && next != token.SEMICOLON && isForAwait(toks[i+1:]):
				marks[toks[i-1].off] = ForAwait
				blank(t, "")
				word = i
			case next == token.SELECT:
				marks[toks[i+1].off] = AwaitSelect
				blank(t, "")
				word = i
			case startsOperand(next, isName("await")):
				marks[t.off] = Await
				blank(t, "<-")
				word = i
			}
		case "async":
			switch {
			case next == token.FUNC:
				marks[toks[i+1].off] = AsyncFunc
				blank(t, "")
				word = i
			case startsOperand(next, isName("async")):
				marks[t.off] = Async
				blank(t, "<-")
				word = i
			}
		case "assert":
			if !startsStatement(prev) || !startsOperand(next, isName("assert")) {
				continue
			}
			marks[t.off] = Assert
			blank(t, "return")
			word = i
		}
	}
	return marks
}

// declaredHere returns those of the language's words that the cell itself uses
// as names.
func declaredHere(toks []tok) map[string]bool {
	names := map[string]bool{}
	for i, t := range toks {
		if t.tok != token.IDENT || t.lit != "await" && t.lit != "async" && t.lit != "assert" {
			continue
		}
		if i+1 < len(toks) {
			switch toks[i+1].tok {
			case token.DEFINE, token.ASSIGN:
				names[t.lit] = true
			}
		}
		if i > 0 {
			switch toks[i-1].tok {
			case token.FUNC, token.VAR, token.CONST, token.TYPE:
				names[t.lit] = true
			}
		}
	}
	return names
}

// startsOperand reports whether a token after one of the words makes that word
// a prefix: Go knows no two operands in a row. Where the token could also
// follow a name (a call, an operator), it is one if the user has declared it.
func startsOperand(t token.Token, isName bool) bool {
	switch t {
	case token.IDENT, token.INT, token.FLOAT, token.IMAG, token.CHAR, token.STRING,
		token.FUNC, token.STRUCT, token.MAP, token.CHAN, token.INTERFACE, token.NOT:
		return true
	case token.LPAREN, token.LBRACK, token.MUL, token.AND, token.SUB, token.ADD, token.XOR, token.ARROW:
		return !isName
	}
	return false
}

func endsOperand(t token.Token) bool {
	switch t {
	case token.IDENT, token.INT, token.FLOAT, token.IMAG, token.CHAR, token.STRING,
		token.RPAREN, token.RBRACK, token.RBRACE:
		return true
	}
	return false
}

func startsStatement(prev token.Token) bool {
	switch prev {
	case token.SEMICOLON, token.LBRACE, token.RBRACE, token.COLON, token.ELSE:
		return true
	}
	return false
}

// isForAwait reports whether toks, which follow "for await", are those of a
// range clause.
func isForAwait(toks []tok) bool {
	depth := 0
	for _, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if t.tok == token.LBRACE && depth == 0 {
				return false
			}
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.RANGE:
			return depth == 0
		case token.SEMICOLON:
			if depth == 0 {
				return false
			}
		}
	}
	return false
}
