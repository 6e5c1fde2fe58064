package testmode

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
)

// A Coverage tells what was executed of one file, or of one cell of the session.
type Coverage struct {
	// Name is the file's.
	Name string
	// Statements are in the order of the source.
	Statements []Statement
}

// A Statement is a statement of the source, without those inside it.
type Statement struct {
	// Line and Col are where it begins, EndLine and EndCol where it ends, from
	// 1; columns are in bytes, and the last is exclusive.
	Line, Col, EndLine, EndCol int
	// Count is how often it was executed.
	Count int
}

// missed is how many statements were not executed.
func (c Coverage) missed() int {
	n := 0
	for _, s := range c.Statements {
		if s.Count == 0 {
			n++
		}
	}
	return n
}

// missing lists the lines with statements that were not executed, as in
// "3-4, 9". A range goes on over lines without statements.
func (c Coverage) missing() string {
	hit := map[int]bool{} // by line, whether all was executed
	for _, s := range c.Statements {
		all, known := hit[s.Line]
		hit[s.Line] = (all || !known) && s.Count > 0
	}
	lines := make([]int, 0, len(hit))
	for l := range hit {
		lines = append(lines, l)
	}
	slices.Sort(lines)
	var list []string
	for i := 0; i < len(lines); i++ {
		if hit[lines[i]] {
			continue
		}
		first := lines[i]
		for i+1 < len(lines) && !hit[lines[i+1]] {
			i++
		}
		if first == lines[i] {
			list = append(list, fmt.Sprint(first))
		} else {
			list = append(list, fmt.Sprintf("%d-%d", first, lines[i]))
		}
	}
	return strings.Join(list, ", ")
}

// A total counts statements.
type total struct{ statements, missed int }

func totalOf(list []Coverage) total {
	var t total
	for _, c := range list {
		t.statements += len(c.Statements)
		t.missed += c.missed()
	}
	return t
}

// percent is the share that was executed; all of nothing is 100.
func (t total) percent() float64 {
	if t.statements == 0 {
		return 100
	}
	return 100 * float64(t.statements-t.missed) / float64(t.statements)
}

// cover is the share as the table shows it: 0 and 100 are exact.
func (t total) cover() string {
	p := t.percent()
	switch r := math.Round(p); {
	case r == 0 && p > 0:
		return "1%"
	case r == 100 && p < 100:
		return "99%"
	default:
		return fmt.Sprintf("%.0f%%", r)
	}
}

// coverage prints the table of coverage, in the form of pytest-cov.
func (p *terminal) coverage() {
	if !p.o.Cover || p.o.Coverage == nil {
		return
	}
	list := p.result.Coverage
	all := totalOf(list)
	width := len("TOTAL")
	for _, c := range list {
		width = max(width, textWidth(c.Name))
	}
	row := func(name, statements, missed, cover, missing string) string {
		l := fmt.Sprintf("%s%s%8s%7s%7s", name, spaces(width-textWidth(name)), statements, missed, cover)
		if p.o.Missing && missing != "" {
			l += "   " + missing
		}
		return l
	}
	of := func(name string, t total, missing string) string {
		return row(name, fmt.Sprint(t.statements), fmt.Sprint(t.missed), t.cover(), missing)
	}
	head := row("Name", "Stmts", "Miss", "Cover", "Missing")
	p.section("=", "tests coverage", plain)
	p.section("_", "coverage: platform "+runtime.GOOS+", Go "+strings.TrimPrefix(runtime.Version(), "go"), plain)
	p.line(plain, "")
	p.line(plain, head)
	p.line(plain, strings.Repeat("-", len(head)))
	for _, c := range list {
		p.line(plain, of(c.Name, totalOf([]Coverage{c}), c.missing()))
	}
	if len(list) > 0 {
		p.line(plain, strings.Repeat("-", len(head)))
	}
	p.line(plain, of("TOTAL", all, ""))
	if path := p.o.CoverProfile; path != "" {
		if err := writeProfile(path, list); err != nil {
			p.line(red, "no coverage profile: "+err.Error())
		}
	}
	if least := p.o.CoverLeast; least > 0 {
		text, style := "Required test coverage of %v%% reached. Total coverage: %.2f%%", green
		if all.percent() < least {
			text, style = "FAIL Required test coverage of %v%% not reached. Total coverage: %.2f%%", boldRed
		}
		p.line(style, fmt.Sprintf(text, least, all.percent()))
	}
}

// writeProfile writes a file in the format of go test -coverprofile.
func writeProfile(path string, list []Coverage) error {
	var b strings.Builder
	b.WriteString("mode: count\n")
	for _, c := range list {
		for _, s := range c.Statements {
			fmt.Fprintf(&b, "%s:%d.%d,%d.%d 1 %d\n", c.Name, s.Line, s.Col, s.EndLine, s.EndCol, s.Count)
		}
	}
	return os.WriteFile(path, []byte(b.String()), 0o666)
}
