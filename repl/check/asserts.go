package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
	"golang.org/x/tools/go/ast/astutil"
)

// explainAsserts spells out the assertions of the unit: each operand is noted
// on its way into the condition, and a failure explains itself by the notes.
//
//	{ rʹ := recordʹ(n); if !(cond′) { failʹ(rʹ, message…) } }
func (u *unit) explainAsserts() {
	calls := map[*ast.CallExpr]bool{}
	for _, c := range u.asserts {
		calls[c] = true
	}
	u.apply(func(cur *astutil.Cursor) bool {
		st, ok := cur.Node().(*ast.ExprStmt)
		if !ok {
			return true
		}
		call, ok := st.X.(*ast.CallExpr)
		if !ok || !calls[call] {
			return true
		}
		cur.Replace(u.explainAssert(call))
		return true
	})
}

func (u *unit) explainAssert(call *ast.CallExpr) ast.Stmt {
	pos := call.Lparen
	b := &explainer{u: u, record: "rʹ" + u.c.next()}
	cond, node := b.expr(call.Args[0])
	place, _ := u.c.Files.Position(pos)
	n := len(u.c.Asserts)
	u.c.Asserts = append(u.c.Asserts, &Assertion{Expr: &assertion.Expr{Root: node, Slots: b.slots}, Pos: place})
	at := func(name string) *ast.Ident { return &ast.Ident{NamePos: pos, Name: name} }
	fail := &ast.CallExpr{Fun: at("failʹ"), Lparen: pos, Args: append([]ast.Expr{at(b.record)}, call.Args[1:]...), Ellipsis: call.Ellipsis, Rparen: call.Rparen}
	return &ast.BlockStmt{Lbrace: pos, List: []ast.Stmt{
		&ast.AssignStmt{Lhs: []ast.Expr{at(b.record)}, TokPos: pos, Tok: token.DEFINE, Rhs: []ast.Expr{
			&ast.CallExpr{Fun: at("recordʹ"), Lparen: pos, Args: []ast.Expr{&ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: strconv.Itoa(n)}}, Rparen: pos},
		}},
		&ast.IfStmt{
			If:   pos,
			Cond: &ast.UnaryExpr{OpPos: pos, Op: token.NOT, X: &ast.ParenExpr{X: cond}},
			Body: &ast.BlockStmt{Lbrace: pos, List: []ast.Stmt{&ast.ExprStmt{X: fail}}, Rbrace: pos},
		},
	}, Rbrace: call.Rparen}
}

// explainer instruments one condition.
type explainer struct {
	u      *unit
	record string
	slots  int
}

// note wraps e so that its value is kept in a new slot.
func (b *explainer) note(e ast.Expr, n *assertion.Node) ast.Expr {
	n.ID = b.slots
	b.slots++
	pos := e.Pos()
	return &ast.CallExpr{
		Fun:    &ast.Ident{NamePos: pos, Name: "noteʹ"},
		Lparen: pos,
		Args:   []ast.Expr{ident(b.record), &ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: strconv.Itoa(n.ID)}, e},
		Rparen: e.End(),
	}
}

// text returns the source text of e.
func (b *explainer) text(e ast.Expr) string {
	from, to := e.Pos(), e.End()
	if o, ok := b.u.origin[e]; ok {
		from, to = o.pos, o.end
	}
	p, ok := b.u.c.Files.Position(from)
	q, ok2 := b.u.c.Files.Position(to)
	if !ok || !ok2 || p.Cell != q.Cell || p.Offset > q.Offset || q.Offset > len(p.Cell.Text) {
		return types.ExprString(e)
	}
	return strings.TrimSpace(p.Cell.Text[p.Offset:q.Offset])
}

// hasValue reports whether e has one value that can be noted.
func (b *explainer) hasValue(e ast.Expr) bool {
	tv, ok := b.u.info.Types[e]
	if !ok || !tv.IsValue() || tv.Value != nil || tv.IsNil() || tv.Type == nil {
		return false
	}
	if _, tuple := tv.Type.(*types.Tuple); tuple {
		return false
	}
	return true
}

