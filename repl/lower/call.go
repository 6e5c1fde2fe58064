package lower

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/rt"
	"golang.org/x/tools/go/ssa"
)

// call lowers a call that is made in place.
func (s *fn) call(in *ssa.Call) {
	c := in.Common()
	if b, ok := c.Value.(*ssa.Builtin); ok && !c.IsInvoke() {
		s.builtin(in, b)
		return
	}
	if f, ok := c.Value.(*ssa.Function); ok && f.Synthetic == "package initializer" && !s.isSession(f) {
		return // compiled code is initialised
	}
	if c.IsInvoke() && !s.compiledInterface(c.Value.Type()) && !c.Signature().Variadic() {
		s.dispatch(in)
		return
	}
	compiled := s.callsCompiled(c)
	if compiled {
		s.flush(func(p *expr) bool { return p.runs })
	}
	m := s.callExpr(c)
	m.call, m.runs = true, !compiled
	m.pos = s.posOf(in)
	results := c.Signature().Results()
	if results.Len() < 2 {
		if results.Len() == 0 {
			s.flushEffects()
			s.statement(m.text, m)
			return
		}
		if isFunc(results.At(0).Type()) && used(in) {
			// The engine puts a function that compiled code returns into
			// the frame, whatever the result is assigned to.
			s.flushEffects()
			m.value = in
			s.evaluate(m)
			return
		}
		s.define(in, m)
		return
	}
	s.flushEffects()
	if !used(in) {
		s.statement(m.text, m)
		return
	}
	names := make([]string, results.Len())
	for i := range names {
		names[i] = s.temp(s.typ(results.At(i).Type()))
	}
	s.statement(strings.Join(names, ", ")+" = "+m.text, m)
	s.tuple(in, names...)
}

// callsCompiled reports whether c calls compiled code.
func (s *fn) callsCompiled(c *ssa.CallCommon) bool {
	if c.IsInvoke() {
		return s.compiledInterface(c.Value.Type())
	}
	f, ok := c.Value.(*ssa.Function)
	return ok && !s.isSession(f)
}

// callExpr takes the operands of a call that is no builtin's and returns its
// expression.
func (s *fn) callExpr(c *ssa.CallCommon) *expr {
	if c.IsInvoke() {
		es := s.operands(append([]ssa.Value{c.Value}, c.Args...)...)
		if !s.compiledInterface(c.Value.Type()) {
			es[0] = s.stable(c.Value, es[0]) // it is there twice
		}
		m := merge(es...)
		m.prec = precPrimary
		m.text = s.invoke(c, es[0].at(precPrimary), s.arguments(c, es[1:], s.compiledInterface(c.Value.Type())))
		return &m
	}
	switch v := c.Value.(type) {
	case *ssa.Function:
		es := s.operands(c.Args...)
		m := merge(es...)
		m.prec = precPrimary
		if host := s.native(v); host != "" {
			m.text = host + "(" + s.arguments(c, es, true) + ")"
			return &m
		}
		if s.isSession(v) {
			m.text = s.function(v) + "(" + s.arguments(c, es, false) + ")"
			return &m
		}
		if v.Signature.Recv() != nil {
			m.text = s.method(v, s.typed(c.Args[0], es[0]).receiver(), s.arguments(c, es[1:], true))
			return &m
		}
		if v.Pkg == nil && v.Object() == nil {
			s.fail(c.Pos(), "%s cannot be called here", v)
		}
		m.text = s.compiledFunc(v) + "(" + s.arguments(c, es, true) + ")"
		return &m
	case *ssa.MakeClosure:
		es := s.operands(append([]ssa.Value{v}, c.Args...)...)
		m := merge(es...)
		m.prec = precPrimary
		m.text = es[0].at(precPrimary) + "(" + s.arguments(c, es[1:], false) + ")"
		return &m
	}
	es := s.operands(append([]ssa.Value{c.Value}, c.Args...)...)
	es[0] = s.typed(c.Value, es[0])
	if es[0].call {
		es[0] = s.stable(c.Value, es[0]) // the engine may evaluate it twice
	}
	m := merge(es...)
	m.prec = precPrimary
	m.text = es[0].at(precPrimary) + "(" + s.arguments(c, es[1:], false) + ")"
	return &m
}

// method returns the call of a method of a compiled type, or of the function
// that the host has put in its place.
func (s *fn) method(f *ssa.Function, recv *expr, args string) string {
	if host := s.stand(f.Object().Pkg().Path(), methodKey(f)); host != "" {
		return standCall(host, recv.text, args)
	}
	return recv.at(precPrimary) + "." + f.Name() + "(" + args + ")"
}

