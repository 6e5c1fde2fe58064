package testmode

import (
	"fmt"
	"slices"
	"strings"
)

// summary prints the sections after the progress.
func (p *terminal) summary() {
	letters := p.o.reportLetters()
	p.blocks("ERRORS", func(r *Report) bool { return r.Outcome == Errored })
	p.blocks("FAILURES", func(r *Report) bool { return r.Outcome == Failed })
	p.warned()
	p.passes(letters, 'P', Passed, "PASSES", green)
	p.passes(letters, 'X', XPassed, "XPASSES", yellow)
	p.slowest()
	p.coverage()
	if p.junit != nil {
		switch err := p.junit.err; {
		case err != nil:
			p.section("-", "no xml file: "+err.Error(), red)
		case p.o.Verbosity >= 0:
			p.section("-", "generated xml file: "+p.o.JUnit, plain)
		}
	}
	p.short(letters)
}

// blocks prints a section of failures.
func (p *terminal) blocks(title string, in func(*Report) bool) {
	if p.o.TB == "no" {
		return
	}
	first := true
	for _, r := range p.reports {
		if !in(r) {
			continue
		}
		if first {
			p.section("=", title, plain)
			first = false
		}
		if p.o.TB == "line" {
			if title == "ERRORS" {
				p.section("_", headline(r), redBold)
			}
			p.oneLine(r)
			continue
		}
		p.section("_", headline(r), redBold)
		p.block(r)
		p.captured(r)
	}
}

// headline is the title of a report's block.
func headline(r *Report) string {
	name := nodeName(r.ID)
	if len(r.Failures) > 0 {
		switch r.Failures[0].Kind {
		case "ExampleFailure":
			name = "[example] " + name
		case "DocTestFailure":
			name = "[doctest] " + name
		}
	}
	if r.Phase == Collecting {
		return "ERROR collecting " + r.ID
	}
	if r.Outcome == Errored {
		return "ERROR at " + r.Phase.String() + " of " + name
	}
	return name
}

// oneLine prints a failure in the style "line".
func (p *terminal) oneLine(r *Report) {
	for _, f := range r.Failures {
		for i, l := range f.Lines {
			if i == 0 {
				p.line(boldRed, "E   "+l)
			} else {
				p.line(plain, "    "+l)
			}
		}
		if r.Outcome == Failed && len(f.Frames) > 0 {
			first, _, _ := strings.Cut(f.message(), "\n")
			p.line(plain, fmt.Sprintf("%s:%d: %s", f.Frames[0].Source.location(), f.Frames[0].Line, first))
		}
	}
}

// block prints the failures of a report.
func (p *terminal) block(r *Report) {
	list := r.Failures
	for i := 0; i < len(list); {
		if i > 0 {
			p.line(plain, separator("_ ", "", p.width))
		}
		n := 1
		for p.o.TB != "short" && !p.o.ShowLocals && i+n < len(list) && together(list[i], list[i+n]) {
			n++
		}
		if n > 1 {
			p.merged(list[i : i+n])
		} else {
			p.entries(list[i], r.Source)
		}
		i += n
	}
}

// together reports whether two failures can share one listing: they happened in
// one function, one after the other, and nothing else was active.
func together(a, b Failure) bool {
	return !a.Bare && !b.Bare && len(a.Frames) == 1 && len(b.Frames) == 1 &&
		a.Frames[0].key() == b.Frames[0].key() && a.Frames[0].Source.same(b.Frames[0].Source) && len(a.Frames[0].Source.Lines) > 0
}

// merged prints several failures in one listing.
func (p *terminal) merged(list []Failure) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Failure) int { return a.Frames[0].Line - b.Frames[0].Line })
	p.line(plain, "")
	l := p.listing(list[0].Frames[0])
	for i, f := range list {
		if i == 0 || f.Frames[0].Line != list[i-1].Frames[0].Line {
			l.upTo(f.Frames[0])
		}
		l.explain(f.Lines)
	}
	p.line(plain, "")
	for i, f := range list {
		if i == 0 || f.Frames[0].Line != list[i-1].Frames[0].Line {
			p.place(placeOf(f.Frames, nil), " "+f.Kind)
		}
	}
}

// maxRecursion is how many frames are shown before a recursion is looked for.
const maxRecursion = 50

