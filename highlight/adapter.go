package highlight

import "github.com/alecthomas/chroma/v2"

// Lexer is the lexer of [Tokens] in the form chroma's formatters take. It is
// not entered in any of chroma's registries.
var Lexer chroma.Lexer = lexer{}

type lexer struct{}

var lexerConfig = chroma.Config{
	Name:      "asyncrepl",
	Aliases:   []string{"asyncrepl", "go"},
	Filenames: []string{"*.go"},
	MimeTypes: []string{"text/x-gosrc"},
}

// Config describes the lexer.
func (lexer) Config() *chroma.Config { return &lexerConfig }

// Tokenise returns an iterator over the tokens of text, which is taken as it
// is: no option changes it.
func (lexer) Tokenise(_ *chroma.TokeniseOptions, text string) (chroma.Iterator, error) {
	return chroma.Literator(Tokens(text)...), nil
}

// SetRegistry returns the lexer unchanged: it embeds no other language.
func (l lexer) SetRegistry(*chroma.LexerRegistry) chroma.Lexer { return l }

// SetAnalyser returns the lexer unchanged: it is chosen by name alone.
func (l lexer) SetAnalyser(func(text string) float32) chroma.Lexer { return l }

// AnalyseText returns 0: the lexer does not compete for unknown text.
func (lexer) AnalyseText(string) float32 { return 0 }
