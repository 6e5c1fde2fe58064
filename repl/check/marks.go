package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"golang.org/x/tools/go/ast/astutil"
)

// awaitName is how generated code calls package await, whatever the user
// calls so.
const awaitName = "awaitʹ"

// before spells out the marks that need no types.
func (u *unit) before() {
	u.apply(func(cur *astutil.Cursor) bool {
		switch n := cur.Node().(type) {
		case *ast.FuncDecl:
			if u.marks[n.Type.Func] == syntax.AsyncFunc && !strings.HasPrefix(n.Name.Name, CellPrefix) {
				u.asyncFunc(n.Type, &n.Body, n.Name.Name)
			}
		case *ast.FuncLit:
			if u.marks[n.Type.Func] == syntax.AsyncFunc {
				u.asyncFunc(n.Type, &n.Body, "func")
			}
		case *ast.RangeStmt:
			if u.marks[n.For] == syntax.ForAwait {
				n.X = &ast.CallExpr{Fun: selector(awaitName, "Range", n.X.Pos()), Lparen: n.X.Pos(), Args: []ast.Expr{n.X}, Rparen: n.X.End()}
			}
		case *ast.SelectStmt:
			if u.marks[n.Select] == syntax.AwaitSelect {
				cur.Replace(awaitSelect(n))
			}
		case *ast.ReturnStmt:
			if u.marks[n.Return] == syntax.Assert {
				call := &ast.CallExpr{Fun: &ast.Ident{NamePos: n.Return, Name: "assertʹ"}, Lparen: n.Return, Args: n.Results, Rparen: n.End()}
				u.asserts = append(u.asserts, call)
				cur.Replace(&ast.ExprStmt{X: call})
			}
		}
		return true
	})
}

func ident(name string) *ast.Ident { return ast.NewIdent(name) }

func selector(x, sel string, pos token.Pos) *ast.SelectorExpr {
	return &ast.SelectorExpr{X: &ast.Ident{NamePos: pos, Name: x}, Sel: &ast.Ident{NamePos: pos, Name: sel}}
}

// taskNames are the suffixes of await's functions and types for tasks with so
// many results.
var taskNames = [...]string{"0", "", "2", "3", "4"}

// asyncFunc makes the function one whose body runs as a task.
func (u *unit) asyncFunc(t *ast.FuncType, body **ast.BlockStmt, name string) {
	if *body == nil {
		return
	}
	var results []ast.Expr
	if t.Results != nil {
		for _, f := range t.Results.List {
			for range max(1, len(f.Names)) {
				results = append(results, f.Type)
			}
		}
	}
	pos := t.Func
	if len(results) >= len(taskNames) {
		u.report(pos, "an async function has at most four results")
		return
	}
	u.c.bodies[pos] = true
	inner := &ast.FuncLit{Type: &ast.FuncType{Func: pos, Params: &ast.FieldList{}, Results: t.Results}, Body: *body}
	// Without a position, the start is put down to where the function is called.
	start := startNamed(inner, name, len(results), token.NoPos)
	t.Results = &ast.FieldList{List: []*ast.Field{{Type: taskType(results, pos)}}}
	*body = &ast.BlockStmt{Lbrace: (*body).Lbrace, List: []ast.Stmt{
		&ast.ReturnStmt{Return: (*body).Lbrace, Results: []ast.Expr{start}},
	}, Rbrace: (*body).Rbrace}
}

// taskType returns *await.Task… for those results.
func taskType(results []ast.Expr, pos token.Pos) ast.Expr {
	var t ast.Expr = selector(awaitName, "Task"+taskNames[len(results)], pos)
	switch len(results) {
	case 0:
	case 1:
		t = &ast.IndexExpr{X: t, Index: results[0]}
	default:
		t = &ast.IndexListExpr{X: t, Indices: results}
	}
	return &ast.StarExpr{Star: pos, X: t}
}

// startNamed returns the start of f, a function with so many results, as a task
// of that name.
func startNamed(f ast.Expr, name string, results int, pos token.Pos) *ast.CallExpr {
	start := &ast.Ident{NamePos: pos, Name: "start" + strconv.Itoa(results) + "ʹ"}
	return &ast.CallExpr{Fun: start, Args: []ast.Expr{f, str(name)}}
}