// entries prints one failure: its frames, outermost first, and the E lines.
func (p *terminal) entries(f Failure, source Source) {
	if f.Bare {
		for _, l := range f.Lines {
			p.line(plain, l)
		}
		if f.Place != "" {
			p.line(plain, "")
			if f.Kind == "" {
				p.line(plain, f.Place)
			} else {
				p.place(f.Place, " "+f.Kind)
			}
		}
		return
	}
	frames := slices.Clone(f.Frames)
	slices.Reverse(frames)
	if len(frames) == 0 {
		p.unplaced(f, source)
		return
	}
	extra := ""
	if len(frames) > maxRecursion {
		if n := recursion(frames); n > 0 {
			frames, extra = frames[:n], "!!! Recursion detected (same locals & position)"
		}
	}
	for i, fr := range frames {
		last := i == len(frames)-1
		style := p.o.TB
		if style == "" || style == "auto" || style == "native" {
			style = "short"
			if i == 0 || last && extra == "" {
				style = "long"
			}
		}
		if style == "short" {
			p.shortEntry(fr, f, last)
		} else {
			p.longEntry(fr, f, last)
		}
		if !last && (style == "long" || i+1 == len(frames)-1 && p.o.TB != "short" && extra == "") {
			p.line(plain, separator("_ ", "", p.width))
		}
	}
	if extra != "" {
		p.line(plain, extra)
	}
}

// recursion returns how many frames there are until a place occurs again, that
// one included; 0 if none does.
func recursion(frames []Frame) int {
	type spot struct {
		place string
		line  int
	}
	seen := map[spot]bool{}
	for i, f := range frames {
		s := spot{f.key(), f.Line}
		if seen[s] {
			return i + 1
		}
		seen[s] = true
	}
	return 0
}

// unplaced prints a failure whose place is not known: all of the function.
func (p *terminal) unplaced(f Failure, source Source) {
	if p.o.TB != "short" {
		p.line(plain, "")
		for _, l := range dedent(source.Lines) {
			p.line(plain, "    "+p.highlight(l))
		}
	}
	for _, l := range f.Lines {
		p.line(boldRed, "E   "+l)
	}
	if p.o.TB != "short" {
		p.line(plain, "")
		p.place(fmt.Sprintf("%s:%d", source.location(), source.FirstLine), " "+f.Kind)
	}
}

// shortEntry prints a frame in the style "short".
func (p *terminal) shortEntry(fr Frame, f Failure, last bool) {
	p.place(placeOf([]Frame{fr}, nil), " in "+fr.Func)
	line := sourceLine(fr)
	if line != "" {
		stripped := strings.TrimLeft(expand(line), " ")
		p.line(plain, "    "+p.highlight(strings.TrimRight(stripped, " ")))
		if from, to := carets(fr, line); to > 0 {
			indent := len(expand(line)) - len(stripped)
			p.line(plain, strings.Repeat(" ", 4+from-indent)+strings.Repeat("^", to-from))
		}
	}
	if last {
		for _, l := range f.Lines {
			p.line(boldRed, "E   "+l)
		}
	}
	p.locals(fr, "        ")
}

// longEntry prints a frame in the style "long".
func (p *terminal) longEntry(fr Frame, f Failure, last bool) {
	p.line(plain, "")
	p.args(fr.Args)
	l := p.listing(fr)
	l.upTo(fr)
	kind := ""
	if last {
		l.explain(f.Lines)
		kind = f.Kind
	}
	if p.o.ShowLocals && len(fr.Locals) > 0 {
		p.line(plain, "")
		p.locals(fr, "")
	}
	if len(fr.Source.Lines) > 0 || last {
		p.line(plain, "")
	}
	p.place(placeOf([]Frame{fr}, nil), " "+kind)
}

// locals prints the variables of a call, in the order of the alphabet, if that
// was asked for.
func (p *terminal) locals(fr Frame, indent string) {
	if !p.o.ShowLocals {
		return
	}
	list := slices.Clone(fr.Locals)
	slices.SortStableFunc(list, func(a, b Local) int { return strings.Compare(a.Name, b.Name) })
	for _, l := range list {
		text := l.Line
		if p.o.Verbosity > 1 {
			text = l.Value
		}
		for i, line := range strings.Split(text, "\n") {
			if i == 0 {
				line = l.Name + spaces(10-textWidth(l.Name)) + " = " + line
			}
			p.line(plain, indent+line)
		}
	}
}

// args prints the arguments of a call, as many to a line as fit.
func (p *terminal) args(args []Arg) {
	if len(args) == 0 {
		return
	}
	line := ""
	for _, a := range args {
		text := a.Name + " = " + a.Value
		switch {
		case line == "":
			line = text
		case textWidth(line)+textWidth(text)+2 > p.width:
			p.line(plain, line)
			line = text
		default:
			line += ", " + text
		}
	}
	p.line(plain, line)
	p.line(plain, "")
}

// A listing prints the source of a function bit by bit.
type listing struct {
	p      *terminal
	lines  []string
	next   int // index of the next line to print
	first  int // number of the first line
	indent int // of the last marked line
}

func (p *terminal) listing(f Frame) *listing {
	return &listing{p: p, lines: dedent(f.Source.Lines), first: f.Source.FirstLine}
}

