package syntax

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path/filepath"
	"sort"
	"strings"
)

// A Cell is what the user enters at once: text with a name for messages.
type Cell struct {
	// Name is how messages call the cell: a file's name, or the number of a
	// cell of the session.
	Name string
	// Line is the number of the text's first line, from 1.
	Line int
	// Text is the user's text.
	Text string
	// Items are the declarations and statements, in source order.
	Items []*Item
	// File tells that the cell is a whole file of a package, and Foreign that
	// the user has not written it: it belongs to another module.
	File, Foreign bool

	lines []int // offset of each line's first byte
}

// An Item is one declaration or one statement at the top level of a cell.
type Item struct {
	Cell *Cell
	// Start and End are byte offsets in the cell's text.
	Start, End int
	// Decl is the declaration, or nil.
	Decl ast.Decl
	// Stmts is the statement (more than one only where Go's grammar makes
	// several of it).
	Stmts []ast.Stmt
	// Marks are the language's own words in the item, by the position of the
	// node that stands for them.
	Marks map[token.Pos]Mark
	// Doc is the text of the comment lines right above a declaration.
	Doc string

	blanked string       // the item's text, with the new words replaced
	words   map[int]Mark // the marks by offset in the cell
}

// Text returns the item's source text.
func (it *Item) Text() string { return it.Cell.Text[it.Start:it.End] }

// A Position is a place in a cell.
type Position struct {
	Cell   *Cell
	Offset int // bytes
}

// Line returns the number of the line, as messages count.
func (p Position) Line() int { l, _ := p.Cell.lineCol(p.Offset); return l + p.Cell.Line - 1 }

// Column returns the column in bytes, from 1.
func (p Position) Column() int { _, c := p.Cell.lineCol(p.Offset); return c }

// Source returns the text of the line.
func (p Position) Source() string {
	l, _ := p.Cell.lineCol(p.Offset)
	start := p.Cell.lines[l-1]
	end := strings.IndexByte(p.Cell.Text[start:], '\n')
	if end < 0 {
		return p.Cell.Text[start:]
	}
	return strings.TrimSuffix(p.Cell.Text[start:start+end], "\r")
}

// String returns name:line:col.
func (p Position) String() string {
	if p.Cell == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.Cell.Name, p.Line(), p.Column())
}

func (c *Cell) lineCol(off int) (line, col int) {
	off = min(max(off, 0), len(c.Text))
	i := sort.Search(len(c.lines), func(i int) bool { return c.lines[i] > off })
	return i, off - c.lines[i-1] + 1
}

// NewCell returns a cell without items; Parse makes one with them.
func NewCell(name string, line int, text string) *Cell {
	c := &Cell{Name: name, Line: line, Text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			c.lines = append(c.lines, i+1)
		}
	}
	return c
}

// An Error is a fault in the text of a cell.
type Error struct {
	Pos Position
	Msg string
	// Incomplete tells that more text could make the cell right.
	Incomplete bool
}

// Error returns the place and the message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// Files gives positions to the nodes of cells. It is used by one goroutine at
// a time.
type Files struct {
	Set   *token.FileSet
	files map[*token.File]span
}

type span struct {
	cell  *Cell
	delta int // offset in the parsed text minus offset in the cell
}

// NewFiles returns an empty set.
func NewFiles() *Files {
	return &Files{Set: token.NewFileSet(), files: map[*token.File]span{}}
}

// Position returns the place of pos, and false if it is in no cell.
func (fs *Files) Position(pos token.Pos) (Position, bool) {
	if !pos.IsValid() {
		return Position{}, false
	}
	f := fs.Set.File(pos)
	if f == nil {
		return Position{}, false
	}
	s, ok := fs.files[f]
	if !ok {
		return Position{}, false
	}
	return Position{s.cell, f.Offset(pos) - s.delta}, true
}

