package assertion_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// An env gives names their values.
type env map[string]any

// A builder turns Go expressions into Nodes and evaluates them, as a front end
// and its rewritten code do together.
type builder struct {
	src   string
	env   env
	slots int
	rec   *assertion.Record
	nodes map[ast.Expr]*assertion.Node
}

// explain evaluates a condition and explains it. The word "await" may stand
// before an operand as a call: await(x).
func explain(t *testing.T, cond string, e env, verbosity int) string {
	t.Helper()
	expr, err := parser.ParseExpr(cond)
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{src: cond, env: e, nodes: map[ast.Expr]*assertion.Node{}}
	root := b.node(expr)
	b.rec = assertion.NewRecord(&assertion.Expr{Root: root, Slots: b.slots})
	if b.eval(expr) == true {
		t.Errorf("%s is true", cond)
	}
	return strings.Join(b.rec.Explain(verbosity), "\n")
}

func (b *builder) node(e ast.Expr) *assertion.Node {
	n := &assertion.Node{ID: -1, Text: b.src[e.Pos()-1 : e.End()-1]}
	note := func() { n.ID = b.slots; b.slots++ }
	kids := func(list ...ast.Expr) {
		for _, k := range list {
			n.Kids = append(n.Kids, b.node(k))
		}
	}
	b.nodes[e] = n
	switch e := e.(type) {
	case *ast.Ident:
		n.Op = "ident"
		if e.Name == "true" || e.Name == "false" || e.Name == "nil" {
			n.Op = "lit"
		} else if v, ok := b.env[e.Name]; ok && v != pkg {
			note()
		}
	case *ast.BasicLit:
		n.Op = "lit"
	case *ast.ParenExpr:
		n.Op = "paren"
		kids(e.X)
	case *ast.SelectorExpr:
		n.Op = "selector"
		kids(e.X)
		note()
	case *ast.IndexExpr:
		n.Op = "index"
		kids(e.X, e.Index)
		note()
	case *ast.UnaryExpr:
		n.Op, n.Operator = "unary", e.Op.String()
		if e.Op == token.NOT {
			n.Op = "not"
		} else {
			note()
		}
		kids(e.X)
	case *ast.StarExpr:
		n.Op, n.Operator = "unary", "*"
		note()
		kids(e.X)
	case *ast.BinaryExpr:
		n.Op, n.Operator = "binary", e.Op.String()
		switch e.Op {
		case token.LAND:
			n.Op = "and"
		case token.LOR:
			n.Op = "or"
		}
		kids(e.X, e.Y)
	case *ast.CallExpr:
		if id, ok := e.Fun.(*ast.Ident); ok && id.Name == "await" {
			n.Op = "await"
			n.Text = "await " + b.src[e.Args[0].Pos()-1:e.Args[0].End()-1]
			kids(e.Args[0])
			note()
			return n
		}
		n.Op = "call"
		kids(e.Fun)
		kids(e.Args...)
		note()
	case *ast.TypeAssertExpr:
		n.Op = "typeassert"
		kids(e.X)
		note()
	default:
		n.Op = "other"
	}
	return n
}

// record returns what is noted of a value: the value, or what stands for it.
var record = func(v any) any { return v }

// pkg marks a name as a package's.
var pkg = new(int)

func (b *builder) eval(e ast.Expr) (v any) {
	defer func() { b.rec.Set(b.nodes[e].ID, record(v)) }()
	switch e := e.(type) {
	case *ast.Ident:
		switch e.Name {
		case "true":
			return true
		case "false":
			return false
		case "nil":
			return nil
		}
		v, ok := b.env[e.Name]
		if !ok {
			panic("no such name: " + e.Name)
		}
		return v
	case *ast.BasicLit:
		c := constant.MakeFromLiteral(e.Value, e.Kind, 0)
		switch e.Kind {
		case token.STRING:
			return constant.StringVal(c)
		case token.FLOAT:
			f, _ := constant.Float64Val(c)
			return f
		}
		n, _ := constant.Int64Val(c)
		return int(n)
	case *ast.ParenExpr:
		return b.eval(e.X)
	case *ast.SelectorExpr:
		if id, ok := e.X.(*ast.Ident); ok && b.env[id.Name] == pkg {
			return b.env[id.Name+"."+e.Sel.Name]
		}
		x := reflect.ValueOf(b.eval(e.X))
		if m := x.MethodByName(e.Sel.Name); m.IsValid() {
			return m.Interface()
		}
		return reflect.Indirect(x).FieldByName(e.Sel.Name).Interface()
	case *ast.IndexExpr:
		x, i := reflect.ValueOf(b.eval(e.X)), reflect.ValueOf(b.eval(e.Index))
		if x.Kind() == reflect.Map {
			return x.MapIndex(i).Interface()
		}
		return x.Index(int(i.Int())).Interface()
	case *ast.UnaryExpr:
		x := b.eval(e.X)
		if e.Op == token.NOT {
			return x != true
		}
		return -x.(int)
	case *ast.StarExpr:
		return reflect.ValueOf(b.eval(e.X)).Elem().Interface()
	case *ast.BinaryExpr:
		l := b.eval(e.X)
		switch e.Op {
		case token.LAND:
			return l == true && b.eval(e.Y) == true
		case token.LOR:
			return l == true || b.eval(e.Y) == true
		}
		return binary(l, e.Op, b.eval(e.Y))
	case *ast.CallExpr:
		if b.nodes[e].Op == "await" {
			return b.eval(e.Args[0])
		}
		f := reflect.ValueOf(b.eval(e.Fun))
		var args []reflect.Value
		for i, a := range e.Args {
			v := reflect.ValueOf(b.eval(a))
			if !v.IsValid() {
				v = reflect.Zero(f.Type().In(i))
			}
			args = append(args, v)
		}
		return f.Call(args)[0].Interface()
	case *ast.TypeAssertExpr:
		return b.eval(e.X)
	}
	panic(fmt.Sprintf("cannot evaluate %T", e))
}

func binary(l any, op token.Token, r any) any {
	switch op {
	case token.EQL:
		if isNil(l) && r == nil || l == nil && isNil(r) {
			return l == r
		}
		return l == r
	case token.NEQ:
		return l != r
	}
	if f, ok := l.(float64); ok {
		g, _ := r.(float64)
		return f + g
	}
	a, b := l.(int), r.(int)
	switch op {
	case token.LSS:
		return a < b
	case token.GTR:
		return a > b
	case token.ADD:
		return a + b
	}
	panic(op.String())
}

func isNil(v any) bool {
	rv := reflect.ValueOf(v)
	return !rv.IsValid() || rv.Kind() == reflect.Pointer && rv.IsNil()
}
