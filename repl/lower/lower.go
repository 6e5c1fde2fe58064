// Package lower turns checked Go into the plain Go that the engine runs right.
//
// Its input is go/ssa's form of a unit (a group of declarations, or the
// statements of a cell): generics are instantiated there, range-over-func,
// method values, promoted methods and per-iteration variables are made plain,
// and each conversion to an interface, each evaluation order and each jump is
// explicit. Its output is engine source made of few forms: functions without
// methods, generics, defer, select or named types; local variables declared at
// the top; assignments of one expression; if with goto; calls of host hooks.
// Package rt holds the hooks.
package lower

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/rt"
	"golang.org/x/tools/go/ssa"
)

// Host is the name under which engine source imports the host's symbols.
const Host = "x"

// A Lowerer lowers the units of one session, one at a time; what a unit
// declares in the engine is known to the later ones. It is not safe for
// concurrent use.
type Lowerer struct {
	// Types is the session's type registry.
	Types *rt.Registry
	// Compiled finds the function or variable of that name in a compiled
	// package. A variable is addressable.
	Compiled func(path, name string) (reflect.Value, bool)
	// Position returns the number under which the engine reports the source
	// position pos at run time.
	Position func(pos token.Pos, fn *ssa.Function) int

	// Observes reports whether the host is to see the variables of f while it
	// runs. Observed tells the host of them; code that runs names the function
	// by the number that it returned.
	Observes func(f *ssa.Function) bool
	Observed func(f *ssa.Function, vars []Variable) int
	// Locates reports whether the host is to see the place that f has come to
	// while it runs, and that it runs: it is observed, but for its variables.
	// Locates itself may be nil.
	Locates func(f *ssa.Function) bool

	// Statement is the function, if any, whose deferred calls are those of the
	// cell that it is a statement of: the hook CellDefers has their stack.
	Statement *ssa.Function
	// Once tells that no package initializer is called twice.
	Once bool
	// Native returns what makes compiled code for instances of a generic
	// function, or for a function, of which there is source, or nil if there is
	// no such code. It is given the instance's type, of representations, the
	// receiver first, and may decline. Native itself may be nil.
	Native func(path, name string) func(t reflect.Type) (reflect.Value, bool)
	// Methods returns the method set of a session type.
	Methods func(t types.Type) []Method

	funcs   map[*ssa.Function]string
	globals map[types.Object]string
	guards  map[*ssa.Global]string
	hosts   map[string]string // host symbol by what it stands for
	impls   map[string][]impl // methods by name and type
	stands  map[string]string // host symbol in the place of a compiled method, or ""
	serial  int
}

// A Unit is the engine's form of a unit.
type Unit struct {
	// Source is the engine source, a Go file.
	Source string
	// Symbols are the host symbols that Source needs and no earlier unit did.
	Symbols map[string]reflect.Value
	// Register names the engine function to call first, which installs the
	// methods of types; it is empty if there are none.
	Register string
	// Names maps the functions that were asked for to their engine names.
	Names map[*ssa.Function]string

	forget func()
}

// Forget tells the Lowerer that the engine could not load the unit: the next
// one that needs something of it has it again.
func (u *Unit) Forget() { u.forget() }

// An Error is a construct that the engine cannot run.
type Error struct {
	Pos token.Pos
	Msg string
}

// Error returns the message.
func (e *Error) Error() string { return e.Msg }

// unit is the state of lowering one unit.
type unit struct {
	*Lowerer
	out       strings.Builder
	symbols   map[string]reflect.Value
	queue     []*ssa.Function
	methods   []method
	queued    map[*ssa.Function]bool
	boxed     map[*rt.Type]bool
	newFuncs  []*ssa.Function
	newHosts  []string
	newVars   []types.Object
	newGuards []*ssa.Global
	done      bool // and its impls are those of all units
	locals    map[token.Pos]types.Object
	holders   map[string]string // variables that hold functions
	held      []string
	newImpls  map[string][]impl
	sites     []site
}

type method struct {
	typ  *rt.Type
	name string
	fn   string
}