func str(s string) ast.Expr { return &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(s)} }

// awaitSelect turns await select into a switch over await.Select's result.
func awaitSelect(n *ast.SelectStmt) ast.Stmt {
	var lhs, rhs, args []ast.Expr
	sw := &ast.SwitchStmt{Switch: n.Select, Body: &ast.BlockStmt{Lbrace: n.Body.Lbrace, Rbrace: n.Body.Rbrace}}
	hasDefault := false
	for i, c := range n.Body.List {
		cc := c.(*ast.CommClause)
		name := "caseʹ" + strconv.Itoa(i)
		clause := &ast.CaseClause{Case: cc.Case, Colon: cc.Colon, List: []ast.Expr{&ast.BasicLit{ValuePos: cc.Case, Kind: token.INT, Value: strconv.Itoa(i)}}}
		var ctor ast.Expr
		var first ast.Stmt
		call := func(f string, args ...ast.Expr) ast.Expr {
			return &ast.CallExpr{Fun: selector(awaitName, f, cc.Case), Lparen: cc.Case, Args: args, Rparen: cc.Colon}
		}
		recv := func(e ast.Expr) ast.Expr {
			if un, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
				return un.X
			}
			return e
		}
		switch comm := cc.Comm.(type) {
		case nil:
			hasDefault = true
			ctor = call("CaseDefault")
		case *ast.SendStmt:
			ctor = call("CaseSend", comm.Chan, comm.Value)
		case *ast.ExprStmt:
			ctor = call("CaseRecv", recv(comm.X))
		case *ast.AssignStmt:
			ctor = call("CaseRecv", recv(comm.Rhs[0]))
			values := []ast.Expr{&ast.SelectorExpr{X: ident(name), Sel: ident("Value")}, &ast.SelectorExpr{X: ident(name), Sel: ident("OK")}}
			first = &ast.AssignStmt{Lhs: comm.Lhs, TokPos: comm.TokPos, Tok: comm.Tok, Rhs: values[:len(comm.Lhs)]}
		}
		if first != nil {
			clause.Body = append(clause.Body, first)
		}
		clause.Body = append(clause.Body, cc.Body...)
		lhs, rhs, args = append(lhs, ident(name)), append(rhs, ctor), append(args, ident(name))
		sw.Body.List = append(sw.Body.List, clause)
	}
	if !hasDefault {
		sw.Body.List = append(sw.Body.List, &ast.CaseClause{Case: n.Body.Rbrace, Colon: n.Body.Rbrace, Body: []ast.Stmt{
			&ast.ExprStmt{X: &ast.CallExpr{Fun: ident("panic"), Args: []ast.Expr{str("await select: no case")}}},
		}})
	}
	if len(lhs) > 0 {
		sw.Init = &ast.AssignStmt{Lhs: lhs, TokPos: n.Select, Tok: token.DEFINE, Rhs: rhs}
	}
	sw.Tag = &ast.CallExpr{Fun: selector(awaitName, "Select", n.Select), Lparen: n.Select, Args: args, Rparen: n.Body.Lbrace}
	return sw
}

// report records a fault of the user's that go/types does not know.
func (u *unit) report(pos token.Pos, msg string) {
	u.faults = append(u.faults, types.Error{Fset: u.c.Files.Set, Pos: pos, Msg: msg})
}

// isOpenMark reports whether a mark that is not resolved stands at pos or
// around an operand there.
func (u *unit) isOpenMark(pos token.Pos) bool { return u.open[pos] }

// resolveMarks replaces the await and async expressions whose operands' types
// are known. It reports whether it replaced any, and whether any is left.
func (u *unit) resolveMarks() (changed, open bool) {
	u.open = map[token.Pos]bool{}
	fresh := map[ast.Node]bool{}
	u.apply(func(cur *astutil.Cursor) bool {
		n, ok := cur.Node().(*ast.UnaryExpr)
		if !ok || n.Op != token.ARROW {
			return true
		}
		m := u.marks[n.OpPos]
		if m != syntax.Await && m != syntax.Async {
			return true
		}
		inner := false
		ast.Inspect(n.X, func(x ast.Node) bool {
			if fresh[x] {
				inner = true
			}
			if ux, ok := x.(*ast.UnaryExpr); ok && u.open[ux.OpPos] {
				inner = true
			}
			return !inner
		})
		var with ast.Expr
		if !inner {
			if m == syntax.Await {
				with = u.await(n, wantsOK(cur, n))
			} else {
				with = u.async(n)
			}
		}
		if with == nil {
			open = true
			u.open[n.OpPos] = true
			u.open[n.X.Pos()] = true
			return true
		}
		u.origin[with] = origin{n.OpPos, n.End(), m}
		fresh[with] = true
		cur.Replace(with)
		changed = true
		return true
	})
	return changed, open
}

