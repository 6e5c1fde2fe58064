// Package transcript reads and checks recorded sessions: what was typed behind
// prompts, and what was printed.
//
//	>>> x := 20
//	>>> x +
//	... 1
//	21
//
// In a Markdown file they stand in blocks marked asyncrepl.
package transcript

import (
	"regexp"
	"strings"
)

const (
	prompt       = ">>> "
	continuation = "... "
)

// A Step is a cell, and what it printed.
type Step struct {
	// Line is the number of the cell's first line in the file, from 1.
	Line int
	Cell string
	Want string
}

// Format returns a cell as it stands in a transcript.
func Format(cell string) string {
	return prompt + strings.ReplaceAll(cell, "\n", "\n"+continuation) + "\n"
}

// A Part is a stretch of a Markdown text: prose, with blocks of other kinds, or
// the steps of a block marked asyncrepl.
type Part struct {
	Prose string
	Steps []Step
}

// fence matches the line that begins or ends a block: its indentation, the fence
// and what the block is marked as.
var fence = regexp.MustCompile("^(\\s*)(`{3,}|~{3,})\\s*([^\\s`]*)[^`]*$")

// Parts returns the parts of a Markdown text, in order.
func Parts(text string) []Part {
	var parts []Part
	var lines []string // of the part that is being read
	begun := 1         // the number of its first line
	var open []string  // what fence matches of the block that is open
	prose := func() {
		if p := strings.Join(lines, "\n"); strings.TrimSpace(p) != "" {
			parts = append(parts, Part{Prose: p})
		}
		lines = nil
	}
	steps := func() {
		parts = append(parts, Part{Steps: Parse(strings.Join(lines, "\n"), begun)})
		lines = nil
	}
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimSuffix(l, "\r")
		m := fence.FindStringSubmatch(l)
		ours := open != nil && open[3] == "asyncrepl"
		switch {
		case open == nil && m != nil:
			if open = m; m[3] == "asyncrepl" {
				prose()
				begun = i + 2
				continue
			}
		case open != nil && m != nil && m[3] == "" && strings.HasPrefix(m[2], open[2]):
			if open = nil; ours {
				steps()
				continue
			}
		case ours:
			l = strings.TrimPrefix(l, open[1])
		}
		lines = append(lines, l)
	}
	if open != nil && open[3] == "asyncrepl" {
		steps()
	} else {
		prose()
	}
	return parts
}

// Markdown returns the steps of all blocks marked asyncrepl in a Markdown text,
// in order.
func Markdown(text string) []Step {
	var steps []Step
	for _, p := range Parts(text) {
		steps = append(steps, p.Steps...)
	}
	return steps
}

// Parse returns the steps of a transcript whose first line has that number.
func Parse(text string, line int) []Step {
	var steps []Step
	for i, l := range strings.Split(text, "\n") {
		n := len(steps) - 1
		switch {
		case strings.HasPrefix(l, prompt) || l == strings.TrimSpace(prompt):
			steps = append(steps, Step{Line: line + i, Cell: cut(l, prompt)})
		case n < 0:
		case steps[n].Want == "" && (strings.HasPrefix(l, continuation) || l == strings.TrimSpace(continuation)):
			steps[n].Cell += "\n" + cut(l, continuation)
		default:
			steps[n].Want += l + "\n"
		}
	}
	return steps
}

func cut(l, prefix string) string {
	if s, ok := strings.CutPrefix(l, prefix); ok {
		return s
	}
	return ""
}

// seconds is a time that test mode prints, which differs from run to run.
var seconds = regexp.MustCompile(`in \d+\.\d\ds`)

// Match reports whether got is what the step should print. "…" in what it
// should print stands for any text, and the times of runs of tests are not
// compared; nor is space at the ends of lines.
func (s Step) Match(got string) bool {
	want := seconds.ReplaceAllString(trim(s.Want), "in 0.00s")
	got = seconds.ReplaceAllString(trim(got), "in 0.00s")
	if !strings.Contains(want, "…") {
		return got == want
	}
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i, part := range strings.Split(want, "…") {
		if i > 0 {
			b.WriteString(`.*`)
		}
		b.WriteString(regexp.QuoteMeta(part))
	}
	b.WriteString(`$`)
	return regexp.MustCompile(b.String()).MatchString(got)
}

func trim(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
