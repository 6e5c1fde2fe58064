package check

import "go/types"

// suggestion returns "did you mean X?" for the name nearest to wrong, or
// nothing if none is near.
func suggestion(wrong string, names []string, prefix string) string {
	if n := Nearest(wrong, names); n != "" {
		return "did you mean " + prefix + n + "?"
	}
	return ""
}

// Nearest returns the one of names with the smallest edit distance to wrong,
// or "" if even that one is more than a third of it away.
func Nearest(wrong string, names []string) string {
	if len(wrong) < 3 {
		return "" // anything is near
	}
	best, bestD := "", max(1, len(wrong)/3)+1
	for _, n := range names {
		if n == wrong || abs(len(n)-len(wrong)) >= bestD {
			continue
		}
		if d := distance(wrong, n); d < bestD || d == bestD && n < best && best != "" {
			best, bestD = n, d
		}
	}
	return best
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// distance is the number of insertions, deletions, substitutions and swaps of
// neighbours that turn a into b (Damerau and Levenshtein's, restricted); a
// change of case counts half, rounded down over all.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = 2 * j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = 2 * i
		for j := 1; j <= len(b); j++ {
			cost := 2
			switch {
			case a[i-1] == b[j-1]:
				cost = 0
			case a[i-1]|0x20 == b[j-1]|0x20:
				cost = 1
			}
			cur[j] = min(prev[j]+2, cur[j-1]+2, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+2)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return (prev[len(b)] + 1) / 2
}

// Suggest returns the name nearest to wrong that a cell can mention, or "".
func (c *Checker) Suggest(wrong string) string { return Nearest(wrong, c.visible(nil)) }

// Predeclared returns what is predeclared under that name, or nil.
func (c *Checker) Predeclared(name string) types.Object {
	if obj := types.Universe.Lookup(name); obj != nil {
		return obj
	}
	if !preludeNames[name] {
		return nil
	}
	p, err := c.Prelude()
	if err != nil {
		return nil
	}
	return p.Scope().Lookup(name)
}