// origin is where the expression that replaced a mark came from.
type origin struct {
	pos, end token.Pos
	mark     syntax.Mark
}

// wantsOK reports whether n is assigned to two variables.
func wantsOK(cur *astutil.Cursor, n ast.Expr) bool {
	switch p := cur.Parent().(type) {
	case *ast.AssignStmt:
		return len(p.Lhs) == 2 && len(p.Rhs) == 1
	case *ast.ValueSpec:
		return len(p.Names) == 2 && len(p.Values) == 1
	}
	return false
}

// openErrors are the faults of marks that could not be resolved although
// nothing else is wrong.
func (u *unit) openErrors() []types.Error {
	var out []types.Error
	u.inspect(func(n ast.Node) bool {
		if ux, ok := n.(*ast.UnaryExpr); ok && u.open[ux.OpPos] {
			word := "await"
			if u.marks[ux.OpPos] == syntax.Async {
				word = "async"
			}
			out = append(out, types.Error{Fset: u.c.Files.Set, Pos: ux.OpPos, Msg: "the operand of " + word + " has no value"})
		}
		return true
	})
	return out
}

// await returns what await n.X means, or nil if that cannot be said yet.
func (u *unit) await(n *ast.UnaryExpr, wantOK bool) ast.Expr {
	x := ast.Unparen(n.X)
	tv, known := u.info.Types[x]
	if call, ok := x.(*ast.CallExpr); ok && u.isCall(call) {
		return u.awaitCall(n, call, wantOK)
	}
	if !known || tv.Type == nil || tv.Type == types.Typ[types.Invalid] {
		return nil
	}
	if with := u.awaitValue(n.OpPos, x, tv.Type, wantOK); with != nil {
		return with
	}
	u.report(n.OpPos, describe(x, tv)+" cannot be awaited")
	return x
}

// describe words an operand as the Go compiler does.
func describe(x ast.Expr, tv types.TypeAndValue) string {
	mode := "value"
	switch {
	case tv.IsType():
		return types.ExprString(x) + " (type)"
	case tv.IsNil():
		return "untyped nil"
	case tv.Value != nil:
		if _, lit := x.(*ast.BasicLit); lit {
			return types.ExprString(x) + " (" + constantOf(tv) + ")"
		}
		return types.ExprString(x) + " (" + constantOf(tv) + " " + tv.Value.String() + ")"
	case tv.Addressable():
		mode = "variable"
	}
	return types.ExprString(x) + " (" + mode + " of type " + typeText(tv.Type) + ")"
}

func constantOf(tv types.TypeAndValue) string {
	if b, ok := tv.Type.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		return b.Name() + " constant"
	}
	return "constant of type " + typeText(tv.Type)
}

func typeText(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == sessionPath {
			return ""
		}
		return p.Name()
	})
}

// isCall reports whether call is one of a function, not a conversion.
func (u *unit) isCall(call *ast.CallExpr) bool {
	tv, ok := u.info.Types[call.Fun]
	return !ok || !tv.IsType() && !tv.IsBuiltin()
}

