package assertion

import (
	"go/constant"
	"go/token"
	"strings"
)

// literal returns the value of a literal's source text.
func literal(text string) (v any, ok bool) {
	switch text {
	case "nil":
		return nil, true
	case "true":
		return true, true
	case "false":
		return false, true
	}
	digits, negative := strings.CutPrefix(text, "-")
	if digits == "" {
		return nil, false
	}
	kind := token.ILLEGAL
	switch c := digits[0]; {
	case c == '"' || c == '`':
		kind = token.STRING
	case c == '\'':
		kind = token.CHAR
	case c >= '0' && c <= '9' || c == '.':
		kind = token.INT
		if strings.ContainsAny(digits, ".eEpP") && !strings.HasPrefix(strings.ToLower(digits), "0x") {
			kind = token.FLOAT
		}
	}
	if kind == token.ILLEGAL {
		return nil, false
	}
	c := constant.MakeFromLiteral(digits, kind, 0)
	if negative && c.Kind() != constant.Unknown {
		if c.Kind() == constant.String {
			return nil, false
		}
		c = constant.UnaryOp(token.SUB, c, 0)
	}
	switch c.Kind() {
	case constant.String:
		return constant.StringVal(c), true
	case constant.Int:
		if n, exact := constant.Int64Val(c); exact && kind != token.FLOAT {
			return int(n), true
		}
		fallthrough
	case constant.Float:
		f, _ := constant.Float64Val(c)
		return f, true
	}
	return nil, false
}

// operate returns the result of an operation whose value is not noted, for the
// types and operators that are met in comparisons most.
func operate(l any, op string, r any) (v any, ok bool) {
	switch a := l.(type) {
	case float64:
		b, ok := r.(float64)
		if n, isInt := r.(int); isInt {
			b, ok = float64(n), true
		}
		switch op {
		case "+":
			return a + b, ok
		case "-":
			return a - b, ok
		case "*":
			return a * b, ok
		case "/":
			return a / b, ok
		}
	case string:
		if b, ok := r.(string); ok && op == "+" {
			return a + b, true
		}
	}
	return nil, false
}
