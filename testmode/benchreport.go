package testmode

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// benchHeader prints the machine, as go test does before benchmarks.
func (p *terminal) benchHeader(e Collected) {
	if p.total == 0 {
		return
	}
	p.line(plain, "goos: "+runtime.GOOS)
	p.line(plain, "goarch: "+runtime.GOARCH)
	if cpu := processor(); cpu != "" {
		p.line(plain, "cpu: "+cpu)
	}
	for _, t := range e.Tests {
		name, _, _ := strings.Cut(t.Name, "[")
		p.benchWidth = max(p.benchWidth, len(name))
	}
	if n := runtime.GOMAXPROCS(0); n != 1 {
		p.benchWidth += len(fmt.Sprint("-", n))
	}
}

// processor returns the name of the processor, or "" if it is not known.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), ":")
		if ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// benchLine prints the result of a benchmark as go test does.
func (p *terminal) benchLine(m Measurement) {
	p.line(plain, fmt.Sprintf("%-*s\t%s", p.benchWidth, m.Name, m))
}

// benchOutcome prints that a benchmark has no result.
func (p *terminal) benchOutcome(r *Report) {
	if r.Outcome == Passed {
		return
	}
	p.write(plain, nodeName(r.ID)+" ")
	p.write(outcomeStyle(r.Outcome), r.Outcome.word())
	if r.Reason != "" {
		p.write(plain, " ("+r.Reason+")")
	}
	p.line(plain, "")
}