// awaitValue returns what awaiting x, of type t, means, or nil if it means
// nothing.
func (u *unit) awaitValue(pos token.Pos, x ast.Expr, t types.Type, wantOK bool) ast.Expr {
	call := func(f string) ast.Expr {
		return &ast.CallExpr{Fun: selector(awaitName, f, pos), Lparen: pos, Args: []ast.Expr{x}, Rparen: x.End()}
	}
	if obj, _, _ := types.LookupFieldOrMethod(t, true, u.pkg, "Await"); obj != nil {
		if f, ok := obj.(*types.Func); ok && f.Type().(*types.Signature).Params().Len() == 0 {
			return &ast.CallExpr{Fun: &ast.SelectorExpr{X: paren(x), Sel: &ast.Ident{NamePos: pos, Name: "Await"}}, Lparen: pos, Rparen: x.End()}
		}
	}
	if c, ok := t.Underlying().(*types.Chan); ok && c.Dir() != types.SendOnly {
		if wantOK {
			return call("Recv2")
		}
		return call("Recv")
	}
	if isContext(t) {
		return call("Context")
	}
	switch typeText(t) {
	case "*time.Timer", "*time.Ticker":
		x = &ast.SelectorExpr{X: paren(x), Sel: &ast.Ident{NamePos: pos, Name: "C"}}
		return call("Recv")
	case "*sync.WaitGroup":
		return call("WaitGroup")
	}
	return nil
}

func paren(x ast.Expr) ast.Expr {
	switch x.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.CallExpr, *ast.IndexExpr, *ast.ParenExpr:
		return x
	}
	return &ast.ParenExpr{Lparen: x.Pos(), X: x, Rparen: x.End()}
}

// isContext reports whether t is a context.Context or implements it.
func isContext(t types.Type) bool {
	for _, m := range []string{"Deadline", "Done", "Err", "Value"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, m); obj == nil {
			return false
		} else if _, ok := obj.(*types.Func); !ok {
			return false
		}
	}
	return true
}

// callee says what a call calls.
type callee struct {
	static   bool        // a declared function or a method, known by name
	method   bool        // a method of a value
	compiled bool        // of a compiled package: it runs off the loop
	obj      *types.Func // if static
}

func (u *unit) calleeOf(call *ast.CallExpr) callee {
	fun := ast.Unparen(call.Fun)
	switch ix := fun.(type) {
	case *ast.IndexExpr:
		fun = ix.X
	case *ast.IndexListExpr:
		fun = ix.X
	}
	var obj types.Object
	method := false
	switch f := fun.(type) {
	case *ast.Ident:
		obj = u.info.Uses[f]
	case *ast.SelectorExpr:
		if sel := u.info.Selections[f]; sel != nil {
			if sel.Kind() != types.MethodVal {
				return callee{}
			}
			obj, method = sel.Obj(), true
		} else {
			obj = u.info.Uses[f.Sel]
		}
	}
	f, ok := obj.(*types.Func)
	if !ok {
		return callee{}
	}
	c := callee{static: true, method: method, obj: f}
	if p := f.Pkg(); p != nil {
		c.compiled = u.c.IsCompiled(p) && !isOwnPath(p.Path())
	} else {
		c.compiled = true // error.Error
	}
	return c
}

func results(u *unit, call *ast.CallExpr) (*types.Tuple, bool) {
	tv, ok := u.info.Types[call.Fun]
	if !ok || tv.Type == nil {
		return nil, false
	}
	sig, ok := tv.Type.Underlying().(*types.Signature)
	if !ok || sig.TypeParams().Len() > 0 {
		return nil, false
	}
	return sig.Results(), true
}

// awaitCall returns what await of a call means.
func (u *unit) awaitCall(n *ast.UnaryExpr, call *ast.CallExpr, wantOK bool) ast.Expr {
	res, ok := results(u, call)
	if !ok {
		return nil
	}
	c := u.calleeOf(call)
	if isSleep(c.obj) {
		return &ast.CallExpr{Fun: selector(awaitName, "Sleep", n.OpPos), Lparen: call.Lparen, Args: call.Args, Rparen: call.Rparen}
	}
	if res.Len() == 1 {
		if with := u.awaitValue(n.OpPos, call, res.At(0).Type(), wantOK); with != nil {
			return with
		}
	}
	if !c.compiled {
		return call
	}
	if res.Len() >= len(taskNames) {
		u.report(n.OpPos, "await of a compiled function with more than four results")
		return call
	}
	setup, off := u.offLoop(call, c, res, n.OpPos)
	return u.immediately(setup, off, u.resultExprs(res), n.OpPos, n.End())
}

