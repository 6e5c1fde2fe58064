package rt

import (
	"errors"
	"fmt"
	"go/types"
	htmltemplate "html/template"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"
)

// Templates find fields and methods by reflection. Those that are executed
// with the session's values are rewritten: each selection, and each place that
// looks into a value, calls a function that knows boxes.

// templates returns the methods of the template packages, for values that may
// be of session types.
func templates() map[string]any {
	return map[string]any{
		"text/template.(*Template).Funcs": func(t *template.Template, m template.FuncMap) *template.Template {
			return t.Funcs(unboxFuncs(m))
		},
		"text/template.(*Template).Execute": func(t *template.Template, w io.Writer, data any) error {
			c, err := rewriteText(t)
			if err != nil {
				return err
			}
			return asWritten(c.Execute(w, data), textTrees(t))
		},
		"text/template.(*Template).ExecuteTemplate": func(t *template.Template, w io.Writer, name string, data any) error {
			c, err := rewriteText(t)
			if err != nil {
				return err
			}
			return asWritten(c.ExecuteTemplate(w, name, data), textTrees(t))
		},
		"html/template.(*Template).Funcs": func(t *htmltemplate.Template, m htmltemplate.FuncMap) *htmltemplate.Template {
			return t.Funcs(unboxFuncs(m))
		},
		"html/template.(*Template).Execute": func(t *htmltemplate.Template, w io.Writer, data any) error {
			c, err := rewriteHTML(t)
			if err != nil {
				return err
			}
			return asWritten(c.Execute(w, data), htmlTrees(t))
		},
		"html/template.(*Template).ExecuteTemplate": func(t *htmltemplate.Template, w io.Writer, name string, data any) error {
			c, err := rewriteHTML(t)
			if err != nil {
				return err
			}
			return asWritten(c.ExecuteTemplate(w, name, data), htmlTrees(t))
		},
	}
}

func rewriteText(t *template.Template) (*template.Template, error) {
	if t.Tree == nil && len(t.Templates()) == 0 {
		return t, nil // executing it says what is wrong
	}
	c, err := t.Clone()
	if err != nil {
		return nil, err
	}
	c.Funcs(templateFuncs)
	for _, d := range c.Templates() {
		if d.Tree != nil {
			if _, err := c.AddParseTree(d.Name(), rewrite(d.Tree)); err != nil {
				return nil, err
			}
		}
	}
	probe, err := c.AddParseTree("_probe", missingProbe().Copy())
	if err != nil {
		return nil, err
	}
	c.Funcs(map[string]any{"_get": missingKey(probe.Execute).get})
	return c, nil
}

func rewriteHTML(t *htmltemplate.Template) (*htmltemplate.Template, error) {
	c, err := t.Clone()
	if err != nil {
		return nil, err
	}
	c.Funcs(templateFuncs)
	for _, d := range c.Templates() {
		if d.Tree != nil {
			if _, err := c.AddParseTree(d.Name(), rewrite(d.Tree)); err != nil {
				return nil, err
			}
		}
	}
	probe, err := c.AddParseTree("_probe", missingProbe().Copy())
	if err != nil {
		return nil, err
	}
	c.Funcs(map[string]any{"_get": missingKey(probe.Execute).get})
	return c, nil
}

func textTrees(t *template.Template) (trees []*parse.Tree) {
	for _, d := range t.Templates() {
		trees = append(trees, d.Tree)
	}
	return trees
}

func htmlTrees(t *htmltemplate.Template) (trees []*parse.Tree) {
	for _, d := range t.Templates() {
		trees = append(trees, d.Tree)
	}
	return trees
}

// A templateError is an error of executing a template, in terms of its text.
type templateError struct {
	text string
	err  error
}

// Error returns the text.
func (e *templateError) Error() string { return e.text }

// Unwrap returns the error that the rewritten template led to.
func (e *templateError) Unwrap() error { return e.err }

// asWritten returns err, of executing one of the trees rewritten, with the
// place as it is written in the template.
func asWritten(err error, trees []*parse.Tree) error {
	e, ok := err.(template.ExecError)
	if !ok {
		return err
	}
	texts := map[templatePlace]string{}
	for _, t := range trees {
		if t != nil {
			t = t.Copy()
			rewriter{tree: t, texts: texts}.list(t.Root)
		}
	}
	text := e.Err.Error()
	for p, was := range texts {
		place := "template: " + p.place + ": executing " + strconv.Quote(e.Name) + " at <"
		if msg, ok := strings.CutPrefix(text, place+p.text+">: "); ok {
			e.Err = &templateError{place + was + ">: " + strings.TrimPrefix(msg, "error calling _get: "), e.Err}
			return e
		}
	}
	return err
}

