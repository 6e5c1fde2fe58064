package assertion

import (
	"strings"
	"unicode"

	"github.com/pmezard/go-difflib/difflib"
)

// ndiff compares lines and marks what differs inside similar ones, in the form
// of Python's difflib.ndiff: "- " for lines of a, "+ " for lines of b, "  " for
// common lines, "? " for the marks.
func ndiff(a, b []string) []string {
	d := differ{a: a, b: b}
	m := difflib.NewMatcherWithJunk(a, b, true, nil)
	for _, op := range m.GetOpCodes() {
		switch op.Tag {
		case 'r':
			d.replace(op.I1, op.I2, op.J1, op.J2)
		case 'd':
			d.dump("- ", a[op.I1:op.I2])
		case 'i':
			d.dump("+ ", b[op.J1:op.J2])
		default:
			d.dump("  ", a[op.I1:op.I2])
		}
	}
	return d.out
}

// A differ writes an ndiff.
type differ struct{ a, b, out []string }

func (d *differ) dump(mark string, lines []string) {
	for _, l := range lines {
		d.out = append(d.out, mark+l)
	}
}

const (
	similar    = 0.74999 // how similar lines must be to be compared inside
	window     = 10      // how far apart similar lines are looked for
	maxInside  = 2000    // length of the longest line compared inside
	maxReplace = 2000    // size of the largest block searched for similar lines
)

// replace writes a block of lines replaced by another: similar lines are paired
// and marked.
func (d *differ) replace(alo, ahi, blo, bhi int) {
	doneA, doneB := alo, blo
	if ahi-alo <= maxReplace && bhi-blo <= maxReplace {
		for j := blo; j < bhi; j++ {
			even := alo + j - blo
			best, ratio := -1, similar
			from, to := max(even-window, doneA), min(even+window+1, ahi)
			if from >= to {
				break
			}
			for i := from; i < to; i++ {
				if r := likeness(d.a[i], d.b[j], ratio); r > ratio {
					best, ratio = i, r
				}
			}
			if best < 0 {
				continue
			}
			d.plain(doneA, best, doneB, j)
			d.pair(d.a[best], d.b[j])
			doneA, doneB = best+1, j+1
		}
	}
	d.plain(doneA, ahi, doneB, bhi)
}

// plain writes blocks without pairs, the shorter one first.
func (d *differ) plain(alo, ahi, blo, bhi int) {
	if bhi-blo < ahi-alo {
		d.dump("+ ", d.b[blo:bhi])
		d.dump("- ", d.a[alo:ahi])
		return
	}
	d.dump("- ", d.a[alo:ahi])
	d.dump("+ ", d.b[blo:bhi])
}

// pair writes two similar lines with marks.
func (d *differ) pair(a, b string) {
	if a == b {
		d.dump("  ", []string{a})
		return
	}
	var am, bm strings.Builder
	for _, op := range matcher(a, b).GetOpCodes() {
		la, lb := op.I2-op.I1, op.J2-op.J1
		switch op.Tag {
		case 'r':
			am.WriteString(strings.Repeat("^", la))
			bm.WriteString(strings.Repeat("^", lb))
		case 'd':
			am.WriteString(strings.Repeat("-", la))
		case 'i':
			bm.WriteString(strings.Repeat("+", lb))
		default:
			am.WriteString(strings.Repeat(" ", la))
			bm.WriteString(strings.Repeat(" ", lb))
		}
	}
	d.marked("- ", a, am.String())
	d.marked("+ ", b, bm.String())
}

// marked writes a line and its marks, if there are any.
func (d *differ) marked(sign, line, marks string) {
	d.out = append(d.out, sign+line)
	runes := []rune(marks)
	for i, r := range []rune(line) {
		if i < len(runes) && runes[i] == ' ' && unicode.IsSpace(r) {
			runes[i] = r
		}
	}
	if m := strings.TrimRightFunc(string(runes), unicode.IsSpace); m != "" {
		d.out = append(d.out, "? "+m)
	}
}

// likeness is how similar two lines are, from 0 to 1; it may be less if it is
// not more than least anyway.
func likeness(a, b string, least float64) float64 {
	if len(a) > maxInside || len(b) > maxInside {
		if a == b {
			return 1
		}
		return 0
	}
	if a == b {
		return 1
	}
	m := matcher(a, b)
	if m.RealQuickRatio() <= least || m.QuickRatio() <= least {
		return 0
	}
	return m.Ratio()
}

// matcher compares two lines by characters; blanks do not synchronise.
func matcher(a, b string) *difflib.SequenceMatcher {
	return difflib.NewMatcherWithJunk(strings.Split(a, ""), strings.Split(b, ""), true,
		func(s string) bool { return s == " " || s == "\t" })
}
