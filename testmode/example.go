package testmode

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// An Example is an example function with the output its comment promises. It
// passes if what it prints, as far as T.Stdout is told, is that output, blanks
// at both ends left out.
type Example struct {
	// Func is the example function.
	Func func()
	// Output is the text of the comment after "Output:".
	Output string
	// Unordered tells that the lines may come in any order.
	Unordered bool
}

// ExampleOutput reads the last comment of an example function, given as its
// text without the comment markers. It reports false if that is no output
// comment, and the example is not to be run.
func ExampleOutput(comment string) (output string, unordered, ok bool) {
	text := strings.TrimLeft(comment, " \t\r\n")
	head, rest, found := strings.Cut(text, ":")
	switch strings.ToLower(head) {
	case "output":
	case "unordered output":
		unordered = true
	default:
		return "", false, false
	}
	if !found {
		return "", false, false
	}
	rest = strings.TrimLeft(rest, " ")
	return strings.TrimPrefix(rest, "\n"), unordered, true
}

// example turns an example into the body of a test.
func example(e *Example) func(t *T) {
	return func(t *T) {
		t.captured.keep()
		e.Func()
		t.files.drain()
		got := t.captured.take(Call, streamOut)
		if f, ok := e.compare(t.item, got); !ok {
			t.add(f)
		}
	}
}

// compare returns the failure of an example that printed got.
func (e *Example) compare(it *item, got string) (f Failure, ok bool) {
	g, w := strings.TrimSpace(got), strings.TrimSpace(e.Output)
	if runtime.GOOS == "windows" {
		g, w = strings.ReplaceAll(g, "\r\n", "\n"), strings.ReplaceAll(w, "\r\n", "\n")
	}
	gotLines, wantLines := strings.Split(g, "\n"), strings.Split(w, "\n")
	expected := "Expected:"
	if e.Unordered {
		slices.Sort(gotLines)
		slices.Sort(wantLines)
		expected = "Expected (unordered):"
	}
	if slices.Equal(gotLines, wantLines) {
		return f, true
	}
	f = Failure{Kind: "ExampleFailure", Bare: true, Place: it.place()}
	for i, l := range it.Source.Lines {
		f.Lines = append(f.Lines, fmt.Sprintf("%03d %s", it.Source.FirstLine+i, expand(l)))
	}
	if len(gotLines) > 2 && len(wantLines) > 2 {
		f.Lines = append(f.Lines, "Differences (unified diff with -expected +actual):")
		diff, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: ended(wantLines), B: ended(gotLines), Context: 2})
		for l := range strings.Lines(diff) {
			f.Lines = append(f.Lines, "    "+strings.TrimSuffix(l, "\n"))
		}
		return f, false
	}
	f.Lines = append(f.Lines, printed(expected, wantLines)...)
	f.Lines = append(f.Lines, printed("Got:", gotLines)...)
	return f, false
}

// ended returns lines with their line ends.
func ended(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l + "\n"
	}
	return out
}

// printed returns the lines that show what was, or was to be, printed.
func printed(title string, lines []string) []string {
	if len(lines) == 1 && lines[0] == "" {
		return []string{strings.TrimSuffix(title, ":") + " nothing"}
	}
	out := []string{title}
	for _, l := range lines {
		out = append(out, "    "+l)
	}
	return out
}
