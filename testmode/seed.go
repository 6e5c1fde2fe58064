package testmode

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"
)

// seedVersion is the first line of a file that holds a seed.
const seedVersion = "go test fuzz v1"

// parseSeed reads the values of a seed file, one a line, each written as a
// conversion: int(3), string("x"), []byte("x").
func parseSeed(text string) ([]any, error) {
	version, rest, _ := strings.Cut(text, "\n")
	if strings.TrimSpace(version) != seedVersion {
		return nil, fmt.Errorf("unknown encoding version: %s", strings.TrimSpace(version))
	}
	var values []any
	for line := range strings.SplitSeq(rest, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := parseValue(line)
		if err != nil {
			return nil, fmt.Errorf("malformed line %q: %w", line, err)
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		return nil, errors.New("no values")
	}
	return values, nil
}

// parseValue reads a value written as a conversion.
func parseValue(text string) (any, error) {
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	call, ok := expr.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return nil, errors.New("expected a conversion")
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			name = x.Name + "." + f.Sel.Name
		}
	case *ast.ArrayType:
		if elem, ok := f.Elt.(*ast.Ident); ok && f.Len == nil && (elem.Name == "byte" || elem.Name == "uint8") {
			name = "[]byte"
		}
	}
	kind, lit := literalText(call.Args[0])
	return convert(name, kind, lit)
}

// literalText returns a literal's text with its sign.
func literalText(e ast.Expr) (token.Token, string) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind, e.Value
	case *ast.Ident:
		return token.IDENT, e.Name
	case *ast.UnaryExpr:
		if kind, text := literalText(e.X); e.Op == token.SUB || e.Op == token.ADD {
			return kind, e.Op.String() + text
		}
	}
	return token.ILLEGAL, ""
}

// convert returns the value that a conversion of a literal stands for.
func convert(name string, kind token.Token, lit string) (any, error) {
	bits := 64
	if i := strings.IndexAny(name, "0123456789"); i > 0 && !strings.Contains(name, ".") {
		bits, _ = strconv.Atoi(name[i:])
	}
	switch name {
	case "string", "[]byte":
		s, err := strconv.Unquote(lit)
		if err != nil || kind != token.STRING {
			return nil, errors.New("expected a string literal")
		}
		if name == "string" {
			return s, nil
		}
		return []byte(s), nil
	case "bool":
		if kind == token.IDENT && (lit == "true" || lit == "false") {
			return lit == "true", nil
		}
		return nil, errors.New("expected true or false")
	case "float32", "float64":
		f, err := strconv.ParseFloat(lit, bits)
		if name == "float32" {
			return float32(f), err
		}
		return f, err
	case "math.Float64frombits":
		n, err := strconv.ParseUint(lit, 0, 64)
		return math.Float64frombits(n), err
	case "math.Float32frombits":
		n, err := strconv.ParseUint(lit, 0, 32)
		return math.Float32frombits(uint32(n)), err
	}
	if kind == token.CHAR {
		r, _, _, err := strconv.UnquoteChar(lit[1:], '\'')
		if err != nil {
			return nil, err
		}
		lit = strconv.Itoa(int(r))
	}
	return integerOf(name, lit, bits)
}

// integerOf returns a value of an integer type.
func integerOf(name, lit string, bits int) (any, error) {
	switch name {
	case "byte":
		name, bits = "uint8", 8
	case "rune":
		name, bits = "int32", 32
	case "int", "uint":
		bits = strconv.IntSize
	}
	i, ierr := strconv.ParseInt(lit, 0, bits)
	u, uerr := strconv.ParseUint(lit, 0, bits)
	switch name {
	case "int":
		return int(i), ierr
	case "int8":
		return int8(i), ierr
	case "int16":
		return int16(i), ierr
	case "int32":
		return int32(i), ierr
	case "int64":
		return i, ierr
	case "uint":
		return uint(u), uerr
	case "uint8":
		return uint8(u), uerr
	case "uint16":
		return uint16(u), uerr
	case "uint32":
		return uint32(u), uerr
	case "uint64":
		return u, uerr
	}
	return nil, fmt.Errorf("unknown type %q", name)
}