// stand returns the function that the host has put in the place of a compiled
// method, or "".
func (u *unit) stand(path, name string) string {
	key := "func " + path + "." + name
	host, known := u.stands[key]
	if !known {
		if val, ok := u.Compiled(path, name); ok {
			host = u.host(key, name[strings.LastIndexByte(name, '.')+1:], func() reflect.Value { return val })
		}
		u.stands[key] = host
	}
	return host
}

// standCall returns the call of a function that stands for a method.
func standCall(host, recv, args string) string {
	if args != "" {
		args = ", " + args
	}
	return host + "(" + recv + args + ")"
}

// methodKey names a method within its package: "(*T).M" or "T.M".
func methodKey(f *ssa.Function) string {
	t := f.Signature.Recv().Type()
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return "(*" + typeName(p.Elem()) + ")." + f.Name()
	}
	return typeName(t) + "." + f.Name()
}

func typeName(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// invoke returns the call of a method of an interface value.
func (s *fn) invoke(c *ssa.CallCommon, recv, args string) string {
	if s.compiledInterface(c.Value.Type()) {
		if n, ok := types.Unalias(c.Value.Type()).(*types.Named); ok && n.Obj().Pkg() != nil {
			if host := s.stand(n.Obj().Pkg().Path(), n.Obj().Name()+"."+c.Method.Name()); host != "" {
				return standCall(host, recv, args)
			}
		}
		return recv + "." + c.Method.Name() + "(" + args + ")"
	}
	sig := methodSignature(c.Method.Type().(*types.Signature))
	if args != "" {
		args = ", " + args
	}
	return "x.Meth(" + recv + ", " + strconv.Quote(methodName(c.Method)) + ", " + s.typeOf(sig) + ").(" + s.typ(sig) + ")(" + recv + args + ")"
}

// methodName is the name under which a method is found at run time.
func methodName(m *types.Func) string { return m.Name() }

// methodSignature puts a receiver of type any in front of a method's
// parameters.
func methodSignature(sig *types.Signature) *types.Signature {
	params := []*types.Var{types.NewParam(0, nil, "", types.NewInterfaceType(nil, nil))}
	for i := range sig.Params().Len() {
		params = append(params, sig.Params().At(i))
	}
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
}

// arguments spells the arguments of a call; compiled tells that the callee is
// compiled code, which takes operands of interface parameters as they are.
func (s *fn) arguments(c *ssa.CallCommon, es []*expr, compiled bool) string {
	parts := make([]string, 0, len(es))
	sig := c.Signature()
	for i, e := range es {
		if sig.Variadic() && i == len(es)-1 {
			if e.lit != nil && e.lit.done {
				if compiled {
					parts = append(parts, e.lit.raws...)
				} else {
					parts = append(parts, e.lit.elems...)
				}
				continue
			}
			if e.text == "nil" {
				continue
			}
			parts = append(parts, e.at(precPrimary)+"...")
			continue
		}
		if compiled && e.raw != "" {
			parts = append(parts, e.raw)
			continue
		}
		v := c.Args[len(c.Args)-len(es)+i]
		if e.text == "nil" && isNilConst(v) {
			e = s.typed(v, e) // the engine does not convert a bare nil, and fails at one in a call within a call
		}
		if f, ok := v.(*ssa.Function); ok && sig.Variadic() && !compiled && s.isSession(f) {
			e = s.stable(v, e) // the engine makes no function value of a declaration beside "..."
		}
		parts = append(parts, e.text)
	}
	return strings.Join(parts, ", ")
}

// thunk takes the operands of a call and returns an expression that yields a
// func() which makes it.
func (s *fn) thunk(c *ssa.CallCommon) string {
	if mc, ok := c.Value.(*ssa.MakeClosure); ok && !c.IsInvoke() && len(c.Args) == 0 && c.Signature().Results().Len() == 0 {
		e := s.operand(mc)
		s.flushEffects()
		return e.text
	}
	if f, ok := c.Value.(*ssa.Function); ok && !c.IsInvoke() && len(c.Args) == 0 && s.isSession(f) && f.Signature.Results().Len() == 0 {
		return s.functionValue(f).text
	}
	var vs []ssa.Value
	_, static := c.Value.(*ssa.Function)
	_, builtin := c.Value.(*ssa.Builtin)
	if c.IsInvoke() || !static && !builtin {
		vs = append(vs, c.Value)
	}
	vs = append(vs, c.Args...)
	es := s.operands(vs...)
	s.flushEffects()
	if c.IsInvoke() {
		es[0] = s.stable(c.Value, es[0])
		s.report(c.Pos())
		s.line("x.NotNil(" + es[0].text + ")")
	}
	var params, args []string
	inner := &fn{unit: s.unit, f: s.f, caught: "nil", thunked: true, names: map[ssa.Value]string{}, vars: map[*ssa.Alloc]string{}, block: s.block}
	pes := make([]*expr, len(es))
	for i, v := range vs {
		n := "a" + strconv.Itoa(i)
		t := v.Type()
		pes[i] = &expr{text: n, prec: precPrimary}
		text := es[i].text
		if w := es[i].whole; i == 0 && w != nil {
			t, text = w.typ, w.text
		}
		params = append(params, n+" "+s.typ(t))
		if isNilConst(v) {
			tmp := s.temp(s.typ(t))
			text = tmp
		}
		args = append(args, text)
	}
	var body string
	switch v := c.Value.(type) {
	case *ssa.Builtin:
		body = inner.builtinCall(v, c, pes)
	case *ssa.Function:
		if c.IsInvoke() {
			body = inner.invoke(c, "a0", inner.arguments(c, pes[1:], inner.compiledInterface(c.Value.Type())))
			break
		}
		switch {
		case s.isSession(v):
			body = s.function(v) + "(" + inner.arguments(c, pes, false) + ")"
		case v.Signature.Recv() != nil:
			body = inner.method(v, pes[0], inner.arguments(c, pes[1:], true))
		default:
			body = s.compiledFunc(v) + "(" + inner.arguments(c, pes, true) + ")"
		}
	default:
		if c.IsInvoke() {
			body = inner.invoke(c, "a0", inner.arguments(c, pes[1:], inner.compiledInterface(c.Value.Type())))
		} else {
			body = "a0(" + inner.arguments(c, pes[1:], false) + ")"
		}
	}
	name := s.name("thunk")
	fmt.Fprintf(&s.out, "func %s(%s) func() {\n\treturn func() {\n\t\t%s\n\t}\n}\n", name, strings.Join(params, ", "), body)
	return name + "(" + strings.Join(args, ", ") + ")"
}

func (s *fn) deferCall(in *ssa.Defer) {
	c := in.Common()
	push := "Push"
	if mayRecover(c) {
		push = "PushR"
	}
	stack := "d"
	var se *expr
	if in.DeferStack != nil {
		se = s.operand(in.DeferStack)
		stack = se.text
	}
	if b, ok := c.Value.(*ssa.Builtin); ok && b.Name() == "recover" {
		s.line("x.PushRecover(" + stack + ", " + s.caught + ")")
		return
	}
	t := s.thunk(c)
	s.report(s.posOf(in))
	s.line("x." + push + "(" + stack + ", " + t + ")")
	s.pos = 0
}

// mayRecover reports whether the deferred call c is that of a function that
// calls recover itself.
func mayRecover(c *ssa.CallCommon) bool {
	if c.IsInvoke() {
		return true
	}
	var f *ssa.Function
	switch v := c.Value.(type) {
	case *ssa.Builtin:
		return false
	case *ssa.Function:
		f = v
	case *ssa.MakeClosure:
		f = v.Fn.(*ssa.Function)
	default:
		return true
	}
	if callsRecover(f) {
		return true
	}
	if f.Synthetic == "" {
		return false
	}
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			if call, ok := in.(*ssa.Call); ok && mayRecover(call.Common()) {
				return true // f is a wrapper of the function proper
			}
		}
	}
	return false
}