// A missing says what a template makes of a map's key that is not there.
type missing int

const (
	missingNothing missing = iota
	missingZero
	missingError
)

// missingProbe is a template that shows which of them is in force.
var missingProbe = sync.OnceValue(func() *parse.Tree {
	return template.Must(template.New("").Parse("{{.x}}")).Tree
})

// missingKey returns what is in force where execute executes that template.
func missingKey(execute func(io.Writer, any) error) missing {
	var out strings.Builder
	switch err := execute(&out, map[string]int{}); {
	case err != nil:
		return missingError
	case out.String() == "0":
		return missingZero
	}
	return missingNothing
}

// of returns the element for a key that a map of type t lacks.
func (m missing) of(key string, t reflect.Type) (reflect.Value, error) {
	switch m {
	case missingError:
		return reflect.Value{}, fmt.Errorf("map has no entry for key %q", key)
	case missingZero:
		return reflect.Zero(t.Elem()), nil
	}
	return reflect.Value{}, nil
}

// unboxFuncs returns m with functions of the session made callable.
func unboxFuncs(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for name, f := range m {
		out[name] = f
		b, ok := Normal(f).(Box)
		if !ok {
			continue
		}
		sig, ok := b.T.T.Underlying().(*types.Signature)
		if !ok {
			continue
		}
		run := reflect.ValueOf(b.V)
		out[name] = func(args ...reflect.Value) (reflect.Value, error) {
			return callTemplate(name, run, nil, args, sig, b.T.reg)
		}
	}
	return out
}

var templateFuncs = map[string]any{
	"printf": func(format string, args ...any) string {
		for i, a := range args {
			args[i] = Normal(a)
		}
		format, args = Format(format, args)
		return fmt.Sprintf(format, args...)
	},
	"_raw":   func(v reflect.Value) reflect.Value { return raw(v) },
	"_box":   func(v reflect.Value) reflect.Value { return boxed(v) },
	"_range": templateRange,
	"_truth": func(v reflect.Value) reflect.Value {
		r := raw(v)
		if !r.IsValid() {
			return r
		}
		if truth, _ := template.IsTrue(r.Interface()); !truth {
			return r
		}
		return boxed(v)
	},
}

// boxOf returns the box that v holds, if it holds a value of a session type.
func boxOf(v reflect.Value) (Box, bool) {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || !v.CanInterface() {
		return Box{}, false
	}
	if b, ok := Normal(v.Interface()).(Box); ok {
		return b, true
	}
	if d := represented(v.Type()); d != nil {
		return Box{d, v.Interface()}, true
	}
	return Box{}, false
}

func boxed(v reflect.Value) reflect.Value {
	if b, ok := boxOf(v); ok {
		return b.from(v)
	}
	return v
}

// An element is a value in a box that was found where the address at points to:
// a template can call the methods of that pointer on it.
type element struct {
	Box
	at reflect.Value
}

func (e element) unwrapped() any { return e.Box }

// from returns the box, of the value v, for a template.
func (b Box) from(v reflect.Value) reflect.Value {
	if _, named := types.Unalias(b.T.T).(*types.Named); named && v.CanAddr() && v.Kind() != reflect.Interface {
		return reflect.ValueOf(element{b, v.Addr()})
	}
	return reflect.ValueOf(b)
}

// found returns the address where the box in v was found, if it was in memory.
func found(v reflect.Value) (at reflect.Value) {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.IsValid() && v.CanInterface() {
		if e, ok := v.Interface().(element); ok {
			return e.at
		}
	}
	return at
}

// address returns the address of a box that was found in memory, in a box, if
// the pointer has a field or method called name.
func address(v reflect.Value, name string) (Box, bool) {
	at := found(v)
	if !at.IsValid() {
		return Box{}, false
	}
	b, _ := boxOf(v)
	t := types.NewPointer(b.T.T)
	if obj, _, _ := types.LookupFieldOrMethod(t, false, nil, name); obj == nil {
		return Box{}, false
	}
	return Box{b.T.reg.Of(t), at.Interface()}, true
}

