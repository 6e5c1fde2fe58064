package rt

import (
	"go/types"
	"strconv"
	"strings"
)

// TypeString writes t as fmt's %T does: session types are in package main,
// others carry their package's name.
func (r *Registry) TypeString(t types.Type) string {
	w := typeWriter{reg: r}
	w.typ(t)
	return w.String()
}

// typeWriter writes types as the compiler writes them for reflect.
type typeWriter struct {
	strings.Builder
	reg   *Registry
	depth int // of type arguments, which carry their package's path
}

func (w *typeWriter) typ(t types.Type) {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			w.WriteString("unsafe.Pointer")
			return
		}
		if t.Kind() < types.UnsafePointer {
			w.WriteString(types.Typ[t.Kind()].Name())
			return
		}
		w.WriteString(t.Name())
	case *types.Alias:
		w.typ(types.Unalias(t))
	case *types.Named:
		w.named(t)
	case *types.Pointer:
		w.WriteByte('*')
		w.typ(t.Elem())
	case *types.Slice:
		w.WriteString("[]")
		w.typ(t.Elem())
	case *types.Array:
		w.WriteString("[" + strconv.FormatInt(t.Len(), 10) + "]")
		w.typ(t.Elem())
	case *types.Map:
		w.WriteString("map[")
		w.typ(t.Key())
		w.WriteByte(']')
		w.typ(t.Elem())
	case *types.Chan:
		w.WriteString([...]string{"chan ", "chan<- ", "<-chan "}[t.Dir()])
		if in, ok := types.Unalias(t.Elem()).(*types.Chan); ok && in.Dir() == types.RecvOnly && t.Dir() != types.RecvOnly {
			w.WriteByte('(')
			w.typ(in)
			w.WriteByte(')')
			return
		}
		w.typ(t.Elem())
	case *types.Signature:
		w.WriteString("func")
		w.signature(t)
	case *types.Struct:
		w.structure(t)
	case *types.Interface:
		w.interfaceType(t)
	default:
		w.WriteString(t.String())
	}
}

func (w *typeWriter) named(t *types.Named) {
	if pkg := t.Obj().Pkg(); pkg != nil {
		w.WriteString(w.pkg(pkg) + ".")
	}
	w.WriteString(t.Obj().Name())
	if t.TypeArgs().Len() == 0 {
		return
	}
	w.depth++
	for i := range t.TypeArgs().Len() {
		w.WriteByte("[,"[min(i, 1)])
		w.typ(t.TypeArgs().At(i))
	}
	w.WriteByte(']')
	w.depth--
}

func (w *typeWriter) pkg(p *types.Package) string {
	switch {
	case w.depth > 0:
		return p.Path()
	}
	return p.Name()
}

func (w *typeWriter) signature(t *types.Signature) {
	w.WriteByte('(')
	for i := range t.Params().Len() {
		if i > 0 {
			w.WriteString(", ")
		}
		p := t.Params().At(i).Type()
		if t.Variadic() && i == t.Params().Len()-1 {
			w.WriteString("...")
			p = p.(*types.Slice).Elem()
		}
		w.typ(p)
	}
	w.WriteByte(')')
	switch n := t.Results().Len(); n {
	case 0:
	case 1:
		w.WriteByte(' ')
		w.typ(t.Results().At(0).Type())
	default:
		for i := range n {
			w.WriteString([]string{" (", ", "}[min(i, 1)])
			w.typ(t.Results().At(i).Type())
		}
		w.WriteByte(')')
	}
}

func (w *typeWriter) structure(t *types.Struct) {
	if t.NumFields() == 0 {
		w.WriteString("struct {}")
		return
	}
	w.WriteString("struct { ")
	for i := range t.NumFields() {
		if i > 0 {
			w.WriteString("; ")
		}
		f := t.Field(i)
		if !f.Embedded() {
			w.WriteString(f.Name() + " ")
		}
		w.typ(f.Type())
		if tag := t.Tag(i); tag != "" {
			w.WriteString(" " + strconv.Quote(tag))
		}
	}
	w.WriteString(" }")
}

func (w *typeWriter) interfaceType(t *types.Interface) {
	if t.NumMethods() == 0 {
		w.WriteString("interface {}")
		return
	}
	w.WriteString("interface { ")
	for i := range t.NumMethods() {
		if i > 0 {
			w.WriteString("; ")
		}
		m := t.Method(i)
		if !m.Exported() && m.Pkg() != nil {
			w.WriteString(w.pkg(m.Pkg()) + ".")
		}
		w.WriteString(m.Name())
		w.signature(m.Type().(*types.Signature))
	}
	w.WriteString(" }")
}