func callsRecover(f *ssa.Function) bool {
	for _, b := range f.Blocks {
		for _, in := range b.Instrs {
			if call, ok := in.(ssa.CallInstruction); ok {
				if b, ok := call.Common().Value.(*ssa.Builtin); ok && b.Name() == "recover" {
					return true
				}
			}
		}
	}
	return false
}

// builtin lowers a call of a predeclared function.
func (s *fn) builtin(in *ssa.Call, b *ssa.Builtin) {
	c := in.Common()
	switch b.Name() {
	case "ssa:deferstack":
		s.define(in, &expr{text: "d", prec: precPrimary})
		return
	case "ssa:wrapnilchk":
		e := s.stable(c.Args[0], s.operand(c.Args[0]))
		words := make([]string, 2)
		for i, a := range c.Args[1:] {
			words[i] = strconv.Quote(constant.StringVal(a.(*ssa.Const).Value))
		}
		s.refuse(in, []string{e.text + " == nil"}, "x.WrapPanic("+strings.Join(words, ", ")+")")
		m := *e
		m.value = nil
		s.define(in, &m)
		return
	}
	es := s.operands(c.Args...)
	m := merge(es...)
	m.prec = precPrimary
	m.text = s.builtinCall(b, c, es)
	switch b.Name() {
	case "len", "cap", "real", "imag", "complex", "min", "max":
		switch c.Args[0].Type().Underlying().(type) {
		case *types.Map, *types.Chan:
			m.mem = true
		}
		s.define(in, &m)
		return
	case "append":
		m.call = true
		m.pos = s.posOf(in)
		s.define(in, &m)
		return
	case "copy", "recover":
		m.call = true
		m.pos = s.posOf(in)
		s.define(in, &m)
		return
	}
	m.pos = s.posOf(in)
	if in.Type() != nil && used(in) {
		m.call = true
		s.define(in, &m)
		return
	}
	s.flushEffects()
	s.statement(m.text, &m)
}