// Directed returns the file and the line of pos as line directives in the text
// have them, and false if there is none before pos. The file is empty if a
// directive names none.
func (fs *Files) Directed(pos token.Pos) (file string, line int, ok bool) {
	plain, directed := fs.Set.PositionFor(pos, false), fs.Set.PositionFor(pos, true)
	if plain.Line == directed.Line && plain.Filename == directed.Filename {
		return "", 0, false
	}
	file = directed.Filename
	if dir := filepath.Dir(plain.Filename) + string(filepath.Separator); file != plain.Filename {
		file = strings.TrimPrefix(file, dir) // which the scanner has put before it
	}
	return file, directed.Line, true
}

const (
	declHeader = "package main;"
	stmtHeader = "package main;func _(){"
)

// Parse reads a cell. declared reports whether the user has declared a name
// before; it may be nil. If the text has a fault, the error is an *Error.
func (fs *Files) Parse(name string, line int, text string, declared func(string) bool) (*Cell, error) {
	c := NewCell(name, line, text)
	if strings.HasPrefix(text, "#!") { // as a script's first line
		end := strings.IndexByte(text, '\n')
		if end < 0 {
			end = len(text)
		}
		text = "//" + text[2:end] + text[end:]
	}
	src := []byte(text)
	toks, serr := scan(src)
	if serr != nil {
		return nil, &Error{Position{c, serr.Pos.Offset}, serr.Msg, isUnfinished(serr.Msg)}
	}
	marks := mark(src, toks, declared)
	spans, err := split(c, src, toks)
	if err != nil {
		return nil, err
	}
	for _, sp := range spans {
		var it *Item
		err := unmarking(src, text, marks, sp, func() (err error) {
			it, err = fs.parseItem(c, string(src[sp.start:sp.end]), sp, marks)
			return err
		})
		if err != nil {
			return nil, err
		}
		c.Items = append(c.Items, it)
	}
	return c, nil
}

// A Program is a whole Go file, with a package clause.
type Program struct {
	Cell *Cell
	File *ast.File
	// Marks are the language's own words in it, as for an Item.
	Marks map[token.Pos]Mark
}

// ParseProgram reads a Go file. declared reports whether other files of the
// package declare a name; it may be nil. If the text has a fault, the error is
// an *Error.
func (fs *Files) ParseProgram(name, text string, declared func(string) bool) (*Program, error) {
	c := NewCell(name, 1, text)
	c.File = true
	src := []byte(text)
	if strings.HasPrefix(text, "#!") {
		copy(src, "//")
	}
	toks, serr := scan(src)
	if serr != nil {
		return nil, &Error{Position{c, serr.Pos.Offset}, serr.Msg, isUnfinished(serr.Msg)}
	}
	marks := mark(src, toks, declared)
	var f *ast.File
	var file *token.File
	err := unmarking(src, text, marks, itemSpan{end: len(src)}, func() (err error) {
		f, err = parser.ParseFile(fs.Set, name, src, parser.SkipObjectResolution|parser.ParseComments)
		if f == nil {
			return err
		}
		file = fs.Set.File(f.FileStart)
		fs.files[file] = span{c, 0}
		if err != nil {
			e := err.(scanner.ErrorList)[0]
			return &Error{Position{c, e.Pos.Offset}, plain(e.Msg), false}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p := &Program{Cell: c, File: f, Marks: map[token.Pos]Mark{}}
	for off, m := range marks {
		p.Marks[file.Pos(off)] = m
	}
	for _, d := range f.Decls {
		it := &Item{Cell: c, Start: file.Offset(d.Pos()), End: file.Offset(d.End()), Decl: d, Marks: p.Marks}
		if fd, ok := d.(*ast.FuncDecl); ok {
			it.Doc = fd.Doc.Text()
			if p.Marks[fd.Type.Func] == AsyncFunc {
				it.Start = strings.LastIndex(text[:it.Start], "async")
			}
		}
		c.Items = append(c.Items, it)
	}
	return p, nil
}

func isUnfinished(msg string) bool {
	return strings.Contains(msg, "raw string literal not terminated") || strings.Contains(msg, "comment not terminated")
}

type itemSpan struct {
	start, end int
	decl       bool
}

// split cuts the tokens at the semicolons of the top level.
func split(c *Cell, src []byte, toks []tok) ([]itemSpan, error) {
	var spans []itemSpan
	var open []tok
	first := -1
	flush := func(end int, i int) {
		if first < 0 {
			return
		}
		spans = append(spans, itemSpan{toks[first].off, end, isDecl(toks[first:i])})
		first = -1
	}
	for i, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, t)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) == 0 {
				return nil, &Error{Position{c, t.off}, "unexpected " + t.tok.String(), false}
			}
			want := map[token.Token]token.Token{token.LPAREN: token.RPAREN, token.LBRACK: token.RBRACK, token.LBRACE: token.RBRACE}[open[len(open)-1].tok]
			if want != t.tok {
				return nil, &Error{Position{c, t.off}, "unexpected " + t.tok.String() + ", expected " + want.String(), false}
			}
			open = open[:len(open)-1]
		case token.SEMICOLON:
			if len(open) == 0 && !(first >= 0 && inHeader(src, toks[first:i])) {
				flush(t.off, i)
				continue
			}
		}
		if first < 0 {
			first = i
		}
	}
	if len(open) > 0 {
		t := open[len(open)-1]
		return nil, &Error{Position{c, t.off}, "this " + t.tok.String() + " is not closed", true}
	}
	if first >= 0 {
		if last := toks[len(toks)-1]; !mayEnd(last.tok) {
			return nil, &Error{Position{c, last.off}, "unexpected end after " + last.tok.String(), true}
		}
		flush(toks[len(toks)-1].end(), len(toks))
	}
	return spans, nil
}