// isSleep reports whether f, which may be nil, is a function that sleeps.
func isSleep(f *types.Func) bool {
	if f == nil {
		return false
	}
	switch f.FullName() {
	case "time.Sleep", AwaitPath + ".Sleep", PreludePath + ".sleep":
		return true
	}
	return false
}

// offLoop returns statements that evaluate the operands of call, and an
// expression that makes the call with them off the loop's thread.
func (u *unit) offLoop(call *ast.CallExpr, c callee, res *types.Tuple, pos token.Pos) ([]ast.Stmt, *ast.CallExpr) {
	setup, prepared := u.evaluate(call, c)
	name := "Off"
	if res.Len() > 0 {
		name += strconv.Itoa(res.Len())
	}
	lit := u.literal(prepared, u.resultExprs(res), pos)
	return setup, &ast.CallExpr{Fun: selector(awaitName, name, pos), Lparen: call.Lparen, Args: []ast.Expr{lit}, Rparen: call.Rparen}
}

// literal returns func() results { return e } or, without results, func() { e }.
func (u *unit) literal(e ast.Expr, results []ast.Expr, pos token.Pos) *ast.FuncLit {
	var body ast.Stmt = &ast.ExprStmt{X: e}
	t := &ast.FuncType{Func: pos, Params: &ast.FieldList{}}
	if len(results) > 0 {
		body = &ast.ReturnStmt{Return: pos, Results: []ast.Expr{e}}
		t.Results = fieldList(results)
	}
	return &ast.FuncLit{Type: t, Body: &ast.BlockStmt{Lbrace: pos, List: []ast.Stmt{body}, Rbrace: e.End()}}
}

func fieldList(ts []ast.Expr) *ast.FieldList {
	l := &ast.FieldList{}
	for _, t := range ts {
		l.List = append(l.List, &ast.Field{Type: t})
	}
	return l
}

// immediately returns the call of a literal that runs setup and yields e.
func (u *unit) immediately(setup []ast.Stmt, e ast.Expr, results []ast.Expr, pos, end token.Pos) ast.Expr {
	if len(setup) == 0 {
		return e
	}
	lit := u.literal(e, results, pos)
	lit.Body.List = append(setup, lit.Body.List...)
	return &ast.CallExpr{Fun: lit, Lparen: pos, Rparen: end}
}

func (u *unit) resultExprs(res *types.Tuple) []ast.Expr {
	var out []ast.Expr
	for i := range res.Len() {
		out = append(out, u.typeExpr(res.At(i).Type()))
	}
	return out
}

// evaluate returns statements that evaluate the operands of call into
// variables, and a call that uses these.
func (u *unit) evaluate(call *ast.CallExpr, c callee) ([]ast.Stmt, *ast.CallExpr) {
	var setup []ast.Stmt
	define := func(e ast.Expr, n int) []ast.Expr {
		var lhs []ast.Expr
		for range n {
			lhs = append(lhs, ident("aʹ"+u.c.next()))
		}
		setup = append(setup, &ast.AssignStmt{Lhs: lhs, TokPos: e.Pos(), Tok: token.DEFINE, Rhs: []ast.Expr{e}})
		var uses []ast.Expr
		for _, l := range lhs {
			uses = append(uses, &ast.Ident{NamePos: e.Pos(), Name: l.(*ast.Ident).Name})
		}
		return uses
	}
	out := &ast.CallExpr{Fun: call.Fun, Lparen: call.Lparen, Ellipsis: call.Ellipsis, Rparen: call.Rparen}
	if !c.static || c.method {
		if _, lit := ast.Unparen(call.Fun).(*ast.FuncLit); !lit {
			out.Fun = define(call.Fun, 1)[0]
		}
	}
	if len(call.Args) == 1 {
		if t, ok := u.info.TypeOf(call.Args[0]).(*types.Tuple); ok && t.Len() > 1 {
			out.Args = define(call.Args[0], t.Len())
			return setup, out
		}
	}
	for _, a := range call.Args {
		tv := u.info.Types[a]
		_, lit := ast.Unparen(a).(*ast.FuncLit)
		if tv.Value != nil || tv.IsNil() || tv.IsType() || lit {
			out.Args = append(out.Args, a)
			continue
		}
		out.Args = append(out.Args, define(a, 1)...)
	}
	return setup, out
}

