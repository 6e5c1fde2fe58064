package check

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// A Counter is a statement whose executions are counted: where it begins, and
// where it, or the part before the statements inside it, ends.
type Counter struct{ Start, End syntax.Position }

// countStatements puts before each statement of the functions of a file of the
// unit the call that counts it.
func (u *unit) countStatements(f *ast.File) {
	for _, d := range f.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && !strings.HasPrefix(f.Name.Name, CellPrefix) {
			ast.Inspect(f.Body, u.countIn)
		}
	}
}

// countIn counts the statements of the list that n is.
func (u *unit) countIn(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BlockStmt:
		n.List = u.counted(n.List)
	case *ast.CaseClause:
		n.Body = u.counted(n.Body)
	case *ast.CommClause:
		n.Body = u.counted(n.Body)
	case *ast.IfStmt:
		if next, ok := n.Else.(*ast.IfStmt); ok {
			n.Else = &ast.BlockStmt{Lbrace: next.Pos(), List: []ast.Stmt{next}, Rbrace: next.End()}
		}
	}
	return true
}

// counted returns the statements with calls that count them.
func (u *unit) counted(list []ast.Stmt) []ast.Stmt {
	var out []ast.Stmt
	for _, s := range list {
		if start, end := extent(s); start.IsValid() {
			from, _ := u.c.Files.Position(start)
			to, _ := u.c.Files.Position(end)
			number := strconv.Itoa(len(u.c.Counters) + len(u.counters))
			u.counters = append(u.counters, Counter{from, to})
			// Without positions, what it calls is not taken for the user's.
			out = append(out, &ast.ExprStmt{X: &ast.CallExpr{Fun: ident("countʹ"), Args: []ast.Expr{
				&ast.BasicLit{Kind: token.INT, Value: number},
			}}})
		}
		out = append(out, s)
	}
	return out
}

// extent returns where a statement that counts begins and ends.
func extent(s ast.Stmt) (start, end token.Pos) {
	switch s := s.(type) {
	case *ast.EmptyStmt, *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
		return token.NoPos, token.NoPos
	case *ast.LabeledStmt:
		return extent(s.Stmt)
	case *ast.DeclStmt:
		if g := s.Decl.(*ast.GenDecl); g.Tok != token.VAR {
			return token.NoPos, token.NoPos
		}
	}
	start, end = s.Pos(), token.NoPos
	ast.Inspect(s, func(n ast.Node) bool {
		if b, ok := n.(*ast.BlockStmt); ok && !end.IsValid() {
			end = b.Lbrace + 1
		}
		return !end.IsValid()
	})
	if !end.IsValid() {
		end = s.End()
	}
	return start, end
}
