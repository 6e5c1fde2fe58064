package assertion

import (
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode"
)

// difference tells in what the sides of a comparison differ, or returns nil if
// there is nothing to add to their values.
func (x *explainer) difference(op string, l, r value) []string {
	switch op {
	case "==":
		return x.equality(l, r)
	case "!=":
		if l.kind() == reflect.Pointer && !l.isNil() && !r.isNil() {
			return nil
		}
	}
	return nil
}

// equality tells why l == r is false.
func (x *explainer) equality(l, r value) []string {
	switch {
	case l.isNil() && r.isNil():
		return typedNil(l, r)
	case l.isNil() || r.isNil():
		if d := chainDetails(l); d != nil {
			return d
		}
		return chainDetails(r)
	case l.kind() == reflect.Pointer && r.kind() == reflect.Pointer && l.err() == nil:
		if l.typ() == r.typ() && equal(l.elem(), r.elem()) {
			return []string{"The pointers differ; what they point to is equal"}
		}
		return append([]string{"The pointers differ"}, x.deepDifference(l.elem(), r.elem())...)
	}
	return x.deepDifference(l, r)
}

// typedNil tells how two nils can differ: by their types.
func typedNil(l, r value) []string {
	switch {
	case l.typ() == r.typ():
		return nil
	case r.kind() == reflect.Invalid:
		return []string{"Left is not nil: it is an interface that holds a nil " + l.typ()}
	case l.kind() == reflect.Invalid:
		return []string{"Right is not nil: it is an interface that holds a nil " + r.typ()}
	}
	return []string{"Left holds a nil " + l.typ() + ", right a nil " + r.typ()}
}

// deepDifference tells in what two values differ in depth.
func (x *explainer) deepDifference(l, r value) []string {
	if l.isNil() != r.isNil() {
		if l.kind() == reflect.Slice && r.kind() == reflect.Slice && l.size()+r.size() == 0 {
			return []string{"One is nil, the other is empty"}
		}
	}
	if l.kind() == reflect.Pointer && r.kind() == reflect.Pointer && l.typ() == r.typ() && !l.isNil() && !r.isNil() {
		return x.deepDifference(l.elem(), r.elem())
	}
	if l.err() != nil && r.err() != nil {
		return errorsDetails(l, r)
	}
	if !l.isNil() && !r.isNil() && l.typ() != r.typ() && (isComposite(l) || isComposite(r) || full(l) == full(r)) {
		return []string{"The types differ: " + l.typ() + " != " + r.typ()}
	}
	return x.sameType(l, r)
}

// isComposite reports whether the value has parts.
func isComposite(v value) bool {
	switch v.kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map, reflect.Pointer:
		return true
	}
	return false
}

func isNumber(v value) bool {
	p := v.plain()
	return p.IsValid() && (p.CanInt() || p.CanUint() || p.CanFloat())
}

// sameType tells in what two values of one kind differ.
func (x *explainer) sameType(l, r value) []string {
	a, aok := l.text()
	b, bok := r.text()
	if aok && bok {
		return x.textDifference(a, b)
	}
	if l.kind() != r.kind() {
		return floatDifference(l, r)
	}
	switch l.kind() {
	case reflect.Slice, reflect.Array:
		return x.sequences(l, r)
	case reflect.Map:
		return x.maps(l, r)
	case reflect.Struct:
		return x.structs(l, r)
	}
	return floatDifference(l, r)
}

// floatDifference tells by how much two numbers differ, if one is a float.
func floatDifference(l, r value) []string {
	a, b := l.plain(), r.plain()
	if !isNumber(l) || !isNumber(r) || !a.CanFloat() && !b.CanFloat() {
		return nil
	}
	f, g := number(a), number(b)
	d := f - g
	switch {
	case math.IsNaN(f) || math.IsNaN(g):
		return []string{"NaN is not equal to anything, itself included"}
	case math.IsInf(d, 0):
		return nil
	}
	return []string{"Difference: " + floatText(d, 64)}
}

func number(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	}
	return v.Float()
}

// textDifference tells in what two texts differ.
func (x *explainer) textDifference(left, right string) []string {
	var lines []string
	l, r := []rune(left), []rune(right)
	if x.verbosity < 1 {
		l, r, lines = skipCommon(l, r)
	}
	a, b := string(l), string(r)
	if isSpace(a) || isSpace(b) {
		a, b = fmt.Sprintf("%q", a), fmt.Sprintf("%q", b)
		lines = append(lines, "Strings contain only whitespace, escaping them using %q")
	}
	return append(lines, ndiff(splitLines(b), splitLines(a))...)
}

// skipCommon leaves out long common ends of two texts.
func skipCommon(l, r []rune) (a, b []rune, lines []string) {
	n := min(len(l), len(r))
	i := 0
	for i < n && l[i] == r[i] {
		i++
	}
	if i > 42 {
		i -= 10
		lines = append(lines, fmt.Sprintf("Skipping %d identical leading characters in diff, use -v to show", i))
		l, r = l[i:], r[i:]
	}
	if len(l) == len(r) {
		n, i = len(l), 0
		for i < n && l[n-1-i] == r[n-1-i] {
			i++
		}
		if i > 41 {
			i -= 9
			lines = append(lines, fmt.Sprintf("Skipping %d identical trailing characters in diff, use -v to show", i))
			l, r = l[:n-i], r[:n-i]
		}
	}
	return l, r, lines
}

