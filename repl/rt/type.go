package rt

import (
	"fmt"
	"go/types"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A Type describes a Go type as the session sees it: the go/types type, the
// reflect type that stands for it in the engine, and the methods it has there.
// Two identical Go types share one *Type, so pointers to it compare as types do.
type Type struct {
	// T is the type as the checker knows it.
	T types.Type
	// R is the reflect type of the values that represent it in the engine.
	R reflect.Type
	// N is the type's number among those of the session.
	N int

	reg       *Registry
	key       string
	reflected *sessionType
	methods   map[string]any // name → func(receiver any, args…) results…
	wrappers  sync.Map       // of a compiled interface: *Type → wrapping
}

// String returns the type's name as fmt's %T prints it.
func (t *Type) String() string { return t.reg.TypeString(t.T) }

// Method returns the function that runs method name of the type on a boxed
// receiver, func(receiver any, args…) results…, or nil if the type has none.
func (t *Type) Method(name string) any {
	t.reg.mu.RLock()
	defer t.reg.mu.RUnlock()
	return t.methods[name]
}

// SetMethod installs fn, a func(receiver any, args…) results…, as method name.
// A later call replaces an earlier one.
func (t *Type) SetMethod(name string, fn any) {
	t.reg.mu.Lock()
	defer t.reg.mu.Unlock()
	if t.methods == nil {
		t.methods = map[string]any{}
	}
	if t.methods[name] != nil {
		t.reg.generation++
	}
	t.methods[name] = fn
}

// Generation returns how often a method of one of the registry's types has
// been replaced.
func (t *Type) Generation() int { return t.reg.Generation() }

// A Registry holds the types of one session. It is safe for use by several
// goroutines.
type Registry struct {
	// Compiled finds the reflect type of an exported, non-generic named type
	// of a compiled package.
	Compiled func(path, name string) (reflect.Type, bool)
	// IsCompiled reports whether the package of that path is compiled code.
	IsCompiled func(pkg *types.Package) bool
	// Wrap finds the wrapper that lets a box stand for a compiled interface.
	Wrap func(path, name string) func(Boxed) any

	mu         sync.RWMutex
	ids        map[*types.TypeName]string
	byKey      map[string]*Type
	keys       map[types.Type]string
	build      map[string]reflect.Type // finished representations of named types
	busy       map[string]bool
	holed      map[string]bool // the types other than structs that lead back to themselves
	fixes      []fix
	generation int
	holes      int // types that were put into a type before they were finished
}

// serial numbers the session types of all registries: representations, which
// reflect shares, must not be shared between them.
var serial atomic.Int64

// Generation returns how often a method of one of the types has been replaced.
func (r *Registry) Generation() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.generation
}

// NewRegistry returns an empty registry. Its function fields must be set
// before use.
func NewRegistry() *Registry {
	return &Registry{
		ids:   map[*types.TypeName]string{},
		byKey: map[string]*Type{},
		keys:  map[types.Type]string{},
		build: map[string]reflect.Type{},
		busy:  map[string]bool{},
		holed: map[string]bool{},
	}
}

// Same declares that the type name neu is a new declaration of what old
// declared: values of one are values of the other.
func (r *Registry) Same(neu, old *types.TypeName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[neu] = r.id(old)
}

// Forget drops what the registry remembers by the identity of type objects
// that a new declaration has replaced.
func (r *Registry) Forget(old *types.TypeName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids, old)
}

func (r *Registry) id(obj *types.TypeName) string {
	if obj.Pkg() == nil || r.IsCompiled(obj.Pkg()) {
		if obj.Pkg() == nil {
			return obj.Name()
		}
		return obj.Pkg().Path() + "." + obj.Name()
	}
	id, ok := r.ids[obj]
	if !ok {
		id = "#" + strconv.FormatInt(serial.Add(1), 10)
		r.ids[obj] = id
	}
	return id
}

// Of returns the Type for t, which must not mention type parameters.
func (r *Registry) Of(t types.Type) *Type {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of(t)
}

func (r *Registry) of(t types.Type) *Type {
	key := r.key(t)
	if d, ok := r.byKey[key]; ok {
		d.T = t // the newest declaration carries the newest methods
		return d
	}
	d := &Type{T: t, N: len(r.byKey), reg: r, key: key}
	r.byKey[key] = d
	d.R = r.rtype(t)
	if n, ok := types.Unalias(t).(*types.Named); ok && d.R.Kind() == reflect.Struct && d.R.Name() == "" {
		if !r.IsCompiled(n.Obj().Pkg()) || n.TypeArgs().Len() > 0 {
			byRepresentation.Store(d.R, d)
		}
	}
	return d
}

