package rt

import (
	"errors"
	"fmt"
	"go/types"
	htmltemplate "html/template"
	"io"
	"reflect"
	"regexp"
	"strings"
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
			return executionError(c.Execute(w, data))
		},
		"text/template.(*Template).ExecuteTemplate": func(t *template.Template, w io.Writer, name string, data any) error {
			c, err := rewriteText(t)
			if err != nil {
				return err
			}
			return executionError(c.ExecuteTemplate(w, name, data))
		},
		"html/template.(*Template).Funcs": func(t *htmltemplate.Template, m htmltemplate.FuncMap) *htmltemplate.Template {
			return t.Funcs(unboxFuncs(m))
		},
		"html/template.(*Template).Execute": func(t *htmltemplate.Template, w io.Writer, data any) error {
			c, err := rewriteHTML(t)
			if err != nil {
				return err
			}
			return executionError(c.Execute(w, data))
		},
		"html/template.(*Template).ExecuteTemplate": func(t *htmltemplate.Template, w io.Writer, name string, data any) error {
			c, err := rewriteHTML(t)
			if err != nil {
				return err
			}
			return executionError(c.ExecuteTemplate(w, name, data))
		},
	}
}

var (
	innerGet = regexp.MustCompile(`\(_get ([^\s()]+) "([^"]+)"\)`)
	outerGet = regexp.MustCompile(`_get ([^\s()]+|\(.*\)) "([^"]+)"`)
	looked   = regexp.MustCompile(`\(([^\s()]+) \| _(?:raw|box)\)| \| _(?:raw|box|truth|range)`)
)

// executionError returns err, of the execution of a rewritten template, with the
// template in it as it was.
func executionError(err error) error {
	e, ok := err.(template.ExecError)
	if !ok {
		return err
	}
	selection := func(re *regexp.Regexp, text string) string {
		return re.ReplaceAllStringFunc(text, func(s string) string {
			m := re.FindStringSubmatch(s)
			return strings.TrimSuffix(m[1], ".") + "." + m[2]
		})
	}
	text := strings.Replace(e.Err.Error(), "error calling _get: ", "", 1)
	for before := ""; before != text; {
		before = text
		text = looked.ReplaceAllString(selection(innerGet, text), "$1")
	}
	return template.ExecError{Name: e.Name, Err: &rewordedError{selection(outerGet, text), e.Err}}
}

// A rewordedError is an error with a text of its own.
type rewordedError struct {
	text string
	err  error
}

// Error returns the text.
func (e *rewordedError) Error() string { return e.text }

// Unwrap returns the error.
func (e *rewordedError) Unwrap() error { return e.err }