// async returns what async n.X means, or nil if that cannot be said yet.
func (u *unit) async(n *ast.UnaryExpr) ast.Expr {
	call, ok := ast.Unparen(n.X).(*ast.CallExpr)
	if !ok || !u.isCall(call) {
		if tv, known := u.info.Types[n.X]; known && tv.Type != types.Typ[types.Invalid] || ok {
			u.report(n.OpPos, "async needs a call, as in async f(x)")
			return n.X
		}
		return nil
	}
	res, ok := results(u, call)
	if !ok {
		return nil
	}
	if res.Len() == 1 && isTask(res.At(0).Type()) {
		return call // the call starts a task by itself
	}
	if res.Len() >= len(taskNames) {
		u.report(n.OpPos, "async of a function with more than four results")
		return call
	}
	c := u.calleeOf(call)
	if isSleep(c.obj) {
		return &ast.CallExpr{Fun: &ast.Ident{NamePos: n.OpPos, Name: "startSleepʹ"}, Lparen: call.Lparen, Args: []ast.Expr{call.Args[0], str(taskName(call))}, Rparen: call.Rparen}
	}
	var setup []ast.Stmt
	var body ast.Expr
	types := u.resultExprs(res)
	if c.compiled {
		setup, body = u.offLoop(call, c, res, n.OpPos)
	} else {
		setup, body = u.evaluate(call, c)
	}
	start := startNamed(u.literal(body, u.resultExprs(res), n.OpPos), taskName(call), res.Len(), n.OpPos)
	start.Lparen, start.Rparen = call.Lparen, call.Rparen
	return u.immediately(setup, start, []ast.Expr{taskType(types, n.OpPos)}, n.OpPos, n.End())
}

// suitTasks makes the calls of gather, race and first those of the functions
// that suit their arguments: tasks without results, or with a result and an
// error. It reports whether it changed any.
func (u *unit) suitTasks() bool {
	changed := false
	u.inspect(func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		id, ok := call.Fun.(*ast.Ident)
		if !ok || id.Name != "gather" && id.Name != "race" && id.Name != "first" {
			return true
		}
		if obj := u.info.Uses[id]; obj == nil || obj.Pkg() == nil || obj.Pkg().Path() != PreludePath {
			return true
		}
		t := u.info.TypeOf(call.Args[0])
		if s, ok := t.(*types.Slice); ok && call.Ellipsis.IsValid() {
			t = s.Elem()
		}
		if t == nil || !isTask(t) {
			return true
		}
		switch task := types.Unalias(t.(*types.Pointer).Elem()).(*types.Named); task.TypeArgs().Len() {
		case 0:
			id.Name += "0ʹ"
			changed = true
		case 2:
			if types.Identical(task.TypeArgs().At(1), types.Universe.Lookup("error").Type()) {
				id.Name += "2ʹ"
				changed = true
			}
		}
		return true
	})
	return changed
}

// taskName names the task that runs call.
func taskName(call *ast.CallExpr) string {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.FuncLit:
		return "func"
	default:
		return types.ExprString(f)
	}
}