// inHeader reports whether toks, up to a semicolon, begin a statement whose
// block is still to come: that of if, for or switch.
func inHeader(src []byte, toks []tok) bool {
	start := toks[0].off
	for len(toks) > 2 && toks[0].tok == token.IDENT && toks[1].tok == token.COLON { // labels
		toks = toks[2:]
	}
	switch toks[0].tok {
	case token.IF, token.FOR, token.SWITCH:
	default:
		return false
	}
	last := toks[len(toks)-1]
	if last.tok != token.RBRACE {
		return true
	}
	// The brace may end the statement, or a function literal in its header.
	_, err := parser.ParseFile(token.NewFileSet(), "", stmtHeader+string(src[start:last.end()])+"\n}", parser.SkipObjectResolution)
	return err != nil
}

// mayEnd reports whether a complete cell may end with that token; where the
// scanner puts no semicolon after it, more must follow.
func mayEnd(t token.Token) bool {
	switch t {
	case token.RPAREN, token.RBRACK, token.RBRACE, token.IDENT, token.INT, token.FLOAT, token.IMAG, token.CHAR, token.STRING,
		token.RETURN, token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.INC, token.DEC, token.SEMICOLON:
		return true
	}
	return false
}

// isDecl reports whether the item is a declaration of the package level.
func isDecl(toks []tok) bool {
	if len(toks) > 0 && toks[0].tok == token.IDENT && toks[0].lit == "async" {
		toks = toks[1:]
	}
	if len(toks) < 2 {
		return false
	}
	switch toks[0].tok {
	case token.TYPE, token.CONST, token.VAR, token.IMPORT:
		return true
	case token.FUNC:
		if toks[1].tok == token.IDENT {
			return true
		}
		if toks[1].tok != token.LPAREN {
			return false
		}
		depth := 0
		for i, t := range toks[1:] {
			switch t.tok {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				depth--
				if depth == 0 {
					rest := toks[1+i+1:]
					return len(rest) > 1 && rest[0].tok == token.IDENT && (rest[1].tok == token.LPAREN || rest[1].tok == token.LBRACK)
				}
			}
		}
	}
	return false
}

// Reparse returns a copy of the item with a syntax tree of its own.
func (fs *Files) Reparse(it *Item) *Item {
	n, err := fs.parseItem(it.Cell, it.blanked, itemSpan{it.Start, it.End, it.Decl != nil}, it.words)
	if err != nil {
		panic("syntax: an item that parsed once does not: " + err.Error())
	}
	return n
}

