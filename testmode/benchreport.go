package testmode

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
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

// A benchTable summarises the results of one unit.
type benchTable struct {
	unit string
	rows []benchRow
}

// A benchRow is the results of one benchmark in one unit.
type benchRow struct {
	name    string
	samples []float64
}

// benchSummary prints, for benchmarks that ran several times, medians and how
// far the results lie from them, as benchstat does.
func (p *terminal) benchSummary() {
	if p.o.Count < 2 || len(p.measured) == 0 {
		return
	}
	few := false
	for _, t := range benchTables(p.measured) {
		p.line(plain, "")
		for _, l := range t.lines(&few) {
			p.line(plain, l)
		}
	}
	if few {
		p.line(plain, fmt.Sprintf("¹ need >= %d samples for confidence interval at level %v", minSamples, confidence))
	}
	p.line(plain, "")
}

// benchTables sorts measurements by unit: time first, then throughput, memory,
// and what benchmarks report themselves.
func benchTables(list []Measurement) []*benchTable {
	var tables []*benchTable
	add := func(name, unit string, v float64) {
		i := slices.IndexFunc(tables, func(t *benchTable) bool { return t.unit == unit })
		if i < 0 {
			i = len(tables)
			tables = append(tables, &benchTable{unit: unit})
		}
		t := tables[i]
		j := slices.IndexFunc(t.rows, func(r benchRow) bool { return r.name == name })
		if j < 0 {
			j = len(t.rows)
			t.rows = append(t.rows, benchRow{name: name})
		}
		t.rows[j].samples = append(t.rows[j].samples, v)
	}
	for _, m := range list {
		name, r := strings.TrimPrefix(m.Name, "Benchmark"), m.Result
		if v, ok := r.Extra["ns/op"]; ok {
			add(name, "sec/op", v/1e9)
		} else if r.N > 0 {
			add(name, "sec/op", r.T.Seconds()/float64(r.N))
		}
		if r.Bytes > 0 && r.T > 0 {
			add(name, "B/s", float64(r.Bytes)*float64(r.N)/r.T.Seconds())
		}
		if m.Memory && r.N > 0 {
			add(name, "B/op", float64(r.AllocedBytesPerOp()))
			add(name, "allocs/op", float64(r.AllocsPerOp()))
		}
		var units []string
		for u := range r.Extra {
			if u != "ns/op" {
				units = append(units, u)
			}
		}
		slices.Sort(units)
		for _, u := range units {
			add(name, u, r.Extra[u])
		}
	}
	return tables
}

// lines returns the table as text; few is set if a row has too few samples to
// say how far they spread.
func (t *benchTable) lines(few *bool) []string {
	type cell struct{ name, value, spread string }
	var cells []cell
	logs := 0.0
	for _, r := range t.rows {
		mid, spread := median(r.samples)
		logs += math.Log(mid)
		c := cell{r.name, scaled(mid, t.unit), "± " + spread}
		if spread == "∞" {
			*few = true
			c.spread += " ¹"
		}
		cells = append(cells, c)
	}
	if mean := math.Exp(logs / float64(len(t.rows))); len(t.rows) > 1 && !math.IsNaN(mean) && mean > 0 {
		cells = append(cells, cell{"geomean", scaled(mean, t.unit), ""})
	}
	var names, values, spreads int
	for _, c := range cells {
		names, values, spreads = max(names, textWidth(c.name)), max(values, textWidth(c.value)), max(spreads, textWidth(c.spread))
	}
	inner := max(values+1+spreads, textWidth(t.unit))
	lead := (inner - textWidth(t.unit)) / 2
	lines := []string{fmt.Sprintf("%-*s │ %s%s%s │", names, "", spaces(lead), t.unit, spaces(inner-lead-textWidth(t.unit)))}
	for _, c := range cells {
		l := c.name + spaces(names-textWidth(c.name)) + "   " + spaces(values-textWidth(c.value)) + c.value + " " + c.spread
		lines = append(lines, strings.TrimRight(l, " "))
	}
	return lines
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }

const (
	// confidence is how likely the true median lies within the spread.
	confidence = 0.95
	// minSamples is how many results that takes.
	minSamples = 6
)

// median returns the middle of the samples, and how far the ends of its
// confidence interval lie from it, in percent. The interval is that of order
// statistics: it supposes nothing about the distribution.
func median(samples []float64) (mid float64, spread string) {
	s := slices.Sorted(slices.Values(samples))
	n := len(s)
	mid = (s[(n-1)/2] + s[n/2]) / 2
	if n < minSamples {
		return mid, "∞"
	}
	// The number of samples below the median is binomial: drop as many on
	// either side as the level allows.
	drop, tail, p := 0, 0.0, math.Pow(0.5, float64(n))
	for k := 0; tail+p <= (1-confidence)/2; k++ {
		tail += p
		p *= float64(n-k) / float64(k+1)
		drop = k
	}
	low, high := s[drop], s[n-1-drop]
	if mid == 0 {
		if low == 0 && high == 0 {
			return mid, "0%"
		}
		return mid, "?"
	}
	return mid, fmt.Sprintf("%.0f%%", 100*math.Max(high-mid, mid-low)/math.Abs(mid))
}

// scaled formats a value with four digits and the prefix of its size: decimal,
// but binary for bytes.
func scaled(v float64, unit string) string {
	step, prefixes := 1000.0, []string{"", "k", "M", "G", "T"}
	if strings.HasPrefix(unit, "B") {
		step, prefixes = 1024, []string{"", "Ki", "Mi", "Gi", "Ti"}
	}
	prefix := prefixes[0]
	switch {
	case v == 0:
		return "0.000"
	case math.Abs(v) < 1 && strings.HasPrefix(unit, "sec"):
		for _, p := range []string{"m", "µ", "n"} {
			v, prefix = v*1000, p
			if math.Abs(v) >= 1 {
				break
			}
		}
	default:
		for i := 1; i < len(prefixes) && math.Abs(v) >= step; i++ {
			v, prefix = v/step, prefixes[i]
		}
	}
	digits := 3
	for limit := 10.0; limit <= 1000 && math.Abs(v) >= limit; limit *= 10 {
		digits--
	}
	return fmt.Sprintf("%.*f%s", digits, v, prefix)
}