// Lower lowers the functions fns and whatever they reach that is not in the
// engine yet. vars are the package-level variables that the unit declares;
// those among them whose position is that of a local variable of a function in
// fns take its place, so that a statement's variables outlive it.
func (l *Lowerer) Lower(fns []*ssa.Function, vars []*types.Var) (result *Unit, err error) {
	if l.funcs == nil {
		l.funcs = map[*ssa.Function]string{}
		l.globals = map[types.Object]string{}
		l.guards = map[*ssa.Global]string{}
		l.hosts = map[string]string{}
		l.stands = map[string]string{}
		l.impls = map[string][]impl{}
	}
	u := &unit{
		Lowerer:  l,
		symbols:  map[string]reflect.Value{},
		queued:   map[*ssa.Function]bool{},
		boxed:    map[*rt.Type]bool{},
		locals:   map[token.Pos]types.Object{},
		holders:  map[string]string{},
		newImpls: map[string][]impl{},
	}
	defer func() {
		if err != nil || result == nil {
			u.forget()
		}
	}()
	defer func() {
		r := recover()
		if e, ok := r.(*Error); ok {
			result, err = nil, e
		} else if r != nil {
			result = nil
			panic(r)
		}
	}()
	u.out.WriteString("package main\n\n")
	for _, v := range vars {
		u.declare(v)
		u.locals[v.Pos()] = v
	}
	result = &Unit{Names: map[*ssa.Function]string{}, forget: u.forget}
	for _, f := range fns {
		result.Names[f] = u.function(f)
	}
	for len(u.queue) > 0 {
		f := u.queue[0]
		u.queue = u.queue[1:]
		u.emit(f)
	}
	if len(u.methods) > 0 || len(u.held) > 0 {
		result.Register = u.name("register")
		fmt.Fprintf(&u.out, "func %s() {\n", result.Register)
		for _, name := range u.held {
			fmt.Fprintf(&u.out, "\t%s = %s\n", u.holders[name], name)
		}
		for _, m := range u.methods {
			fmt.Fprintf(&u.out, "\tx.SetMethod(%s, %q, %s)\n", u.typeRef(m.typ), m.name, m.fn)
		}
		u.out.WriteString("}\n")
	}
	result.Source = u.writeSites(u.out.String())
	result.Symbols = u.symbols
	for key, list := range u.newImpls {
		l.impls[key] = append(list, l.impls[key]...)
	}
	u.done = true
	return result, nil
}

// forget removes what the unit has brought.
func (u *unit) forget() {
	for _, f := range u.newFuncs {
		delete(u.funcs, f)
	}
	for _, h := range u.newHosts {
		delete(u.hosts, h)
		delete(u.stands, h)
	}
	for _, v := range u.newVars {
		delete(u.globals, v)
	}
	for _, g := range u.newGuards {
		delete(u.guards, g)
	}
	if u.done {
		for key, list := range u.newImpls {
			u.impls[key] = u.impls[key][len(list):]
		}
	}
}

// Alias makes the engine's variable of old also that of neu, a new declaration
// of the same variable whose value is kept.
func (l *Lowerer) Alias(neu, old *types.Var) { l.globals[neu] = l.globals[old] }

// Global returns the engine name of the package-level variable v.
func (l *Lowerer) Global(v *types.Var) string { return l.globals[v] }

// Forget drops the functions of an SSA package that are not needed any more.
func (l *Lowerer) Forget(fns ...*ssa.Function) {
	for _, f := range fns {
		delete(l.funcs, f)
	}
}

func (u *unit) fail(pos token.Pos, format string, args ...any) {
	panic(&Error{pos, fmt.Sprintf(format, args...)})
}