func raw(v reflect.Value) reflect.Value {
	if b, ok := boxOf(v); ok {
		return reflect.ValueOf(b.V)
	}
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// get is the selection of a field, method or map element called name.
func (m missing) get(recv reflect.Value, name string, args ...reflect.Value) (reflect.Value, error) {
	if b, ok := address(recv, name); ok {
		return b.templateGet(name, args, m)
	}
	if b, ok := boxOf(recv); ok {
		return b.templateGet(name, args, m)
	}
	for recv.IsValid() && recv.Kind() == reflect.Interface {
		recv = recv.Elem()
	}
	if !recv.IsValid() {
		if m == missingError {
			return recv, fmt.Errorf("nil data; no entry for key %q", name)
		}
		return recv, nil
	}
	ptr := recv
	if ptr.Kind() != reflect.Pointer && ptr.CanAddr() {
		ptr = ptr.Addr()
	}
	if f := ptr.MethodByName(name); f.IsValid() {
		return callTemplate(name, f, nil, args, nil, nil)
	}
	v := recv
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return v, fmt.Errorf("nil pointer evaluating %s.%s", v.Type(), name)
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		if f, ok := v.Type().FieldByName(name); ok && f.IsExported() {
			if len(args) > 0 {
				return v, fmt.Errorf("%s has arguments but cannot be invoked as function", name)
			}
			return boxed(v.FieldByIndex(f.Index)), nil
		}
	case reflect.Map:
		if key := reflect.ValueOf(name); key.Type().AssignableTo(v.Type().Key()) {
			if len(args) > 0 {
				return v, fmt.Errorf("%s is not a method but has arguments", name)
			}
			e := v.MapIndex(key)
			if !e.IsValid() {
				return m.of(name, v.Type())
			}
			return boxed(e), nil
		}
	}
	return v, fmt.Errorf("can't evaluate field %s in type %s", name, recv.Type())
}

func (b Box) templateGet(name string, args []reflect.Value, m missing) (reflect.Value, error) {
	if obj, _, _ := types.LookupFieldOrMethod(b.T.T, false, nil, name); obj != nil {
		if f, ok := obj.(*types.Func); ok && b.T.Method(name) != nil {
			return callTemplate(name, reflect.ValueOf(b.T.Method(name)), b, args, f.Type().(*types.Signature), b.T.reg)
		}
	}
	v, t := reflect.ValueOf(b.V), b.T.T
	if p, ok := t.Underlying().(*types.Pointer); ok {
		if v.IsNil() {
			if _, ok := p.Elem().Underlying().(*types.Struct); ok {
				if obj, _, _ := types.LookupFieldOrMethod(p.Elem(), true, nil, name); obj == nil {
					return v, fmt.Errorf("can't evaluate field %s in type %s", name, b.T)
				}
			}
			return v, fmt.Errorf("nil pointer evaluating %s.%s", b.T, name)
		}
		v, t = v.Elem(), p.Elem()
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		obj, index, _ := types.LookupFieldOrMethod(t, true, nil, name)
		if f, ok := obj.(*types.Var); ok {
			if len(args) > 0 {
				return v, fmt.Errorf("%s has arguments but cannot be invoked as function", name)
			}
			return b.T.reg.boxed(v.FieldByIndex(index), f.Type()), nil
		}
	case *types.Map:
		if v.Type().Key().Kind() == reflect.String {
			if len(args) > 0 {
				return v, fmt.Errorf("%s is not a method but has arguments", name)
			}
			e := v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key()))
			if !e.IsValid() {
				var err error
				if e, err = m.of(name, v.Type()); err != nil || !e.IsValid() {
					return e, err
				}
			}
			return b.T.reg.boxed(e, u.Elem()), nil
		}
	}
	return v, fmt.Errorf("can't evaluate field %s in type %s", name, b.T)
}

// boxed returns v, of type t, as an interface of the session would hold it.
func (r *Registry) boxed(v reflect.Value, t types.Type) reflect.Value {
	if types.IsInterface(t) || r.Faithful(t) || !v.CanInterface() {
		return boxed(v)
	}
	return Box{r.Of(t), v.Interface()}.from(v)
}

