package testmode

import (
	"fmt"
	"runtime"
	"strings"
)

// A Coverage tells what was executed of one file, or of the session.
type Coverage struct {
	// Name is the file's.
	Name string
	// Statements is how many there are, and Missed how many were not executed.
	Statements, Missed int
	// Lines are the ranges of lines with statements that were not executed, in
	// order: first and last line.
	Lines [][2]int
}

// percent is the share that was executed; all of nothing is 100.
func (c Coverage) percent() int {
	if c.Statements == 0 {
		return 100
	}
	return 100 * (c.Statements - c.Missed) / c.Statements
}

// missing lists the ranges, as in "3-4, 9".
func (c Coverage) missing() string {
	var list []string
	for _, r := range c.Lines {
		if r[0] == r[1] {
			list = append(list, fmt.Sprint(r[0]))
		} else {
			list = append(list, fmt.Sprintf("%d-%d", r[0], r[1]))
		}
	}
	return strings.Join(list, ", ")
}

// coverage prints the table of coverage, in the form of pytest-cov.
func (p *terminal) coverage() {
	if !p.o.Cover || p.o.Coverage == nil {
		return
	}
	list := p.o.Coverage()
	total := Coverage{Name: "TOTAL"}
	width := len(total.Name)
	for _, c := range list {
		total.Statements += c.Statements
		total.Missed += c.Missed
		width = max(width, textWidth(c.Name))
	}
	row := func(name, statements, missed, cover, missing string) string {
		l := fmt.Sprintf("%s%s%7s%7s%7s", name, spaces(width-textWidth(name)), statements, missed, cover)
		if p.o.Missing && missing != "" {
			l += "   " + missing
		}
		return l
	}
	of := func(c Coverage) string {
		return row(c.Name, fmt.Sprint(c.Statements), fmt.Sprint(c.Missed), fmt.Sprintf("%d%%", c.percent()), c.missing())
	}
	head := row("Name", "Stmts", "Miss", "Cover", "Missing")
	p.section("=", "tests coverage", plain)
	p.section("_", "coverage: platform "+runtime.GOOS+", Go "+strings.TrimPrefix(runtime.Version(), "go"), plain)
	p.line(plain, "")
	p.line(plain, head)
	p.line(plain, strings.Repeat("-", len(head)))
	for _, c := range list {
		p.line(plain, of(c))
	}
	if len(list) > 0 {
		p.line(plain, strings.Repeat("-", len(head)))
	}
	p.line(plain, of(total))
}