func rewriteText(t *template.Template) (*template.Template, error) {
	if t.Tree == nil && len(t.Templates()) == 0 {
		return t, nil // executing it says what is wrong
	}
	c, err := t.Clone()
	if err != nil {
		return nil, err
	}
	c.Funcs(templateFuncs)
	c.Funcs(map[string]any{"_get": missingKeyOf(t).get})
	for _, d := range c.Templates() {
		if d.Tree != nil {
			if _, err := c.AddParseTree(d.Name(), rewrite(d.Tree)); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

func rewriteHTML(t *htmltemplate.Template) (*htmltemplate.Template, error) {
	c, err := t.Clone()
	if err != nil {
		return nil, err
	}
	c.Funcs(templateFuncs)
	c.Funcs(map[string]any{"_get": missingKeyOf(t).get})
	for _, d := range c.Templates() {
		if d.Tree != nil {
			if _, err := c.AddParseTree(d.Name(), rewrite(d.Tree)); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
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
		format, args = Format(format, args)
		return fmt.Sprintf(format, args...)
	},
	"_raw":   func(v reflect.Value) reflect.Value { return raw(v) },
	"_box":   func(v reflect.Value) reflect.Value { return boxed(v) },
	"_range": templateRange,
	"_truth": func(v reflect.Value) reflect.Value {
		if truth, _ := template.IsTrue(raw(v)); !truth {
			return reflect.Value{}
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
		return reflect.ValueOf(b)
	}
	return v
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

// A missingKey is what the template package keeps of the option missingkey.
type missingKey int64

const (
	missingInvalid missingKey = iota
	missingZero
	missingError
)

// missingKeyOf returns the option of a text or HTML template.
func missingKeyOf(t any) missingKey {
	v := reflect.ValueOf(t).Elem()
	if _, html := t.(*htmltemplate.Template); html {
		v = v.FieldByName("text").Elem()
	}
	if common := v.FieldByName("common"); !common.IsNil() {
		return missingKey(common.Elem().FieldByName("option").FieldByName("missingKey").Int())
	}
	return missingInvalid
}

// entry returns the entry that e is of a map with elements of type t, where
// there may be none.
func (m missingKey) entry(e reflect.Value, t reflect.Type, key string) (reflect.Value, error) {
	switch {
	case e.IsValid():
	case m == missingError:
		return e, fmt.Errorf("map has no entry for key %q", key)
	case m == missingZero:
		return reflect.Zero(t), nil
	}
	return e, nil
}

// get is the selection of a field, method or map element called name.
func (m missingKey) get(recv reflect.Value, name string, args ...reflect.Value) (reflect.Value, error) {
	if b, ok := boxOf(recv); ok {
		return b.templateGet(m, name, args)
	}
	if !recv.IsValid() {
		if m == missingError {
			return recv, fmt.Errorf("nil data; no entry for key %q", name)
		}
		return recv, nil
	}
	for recv.Kind() == reflect.Interface {
		if recv.IsNil() {
			return recv, fmt.Errorf("nil pointer evaluating %s.%s", recv.Type(), name)
		}
		recv = recv.Elem()
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
			e, err := m.entry(v.MapIndex(key), v.Type().Elem(), name)
			return boxed(e), err
		}
	}
	return v, fmt.Errorf("can't evaluate field %s in type %s", name, recv.Type())
}

func (b Box) templateGet(m missingKey, name string, args []reflect.Value) (reflect.Value, error) {
	if obj, _, _ := types.LookupFieldOrMethod(b.T.T, false, nil, name); obj != nil {
		if f, ok := obj.(*types.Func); ok && b.T.Method(name) != nil {
			return callTemplate(name, reflect.ValueOf(b.T.Method(name)), b, args, f.Type().(*types.Signature), b.T.reg)
		}
	}
	v, t := reflect.ValueOf(b.V), b.T.T
	if p, ok := t.Underlying().(*types.Pointer); ok {
		if v.IsNil() {
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
			e, err := m.entry(v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())), v.Type().Elem(), name)
			if !e.IsValid() {
				return e, err
			}
			return b.T.reg.boxed(e, u.Elem()), err
		}
	}
	return v, fmt.Errorf("can't evaluate field %s in type %s", name, b.T)
}

// boxed returns v, of type t, as an interface of the session would hold it.
func (r *Registry) boxed(v reflect.Value, t types.Type) reflect.Value {
	if types.IsInterface(t) || r.Faithful(t) || !v.CanInterface() {
		return boxed(v)
	}
	return reflect.ValueOf(Box{r.Of(t), v.Interface()})
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
		case r.IsValid() && r.Type().AssignableTo(want):
			a = r
		case r.IsValid() && r.CanConvert(want) && want.Kind() != reflect.String:
			a = r.Convert(want)
		case !r.IsValid():
			a = reflect.Zero(want)
		default:
			return out, fmt.Errorf("wrong type for value; expected %s; got %s", want, r.Type())
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
	tree  *parse.Tree
	model *parse.PipeNode // one of the tree's pipelines
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

func (r rewriter) branch(b *parse.BranchNode, last string) {
	r.pipe(b.Pipe)
	r.model = b.Pipe
	b.Pipe.Cmds = append(b.Pipe.Cmds, r.command(b.Pos, r.function(b.Pos, last)))
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
	r.model = p
	var cmds []*parse.CommandNode
	for i, c := range p.Cmds {
		wrap := ""
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
			c.Args = append(first, c.Args[1:]...)
		} else if in, ok := c.Args[0].(*parse.PipeNode); ok {
			r.pipe(in)
		}
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
		recv, names = r.argument(n.Node, ""), n.Field
	default:
		return nil
	}
	pos := n.Position()
	for i, name := range names {
		sel := []parse.Node{r.function(pos, "_get"), recv, &parse.StringNode{NodeType: parse.NodeString, Pos: pos, Quoted: fmt.Sprintf("%q", name), Text: name}}
		if i == len(names)-1 {
			return sel
		}
		recv = r.parens(pos, r.command(pos, sel...))
	}
	return nil
}

func (r rewriter) function(pos parse.Pos, name string) *parse.IdentifierNode {
	return parse.NewIdentifier(name).SetPos(pos).SetTree(r.tree)
}

// command and parens make nodes. These know the tree that they belong to, which
// parse keeps to itself, as those that they are copied from do.
func (r rewriter) command(pos parse.Pos, args ...parse.Node) *parse.CommandNode {
	c := *r.model.Cmds[0]
	c.Pos, c.Args = pos, args
	return &c
}

func (r rewriter) parens(pos parse.Pos, cmds ...*parse.CommandNode) *parse.PipeNode {
	p := *r.model
	p.Pos, p.Decl, p.IsAssign, p.Cmds = pos, nil, false, cmds
	return &p
}