// callTemplate calls f, a method or function that a template calls name, on
// recv, if there is one, and args.
func callTemplate(name string, f reflect.Value, recv any, args []reflect.Value, sig *types.Signature, reg *Registry) (out reflect.Value, err error) {
	var in []reflect.Value
	if recv != nil {
		in = append(in, reflect.ValueOf(&recv).Elem())
	}
	t := f.Type()
	fixed := t.NumIn() - len(in)
	if t.IsVariadic() {
		fixed--
	}
	if len(args) < fixed || len(args) > fixed && !t.IsVariadic() {
		return out, fmt.Errorf("wrong number of args for %s: want %d got %d", name, fixed, len(args))
	}
	for i, a := range args {
		var want reflect.Type
		if i < fixed {
			want = t.In(len(in))
		} else {
			want = t.In(t.NumIn() - 1).Elem()
		}
		switch r := raw(a); {
		case want.Kind() == reflect.Interface && a.IsValid() && a.Type().AssignableTo(want):
			if b, ok := boxOf(a); ok {
				a = reflect.ValueOf(b)
			}
		case r.IsValid() && r.Type().AssignableTo(want):
			a = r
		case r.IsValid() && r.CanConvert(want) && want.Kind() != reflect.String:
			a = r.Convert(want)
		case !r.IsValid():
			a = reflect.Zero(want)
		case r.Kind() == reflect.Pointer && r.Type().Elem().AssignableTo(want):
			if r.IsNil() {
				return out, fmt.Errorf("dereference of nil pointer of type %s", strings.TrimPrefix(nameOfType(a), "*"))
			}
			a = r.Elem()
		case want.Kind() == reflect.Pointer && r.Type().AssignableTo(want.Elem()) && found(a).IsValid():
			a = found(a)
		default:
			return out, fmt.Errorf("wrong type for value; expected %s; got %s", want, nameOfType(a))
		}
		in = append(in, a)
	}
	defer func() {
		if r := recover(); r != nil {
			if Unrecoverable(r) {
				panic(r)
			}
			if e, ok := PanicValue(r).(error); ok {
				err = e
			} else {
				err = fmt.Errorf("%v", PanicValue(r))
			}
			err = fmt.Errorf("error calling %s: %w", name, err)
		}
	}()
	results := f.Call(in)
	if len(results) == 0 {
		return out, errors.New("can't call method/function " + name + " with 0 results")
	}
	if n := len(results); n == 2 {
		if e, ok := results[1].Interface().(error); ok && e != nil {
			return out, fmt.Errorf("error calling %s: %w", name, e)
		}
	}
	if sig != nil {
		return reg.boxed(results[0], sig.Results().At(0).Type()), nil
	}
	return boxed(results[0]), nil
}

// nameOfType names the type of v as templates do.
func nameOfType(v reflect.Value) string {
	if b, ok := boxOf(v); ok {
		return b.T.String()
	}
	return raw(v).Type().String()
}

// templateRange prepares what a range action steps through.
func templateRange(v reflect.Value) reflect.Value {
	b, ok := boxOf(v)
	if !ok {
		v = raw(v)
		if v.IsValid() && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && represented(v.Type().Elem()) != nil {
			out := make([]any, v.Len())
			for i := range out {
				out[i] = boxed(v.Index(i)).Interface()
			}
			return reflect.ValueOf(out)
		}
		return v
	}
	v = reflect.ValueOf(b.V)
	t := b.T.T.Underlying()
	if p, ok := t.(*types.Pointer); ok && !v.IsNil() {
		v, t = v.Elem(), p.Elem().Underlying()
	}
	var elem types.Type
	switch u := t.(type) {
	case *types.Slice:
		elem = u.Elem()
	case *types.Array:
		elem = u.Elem()
	case *types.Map:
		out := reflect.MakeMap(reflect.MapOf(v.Type().Key(), anyType))
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(it.Key(), b.T.reg.boxed(it.Value(), u.Elem()))
		}
		return out
	default:
		return v
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = b.T.reg.boxed(v.Index(i), elem).Interface()
	}
	return reflect.ValueOf(out)
}

// rewrite returns a copy of the tree in which boxes are understood.
func rewrite(t *parse.Tree) *parse.Tree {
	t = t.Copy()
	r := rewriter{tree: t}
	r.list(t.Root)
	return t
}

type rewriter struct {
	tree *parse.Tree
	like *parse.PipeNode // some pipeline of the tree
	// texts, if not nil, takes how what is rewritten was written before.
	texts map[templatePlace]string
}

// A templatePlace is a place in a template, and the text of its node.
type templatePlace struct{ place, text string }

// note notes that n stands for what was written so.
func (r rewriter) note(n parse.Node, was string) {
	if r.texts != nil {
		place, text := r.tree.ErrorContext(n)
		r.texts[templatePlace{place, text}] = was
	}
}

func (r rewriter) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			r.pipe(n.Pipe)
		case *parse.TemplateNode:
			r.pipe(n.Pipe)
		case *parse.IfNode:
			r.branch(&n.BranchNode, "_truth")
		case *parse.WithNode:
			r.branch(&n.BranchNode, "_truth")
		case *parse.RangeNode:
			r.branch(&n.BranchNode, "_range")
		case *parse.ListNode:
			r.list(n)
		}
	}
}

