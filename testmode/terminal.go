package testmode

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// A terminal prints the report of a run in pytest's form, as the events come.
type terminal struct {
	o       *Options
	ci      bool
	out     io.Writer
	buf     bytes.Buffer // what this event prints
	columns int          // of the line so far
	width   int

	total, done int
	file        string // whose progress line is open, at verbosity 0
	prefix      string // of the open line, if verbose
	open        bool   // a progress line needs its newline before a section
	full        bool   // the line of letters needs its percentage
	held        bool   // the line of a subtest needs its percentage

	junit    *junit // if there is a file
	reports  []*Report
	warnings []Warning
	times    []phaseTime
	result   Result

	measured       []Measurement
	measuredBefore []Measurement // by the run before
	benchWidth     int           // of the names of benchmarks
}

// A phaseTime is the duration of one phase of a test.
type phaseTime struct {
	id    string
	phase Phase
	took  time.Duration
}

// newTerminal returns a printer for a run; ci tells that it runs on a build
// server, where nothing is shortened.
func newTerminal(o *Options, ci bool, out io.Writer) *terminal {
	return &terminal{o: o, ci: ci, out: out, width: o.width()}
}

// event prints what an event calls for.
func (p *terminal) event(e Event) {
	switch e := e.(type) {
	case Collected:
		p.total = len(e.Tests)
		p.result.Deselected = e.Found - len(e.Tests)
		p.header(e)
		if p.o.ShowFixtures {
			p.fixtures(e.Tests)
		} else if p.o.CollectOnly {
			p.list(e)
		} else if p.o.Bench {
			p.benchHeader(e)
		}
	case Started:
		if p.o.Verbosity > 0 && !p.o.captures() {
			p.ensure(e.ID + " ")
		}
	case Reported:
		p.report(e.Report)
	case Measured:
		p.measured = append(p.measured, e.Measurement)
		p.benchLine(e.Measurement)
	case Warned:
		p.warnings = append(p.warnings, e.Warning)
		p.result.Warnings++
	case Printed:
		p.write(plain, string(e.Text))
	case Finished:
		p.finished(e)
	case Ended:
		p.result.Status = e.Result.Status
		p.result.Coverage = e.Result.Coverage
		p.result.Duration = e.Result.Duration
		p.end(e)
	}
	if p.buf.Len() > 0 {
		p.out.Write(p.buf.Bytes())
		p.buf.Reset()
	}
}

// write prints text in a style and keeps count of columns.
func (p *terminal) write(s style, text string) {
	if !p.o.colored() {
		s = plain
	}
	p.buf.WriteString(s.of(text))
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		p.columns = textWidth(text[i+1:])
	} else if len(text) == 1 {
		p.columns++
	} else {
		p.columns += textWidth(text)
	}
}

// line prints a line in a style; the line's end is outside it.
func (p *terminal) line(s style, text string) {
	p.write(s, text)
	p.write(plain, "\n")
}

// section begins a section: a separator with a title, after the progress.
func (p *terminal) section(c, title string, s style) {
	p.closeProgress()
	p.line(s, separator(c, title, p.width))
}

// closeProgress ends the block of progress lines, which at verbosity 0 and
// above is followed by a blank line.
func (p *terminal) closeProgress() {
	if p.open {
		p.open = false
		p.line(plain, "")
	}
}

// header prints what comes before the progress.
func (p *terminal) header(e Collected) {
	if p.o.Verbosity < 0 {
		if p.o.Shuffle {
			for _, n := range e.Notes {
				if strings.HasPrefix(n, "shuffled") {
					p.line(plain, n)
				}
			}
		}
		return
	}
	p.section("=", "test session starts", bold)
	if !p.o.NoHeader {
		version := ""
		if p.o.Version != "" {
			version = ", " + p.o.Version
		}
		p.line(plain, "platform "+runtime.GOOS+" -- Go "+strings.TrimPrefix(runtime.Version(), "go")+version)
		if p.o.Root != "" {
			p.line(plain, "rootdir: "+p.o.Root)
		}
	}
	if p.o.Verbosity > 0 {
		p.write(bold, "collecting ... ")
	}
	text := "collected " + plural(e.Found, "item")
	if e.Errors > 0 {
		text += " / " + plural(e.Errors, "error")
	}
	if d := e.Found - len(e.Tests); d > 0 {
		text += fmt.Sprintf(" / %d deselected / %d selected", d, len(e.Tests))
	}
	p.line(plain, text)
	for _, n := range e.Notes {
		p.line(plain, n)
	}
	if p.o.Verbosity == 0 || p.o.CollectOnly {
		p.line(plain, "")
	}
}

// list prints the tests of --collect-only.
func (p *terminal) list(e Collected) {
	switch {
	case p.o.Verbosity < -1:
		var files []string
		count := map[string]int{}
		for _, t := range e.Tests {
			if count[t.File]++; count[t.File] == 1 {
				files = append(files, t.File)
			}
		}
		for _, f := range files {
			p.line(plain, fmt.Sprintf("%s: %d", f, count[f]))
		}
	case p.o.Verbosity < 0:
		for _, t := range e.Tests {
			p.line(plain, t.ID())
		}
	default:
		file := ""
		for _, t := range e.Tests {
			if t.File != file {
				file = t.File
				p.line(plain, "<Module "+file+">")
			}
			kind := "Function"
			if t.Async {
				kind = "Coroutine"
			}
			p.line(plain, "  <"+kind+" "+t.Name+">")
		}
	}
}