// Learn tells that values of type t, of a compiled package, are of type rt in
// compiled code: types that are not exported can be found in no other way.
func (r *Registry) Learn(t types.Type, rt reflect.Type) {
	if p, ok := types.Unalias(t).(*types.Pointer); ok && rt.Kind() == reflect.Pointer {
		r.Learn(p.Elem(), rt.Elem())
		return
	}
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.Obj().Pkg() == nil || n.Obj().Exported() || !r.IsCompiled(n.Obj().Pkg()) || n.TypeArgs().Len() > 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.build[r.key(n)] = rt
}

// Key returns a string that identical types share and different ones do not.
func (r *Registry) Key(t types.Type) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.key(t)
}

func (r *Registry) key(t types.Type) string {
	if k, ok := r.keys[t]; ok {
		return k
	}
	k := r.makeKey(t)
	switch t.(type) {
	case *types.Basic, *types.Named:
		// Named types may be aliased later by Same; only basic ones are stable.
		if _, basic := t.(*types.Basic); basic {
			r.keys[t] = k
		}
	}
	return k
}

func (r *Registry) makeKey(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		switch t.Kind() {
		case types.Uint8:
			return "uint8"
		case types.Int32:
			return "int32"
		}
		return t.Name()
	case *types.Alias:
		return r.key(types.Unalias(t))
	case *types.Named:
		id := r.id(t.Obj())
		if args := t.TypeArgs(); args.Len() > 0 {
			parts := make([]string, args.Len())
			for i := range parts {
				parts[i] = r.key(args.At(i))
			}
			id = r.id(t.Origin().Obj()) + "[" + strings.Join(parts, ",") + "]"
		}
		return id
	case *types.Pointer:
		return "*" + r.key(t.Elem())
	case *types.Slice:
		return "[]" + r.key(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + r.key(t.Elem())
	case *types.Map:
		return "map[" + r.key(t.Key()) + "]" + r.key(t.Elem())
	case *types.Chan:
		return [...]string{"chan(", "chan<-(", "<-chan("}[t.Dir()] + r.key(t.Elem()) + ")"
	case *types.Struct:
		var b strings.Builder
		b.WriteString("struct{")
		for i := range t.NumFields() {
			f := t.Field(i)
			if f.Embedded() {
				b.WriteByte('!')
			}
			fmt.Fprintf(&b, "%s %s", f.Name(), r.key(f.Type()))
			if tag := t.Tag(i); tag != "" {
				b.WriteString(strconv.Quote(tag))
			}
			b.WriteByte(';')
		}
		b.WriteByte('}')
		return b.String()
	case *types.Signature:
		return "func" + r.tupleKey(t.Params(), t.Variadic()) + r.tupleKey(t.Results(), false)
	case *types.Tuple:
		return r.tupleKey(t, false)
	case *types.Interface:
		var b strings.Builder
		b.WriteString("interface{")
		for i := range t.NumMethods() {
			m := t.Method(i)
			b.WriteString(m.Id())
			b.WriteString(r.key(m.Type()))
			b.WriteByte(';')
		}
		b.WriteByte('}')
		return b.String()
	case *types.TypeParam:
		return "$" + t.String()
	}
	return t.String()
}

func (r *Registry) tupleKey(t *types.Tuple, variadic bool) string {
	parts := make([]string, t.Len())
	for i := range parts {
		parts[i] = r.key(t.At(i).Type())
	}
	s := "(" + strings.Join(parts, ",")
	if variadic {
		s += "..."
	}
	return s + ")"
}

// Faithful reports whether the engine's values of type t are what compiled
// code has for it: the reflect type tells all there is to know. Others travel
// through interfaces in a Box.
func (r *Registry) Faithful(t types.Type) bool {
	return r.faithful(t, nil)
}

func (r *Registry) faithful(t types.Type, seen []types.Type) bool {
	for _, s := range seen {
		if s == t {
			return true
		}
	}
	switch t := t.(type) {
	case *types.Basic:
		return true
	case *types.Alias:
		return r.faithful(types.Unalias(t), seen)
	case *types.Named:
		return t.Obj().Pkg() == nil || r.IsCompiled(t.Obj().Pkg()) && t.TypeArgs().Len() == 0
	case *types.Pointer:
		return r.faithful(t.Elem(), append(seen, t))
	case *types.Slice:
		return r.faithful(t.Elem(), append(seen, t))
	case *types.Array:
		return r.faithful(t.Elem(), append(seen, t))
	case *types.Chan:
		return r.faithful(t.Elem(), append(seen, t))
	case *types.Map:
		return r.faithful(t.Key(), append(seen, t)) && r.faithful(t.Elem(), append(seen, t))
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for i := range tuple.Len() {
				if !r.faithful(tuple.At(i).Type(), append(seen, t)) {
					return false
				}
			}
		}
		return true
	case *types.Interface:
		return t.NumMethods() == 0
	case *types.Struct:
		for i := range t.NumFields() {
			f := t.Field(i)
			if !f.Exported() || f.Embedded() || !r.faithful(f.Type(), append(seen, t)) {
				return false
			}
		}
		return true
	}
	return false
}