// builtinCall spells the call of a predeclared function.
func (s *fn) builtinCall(b *ssa.Builtin, c *ssa.CallCommon, es []*expr) string {
	switch b.Name() {
	case "len", "cap":
		if p, ok := c.Args[0].Type().Underlying().(*types.Pointer); ok {
			return strconv.FormatInt(p.Elem().Underlying().(*types.Array).Len(), 10)
		}
		if a, ok := c.Args[0].Type().Underlying().(*types.Array); ok {
			return strconv.FormatInt(a.Len(), 10)
		}
		return b.Name() + "(" + es[0].text + ")"
	case "append":
		if len(es) == 1 {
			return es[0].text
		}
		if basic, ok := c.Args[1].Type().Underlying().(*types.Basic); ok && basic.Info()&types.IsString != 0 {
			return "append(" + s.typed(c.Args[0], es[0]).text + ", []byte(" + es[1].text + ")...)"
		}
		if s.isHostType(c.Args[0].Type()) && es[1].text != "nil" {
			more := es[1].text
			return "x.Append(" + s.typed(c.Args[0], es[0]).text + ", " + more + ").(" + s.typ(c.Args[0].Type()) + ")"
		}
		if l := es[1].lit; l != nil && l.done && (len(l.elems) == 1 || !es[1].mem) {
			// The engine would read what is in memory after it has stored what stands before it.
			return "append(" + s.typed(c.Args[0], es[0]).text + ", " + strings.Join(l.elems, ", ") + ")"
		}
		if es[1].text == "nil" {
			return s.typed(c.Args[0], es[0]).text
		}
		return "append(" + s.typed(c.Args[0], es[0]).text + ", " + es[1].at(precPrimary) + "...)"
	case "copy":
		if basic, ok := c.Args[1].Type().Underlying().(*types.Basic); ok && basic.Info()&types.IsString != 0 {
			return "copy(" + es[0].text + ", []byte(" + es[1].text + "))"
		}
		return "copy(" + es[0].text + ", " + es[1].text + ")"
	case "delete":
		return "delete(" + s.typed(c.Args[0], es[0]).text + ", " + s.key(c.Args[1], es[1]).text + ")"
	case "close":
		return "close(" + es[0].text + ")"
	case "clear":
		return "x.Clear(" + es[0].text + ")"
	case "print", "println":
		var parts []string
		for i, a := range c.Args {
			text := s.typedConst(a, s.key(a, es[i]))
			if types.IsInterface(a.Type()) {
				text = "x.Words(" + text + ")"
			}
			parts = append(parts, text)
		}
		return "x.B" + b.Name() + "(" + strings.Join(parts, ", ") + ")"
	case "panic":
		return "x.Panic(" + join(es) + ")"
	case "recover":
		return "x.Recover(" + s.caught + ")"
	case "real", "imag":
		return b.Name() + "(" + es[0].text + ")"
	case "complex":
		return "complex(" + join(es) + ")"
	case "min", "max":
		t := c.Args[0].Type()
		for _, a := range c.Args {
			if _, isConst := a.(*ssa.Const); !isConst {
				t = a.Type()
			}
		}
		hook := map[string]string{"min": "Min", "max": "Max"}[b.Name()]
		kind := "Any"
		switch k := t.Underlying().(*types.Basic); {
		case s.typ(t) == "int":
			kind = "Int"
		case s.typ(t) == "float64":
			kind = "Float64"
		case s.typ(t) == "string":
			kind = "String"
		default:
			_ = k
		}
		if kind == "Any" {
			var parts []string
			for i, a := range c.Args {
				parts = append(parts, s.typedAs(t, a, es[i]))
			}
			return "x." + hook + "Any(" + strings.Join(parts, ", ") + ").(" + s.typ(t) + ")"
		}
		return "x." + hook + kind + "(" + join(es) + ")"
	case "Sizeof", "Alignof":
		sizes := types.SizesFor("gc", runtime.GOARCH)
		n := sizes.Sizeof(c.Args[0].Type())
		if b.Name() == "Alignof" {
			n = sizes.Alignof(c.Args[0].Type())
		}
		return "uintptr(" + strconv.FormatInt(n, 10) + ")"
	case "Offsetof":
		return "uintptr(" + strconv.FormatInt(s.offset(c), 10) + ")"
	case "Add", "Slice", "String", "SliceData", "StringData":
		t := c.Signature().Results().At(0).Type()
		args := s.typed(c.Args[0], es[0]).text
		if len(es) == 2 {
			args += ", int(" + es[1].text + ")"
		}
		return "x.Unsafe" + b.Name() + "(" + args + ").(" + s.typ(t) + ")"
	}
	s.fail(c.Pos(), "the built-in function %s is not available here", b.Name())
	return ""
}