// text returns how n is written, if that is wanted.
func (r rewriter) text(n parse.Node) string {
	if r.texts == nil {
		return ""
	}
	return n.String()
}

func (r rewriter) branch(b *parse.BranchNode, last string) {
	r.like = b.Pipe
	looked := b.Pipe.Cmds[len(b.Pipe.Cmds)-1].Args[0]
	pos, was := looked.Position(), r.text(looked)
	r.pipe(b.Pipe)
	c := r.command(pos, r.function(pos, last))
	r.note(c, was)
	b.Pipe.Cmds = append(b.Pipe.Cmds, c)
	r.list(b.List)
	r.list(b.ElseList)
}

// looking are the predeclared functions that look into their arguments.
var looking = map[string]string{
	"eq": "_raw", "ne": "_raw", "lt": "_raw", "le": "_raw", "gt": "_raw", "ge": "_raw",
	"len": "_raw", "index": "_raw", "slice": "_raw", "call": "_raw",
	"not": "_truth", "and": "_truth", "or": "_truth",
}

func (r rewriter) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	r.like = p
	var cmds []*parse.CommandNode
	for i, c := range p.Cmds {
		wrap, was := "", r.text(c)
		if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
			wrap = looking[id.Ident]
			if wrap != "" && i > 0 {
				cmds = append(cmds, r.command(c.Pos, r.function(c.Pos, wrap)))
			}
		}
		for j, arg := range c.Args[1:] {
			c.Args[j+1] = r.argument(arg, wrap)
		}
		if first := r.selection(c.Args[0]); first != nil {
			was = r.text(c.Args[0])
			c.Pos = c.Args[0].Position()
			c.Args = append(first, c.Args[1:]...)
		} else if in, ok := c.Args[0].(*parse.PipeNode); ok {
			r.pipe(in)
		}
		r.note(c, was)
		cmds = append(cmds, c)
		if id, ok := c.Args[0].(*parse.IdentifierNode); ok && (id.Ident == "index" || id.Ident == "slice") {
			cmds = append(cmds, r.command(c.Pos, r.function(c.Pos, "_box")))
		}
	}
	p.Cmds = cmds
}

// argument returns the form of an argument, passed through the function wrap
// if there is one.
func (r rewriter) argument(n parse.Node, wrap string) parse.Node {
	if in, ok := n.(*parse.PipeNode); ok {
		r.pipe(in)
	} else if sel := r.selection(n); sel != nil {
		n = r.parens(n.Position(), r.command(n.Position(), sel...))
	}
	switch n.(type) {
	case *parse.DotNode, *parse.VariableNode, *parse.PipeNode:
		if wrap != "" {
			return r.parens(n.Position(), r.command(n.Position(), n), r.command(n.Position(), r.function(n.Position(), wrap)))
		}
	}
	return n
}

// selection returns the command that makes the selections of n, or nil if it
// makes none.
func (r rewriter) selection(n parse.Node) []parse.Node {
	var recv parse.Node
	var names []string
	was := r.text(n)
	switch n := n.(type) {
	case *parse.FieldNode:
		recv, names = &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}, n.Ident
	case *parse.VariableNode:
		if len(n.Ident) < 2 {
			return nil
		}
		v := *n
		v.Ident = n.Ident[:1]
		recv, names = &v, n.Ident[1:]
	case *parse.ChainNode:
		recv, names = r.argument(n.Node.Copy(), ""), n.Field
	default:
		return nil
	}
	pos := n.Position()
	for i, name := range names {
		sel := []parse.Node{r.function(pos, "_get"), recv, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: fmt.Sprintf("%q", name), Text: name}}
		c := r.command(pos, sel...)
		r.note(c, was)
		if i == len(names)-1 {
			return sel
		}
		recv = r.parens(pos, c)
	}
	return nil
}

func (r rewriter) function(pos parse.Pos, name string) *parse.IdentifierNode {
	return parse.NewIdentifier(name).SetPos(pos).SetTree(r.tree)
}

// command and parens make nodes that belong to the tree, which parse keeps to
// itself, as those do that they are copied from.
func (r rewriter) command(pos parse.Pos, args ...parse.Node) *parse.CommandNode {
	c := *r.like.Cmds[0]
	c.Pos, c.Args = pos, args
	return &c
}

func (r rewriter) parens(pos parse.Pos, cmds ...*parse.CommandNode) *parse.PipeNode {
	p := *r.like
	p.Pos, p.IsAssign, p.Decl, p.Cmds = pos, false, nil, cmds
	return &p
}
