package assertion

import (
	"os"
	"strings"
)

// Explain returns the lines that explain why the condition is false: first
// "assert " and the condition with values in it, then either where the values
// come from or in what the sides of a comparison differ. Verbosity 1 shows
// more of a difference, 2 all of it. width is that of the page, 80 if it is not
// given. Values that panic when they are asked for their text are shown in
// another way, or not at all.
func (r *Record) Explain(verbosity int, width ...int) (lines []string) {
	defer func() {
		if recover() != nil {
			lines = []string{"assert " + r.expr.Root.Text}
		}
	}()
	x := explainer{record: r, verbosity: verbosity, width: 80}
	x.ci = os.Getenv("CI") != "" || os.Getenv("BUILD_NUMBER") != ""
	if len(width) > 0 && width[0] > 0 {
		x.width = width[0]
	}
	t := x.node(r.expr.Root, false)
	lines = append([]string{"assert " + t.text}, t.details...)
	if verbosity < 2 && !x.ci && len(t.details) > 0 {
		lines = truncate(lines)
	}
	for i := range lines {
		if i > 0 {
			lines[i] = "  " + lines[i]
		}
	}
	return append(lines, layout(t.wheres, 1)...)
}

// An explainer explains one failure.
type explainer struct {
	record    *Record
	verbosity int
	width     int
	ci        bool
}

// A told is an expression as it is told: text with values in it, where these
// come from, and in what a comparison's sides differ.
type told struct {
	text    string
	wheres  []where
	details []string
}

// A where is a line "where value = expression", with those for parts of the
// expression.
type where struct {
	text string
	kids []where
}

// layout turns wheres into lines.
func layout(list []where, level int) []string {
	var lines []string
	for i, w := range list {
		word := "where "
		if i > 0 {
			word = "and   "
		}
		lines = append(lines, " +"+strings.Repeat("  ", level)+word+w.text)
		lines = append(lines, layout(w.kids, level+1)...)
	}
	return lines
}

// show formats a value in running text.
func (x *explainer) show(v any) string {
	switch {
	case x.verbosity >= 2:
		return Repr(v, 0)
	case x.verbosity == 1:
		return Repr(v, 2400)
	}
	return Repr(v, 240)
}

// node tells n, whose value, if it is a truth value, is known to be want.
func (x *explainer) node(n *Node, want bool) told {
	switch n.Op {
	case "paren":
		return x.node(n.Kids[0], want)
	case "and", "or":
		return x.junction(n, want)
	case "not":
		return x.negation(n, want)
	case "binary":
		return x.binary(n, want)
	case "call":
		return x.call(n, want)
	case "selector":
		return x.selector(n)
	case "await":
		return x.await(n)
	case "typeassert":
		v, ok := x.record.value(n)
		if !ok || len(n.Kids) == 0 {
			return told{text: n.Text}
		}
		k := x.node(n.Kids[0], false)
		return x.from(v, k.text+strings.TrimPrefix(n.Text, n.Kids[0].Text), k.wheres)
	case "lit":
		return told{text: n.Text}
	}
	return x.plain(n)
}

// plain tells n by its value, or by its text if that is not known.
func (x *explainer) plain(n *Node) told {
	if n.ID >= 0 {
		if v, ok := x.record.value(n); ok {
			if valueOf(v).kind().String() == "func" && n.Op == "ident" {
				return told{text: n.Text}
			}
			return told{text: x.show(v)}
		}
	}
	if n.Op == "unary" && len(n.Kids) == 1 && !fixed(n) {
		k := x.node(n.Kids[0], false)
		return told{text: n.Operator + k.text, wheres: k.wheres}
	}
	return told{text: n.Text}
}

// from tells a value that comes from an expression.
func (x *explainer) from(v any, expression string, kids []where) told {
	text := x.show(v)
	return told{text: text, wheres: []where{{text: text + " = " + expression, kids: kids}}}
}

// junction tells the operands of && and || that were evaluated.
func (x *explainer) junction(n *Node, want bool) told {
	operands := flatten(n, n.Op)
	last := -1
	for i, k := range operands {
		if x.record.evaluated(k) {
			last = i
		}
	}
	for last+1 < len(operands) && fixed(operands[last+1]) {
		last++
	}
	sign := " && "
	if n.Op == "or" {
		sign = " || "
	}
	var t told
	var texts []string
	for i, k := range operands[:last+1] {
		// All operands of a true && are true, and of a false || false;
		// otherwise the last one decided.
		value := want
		if i < last && (n.Op == "and") != want {
			value = !want
		}
		sub := x.node(k, value)
		texts = append(texts, sub.text)
		t.wheres = append(t.wheres, sub.wheres...)
		t.details = append(t.details, sub.details...)
	}
	t.text = "(" + strings.Join(texts, sign) + ")"
	return t
}

