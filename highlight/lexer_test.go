package highlight

import (
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
)

// spelled renders tokens as "type:text" words, white space left out.
func spelled(src string) string {
	var b strings.Builder
	for _, t := range Tokens(src) {
		if t.Type == chroma.TextWhitespace {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Type.String() + ":" + t.Value)
	}
	return b.String()
}

func TestTokens(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{`x := 1`, "Name:x Operator::= LiteralNumberInteger:1"},
		{`func f() {`, "KeywordDeclaration:func NameFunction:f Punctuation:( Punctuation:) Punctuation:{"},
		{`f(len(s))`, "NameOther:f Punctuation:( NameBuiltin:len Punctuation:( Name:s Punctuation:) Punctuation:)"},
		{`x.len`, "Name:x Operator:. Name:len"},
		{`0x1p-2 0o17 0b1 1_0 .5 1e+9 2i`, "LiteralNumberFloat:0x1p-2 LiteralNumberOct:0o17 LiteralNumberBin:0b1 " +
			"LiteralNumberInteger:1_0 LiteralNumberFloat:.5 LiteralNumberFloat:1e+9 LiteralNumberInteger:2i"},
		{`"a\n\x41b"`, `LiteralString:"a LiteralStringEscape:\n LiteralStringEscape:\x41 LiteralString:b"`},
		{`""`, `LiteralString:""`},
		{`'\''`, `LiteralStringChar:' LiteralStringEscape:\' LiteralStringChar:'`},
		{`a &^= b`, "Name:a Operator:&^= Name:b"},
		{"x // c\ny", "Name:x CommentSingle:// c Name:y"},
		{"#!/usr/bin/asyncrepl\nx", "CommentHashbang:#!/usr/bin/asyncrepl Name:x"},
		{":time await f()", "CommentPreproc::time Keyword:await NameOther:f Punctuation:( Punctuation:)"},
		{"Grüße := 日本", "Name:Grüße Operator::= Name:日本"},
		{"http.Get?", "Name:http Operator:. Name:Get Operator:?"},
	} {
		if got := spelled(test.src); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.src, got, test.want)
		}
	}
}

func TestUnfinishedInputHasNoErrorToken(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{`"hel`, `LiteralString:"hel`},
		{"\"hel\nx", "LiteralString:\"hel Name:x"},
		{`"a\`, `LiteralString:"a\`},
		{`"a\x4`, `LiteralString:"a\x4`},
		{`"a\n`, `LiteralString:"a LiteralStringEscape:\n`},
		{"`raw", "LiteralStringBacktick:`raw"},
		{"`raw\nfunc", "LiteralStringBacktick:`raw\nfunc"},
		{`'a`, `LiteralStringChar:'a`},
		{`'`, `LiteralStringChar:'`},
		{"/* open\nfunc", "CommentMultiline:/* open\nfunc"},
		{"0x", "LiteralNumberHex:0x"},
		{"1e", "LiteralNumberFloat:1e"},
		{"\xff$", "Text:\xff Text:$"},
	} {
		if got := spelled(test.src); got != test.want {
			t.Errorf("%q\n got %q\nwant %q", test.src, got, test.want)
		}
	}
}

func TestContextualWords(t *testing.T) {
	for _, test := range []struct {
		src     string
		keyword string // the words that are keywords, in order
	}{
		{"await f()", "await"},
		{"x := await f()", "await"},
		{"x := await", "await"},
		{"x := await ", "await"},
		{"await <-ch", "await"},
		{"await <- 1", ""},
		{"await *p", "await"},
		{"await * p", ""},
		{"await -x", "await"},
		{"await - x", ""},
		{"await(x)", "await"},
		{"func await(x int) {}\nawait(x)", ""},
		{"await := 3\nawait (x)", "await"},
		{"await := 3", ""},
		{"await = 3", ""},
		{"await, ok := f()", ""},
		{"f(await)", ""},
		{"f(await g(), await h())", "await await"},
		{"x.await y", ""},
		{"await.Sleep()", ""},
		{"await[0]", ""},
		{"await []T{}", "await"},
		{"await\nf()", ""},
		{"await /* c */ f()", "await"},
		{"await select {", "await select"},
		{"for await v := range ch {", "for await range"},
		{"async f(x)", "async"},
		{"async func f() {}", "async"},
		{"func async() {}", ""},
		{"var async int", ""},
		{"assert x == 1", "assert"},
		{"{ assert !ok }", "assert"},
		{"y assert x", ""},
		{"assert := 1", ""},
		{"assert await f() == 1", "assert await"},
		{"if x { assert y }", "if assert"},
		{"case 1: assert y", "case assert"},
		{":bench assert x", "assert"},
		{`await "x"`, "await"},
		{`"await x" // await x`, ""},
	} {
		var got []string
		for _, tok := range Tokens(test.src) {
			if tok.Type == chroma.Keyword {
				got = append(got, tok.Value)
			}
		}
		if g := strings.Join(got, " "); g != test.keyword {
			t.Errorf("%s: keywords %q, want %q", test.src, g, test.keyword)
		}
	}
}

func TestLexerServesChroma(t *testing.T) {
	it, err := Lexer.Tokenise(nil, "await f()\r\n")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, tok := range it.Tokens() {
		b.WriteString(tok.Value)
	}
	if b.String() != "await f()\r\n" {
		t.Errorf("tokens join to %q", b.String())
	}
}