func (l *Lowerer) name(base string) string {
	l.serial++
	var b strings.Builder
	for _, r := range base {
		switch {
		case r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return "e" + strconv.Itoa(l.serial) + "_" + b.String()
}

// declare declares the package-level variable v in the engine.
func (u *unit) declare(v types.Object) string {
	if n, ok := u.globals[v]; ok {
		return n
	}
	n := u.name(v.Name())
	u.globals[v] = n
	u.newVars = append(u.newVars, v)
	fmt.Fprintf(&u.out, "var %s %s\n", n, u.typ(v.Type()))
	return n
}

// host returns the engine's expression for the host symbol that stands for
// key, made by value when it is new.
func (u *unit) host(key, hint string, value func() reflect.Value) string {
	if n, ok := u.hosts[key]; ok {
		return n
	}
	u.serial++
	n := sanitize(hint) + "_" + strconv.Itoa(u.serial)
	u.symbols[n] = value()
	n = Host + "." + n
	u.hosts[key] = n
	u.newHosts = append(u.newHosts, key)
	return n
}

func sanitize(s string) string {
	return "H" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, s)
}

// typeRef returns the engine's expression for a *rt.Type.
func (u *unit) typeRef(t *rt.Type) string {
	return u.host("type "+u.Types.Key(t.T), "Y", func() reflect.Value { return reflect.ValueOf(t) })
}

func (u *unit) typeOf(t types.Type) string { return u.typeRef(u.Types.Of(t)) }

// typ returns the engine's spelling of the representation of t.
func (u *unit) typ(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		switch t.Kind() {
		case types.UnsafePointer:
			return u.rtype(t)
		case types.UntypedNil, types.Invalid:
			return "interface{}"
		case types.UntypedBool, types.UntypedInt, types.UntypedRune, types.UntypedFloat, types.UntypedComplex, types.UntypedString:
			return u.typ(types.Default(t))
		}
		return t.Name()
	case *types.Alias:
		return u.typ(types.Unalias(t))
	case *types.Named:
		obj := t.Obj()
		switch {
		case obj.Pkg() == nil && obj.Name() == "error":
			return Host + ".Error"
		case obj.Pkg() == nil:
			return "interface{}"
		case isOpaque(t, "rangeIter"):
			return "*" + Host + ".Iter"
		case isOpaque(t, "deferStack"):
			return "*" + Host + ".Defers"
		case t.TypeArgs().Len() == 0 && u.Types.IsCompiled(obj.Pkg()):
			return u.rtype(t)
		}
		switch under := t.Underlying().(type) {
		case *types.Interface:
			return "interface{}"
		case *types.Struct:
			return u.rtype(t)
		default:
			if recursive(t, under, nil) {
				return u.rtype(t)
			}
			return u.typ(under)
		}
	case *types.Pointer:
		return "*" + u.typ(t.Elem())
	case *types.Slice:
		return "[]" + u.typ(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + u.typ(t.Elem())
	case *types.Map:
		return "map[" + u.typ(t.Key()) + "]" + u.typ(t.Elem())
	case *types.Chan:
		switch t.Dir() {
		case types.SendOnly:
			return "chan<- " + u.typ(t.Elem())
		case types.RecvOnly:
			return "<-chan " + u.typ(t.Elem())
		}
		if c, ok := t.Elem().Underlying().(*types.Chan); ok && c.Dir() == types.RecvOnly {
			return u.rtype(t)
		}
		return "chan " + u.typ(t.Elem())
	case *types.Signature:
		return "func" + u.signature(t)
	case *types.Interface:
		return "interface{}"
	case *types.Struct:
		return u.rtype(t)
	case *types.Tuple:
		if t.Len() == 0 {
			return ""
		}
	}
	if s := t.String(); strings.HasSuffix(s, "deferStack") {
		return "*" + Host + ".Defers"
	} else if strings.HasSuffix(s, "rangeIter") {
		return "*" + Host + ".Iter"
	}
	panic(fmt.Sprintf("lower: no spelling for %T %v", t, t))
}

func isOpaque(t *types.Named, name string) bool {
	return t.Obj().Name() == name && t.Obj().Pkg() != nil && t.Obj().Pkg().Path() == "ssa" || t.Obj().Name() == name && t.Obj().Pkg() != nil && t.Obj().Pkg().Name() == "ssa"
}

// rtype returns a host symbol for the representation of t.
func (u *unit) rtype(t types.Type) string {
	return u.host("rtype "+u.Types.Key(t), "T", func() reflect.Value {
		return reflect.Zero(reflect.PointerTo(u.Types.Of(t).R))
	})
}

func (u *unit) signature(t *types.Signature) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range t.Params().Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		p := t.Params().At(i).Type()
		if t.Variadic() && i == t.Params().Len()-1 {
			b.WriteString("..." + u.typ(p.(*types.Slice).Elem()))
			continue
		}
		b.WriteString(u.typ(p))
	}
	b.WriteByte(')')
	switch n := t.Results().Len(); n {
	case 0:
	case 1:
		b.WriteString(" " + u.typ(t.Results().At(0).Type()))
	default:
		b.WriteString(" (")
		for i := range n {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(u.typ(t.Results().At(i).Type()))
		}
		b.WriteByte(')')
	}
	return b.String()
}