// fixtures prints the fixtures, those of a file together.
func (p *terminal) fixtures(tests []Test) {
	file := ""
	for i, f := range p.o.fixtures(tests) {
		if i == 0 || f.Source.location() != file {
			file = f.Source.location()
			p.section("-", "fixtures defined from "+file, plain)
		}
		p.write(green, f.Name)
		if f.Session {
			p.write(cyan, " [session scope]")
		}
		p.line(plain, fmt.Sprintf(" %s -- %s:%d", f.Type, file, f.Source.FirstLine))
		doc := strings.TrimSpace(f.Doc)
		if doc == "" {
			doc = "no docstring available"
		}
		for l := range strings.SplitSeq(doc, "\n") {
			p.line(plain, strings.TrimRight("    "+strings.TrimSpace(l), " "))
		}
		p.line(plain, "")
	}
}

// mainColor is the colour of percentages and statistics.
func (p *terminal) mainColor(last bool) style {
	switch r := &p.result; {
	case r.Failed+r.Errors > 0:
		return red
	case r.Warnings+r.XPassed > 0:
		return yellow
	case r.Passed > 0 || !last:
		return green
	}
	return yellow
}

// end prints everything after the progress.
func (p *terminal) end(e Ended) {
	p.flushHeld()
	if p.o.Bench && !p.o.CollectOnly {
		p.benchSummary()
	}
	if p.full {
		p.percent("\n")
	}
	if p.ends() {
		p.line(plain, "")
	}
	for _, l := range e.Internal {
		p.line(plain, l)
	}
	if !p.o.NoSummary && !p.o.CollectOnly {
		p.summary()
	}
	switch {
	case e.Interrupted != "":
		p.section("!", "KeyboardInterrupt", plain)
		if p.o.FullTrace && len(e.Frames) > 0 {
			p.entries(Failure{Kind: "KeyboardInterrupt", Lines: []string{"KeyboardInterrupt"}, Frames: e.Frames}, Source{})
		} else {
			if e.Interrupted != "?" {
				p.place(e.Interrupted, " KeyboardInterrupt")
			}
			p.line(yellow, "(to show a full traceback on KeyboardInterrupt use --full-trace)")
		}
	case e.Stop != "":
		p.section("!", e.Stop, red)
	}
	p.statistics()
	if e.Problem != "" {
		p.line(red, "ERROR: "+e.Problem)
	}
}

// ends reports whether a newline ends the progress: at verbosity 0 a blank line
// stands above it already.
func (p *terminal) ends() bool {
	switch {
	case p.o.CollectOnly:
		return p.total > 0 || p.o.Verbosity != 0
	case p.o.Bench && p.total > 0:
		return false
	}
	return p.o.Verbosity != 0 || p.file != ""
}

// place prints "location:line:" with the location marked, and what follows.
func (p *terminal) place(place, rest string) {
	location, line := place, ""
	if i := strings.LastIndexByte(place, ':'); i >= 0 {
		location, line = place[:i], place[i:]
	}
	p.write(boldRed, location)
	p.line(plain, line+":"+rest)
}

// statistics prints the last line.
func (p *terminal) statistics() {
	if p.o.Verbosity < -1 {
		return
	}
	r := &p.result
	main := p.mainColor(true)
	var parts []string
	add := func(n int, what string, s style) {
		if n == 0 {
			return
		}
		if !p.o.colored() {
			s = plain
		} else if s == main {
			s += bold
		}
		parts = append(parts, s.of(fmt.Sprintf("%d %s", n, what)))
	}
	none := ""
	if p.o.CollectOnly {
		n := p.total
		switch {
		case n == 0:
			none = "no tests collected"
		case r.Deselected > 0:
			none = fmt.Sprintf("%d/%s collected", n, plural(n+r.Deselected, "test"))
		default:
			none = plural(n, "test") + " collected"
		}
		if r.Deselected > 0 {
			none += fmt.Sprintf(" (%d deselected)", r.Deselected)
		}
		main = green
		if n == 0 {
			main = yellow
		}
		s := main
		if !p.o.colored() {
			s = plain
		}
		parts = append(parts, s.of(none))
	} else {
		add(r.Failed, "failed", red)
		add(r.Passed, "passed", green)
		add(r.Skipped, "skipped", yellow)
		add(r.Deselected, "deselected", yellow)
		add(r.XFailed, "xfailed", yellow)
		add(r.XPassed, "xpassed", yellow)
		add(r.Warnings, strings.TrimPrefix(plural(r.Warnings, "warning"), fmt.Sprint(r.Warnings)+" "), yellow)
		add(r.Errors, strings.TrimPrefix(plural(r.Errors, "error"), fmt.Sprint(r.Errors)+" "), red)
		if len(parts) == 0 {
			s := yellow
			if !p.o.colored() {
				s = plain
			}
			parts = append(parts, s.of("no tests ran"))
		}
	}
	in := " in " + sessionTime(r.Duration)
	if p.o.colored() {
		in = main.of(in)
	}
	text := strings.Join(parts, ", ") + in
	if p.o.Verbosity < 0 {
		p.line(main, text)
		return
	}
	p.closeProgress()
	if p.o.colored() {
		text += string(main)
	}
	p.line(main, separator("=", text, p.width))
}

// sessionTime formats the duration of a run.
func sessionTime(d time.Duration) string {
	s := d.Seconds()
	if s < 60 {
		return fmt.Sprintf("%.2fs", s)
	}
	n := int(s)
	text := fmt.Sprintf("%d:%02d:%02d", n/3600%24, n/60%60, n%60)
	if days := n / 86400; days > 0 {
		text = plural(days, "day") + ", " + text
	}
	return fmt.Sprintf("%.2fs (%s)", s, text)
}
