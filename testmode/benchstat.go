package testmode

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

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
// far the results lie from them, as benchstat does; beside those of the run
// before, if there was one.
func (p *terminal) benchSummary() {
	if p.o.Count < 2 || len(p.measured) == 0 {
		return
	}
	few := false
	before := benchTables(p.measuredBefore)
	for _, t := range benchTables(p.measured) {
		p.line(plain, "")
		for _, l := range t.lines(before, &few) {
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

// samples returns the results of a benchmark, none if there are none.
func samples(tables []*benchTable, unit, name string) []float64 {
	for _, t := range tables {
		for _, r := range t.rows {
			if t.unit == unit && r.name == name {
				return r.samples
			}
		}
	}
	return nil
}

// A benchColumn is a column of a table: values with their spread.
type benchColumn struct {
	title           string
	values, spreads []string
	width, inner    int // of the values, and of all
	logs            float64
}

// add adds the results of a benchmark.
func (c *benchColumn) add(samples []float64, unit string, few *bool) {
	if len(samples) == 0 {
		c.values, c.spreads, c.logs = append(c.values, ""), append(c.spreads, ""), math.NaN()
		return
	}
	mid, spread := median(samples)
	c.logs += math.Log(mid)
	if spread == "∞" {
		*few = true
		spread += " ¹"
	}
	c.values, c.spreads = append(c.values, scaled(mid, unit)), append(c.spreads, "± "+spread)
}

// mean adds the geometric mean, if there is one, and reports whether there is.
func (c *benchColumn) mean(unit string) bool {
	mean := math.Exp(c.logs / float64(len(c.values)))
	ok := len(c.values) > 1 && mean > 0 && !math.IsInf(mean, 0)
	text := ""
	if ok {
		text = scaled(mean, unit)
	}
	c.values, c.spreads = append(c.values, text), append(c.spreads, "")
	return ok
}

// measure finds out how wide the column is.
func (c *benchColumn) measure(unit string) {
	spread := 0
	for i := range c.values {
		c.width, spread = max(c.width, textWidth(c.values[i])), max(spread, textWidth(c.spreads[i]))
	}
	c.inner = max(c.width+1+spread, textWidth(unit), textWidth(c.title))
}

// head returns the column's text in a head line.
func (c *benchColumn) head(text string) string {
	lead := (c.inner - textWidth(text)) / 2
	return spaces(lead) + text + spaces(c.inner-lead-textWidth(text))
}

// cell returns the column's text in a row.
func (c *benchColumn) cell(i int) string {
	text := spaces(c.width-textWidth(c.values[i])) + c.values[i] + " " + c.spreads[i]
	return text + spaces(c.inner-textWidth(text))
}

// lines returns the table as text, beside what was measured before; few is set
// if a benchmark has too few samples to say how far they spread.
func (t *benchTable) lines(before []*benchTable, few *bool) []string {
	now, old := &benchColumn{title: "now"}, &benchColumn{title: "before"}
	var names, changes []string
	compared := false
	for _, r := range t.rows {
		earlier := samples(before, t.unit, r.name)
		compared = compared || earlier != nil
		names = append(names, r.name)
		now.add(r.samples, t.unit, few)
		changes = append(changes, change(earlier, r.samples))
	}
	columns := []*benchColumn{now}
	if compared {
		columns = []*benchColumn{old, now}
		for _, r := range t.rows {
			old.add(samples(before, t.unit, r.name), t.unit, few)
		}
	}
	names, changes = append(names, "geomean"), append(changes, "")
	has := now.mean(t.unit)
	if compared && old.mean(t.unit) && has {
		changes[len(changes)-1] = fmt.Sprintf("%+.2f%%", 100*(math.Exp((now.logs-old.logs)/float64(len(t.rows)))-1))
	}
	if !has {
		names = names[:len(names)-1]
	}
	wide := 0
	for _, n := range names {
		wide = max(wide, textWidth(n))
	}
	for _, c := range columns {
		c.measure(t.unit)
	}
	head := func(text func(c *benchColumn) string) string {
		l := spaces(wide)
		for _, c := range columns {
			l += " │ " + c.head(text(c))
		}
		return l + " │"
	}
	var lines []string
	if compared {
		lines = append(lines, head(func(c *benchColumn) string { return c.title }))
	}
	lines = append(lines, head(func(*benchColumn) string { return t.unit }))
	for i, n := range names {
		l := n + spaces(wide-textWidth(n))
		for _, c := range columns {
			l += "   " + c.cell(i)
		}
		if compared {
			l += "   " + changes[i]
		}
		lines = append(lines, strings.TrimRight(l, " "))
	}
	return lines
}

// significant is how unlikely a difference must be by chance to be shown.
const significant = 0.05

// change tells by how much the medians differ, or "~" if that may be chance.
func change(before, now []float64) string {
	if len(before) == 0 {
		return ""
	}
	p := chance(before, now)
	a, _ := median(before)
	b, _ := median(now)
	n := fmt.Sprintf("n=%d", len(now))
	if len(before) != len(now) {
		n = fmt.Sprintf("n=%d+%d", len(before), len(now))
	}
	delta := "~"
	if p <= significant && a != 0 {
		delta = fmt.Sprintf("%+.2f%%", 100*(b/a-1))
	}
	return fmt.Sprintf("%s (p=%.3f %s)", delta, p, n)
}

// chance returns how likely it is that two sets of samples of the same
// distribution lie at least as far apart as these: it is the rank test of Mann
// and Whitney, two-sided, exact if no values are equal and there are not too
// many.
func chance(a, b []float64) float64 {
	n, m := len(a), len(b)
	u, ties := 0.0, false
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				u++
			case x == y:
				u += 0.5
				ties = true
			}
		}
	}
	u = math.Min(u, float64(n*m)-u)
	if ties || n > 25 || m > 25 {
		all := slices.Concat(a, b)
		slices.Sort(all)
		correction := 0.0 // for equal values
		for i := 0; i < len(all); {
			j := i
			for j < len(all) && all[j] == all[i] {
				j++
			}
			t := float64(j - i)
			correction += t*t*t - t
			i = j
		}
		size := float64(n + m)
		variance := float64(n*m) / 12 * (size + 1 - correction/(size*(size-1)))
		if variance <= 0 {
			return 1
		}
		z := (float64(n*m)/2 - u - 0.5) / math.Sqrt(variance)
		return math.Min(1, math.Erfc(math.Max(z, 0)/math.Sqrt2))
	}
	// ways[k][s] is in how many ways k values of a can have s values of b
	// below them, all together, among the values looked at so far.
	ways := make([][]float64, n+1)
	for k := range ways {
		ways[k] = make([]float64, n*m+1)
	}
	ways[0][0] = 1
	for rank := range n + m {
		for k := min(n, rank+1); k >= 1; k-- {
			below := rank - (k - 1) // values of b, if this is the k-th of a
			if below < 0 || below > m {
				continue
			}
			for s := n * m; s >= below; s-- {
				ways[k][s] += ways[k-1][s-below]
			}
		}
	}
	total, tail := 0.0, 0.0
	for s, w := range ways[n] {
		total += w
		if float64(s) <= u {
			tail += w
		}
	}
	return math.Min(1, 2*tail/total)
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
