package testmode

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// docs is where warnings are explained.
const docs = "https://github.com/asyncrepl/asyncrepl/blob/main/docs/testing.md"

// warned prints the warnings.
func (p *terminal) warned() {
	if len(p.warnings) == 0 {
		return
	}
	p.section("=", "warnings summary", yellow)
	for i, w := range p.warnings {
		if i == 0 || p.warnings[i-1].ID != w.ID {
			if i > 0 {
				p.line(plain, "")
			}
			p.line(plain, w.ID)
		}
		p.line(plain, "  "+w.Place+": "+w.Kind+": "+w.Lines[0])
		for _, l := range w.Lines[1:] {
			p.line(plain, "  "+l)
		}
		if w.Code != "" {
			p.line(plain, "    "+w.Code)
		}
	}
	p.line(plain, "")
	p.line(plain, "-- Docs: "+docs)
}

// passes prints a section of what was captured from tests that passed.
func (p *terminal) passes(letters string, letter rune, o Outcome, title string, s style) {
	if !strings.ContainsRune(letters, letter) || p.o.TB == "no" {
		return
	}
	first := true
	for _, r := range p.reports {
		if r.Outcome != o {
			continue
		}
		if first {
			p.section("=", title, plain)
			first = false
		}
		if len(r.Sections) > 0 {
			p.section("_", headline(r), s+bold)
			p.captured(r)
		}
	}
}

// slowest prints the slowest phases.
func (p *terminal) slowest() {
	if p.o.Durations == nil || len(p.times) == 0 {
		return
	}
	times := slices.Clone(p.times)
	slices.SortStableFunc(times, func(a, b phaseTime) int { return int(b.took - a.took) })
	title := "slowest durations"
	if n := *p.o.Durations; n > 0 {
		title = fmt.Sprintf("slowest %d durations", n)
		times = times[:min(n, len(times))]
	}
	p.section("=", title, plain)
	least := p.o.DurationsMin
	if least == 0 {
		least = 5 * time.Millisecond
	}
	for i, t := range times {
		if p.o.Verbosity < 2 && t.took < least {
			p.line(plain, "")
			p.line(plain, fmt.Sprintf("(%d durations < %gs hidden.  Use -vv to show these durations.)", len(times)-i, least.Seconds()))
			break
		}
		p.line(plain, fmt.Sprintf("%.2fs %-8s %s", t.took.Seconds(), t.phase, t.id))
	}
}

// short prints the short test summary.
func (p *terminal) short(letters string) {
	var lines []func()
	for _, c := range letters {
		var o Outcome
		switch c {
		case 'f':
			o = Failed
		case 'E':
			o = Errored
		case 'x':
			o = XFailed
		case 'X':
			o = XPassed
		case 'p':
			o = Passed
		case 's':
			for _, l := range p.folded() {
				lines = append(lines, func() { p.write(yellow, "SKIPPED"); p.line(plain, l) })
			}
			continue
		default:
			continue
		}
		for _, r := range p.reports {
			if r.Outcome == o {
				lines = append(lines, func() { p.shortLine(r) })
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	p.section("=", "short test summary info", cyan+bold)
	for _, print := range lines {
		print()
	}
}

// shortLine prints the line of a report in the short summary.
func (p *terminal) shortLine(r *Report) {
	word := r.Outcome.word()
	p.write(outcomeStyle(r.Outcome), word)
	if file, name, ok := strings.Cut(r.ID, "::"); ok {
		p.write(plain, " "+file+"::")
		p.write(bold, name)
	} else {
		p.write(plain, " "+r.ID)
	}
	message := r.message()
	if r.Outcome == XFailed || r.Outcome == XPassed {
		message = r.Reason
		if message != "" {
			p.write(plain, " - "+message)
		}
	} else if message != "" {
		text, ok := " - "+message, true
		if !p.ci && p.o.Verbosity < 2 {
			text, ok = trimmed(" - ", message, "", p.width-p.columns)
		}
		if ok {
			p.write(plain, text)
		}
	}
	p.line(plain, "")
}

// folded returns the summary lines of skipped tests, those of one place and
// reason as one.
func (p *terminal) folded() []string {
	type key struct{ place, reason string }
	count := map[key]int{}
	var order []key
	for _, r := range p.reports {
		if r.Outcome != Skipped {
			continue
		}
		k := key{r.Place, r.Reason}
		if count[k]++; count[k] == 1 {
			order = append(order, k)
		}
	}
	var lines []string
	for _, k := range order {
		line := fmt.Sprintf(" [%d] %s: ", count[k], k.place)
		reason, _, _ := strings.Cut(k.reason, "\n")
		lines = append(lines, line+reason)
	}
	return lines
}
