package highlight

import (
	"slices"

	"github.com/alecthomas/chroma/v2"
)

// A Theme is a set of terminal escapes, one for each type of token. The zero
// Theme, also called [None], leaves text as it is. A Theme is immutable and may
// be used from several goroutines.
type Theme struct {
	reset   string
	escapes map[chroma.TokenType]string
}

// None is the theme without any escape.
var None Theme

// FromStyle makes a theme of any chroma style, for a terminal that shows as
// many colours as depth says. Backgrounds are left out, so that the terminal's
// own shows through.
func FromStyle(style *chroma.Style, depth Depth) Theme {
	t := Theme{reset: "\x1b[0m", escapes: make(map[chroma.TokenType]string, len(emitted))}
	for _, kind := range emitted {
		if e := sgr(style.Get(kind), depth); e != "" {
			t.escapes[kind] = e
		}
	}
	return t
}

// Names returns the names of the built-in themes, in alphabetical order.
func Names() []string {
	names := []string{"none"}
	for name := range styles {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Named returns the built-in theme of that name for a terminal of that depth,
// and whether there is one.
//
// "dark" and "light" keep to the sixteen colours that the user's terminal
// defines, for a dark and a light background; "pytest" is what pytest shows
// source in; "mono" has bold and italic but no colour; "dusk" and "paper" bring
// their own colours, for a dark and a light background; "none" is [None].
func Named(name string, depth Depth) (Theme, bool) {
	if name == "none" {
		return None, true
	}
	entries, ok := styles[name]
	if !ok {
		return None, false
	}
	t := FromStyle(chroma.MustNewStyle(name, entries), depth)
	if name == "pytest" {
		t.reset = "\x1b[39;49;00m"
	}
	return t, true
}

func (t Theme) plain() bool { return len(t.escapes) == 0 }

func (t Theme) escape(kind chroma.TokenType) string { return t.escapes[kind] }

// emitted lists the types of token the lexer makes.
var emitted = []chroma.TokenType{
	chroma.KeywordNamespace, chroma.KeywordDeclaration, chroma.Keyword,
	chroma.KeywordConstant, chroma.KeywordType,
	chroma.Name, chroma.NameBuiltin, chroma.NameFunction, chroma.NameOther,
	chroma.LiteralString, chroma.LiteralStringBacktick, chroma.LiteralStringChar,
	chroma.LiteralStringEscape,
	chroma.LiteralNumberInteger, chroma.LiteralNumberFloat, chroma.LiteralNumberHex,
	chroma.LiteralNumberBin, chroma.LiteralNumberOct,
	chroma.Operator, chroma.Punctuation,
	chroma.CommentSingle, chroma.CommentMultiline, chroma.CommentHashbang,
	chroma.CommentPreproc,
}

// styles holds the built-in themes as chroma styles.
var styles = map[string]chroma.StyleEntries{
	"dark": {
		chroma.Keyword:             "#ansifuchsia",
		chroma.KeywordType:         "#ansiturquoise",
		chroma.KeywordConstant:     "#ansiyellow",
		chroma.NameBuiltin:         "#ansiturquoise",
		chroma.NameFunction:        "bold #ansiblue",
		chroma.NameOther:           "#ansiblue",
		chroma.LiteralString:       "#ansigreen",
		chroma.LiteralStringEscape: "#ansiyellow",
		chroma.LiteralNumber:       "#ansiyellow",
		chroma.Comment:             "italic #ansidarkgray",
		chroma.CommentPreproc:      "bold #ansiturquoise",
	},
	"light": {
		chroma.Keyword:             "#ansipurple",
		chroma.KeywordType:         "#ansiteal",
		chroma.KeywordConstant:     "#ansidarkred",
		chroma.NameBuiltin:         "#ansiteal",
		chroma.NameFunction:        "bold #ansidarkblue",
		chroma.NameOther:           "#ansidarkblue",
		chroma.LiteralString:       "#ansidarkgreen",
		chroma.LiteralStringEscape: "#ansidarkred",
		chroma.LiteralNumber:       "#ansidarkred",
		chroma.Comment:             "italic #ansidarkgray",
		chroma.CommentPreproc:      "bold #ansiteal",
	},
	"pytest": {
		chroma.Keyword:        "#ansiblue",
		chroma.KeywordType:    "#ansiturquoise",
		chroma.NameBuiltin:    "#ansiturquoise",
		chroma.NameFunction:   "#ansigreen",
		chroma.LiteralString:  "#ansibrown",
		chroma.LiteralNumber:  "#ansiblue",
		chroma.Comment:        "#ansidarkgray",
		chroma.CommentPreproc: "#ansiturquoise",
	},
	"mono": {
		chroma.Keyword:        "bold",
		chroma.NameFunction:   "underline",
		chroma.LiteralString:  "italic",
		chroma.Comment:        "italic",
		chroma.CommentPreproc: "bold",
	},
	"dusk": {
		chroma.Name:                "#d7dae0",
		chroma.Keyword:             "#c792ea",
		chroma.KeywordType:         "#7fd5ea",
		chroma.KeywordConstant:     "#f0a975",
		chroma.NameBuiltin:         "#7fd5ea",
		chroma.NameFunction:        "bold #82aaff",
		chroma.NameOther:           "#82aaff",
		chroma.LiteralString:       "#a5d68c",
		chroma.LiteralStringEscape: "#f0a975",
		chroma.LiteralNumber:       "#f0a975",
		chroma.Operator:            "#89a0b3",
		chroma.Punctuation:         "#9aa5b1",
		chroma.Comment:             "italic #6b7885",
		chroma.CommentPreproc:      "bold #7fd5ea",
	},
	"paper": {
		chroma.Name:                "#2b2f36",
		chroma.Keyword:             "#8a2f8f",
		chroma.KeywordType:         "#0b6e7f",
		chroma.KeywordConstant:     "#a8480c",
		chroma.NameBuiltin:         "#0b6e7f",
		chroma.NameFunction:        "bold #1d4fb0",
		chroma.NameOther:           "#1d4fb0",
		chroma.LiteralString:       "#2c7a1f",
		chroma.LiteralStringEscape: "#a8480c",
		chroma.LiteralNumber:       "#a8480c",
		chroma.Operator:            "#5a6470",
		chroma.Punctuation:         "#6a737d",
		chroma.Comment:             "italic #84909c",
		chroma.CommentPreproc:      "bold #0b6e7f",
	},
}
