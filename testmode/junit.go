package testmode

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// A junit writes the report of a run as a JUnit XML file, in pytest's form.
type junit struct {
	o     *Options
	begun time.Time
	cases []*junitCase
	byID  map[string]*junitCase
	err   error // of writing the file
}

// A junitCase is a test case of the file.
type junitCase struct {
	file, name string
	took       time.Duration
	attrs      []Arg
	reports    []*Report
}

func newJUnit(o *Options) *junit { return &junit{o: o, byID: map[string]*junitCase{}} }

// event collects reports, and writes the file at the end of the run.
func (j *junit) event(e Event) {
	switch e := e.(type) {
	case Collected:
		j.begun = e.Time
	case Reported:
		c := j.byID[e.Report.ID]
		if c == nil {
			file, name, ok := strings.Cut(e.Report.ID, "::")
			if !ok {
				file, name = "", strings.TrimSuffix(file, filepath.Ext(file))
			}
			c = &junitCase{file: strings.TrimSuffix(file, filepath.Ext(file)), name: name, attrs: e.Report.Attrs}
			if class, method, ok := strings.Cut(name, "::"); ok {
				c.file, c.name = c.file+"."+class, method
			}
			j.byID[e.Report.ID] = c
			j.cases = append(j.cases, c)
		}
		c.reports = append(c.reports, e.Report)
		c.took = 0
		for _, d := range e.Report.Durations {
			c.took += d
		}
	case Ended:
		j.err = j.write(e.Result)
	}
}

// write writes the file.
func (j *junit) write(r *Result) error {
	var b bytes.Buffer
	host, _ := os.Hostname()
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><testsuites name="asyncrepl tests">`)
	element(&b, "testsuite", "name", "asyncrepl", "errors", fmt.Sprint(r.Errors), "failures", fmt.Sprint(r.Failed),
		"skipped", fmt.Sprint(r.Skipped+r.XFailed), "tests", fmt.Sprint(len(j.cases)), "time", junitTime(r.Duration),
		"timestamp", j.begun.UTC().Format("2006-01-02T15:04:05.000000+00:00"), "hostname", host)
	b.WriteString(">")
	for _, c := range j.cases {
		j.testcase(&b, c)
	}
	b.WriteString("</testsuite></testsuites>")
	if dir := filepath.Dir(j.o.JUnit); dir != "." {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	return os.WriteFile(j.o.JUnit, b.Bytes(), 0o666)
}

// testcase writes one test case.
func (j *junit) testcase(b *bytes.Buffer, c *junitCase) {
	element(b, "testcase", "classname", c.file, "name", c.name, "time", junitTime(c.took))
	empty := b.Len()
	b.WriteString(">")
	begin := b.Len()
	if len(c.attrs) > 0 {
		b.WriteString("<properties>")
		for _, a := range c.attrs {
			element(b, "property", "name", a.Name, "value", a.Value)
			b.WriteString(" />")
		}
		b.WriteString("</properties>")
	}
	for _, r := range c.reports {
		j.outcome(b, r)
	}
	if b.Len() == begin {
		b.Truncate(empty)
		b.WriteString(" />")
		return
	}
	b.WriteString("</testcase>")
}

// outcome writes what a report adds to its test case.
func (j *junit) outcome(b *bytes.Buffer, r *Report) {
	switch r.Outcome {
	case Failed:
		element(b, "failure", "message", r.message())
		b.WriteString(">")
		escape(b, blockText(j.o, r))
		b.WriteString("</failure>")
	case Errored:
		message := fmt.Sprintf(`failed on %s with "%s"`, r.Phase, r.message())
		if r.Phase == Collecting {
			message = "collection failure"
		}
		element(b, "error", "message", message)
		b.WriteString(">")
		escape(b, blockText(j.o, r))
		b.WriteString("</error>")
	case Skipped:
		element(b, "skipped", "type", "pytest.skip", "message", r.Reason)
		b.WriteString(">")
		escape(b, r.Place+": "+r.Reason)
		b.WriteString("</skipped>")
	case XFailed:
		element(b, "skipped", "type", "pytest.xfail", "message", r.Reason)
		b.WriteString(" />")
	}
}

// blockText returns the block of a report as plain text.
func blockText(o *Options, r *Report) string {
	p := &terminal{o: &Options{TB: o.TB, Verbosity: o.Verbosity}, width: 80}
	if o.TB == "line" || o.TB == "no" {
		p.o.TB = ""
	}
	p.block(r)
	return strings.TrimSpace(p.buf.String())
}

// element opens a start tag and writes its attributes; the caller closes it.
func element(b *bytes.Buffer, name string, attrs ...string) {
	b.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		b.WriteString(" " + attrs[i] + `="`)
		var v bytes.Buffer
		escape(&v, attrs[i+1])
		b.WriteString(strings.NewReplacer("\n", "&#10;", "\t", "&#9;", "\r", "&#13;", `"`, "&quot;").Replace(v.String()))
		b.WriteString(`"`)
	}
}

// escape writes text with what XML reserves escaped, and what it cannot hold
// written as in pytest, "#x1B".
func escape(b *bytes.Buffer, text string) {
	for _, r := range text {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == utf8.RuneError || !inXML(r):
			fmt.Fprintf(b, "#x%02X", r)
		default:
			b.WriteRune(r)
		}
	}
}

// inXML reports whether XML 1.0 can hold r.
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}

// junitTime formats seconds.
func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
