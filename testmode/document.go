package testmode

import (
	"fmt"
	"strings"
)

// A Document is a text with examples of a session, such as a Markdown file. As
// a test it passes if each example prints what the text says.
type Document struct {
	// Lines are the text's.
	Lines []string
	// Run runs the examples until one prints something else, and returns that,
	// or nil if there is none.
	Run func(t *T) *Difference
}

// A Difference is an example that did not print what it should have.
type Difference struct {
	// First and Last are the numbers of the example's first and last lines of
	// code, from 1.
	First, Last int
	// Want is what the text says, and Got what was printed.
	Want, Got string
}

// contextLines is how many lines before an example are shown with it, as by
// pytest.
const contextLines = 9

// document turns a document into the body of a test.
func document(doc *Document) func(t *T) {
	return func(t *T) {
		d := doc.Run(t)
		if d == nil {
			return
		}
		f := Failure{Kind: "DocTestFailure", Bare: true, Place: fmt.Sprintf("%s:%d", t.item.location(), d.First)}
		for n := max(d.First-contextLines, 1); n <= min(d.Last, len(doc.Lines)); n++ {
			f.Lines = append(f.Lines, fmt.Sprintf("%03d %s", n, expand(doc.Lines[n-1])))
		}
		f.Lines = append(f.Lines, printed("Expected:", textLines(d.Want))...)
		f.Lines = append(f.Lines, printed("Got:", textLines(d.Got))...)
		t.add(f)
	}
}

// textLines returns the lines of a text that ends, or does not end, with a line
// end.
func textLines(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") }