// upTo prints the lines up to the one of f, which it marks, and the rest of its
// statement.
func (l *listing) upTo(f Frame) {
	end := max(f.EndLine, f.Line)
	for ; l.next < len(l.lines) && l.first+l.next <= end; l.next++ {
		text := l.lines[l.next]
		mark := "    "
		if l.first+l.next == f.Line {
			mark = ">   "
			l.indent = len(text) - len(strings.TrimLeft(text, " "))
		}
		l.p.line(plain, mark+l.p.highlight(text))
		if l.first+l.next == f.Line && f.EndLine <= f.Line {
			raw := f.Source.Lines[l.next]
			if from, to := carets(f, raw); to > 0 {
				from -= len(expand(raw)) - len(text)
				to -= len(expand(raw)) - len(text)
				l.p.line(plain, strings.Repeat(" ", 4+from)+strings.Repeat("^", to-from))
			}
		}
	}
}

// explain prints the E lines, aligned with the marked line.
func (l *listing) explain(lines []string) {
	indent := "E" + strings.Repeat(" ", 3+l.indent)
	if !l.p.o.colored() {
		for _, text := range lines {
			l.p.line(plain, indent+text)
		}
		return
	}
	diff := diffLines(lines)
	lead := "\x1b[0m" // what pytest writes before a difference begins
	for i, text := range lines {
		if !diff[i] {
			l.p.line(boldRed, indent+text)
			continue
		}
		more := ""
		if i+2 < len(lines) && strings.HasPrefix(lines[i+2], "  ...Full output truncated") {
			text, more = strings.TrimSuffix(text, "..."), "..."
		}
		l.p.line(boldRed, indent+"  "+lead+diffText(text[2:])+more)
		lead = ""
	}
}

// diffLines tells which lines of an explanation are those of a difference:
// those with a sign, and what stands next to them without one.
func diffLines(lines []string) []bool {
	is := make([]bool, len(lines))
	signed := func(i int) bool { return strings.HasPrefix(lines[i], "  - ") || strings.HasPrefix(lines[i], "  + ") }
	part := func(i int) bool {
		return signed(i) || strings.HasPrefix(lines[i], "  ? ") || strings.HasPrefix(lines[i], "    ")
	}
	for i := range lines {
		if !signed(i) {
			continue
		}
		for j := i; j >= 0 && part(j) && !is[j]; j-- {
			is[j] = true
		}
		for j := i + 1; j < len(lines) && part(j); j++ {
			is[j] = true
		}
	}
	return is
}

// diffText colours a line of a difference.
func diffText(line string) string {
	const off, end = "\x1b[39;49;00m", "\x1b[90m\x1b[39;49;00m"
	switch line[0] {
	case '-':
		return "\x1b[91m" + line + off + end
	case '+':
		return "\x1b[92m" + line + off + end
	case ' ':
		return "\x1b[90m " + off + line[1:] + end
	}
	return line + end
}

// highlight colours a line of source text, if there is colour.
func (p *terminal) highlight(line string) string {
	if !p.o.colored() || p.o.Highlight == nil {
		return line
	}
	return p.o.Highlight(line)
}

// carets returns the columns of a frame's expression in its expanded line, from
// 0, if they are known and not all of the line; else to is 0.
func carets(f Frame, line string) (from, to int) {
	a, b := f.Col-1, f.EndCol-1
	if a < 0 || b <= a || b > len(line) || f.EndLine > f.Line {
		return 0, 0
	}
	if strings.TrimSpace(line[:a]) == "" && strings.TrimSpace(line[b:]) == "" {
		return 0, 0
	}
	return textWidth(expand(line[:a])), textWidth(expand(line[:b]))
}

// sourceLine returns the text of a frame's line, or "".
func sourceLine(f Frame) string {
	if i := f.Line - f.Source.FirstLine; i >= 0 && i < len(f.Source.Lines) {
		return f.Source.Lines[i]
	}
	return ""
}

// dedent expands tabs and removes the blanks that all lines begin with.
func dedent(lines []string) []string {
	out := make([]string, len(lines))
	common := -1
	for i, l := range lines {
		out[i] = strings.TrimRight(expand(l), " ")
		if out[i] == "" {
			continue
		}
		if n := len(out[i]) - len(strings.TrimLeft(out[i], " ")); common < 0 || n < common {
			common = n
		}
	}
	for i, l := range out {
		if common > 0 && l != "" {
			out[i] = l[common:]
		}
	}
	return out
}

// captured prints the captured output of a report.
func (p *terminal) captured(r *Report) {
	for _, s := range r.Sections {
		if which := p.o.ShowCapture; which == "no" || which != "" && which != "all" && !strings.Contains(s.Title, " "+which+" ") {
			continue
		}
		p.line(plain, separator("-", s.Title, p.width))
		p.line(plain, strings.TrimSuffix(s.Text, "\n"))
	}
}