// offset returns where the field is that c, a call of unsafe.Offsetof, selects:
// within the struct whose field it is, or where that is embedded, within the one
// that the selection begins with.
func (s *fn) offset(c *ssa.CallCommon) int64 {
	begin := c.Pos()
	ast.Inspect(s.f.Syntax(), func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && call.Lparen == c.Pos() {
			begin = call.Args[0].Pos()
		}
		return true
	})
	v := c.Args[0]
	if load, ok := v.(*ssa.UnOp); ok {
		v = load.X
	}
	sum := int64(0)
	for first := true; ; first = false {
		var x ssa.Value
		var field int
		switch f := v.(type) {
		case *ssa.Field:
			x, field = f.X, f.Field
		case *ssa.FieldAddr:
			x, field = f.X, f.Field
		}
		if x == nil || !first && v.Pos() != begin {
			return sum
		}
		t := x.Type()
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st := t.Underlying().(*types.Struct)
		fields := make([]*types.Var, st.NumFields())
		for i := range fields {
			fields[i] = st.Field(i)
		}
		sum += types.SizesFor("gc", runtime.GOARCH).Offsetsof(fields)[field]
		v = x
	}
}

// typed returns e, or where it is a bare nil a variable of v's type that holds
// it.
func (s *fn) typed(v ssa.Value, e *expr) *expr {
	if isNilConst(v) && !s.thunked {
		return &expr{text: s.temp(s.typ(v.Type())), prec: precPrimary}
	}
	return e
}

// key returns e, the key of a map: a bare nil only where that is an interface.
func (s *fn) key(v ssa.Value, e *expr) *expr {
	if types.IsInterface(v.Type()) {
		return e
	}
	return s.typed(v, e)
}

// typedConst spells e with its type where it is a constant.
func (s *fn) typedConst(v ssa.Value, e *expr) string { return s.typedAs(v.Type(), v, e) }

func (s *fn) typedAs(t types.Type, v ssa.Value, e *expr) string {
	if _, ok := v.(*ssa.Const); ok && !isNilConst(v) {
		return s.conversion(t) + "(" + e.text + ")"
	}
	return e.text
}

// A Method is a method of a type's method set.
type Method struct {
	Name string
	Func *ssa.Function
}

// adapter returns the engine function that calls f, a method, with its
// receiver taken out of the box.
func (u *unit) adapter(t *rt.Type, f *ssa.Function) string {
	sig := f.Signature
	callee := u.function(f)
	u.implement(t.T, t, f.Name(), sig, callee)
	var params, args []string
	var ptypes []types.Type
	if len(f.Params) > 0 {
		for _, p := range f.Params[1:] {
			ptypes = append(ptypes, p.Type())
		}
	}
	for i, pt := range ptypes {
		n := "a" + strconv.Itoa(i)
		ts, arg := u.typ(pt), n
		if sig.Variadic() && i == len(ptypes)-1 {
			ts, arg = "..."+strings.TrimPrefix(ts, "[]"), n+"..."
		}
		params, args = append(params, n+" "+ts), append(args, arg)
	}
	recv := "x.Unbox(r).(" + u.typ(t.T) + ")"
	name := u.name("m")
	ret := "return "
	if sig.Results().Len() == 0 {
		ret = ""
	}
	fmt.Fprintf(&u.out, "func %s(%s)%s {\n\t%s%s(%s)\n}\n", name,
		strings.Join(append([]string{"r interface{}"}, params...), ", "), u.results(sig.Results()),
		ret, callee, strings.Join(append([]string{recv}, args...), ", "))
	return name
}