// recursive reports whether the named type t, no struct, leads back to itself
// without a struct between.
func recursive(t *types.Named, in types.Type, seen map[types.Type]bool) bool {
	if seen == nil {
		seen = map[types.Type]bool{}
	}
	if seen[in] {
		return false
	}
	seen[in] = true
	switch in := in.(type) {
	case *types.Alias:
		return recursive(t, types.Unalias(in), seen)
	case *types.Named:
		if types.Identical(in, t) {
			return true
		}
		if _, ok := in.Underlying().(*types.Struct); ok {
			return false
		}
		return recursive(t, in.Underlying(), seen)
	case *types.Pointer:
		return recursive(t, in.Elem(), seen)
	case *types.Slice:
		return recursive(t, in.Elem(), seen)
	case *types.Array:
		return recursive(t, in.Elem(), seen)
	case *types.Chan:
		return recursive(t, in.Elem(), seen)
	case *types.Map:
		return recursive(t, in.Key(), seen) || recursive(t, in.Elem(), seen)
	case *types.Signature:
		for _, tuple := range []*types.Tuple{in.Params(), in.Results()} {
			for i := range tuple.Len() {
				if recursive(t, tuple.At(i).Type(), seen) {
					return true
				}
			}
		}
	}
	return false
}

// isSession reports whether f's code is lowered, not called in compiled form.
func (u *unit) isSession(f *ssa.Function) bool { return len(f.Blocks) > 0 }

// native returns the host symbol of the compiled code that there is for f, a
// function with source, or "" if there is none.
func (u *unit) native(f *ssa.Function) string {
	if u.Native == nil || f.Object() == nil || f.Object().Pkg() == nil {
		return ""
	}
	path, name, sig := f.Object().Pkg().Path(), f.Object().Name(), f.Signature
	if recv := sig.Recv(); recv != nil {
		name = methodKey(f)
		sig = types.NewSignatureType(nil, nil, nil, types.NewTuple(append([]*types.Var{recv}, slices.Collect(sig.Params().Variables())...)...), sig.Results(), sig.Variadic())
	}
	find := u.Native(path, name)
	if find == nil {
		return ""
	}
	key := "native " + path + "." + name + " " + u.Types.Key(sig)
	host, known := u.stands[key]
	if !known {
		if val, ok := find(u.Types.Of(sig).R); ok {
			host = u.host(key, f.Object().Name(), func() reflect.Value { return val })
		}
		u.stands[key] = host
	}
	return host
}

// function returns the engine name of f and sees to it that it is emitted.
func (u *unit) function(f *ssa.Function) string {
	if n, ok := u.funcs[f]; ok {
		return n
	}
	base := f.Name()
	if r := f.Signature.Recv(); r != nil {
		base = strings.TrimLeft(types.TypeString(r.Type(), func(*types.Package) string { return "" }), "*") + "_" + base
	}
	n := u.name(base)
	u.funcs[f] = n
	u.newFuncs = append(u.newFuncs, f)
	u.queue = append(u.queue, f)
	return n
}

// Function returns the function with that engine name, or nil.
func (l *Lowerer) Function(name string) *ssa.Function {
	for f, n := range l.funcs {
		if n == name {
			return f
		}
	}
	return nil
}

// Name returns the engine name of f, or "" if it is not in the engine.
func (l *Lowerer) Name(f *ssa.Function) string { return l.funcs[f] }