// isTask reports whether t is a pointer to one of await's tasks.
func isTask(t types.Type) bool {
	p, ok := t.(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == AwaitPath
}

// typeExpr returns an expression for the type t. Types that the unit itself
// declares, and type parameters, are spelled; others get a name in its scope.
func (u *unit) typeExpr(t types.Type) ast.Expr {
	switch t := t.(type) {
	case *types.Basic:
		if b, ok := types.Default(t).(*types.Basic); ok && b.Kind() != types.UnsafePointer {
			return ident(b.Name())
		}
	case *types.TypeParam:
		return ident(t.Obj().Name())
	}
	if !u.ownType(t, map[types.Type]bool{}) {
		for have, name := range u.types {
			if types.Identical(have, t) {
				return ident(name)
			}
		}
		name := "Tʹ" + u.c.next()
		u.types[t] = name
		return ident(name)
	}
	switch t := t.(type) {
	case *types.Alias:
		return u.typeExpr(types.Unalias(t))
	case *types.Named:
		var e ast.Expr = ident(t.Obj().Name())
		if p := t.Obj().Pkg(); p != nil && p != u.pkg {
			e = u.typeNameExpr(t)
		}
		if args := t.TypeArgs(); args.Len() > 0 {
			var list []ast.Expr
			for i := range args.Len() {
				list = append(list, u.typeExpr(args.At(i)))
			}
			return &ast.IndexListExpr{X: e, Indices: list}
		}
		return e
	case *types.Pointer:
		return &ast.StarExpr{X: u.typeExpr(t.Elem())}
	case *types.Slice:
		return &ast.ArrayType{Elt: u.typeExpr(t.Elem())}
	case *types.Array:
		return &ast.ArrayType{Len: &ast.BasicLit{Kind: token.INT, Value: strconv.FormatInt(t.Len(), 10)}, Elt: u.typeExpr(t.Elem())}
	case *types.Map:
		return &ast.MapType{Key: u.typeExpr(t.Key()), Value: u.typeExpr(t.Elem())}
	case *types.Chan:
		dir := [...]ast.ChanDir{ast.SEND | ast.RECV, ast.SEND, ast.RECV}[t.Dir()]
		return &ast.ChanType{Dir: dir, Value: u.typeExpr(t.Elem())}
	case *types.Signature:
		ft := &ast.FuncType{Params: &ast.FieldList{}}
		for i := range t.Params().Len() {
			p := t.Params().At(i).Type()
			e := u.typeExpr(p)
			if t.Variadic() && i == t.Params().Len()-1 {
				e = &ast.Ellipsis{Elt: u.typeExpr(p.(*types.Slice).Elem())}
			}
			ft.Params.List = append(ft.Params.List, &ast.Field{Type: e})
		}
		ft.Results = fieldList(u.resultExprs(t.Results()))
		return ft
	case *types.Struct:
		st := &ast.StructType{Fields: &ast.FieldList{}}
		for i := range t.NumFields() {
			f := t.Field(i)
			field := &ast.Field{Type: u.typeExpr(f.Type())}
			if !f.Embedded() {
				field.Names = []*ast.Ident{ident(f.Name())}
			}
			if tag := t.Tag(i); tag != "" {
				field.Tag = &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(tag)}
			}
			st.Fields.List = append(st.Fields.List, field)
		}
		return st
	}
	return ident(types.TypeString(t, types.RelativeTo(u.pkg)))
}

// typeNameExpr names a generic type of another package.
func (u *unit) typeNameExpr(t *types.Named) ast.Expr {
	if t.Obj().Pkg().Path() == AwaitPath {
		return selector(awaitName, t.Obj().Name(), token.NoPos)
	}
	if t.Obj().Pkg().Path() == sessionPath {
		return ident(t.Obj().Name())
	}
	return selector(t.Obj().Pkg().Name(), t.Obj().Name(), token.NoPos)
}

// ownType reports whether t mentions a type parameter or a type that the unit
// declares: such a type is another one at the next check.
func (u *unit) ownType(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	tuple := func(tu *types.Tuple) bool {
		for i := range tu.Len() {
			if u.ownType(tu.At(i).Type(), seen) {
				return true
			}
		}
		return false
	}
	switch t := t.(type) {
	case *types.TypeParam:
		return true
	case *types.Alias:
		return u.ownType(types.Unalias(t), seen)
	case *types.Named:
		if t.Obj().Pkg() == u.pkg || u.renewed[t.Obj()] {
			return true
		}
		for i := range t.TypeArgs().Len() {
			if u.ownType(t.TypeArgs().At(i), seen) {
				return true
			}
		}
	case *types.Pointer:
		return u.ownType(t.Elem(), seen)
	case *types.Slice:
		return u.ownType(t.Elem(), seen)
	case *types.Array:
		return u.ownType(t.Elem(), seen)
	case *types.Chan:
		return u.ownType(t.Elem(), seen)
	case *types.Map:
		return u.ownType(t.Key(), seen) || u.ownType(t.Elem(), seen)
	case *types.Signature:
		return tuple(t.Params()) || tuple(t.Results())
	case *types.Struct:
		for i := range t.NumFields() {
			if u.ownType(t.Field(i).Type(), seen) {
				return true
			}
		}
	case *types.Interface:
		for i := range t.NumMethods() {
			if u.ownType(t.Method(i).Type(), seen) {
				return true
			}
		}
	}
	return false
}