// expr returns e with its operands noted, and its description.
func (b *explainer) expr(e ast.Expr) (ast.Expr, *assertion.Node) {
	n := &assertion.Node{Op: "other", Text: b.text(e), ID: -1}
	if o, ok := b.u.origin[e]; ok {
		n.Op = "await"
		if o.mark == syntax.Async {
			n.Op = "other"
		}
		if b.hasValue(e) {
			return b.note(e, n), n
		}
		return e, n
	}
	tv := b.u.info.Types[e]
	if tv.Value != nil || tv.IsNil() {
		n.Op = "lit"
		if _, id := e.(*ast.Ident); id && tv.Value != nil {
			n.Op, n.Text = "lit", tv.Value.ExactString()
		}
		return e, n
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		x, kid := b.expr(e.X)
		n.Op, n.Kids = "paren", []*assertion.Node{kid}
		return &ast.ParenExpr{Lparen: e.Lparen, X: x, Rparen: e.Rparen}, n
	case *ast.BinaryExpr:
		switch n.Op, n.Operator = "binary", e.Op.String(); e.Op {
		case token.LAND:
			n.Op = "and"
		case token.LOR:
			n.Op = "or"
		}
		x, kx := b.expr(e.X)
		y, ky := b.expr(e.Y)
		n.Kids = []*assertion.Node{kx, ky}
		return &ast.BinaryExpr{X: x, OpPos: e.OpPos, Op: e.Op, Y: y}, n
	case *ast.UnaryExpr:
		if e.Op == token.AND || e.Op == token.ARROW {
			break
		}
		n.Op, n.Operator = "unary", e.Op.String()
		if e.Op == token.NOT {
			n.Op = "not"
		}
		x, kid := b.expr(e.X)
		n.Kids = []*assertion.Node{kid}
		return &ast.UnaryExpr{OpPos: e.OpPos, Op: e.Op, X: x}, n
	case *ast.Ident:
		n.Op = "ident"
	case *ast.SelectorExpr:
		sel := b.u.info.Selections[e]
		if sel == nil {
			n.Op = "ident" // of a package
			break
		}
		n.Op = "selector"
		if sel.Kind() == types.FieldVal {
			x, kid := b.expr(e.X)
			n.Kids = []*assertion.Node{kid}
			return b.note(&ast.SelectorExpr{X: x, Sel: e.Sel}, n), n
		}
	case *ast.IndexExpr:
		if !b.hasValue(e.X) {
			break
		}
		n.Op = "index"
		x, kx := b.expr(e.X)
		i, ki := b.expr(e.Index)
		n.Kids = []*assertion.Node{kx, ki}
		return b.note(&ast.IndexExpr{X: x, Lbrack: e.Lbrack, Index: i, Rbrack: e.Rbrack}, n), n
	case *ast.CallExpr:
		if tv, ok := b.u.info.Types[e.Fun]; ok && tv.IsType() || len(e.Args) == 1 && b.isTuple(e.Args[0]) {
			break
		}
		n.Op = "call"
		out := &ast.CallExpr{Lparen: e.Lparen, Ellipsis: e.Ellipsis, Rparen: e.Rparen}
		fun, kf := b.function(e.Fun)
		out.Fun = fun
		n.Kids = []*assertion.Node{kf}
		for _, a := range e.Args {
			x, k := b.expr(a)
			if tv := b.u.info.Types[a]; tv.IsType() {
				x = a
			}
			out.Args = append(out.Args, x)
			n.Kids = append(n.Kids, k)
		}
		if b.hasValue(e) {
			return b.note(out, n), n
		}
		return out, n
	case *ast.TypeAssertExpr:
		n.Op = "typeassert"
	}
	if b.hasValue(e) {
		return b.note(e, n), n
	}
	return e, n
}

func (b *explainer) isTuple(e ast.Expr) bool {
	t, ok := b.u.info.TypeOf(e).(*types.Tuple)
	return ok && t.Len() != 1
}

// function describes the function of a call; of a method's receiver the value
// is noted where a copy of it will do.
func (b *explainer) function(f ast.Expr) (ast.Expr, *assertion.Node) {
	n := &assertion.Node{Op: "ident", Text: b.text(f), ID: -1}
	s, ok := f.(*ast.SelectorExpr)
	if !ok {
		return f, n
	}
	sel := b.u.info.Selections[s]
	if sel == nil {
		return f, n
	}
	n.Op = "selector"
	if sel.Kind() == types.MethodVal {
		m := sel.Obj().(*types.Func)
		_, ptr := m.Type().(*types.Signature).Recv().Type().(*types.Pointer)
		_, have := b.u.info.TypeOf(s.X).Underlying().(*types.Pointer)
		if ptr && !have || len(sel.Index()) > 1 {
			n.Kids = []*assertion.Node{{Op: "other", Text: b.text(s.X), ID: -1}}
			return f, n
		}
	}
	x, kid := b.expr(s.X)
	n.Kids = []*assertion.Node{kid}
	return &ast.SelectorExpr{X: x, Sel: s.Sel}, n
}
