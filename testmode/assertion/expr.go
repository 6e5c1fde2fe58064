// Package assertion explains why an assertion failed: which values the parts
// of its condition had and, for a comparison, in what the two sides differ. It
// does so in the form and to the depth of pytest, in Go's terms.
//
// A front end that knows the condition's syntax describes it once as an Expr
// and has the running code note the values of its parts in a Record. Only a
// failure costs more than that.
package assertion

// A Node is a part of the condition.
type Node struct {
	// Op is what kind of expression it is: "call", "selector", "ident",
	// "index", "binary", "and", "or", "not", "paren", "lit", "await", "unary",
	// "typeassert" or "other".
	Op string
	// Text is the expression's source text.
	Text string
	// Operator is the operator of a binary or unary expression, as in "==".
	Operator string
	// ID is the number under which the value is noted, or -1 if it is not.
	ID int
	// Kids are the operands: for a call its function, then the arguments; for
	// a selector what stands before the dot; for an index expression the
	// operand, then the index.
	Kids []*Node
}

// An Expr is the condition of an assertion. It does not change.
type Expr struct {
	Root *Node
	// Slots is one more than the greatest ID.
	Slots int
}

// A Record holds the values that one evaluation of a condition came across.
type Record struct {
	expr   *Expr
	values []any
	set    []bool
}

// NewRecord returns an empty record for e.
func NewRecord(e *Expr) *Record {
	return &Record{expr: e, values: make([]any, e.Slots), set: make([]bool, e.Slots)}
}

// Set notes the value of a part. A part whose value is never noted counts as
// not evaluated.
func (r *Record) Set(id int, v any) {
	if id >= 0 && id < len(r.set) {
		r.values[id], r.set[id] = v, true
	}
}

// value returns the value of n, if it is noted or n is a literal.
func (r *Record) value(n *Node) (v any, ok bool) {
	if n.ID >= 0 && n.ID < len(r.set) && r.set[n.ID] {
		return r.values[n.ID], true
	}
	switch n.Op {
	case "paren":
		return r.value(n.Kids[0])
	case "lit", "ident", "unary":
		return literal(n.Text)
	case "binary":
		l, lok := r.value(n.Kids[0])
		m, mok := r.value(n.Kids[1])
		if lok && mok {
			return operate(l, n.Operator, m)
		}
	}
	return nil, false
}

// evaluated reports whether any part of n is known to have been evaluated.
func (r *Record) evaluated(n *Node) bool {
	if n.ID >= 0 && n.ID < len(r.set) && r.set[n.ID] {
		return true
	}
	for _, k := range n.Kids {
		if r.evaluated(k) {
			return true
		}
	}
	return false
}

// fixed reports whether nothing in n is ever noted.
func fixed(n *Node) bool {
	if n.ID >= 0 {
		return false
	}
	for _, k := range n.Kids {
		if !fixed(k) {
			return false
		}
	}
	return true
}