func isSpace(s string) bool { return s != "" && strings.TrimFunc(s, unicode.IsSpace) == "" }

// splitLines splits text into lines; unlike strings.Split it has none after a
// final newline.
func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// sequences tells in what two slices or arrays differ.
func (x *explainer) sequences(l, r value) []string {
	var lines []string
	bl, lb := l.bytes()
	br, rb := r.bytes()
	hexed := lb && rb
	for i := range min(l.size(), r.size()) {
		a, b := l.index(i), r.index(i)
		if equal(a, b) {
			continue
		}
		if hexed {
			lines = append(lines, fmt.Sprintf("At index %d diff: 0x%02x != 0x%02x", i, bl[i], br[i]))
		} else {
			lines = append(lines, fmt.Sprintf("At index %d diff: %s != %s", i, repr(a, x.limit()), repr(b, x.limit())))
		}
		break
	}
	if n := l.size() - r.size(); n != 0 {
		side, longer, at := "Left", l, r.size()
		if n < 0 {
			side, longer, at, n = "Right", r, l.size(), -n
		}
		extra := repr(longer.index(at), x.limit())
		if n == 1 {
			lines = append(lines, side+" contains one more item: "+extra)
		} else {
			lines = append(lines, fmt.Sprintf("%s contains %d more items, first extra item: %s", side, n, extra))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if hexed && (x.verbosity > 0 || x.ci) {
		return append(append(lines, "", "Full diff:"), ndiff(dump(br), dump(bl))...)
	}
	return append(lines, x.fullDifference(l, r)...)
}

// dump writes bytes in hex, 16 a line.
func dump(b []byte) []string { return splitLines(hex.Dump(b)) }

// limit is how long a value inside an explanation may be.
func (x *explainer) limit() int {
	if x.verbosity >= 2 {
		return 0
	}
	return 240
}

// fullDifference compares the values line by line, if asked to.
func (x *explainer) fullDifference(l, r value) []string {
	if x.verbosity < 1 && !x.ci {
		return []string{"Use -v to get more diff"}
	}
	return append([]string{"", "Full diff:"}, ndiff(pretty(r), pretty(l))...)
}

// maps tells in what two maps differ.
func (x *explainer) maps(l, r value) []string {
	if isSet(l) && isSet(r) {
		return x.sets(l, r)
	}
	var lines, same, differing, left, right []string
	mine, theirs := l.entries(), index(r.entries())
	ours := index(mine)
	one := func(e entry) string { return "{" + pair(e, l.typ(), x.limit()) + "}" }
	for _, e := range mine {
		o, ok := theirs[full(e.key)]
		switch {
		case !ok:
			left = append(left, one(e))
		case equal(e.value, o.value):
			same = append(same, one(e))
		default:
			differing = append(differing, one(e)+" != "+one(o))
		}
	}
	for _, e := range r.entries() {
		if _, ok := ours[full(e.key)]; !ok {
			right = append(right, one(e))
		}
	}
	if len(same) > 0 {
		if x.verbosity < 2 {
			lines = append(lines, fmt.Sprintf("Omitting %d identical items, use -vv to show", len(same)))
		} else {
			lines = append(append(lines, "Common items:"), joinItems(same)...)
		}
	}
	if len(differing) > 0 {
		lines = append(append(lines, "Differing items:"), differing...)
	}
	for _, extra := range []struct {
		side  string
		items []string
	}{{"Left", left}, {"Right", right}} {
		if n := len(extra.items); n > 0 {
			s := "s"
			if n == 1 {
				s = ""
			}
			lines = append(append(lines, fmt.Sprintf("%s contains %d more item%s:", extra.side, n, s)), joinItems(extra.items)...)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return append(lines, x.fullDifference(l, r)...)
}

// pair writes an entry of a map of type t.
func pair(e entry, t string, limit int) string {
	p := printer{items: 6, entries: 4, levels: 6, room: 4 * max(limit, 240)}
	if limit == 0 {
		p.items, p.entries, p.levels, p.room = -1, -1, 100, 1<<20
	}
	p.value(e.key, keyType(t), 1)
	p.b.WriteString(": ")
	p.value(e.value, elemType(t), 1)
	if limit == 0 {
		return p.b.String()
	}
	return ellipsize(p.b.String(), limit)
}

// joinItems writes several "{entry}" as one literal over several lines.
func joinItems(items []string) []string {
	lines := make([]string, len(items))
	for i, it := range items {
		it = strings.TrimSuffix(strings.TrimPrefix(it, "{"), "}")
		lead, tail := " ", ","
		if i == 0 {
			lead = "{"
		}
		if i == len(items)-1 {
			tail = "}"
		}
		lines[i] = lead + it + tail
	}
	return lines
}

// isSet reports whether v is a map used as a set.
func isSet(v value) bool {
	switch elemType(v.typ()) {
	case "struct {}", "struct{}":
		return true
	case "bool":
		for _, e := range v.entries() {
			if p := e.value.plain(); !p.IsValid() || p.Kind() != reflect.Bool || !p.Bool() {
				return false
			}
		}
		return true
	}
	return false
}

// sets tells in what two sets differ.
func (x *explainer) sets(l, r value) []string {
	var lines []string
	extra := func(a, b value, side string) {
		theirs := index(b.entries())
		first := true
		for _, e := range a.entries() {
			if _, ok := theirs[full(e.key)]; ok {
				continue
			}
			if first {
				lines = append(lines, "Extra items in the "+side+" set:")
				first = false
			}
			lines = append(lines, repr(e.key, x.limit()))
		}
	}
	extra(l, r, "left")
	extra(r, l, "right")
	if len(lines) == 0 {
		return nil
	}
	return append(lines, x.fullDifference(l, r)...)
}

// structs tells in which fields two structs differ, and drills down.
func (x *explainer) structs(l, r value) []string {
	if l.size() != r.size() {
		return nil
	}
	type field struct {
		name string
		l, r value
	}
	var same []string
	var differing []field
	for i := range l.size() {
		name, a := l.field(i)
		_, b := r.field(i)
		if equal(a, b) {
			same = append(same, name)
		} else {
			differing = append(differing, field{name, a, b})
		}
	}
	if len(differing) == 0 {
		return nil
	}
	lines := []string{""}
	if len(same) > 0 {
		if x.verbosity < 2 {
			lines = append(lines, fmt.Sprintf("Omitting %d identical items, use -vv to show", len(same)))
		} else {
			lines = append(lines, "Matching fields:", names(same))
		}
	}
	var diff []string
	for _, f := range differing {
		diff = append(diff, f.name)
	}
	lines = append(lines, "Differing fields:", names(diff))
	for _, f := range differing {
		lines = append(lines, "", "Drill down into differing field "+f.name+":",
			"  "+f.name+": "+repr(f.l, x.limit())+" != "+repr(f.r, x.limit()))
		for _, l := range x.deepDifference(f.l, f.r) {
			lines = append(lines, "  "+l)
		}
	}
	return lines
}

// names writes a list of names.
func names(list []string) string { return "[" + strings.Join(list, ", ") + "]" }

// maxChain bounds the errors of a chain that are listed.
const maxChain = 20

// chainDetails lists the errors that an error wraps; nil if it is none or wraps
// nothing.
func chainDetails(v value) []string {
	err := v.err()
	if err == nil {
		return nil
	}
	var lines []string
	chain(err, "  ", &lines)
	if len(lines) < 2 {
		return nil
	}
	return append([]string{"Error chain:"}, lines...)
}

// chain lists an error and what it wraps.
func chain(err error, indent string, lines *[]string) {
	for err != nil && len(*lines) < maxChain {
		*lines = append(*lines, indent+Repr(err, 240))
		one, many := unwrap(err)
		for _, e := range many {
			chain(e, indent+"  ", lines)
		}
		err = one
	}
}

// unwrap returns what an error wraps; nothing if it panics when it is asked.
func unwrap(err error) (one error, many []error) {
	defer func() {
		if recover() != nil {
			one, many = nil, nil
		}
	}()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return e.Unwrap(), nil
	case interface{ Unwrap() []error }:
		return nil, e.Unwrap()
	}
	return nil, nil
}

// errorsDetails tells in what two errors differ.
func errorsDetails(l, r value) []string {
	a, b := l.err(), r.err()
	var lines []string
	switch {
	case l.typ() != r.typ():
		lines = append(lines, "The types differ: "+l.typ()+" != "+r.typ())
	case full(l) == full(r):
		lines = append(lines, "The errors are different values with the same text")
	}
	switch {
	case is(a, b):
		lines = append(lines, "errors.Is(left, right) is true")
	case is(b, a):
		lines = append(lines, "errors.Is(right, left) is true")
	}
	lines = append(lines, chainDetails(l)...)
	if len(lines) == 0 {
		return nil
	}
	return lines
}

// is is errors.Is, except that it ends, and is false where that panics.
func is(err, target error) bool {
	budget := maxChain
	return isWithin(err, target, &budget)
}

// isWithin looks at no more errors than the budget allows.
func isWithin(err, target error, budget *int) bool {
	for err != nil && *budget > 0 {
		*budget--
		if matches(err, target) {
			return true
		}
		one, many := unwrap(err)
		for _, e := range many {
			if isWithin(e, target, budget) {
				return true
			}
		}
		err = one
	}
	return false
}

// matches reports whether an error is, or says it is, the target.
func matches(err, target error) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	if reflect.TypeOf(target).Comparable() && err == target {
		return true
	}
	x, ok := err.(interface{ Is(error) bool })
	return ok && x.Is(target)
}
