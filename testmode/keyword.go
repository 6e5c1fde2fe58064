package testmode

import (
	"fmt"
	"strings"
	"unicode"
)

// A Keyword is a parsed expression of -k: names joined by "and", "or", "not"
// and parentheses. A name matches a test whose id contains it, in any case.
type Keyword struct {
	op   string // "name", "not", "and", "or"; "" matches everything
	name string
	args []*Keyword
}

// ParseKeyword parses an expression of -k. An empty one matches everything.
func ParseKeyword(text string) (*Keyword, error) {
	p := &keywordParser{text: text}
	if err := p.scan(); err != nil {
		return nil, err
	}
	if p.token == "" {
		return &Keyword{}, nil
	}
	k, err := p.or()
	if err == nil && p.token != "" {
		err = p.expected("end of input")
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Match reports whether the expression holds for a test whose id is id.
func (k *Keyword) Match(id string) bool { return k.match(strings.ToLower(id)) }

func (k *Keyword) match(id string) bool {
	switch k.op {
	case "name":
		return strings.Contains(id, k.name)
	case "not":
		return !k.args[0].match(id)
	case "and":
		for _, a := range k.args {
			if !a.match(id) {
				return false
			}
		}
		return true
	case "or":
		for _, a := range k.args {
			if a.match(id) {
				return true
			}
		}
		return false
	}
	return true
}

// maxKeywordDepth bounds the nesting of an expression.
const maxKeywordDepth = 100

// A keywordParser is a recursive-descent parser with one token of look-ahead.
type keywordParser struct {
	text  string
	pos   int    // after the token
	at    int    // where the token begins
	token string // "" at the end
	depth int
}

// scan reads the next token.
func (p *keywordParser) scan() error {
	rest := strings.TrimLeft(p.text[p.pos:], " \t")
	p.at = len(p.text) - len(rest)
	if rest == "" {
		p.token, p.pos = "", len(p.text)
		return nil
	}
	n := 0
	if rest[0] == '(' || rest[0] == ')' {
		n = 1
	} else {
		for _, c := range rest {
			if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_:+-.[]\\/#", c) {
				break
			}
			n += len(string(c))
		}
		if n == 0 || n > len(rest) {
			return p.fail(fmt.Sprintf("unexpected character \"%c\"", []rune(rest)[0]))
		}
	}
	p.token, p.pos = rest[:n], p.at+n
	return nil
}

func (p *keywordParser) fail(problem string) error {
	return fmt.Errorf("Wrong expression passed to '-k': %s: at column %d: %s", p.text, p.at+1, problem)
}

func (p *keywordParser) expected(what string) error {
	got := p.token
	switch got {
	case "":
		got = "end of input"
	case "(":
		got = "left parenthesis"
	case ")":
		got = "right parenthesis"
	case "and", "or", "not":
	default:
		got = "identifier"
	}
	return p.fail("expected " + what + "; got " + got)
}

// list parses operands joined by op.
func (p *keywordParser) list(op string, operand func() (*Keyword, error)) (*Keyword, error) {
	k, err := operand()
	for err == nil && p.token == op {
		if k.op != op {
			k = &Keyword{op: op, args: []*Keyword{k}}
		}
		if err = p.scan(); err != nil {
			break
		}
		var next *Keyword
		if next, err = operand(); err == nil {
			k.args = append(k.args, next)
		}
	}
	return k, err
}

func (p *keywordParser) or() (*Keyword, error)  { return p.list("or", p.and) }
func (p *keywordParser) and() (*Keyword, error) { return p.list("and", p.not) }

func (p *keywordParser) not() (*Keyword, error) {
	if p.depth++; p.depth > maxKeywordDepth {
		return nil, p.fail("too deeply nested")
	}
	defer func() { p.depth-- }()
	switch p.token {
	case "not":
		if err := p.scan(); err != nil {
			return nil, err
		}
		k, err := p.not()
		if err != nil {
			return nil, err
		}
		return &Keyword{op: "not", args: []*Keyword{k}}, nil
	case "(":
		if err := p.scan(); err != nil {
			return nil, err
		}
		k, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.token != ")" {
			return nil, p.expected("right parenthesis")
		}
		return k, p.scan()
	case "", ")", "and", "or":
		return nil, p.expected("not OR left parenthesis OR identifier")
	}
	k := &Keyword{op: "name", name: strings.ToLower(p.token)}
	return k, p.scan()
}