// flatten returns the operands of nested && or ||.
func flatten(n *Node, op string) []*Node {
	if n.Op != op {
		return []*Node{n}
	}
	var list []*Node
	for _, k := range n.Kids {
		list = append(list, flatten(k, op)...)
	}
	return list
}

// negation tells "!".
func (x *explainer) negation(n *Node, want bool) told {
	inner := n.Kids[0]
	for inner.Op == "paren" {
		inner = inner.Kids[0]
	}
	if t, ok := x.contained(inner, want); ok {
		return t
	}
	t := x.node(inner, !want)
	if inner.Op == "binary" {
		t.text = "(" + t.text + ")"
	}
	t.text = "!" + t.text
	return t
}

// binary tells a comparison, or an operation in parentheses.
func (x *explainer) binary(n *Node, want bool) told {
	l, r := x.operand(n.Kids[0]), x.operand(n.Kids[1])
	t := told{wheres: append(l.wheres, r.wheres...)}
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
	default:
		t.text = "(" + l.text + " " + n.Operator + " " + r.text + ")"
		return t
	}
	t.text = l.text + " " + n.Operator + " " + r.text
	if want {
		return t
	}
	a, aok := x.record.value(n.Kids[0])
	b, bok := x.record.value(n.Kids[1])
	if !aok || !bok {
		return t
	}
	details := x.difference(n.Operator, valueOf(a), valueOf(b))
	if details == nil {
		return t
	}
	left, right := x.sides(a, b, len(n.Operator))
	return told{text: left + " " + n.Operator + " " + right, details: blankFirst(details)}
}

// operand tells an operand of a comparison.
func (x *explainer) operand(n *Node) told {
	t := x.node(n, true)
	inner := n
	for inner.Op == "paren" {
		inner = inner.Kids[0]
	}
	if inner.Op == "binary" && !strings.HasPrefix(t.text, "(") {
		t.text = "(" + t.text + ")"
	}
	t.details = nil
	return t
}

// sides formats the two sides of a comparison that is explained below; other
// is the length of what stands between them.
func (x *explainer) sides(a, b any, other int) (left, right string) {
	max := 0
	if x.verbosity < 2 {
		max = (x.width - 15 - other - 2) / 2
	}
	return Repr(a, max), Repr(b, max)
}

// blankFirst puts a blank line before details, unless they begin with one.
func blankFirst(details []string) []string {
	if details[0] != "" {
		details = append([]string{""}, details...)
	}
	return details
}

// call tells a call.
func (x *explainer) call(n *Node, want bool) told {
	if t, ok := x.comparator(n, want); ok {
		return t
	}
	expression, wheres := x.callText(n)
	v, ok := x.record.value(n)
	if !ok {
		return told{text: expression, wheres: wheres}
	}
	return x.from(v, expression, wheres)
}

// callText tells a call as an expression.
func (x *explainer) callText(n *Node) (string, []where) {
	var wheres []where
	fun := n.Kids[0]
	for fun.Op == "paren" {
		fun = fun.Kids[0]
	}
	name := fun.Text
	switch {
	case fun.Op == "selector" && len(fun.Kids) > 0:
		if k := fun.Kids[0]; !fixed(k) {
			t := x.node(k, false)
			name = t.text + fun.Text[strings.LastIndexByte(fun.Text, '.'):]
			wheres = t.wheres
		}
	case strings.HasPrefix(name, "func(") && fun.Op != "ident":
		name = "func"
	case len(name) > 60:
		name = ellipsize(name, 60)
	}
	args := make([]string, 0, len(n.Kids))
	for _, k := range n.Kids[1:] {
		t := x.node(k, false)
		t.details = nil
		args = append(args, t.text)
		wheres = append(wheres, t.wheres...)
	}
	dots := ""
	if strings.HasSuffix(strings.TrimRight(n.Text, ") \n\t,"), "...") {
		dots = "..."
	}
	return name + "(" + strings.Join(args, ", ") + dots + ")", wheres
}

// selector tells a field, or a name of a package.
func (x *explainer) selector(n *Node) told {
	v, ok := x.record.value(n)
	if !ok {
		return told{text: n.Text}
	}
	if valueOf(v).kind().String() == "func" {
		return told{text: n.Text}
	}
	if len(n.Kids) == 0 || fixed(n.Kids[0]) {
		return x.from(v, n.Text, nil)
	}
	k := x.node(n.Kids[0], false)
	return x.from(v, k.text+n.Text[strings.LastIndexByte(n.Text, '.'):], k.wheres)
}

// await tells what was awaited.
func (x *explainer) await(n *Node) told {
	expression, wheres := n.Text, []where(nil)
	if len(n.Kids) == 1 {
		k := n.Kids[0]
		for k.Op == "paren" {
			k = k.Kids[0]
		}
		if k.Op == "call" {
			expression, wheres = x.callText(k)
			expression = "await " + expression
		}
	}
	v, ok := x.record.value(n)
	if !ok {
		return told{text: expression, wheres: wheres}
	}
	return x.from(v, expression, wheres)
}