// unmarking calls parse for the part sp of src, and when that fails takes the
// words before the fault for names, one after the other, until it succeeds: a
// struct may have a field called async. The error is that of the first try.
func unmarking(src []byte, text string, marks map[int]Mark, sp itemSpan, parse func() error) error {
	first := parse()
	for err := first; err != nil; err = parse() {
		e, ok := err.(*Error)
		if !ok {
			return first
		}
		word := -1
		for off, m := range marks {
			if (m == Await || m == Async || m == Assert) && off >= sp.start && off <= e.Pos.Offset && off > word {
				word = off
			}
		}
		if word < 0 {
			return first
		}
		n := map[Mark]int{Await: len("await"), Async: len("async"), Assert: len("assert")}[marks[word]]
		copy(src[word:word+n], text[word:])
		delete(marks, word)
	}
	return nil
}

// parseItem parses the text of one item, in which the marks are blanked.
func (fs *Files) parseItem(c *Cell, blanked string, sp itemSpan, marks map[int]Mark) (*Item, error) {
	header, footer := declHeader, "\n"
	if !sp.decl {
		header, footer = stmtHeader, "\n}"
	}
	text := header + blanked + footer
	delta := len(header) - sp.start
	f, err := parser.ParseFile(fs.Set, c.Name, text, parser.SkipObjectResolution|parser.ParseComments)
	if f == nil {
		return nil, err
	}
	file := fs.Set.File(f.Package)
	fs.files[file] = span{c, delta}
	if err != nil {
		list := err.(scanner.ErrorList)
		e := list[0]
		off := min(max(e.Pos.Offset-delta, sp.start), sp.end)
		return nil, &Error{Position{c, off}, plain(e.Msg), false}
	}
	it := &Item{Cell: c, Start: sp.start, End: sp.end, Marks: map[token.Pos]Mark{}, blanked: blanked, words: map[int]Mark{}}
	for off, m := range marks {
		if off >= sp.start && off < sp.end {
			it.Marks[file.Pos(off+delta)] = m
			it.words[off] = m
		}
	}
	if sp.decl {
		it.Decl = f.Decls[0]
		it.Doc = docAbove(c.Text, sp.start)
	} else {
		it.Stmts = f.Decls[0].(*ast.FuncDecl).Body.List
	}
	return it, nil
}

// plain words a message of go/parser for someone who never saw the text that
// was parsed.
func plain(msg string) string {
	if msg == "expected 1 expression" {
		return "several expressions are no statement; enter them one by one"
	}
	msg = strings.ReplaceAll(msg, "'\\n'", "newline")
	return strings.ReplaceAll(msg, "'EOF'", "end")
}

// docAbove returns the comment lines right above off.
func docAbove(text string, off int) string {
	lines := strings.Split(text[:off], "\n")
	if len(lines) > 0 {
		lines = lines[:len(lines)-1]
	}
	i := len(lines)
	for i > 0 && strings.HasPrefix(strings.TrimSpace(lines[i-1]), "//") {
		i--
	}
	var doc []string
	for _, l := range lines[i:] {
		l = strings.TrimPrefix(strings.TrimSpace(l), "//")
		doc = append(doc, strings.TrimPrefix(l, " "))
	}
	return strings.Join(doc, "\n")
}

// Complete reports whether text is a finished cell, as far as can be told
// without knowing what follows: false means that more must come. The depth is
// the number of brackets that are open, for indentation.
func Complete(text string) (complete bool, depth int) {
	if strings.HasPrefix(text, "#!") {
		return true, 0
	}
	toks, err := scan([]byte(text))
	if err != nil && isUnfinished(err.Msg) {
		return false, 0
	}
	for _, t := range toks {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
	}
	if depth > 0 {
		return false, depth
	}
	if len(toks) > 0 && depth == 0 && !mayEnd(toks[len(toks)-1].tok) {
		return false, 0
	}
	return true, 0
}

// IsProgram reports whether text is a Go file, with a package clause, rather
// than a session.
func IsProgram(text string) bool {
	if strings.HasPrefix(text, "#!") {
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			text = text[i:]
		}
	}
	toks, _ := scan([]byte(text))
	return len(toks) > 1 && toks[0].tok == token.PACKAGE
}
