package assertion

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// comparator tells a call of a function that compares, whose result is false:
// its arguments are explained as the sides of a comparison are.
func (x *explainer) comparator(n *Node, want bool) (told, bool) {
	if want || len(n.Kids) != 3 {
		return told{}, false
	}
	if v, ok := x.record.value(n); ok && v != false {
		return told{}, false
	}
	name := functionName(n.Kids[0])
	a, aok := x.record.value(n.Kids[1])
	b, bok := x.record.value(n.Kids[2])
	if !aok || !bok {
		return told{}, false
	}
	var details []string
	switch name {
	case "reflect.DeepEqual", "slices.Equal", "maps.Equal", "bytes.Equal", "cmp.Equal":
		l, r := valueOf(a), valueOf(b)
		if name == "bytes.Equal" || name == "slices.Equal" || name == "maps.Equal" {
			details = x.sameType(l, r)
		} else {
			details = x.deepDifference(l, r)
		}
	case "errors.Is", "errors.As":
		details = chainDetails(valueOf(a))
	}
	if details == nil {
		return told{}, false
	}
	left, right := x.sides(a, b, 2)
	return told{text: name + "(" + left + ", " + right + ")", details: blankFirst(details)}, true
}

// functionName is the text of a called function, without type arguments.
func functionName(n *Node) string {
	name, _, _ := strings.Cut(n.Text, "[")
	return name
}

// contained tells "!strings.Contains(text, part)" that is false: it shows where
// the part is.
func (x *explainer) contained(n *Node, want bool) (told, bool) {
	if want || n.Op != "call" || len(n.Kids) != 3 || functionName(n.Kids[0]) != "strings.Contains" {
		return told{}, false
	}
	a, _ := x.record.value(n.Kids[1])
	b, _ := x.record.value(n.Kids[2])
	text, ok := valueOf(a).text()
	part, ok2 := valueOf(b).text()
	at := strings.Index(text, part)
	if !ok || !ok2 || at < 0 || part == "" {
		return told{}, false
	}
	left, right := x.sides(a, b, 2)
	t := told{text: "!strings.Contains(" + left + ", " + right + ")"}
	t.details = []string{"", fmt.Sprintf("%s is contained here:", Repr(part, 240))}
	t.details = append(t.details, x.spot(text, part, at)...)
	return t, true
}

// spot shows the line of text that has part at an offset, with marks below.
func (x *explainer) spot(text, part string, at int) []string {
	begin := strings.LastIndexByte(text[:at], '\n') + 1
	before := text[begin:at]
	line := text[begin:]
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		line = text[begin : at+i]
	}
	if n := utf8.RuneCountInString(before); n > 42 && x.verbosity < 1 {
		skip := n - 10
		runes := []rune(before)
		line = line[len(string(runes[:skip])):]
		before = string(runes[skip:])
	}
	shown := part
	if i := strings.IndexByte(part, '\n'); i >= 0 {
		shown = part[:i]
	}
	marks := strings.Repeat(" ", utf8.RuneCountInString(before)) + strings.Repeat("+", utf8.RuneCountInString(shown))
	return []string{"  " + line, "? " + marks}
}
