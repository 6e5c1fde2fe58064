package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// An item is generated code that belongs to one exported name.
type item struct {
	name    string
	code    string
	imports []string // the packages that code names, sorted
}

// A coder renders types as Go source and notes the packages they name.
type coder struct{ imports []string }

// use notes that the code names the package path and returns its alias there.
func (c *coder) use(path string) string {
	if i, found := slices.BinarySearch(c.imports, path); !found {
		c.imports = slices.Insert(c.imports, i, path)
	}
	return alias(path)
}

// typ returns the source of t.
func (c *coder) typ(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return c.use(p.Path()) })
}

// symbols returns the table entries of pkg: its functions, variables and
// types that are not generic. The front end folds constants, so they need no
// entry.
func symbols(pkg *types.Package) []item {
	var items []item
	for _, name := range pkg.Scope().Names() {
		var c coder
		qualified := c.use(pkg.Path()) + "." + name
		var value string
		switch obj := pkg.Scope().Lookup(name); {
		case !obj.Exported():
			continue
		case isPlainFunc(obj):
			value = fmt.Sprintf("reflect.ValueOf(%s)", qualified)
		case isPlainType(obj):
			value = fmt.Sprintf("reflect.ValueOf((*%s)(nil))", qualified)
		case isVar(obj):
			value = fmt.Sprintf("reflect.ValueOf(&%s).Elem()", qualified)
		default:
			continue
		}
		c.use("reflect")
		items = append(items, item{name, fmt.Sprintf("m[%q] = %s\n", name, value), c.imports})
	}
	return items
}

func isVar(obj types.Object) bool {
	_, ok := obj.(*types.Var)
	return ok
}

func isPlainFunc(obj types.Object) bool {
	f, ok := obj.(*types.Func)
	return ok && f.Signature().TypeParams().Len() == 0
}

// isPlainType reports whether obj is a type that a variable can have as it is.
func isPlainType(obj types.Object) bool {
	tn, ok := obj.(*types.TypeName)
	if !ok {
		return false
	}
	switch t := tn.Type().(type) {
	case *types.Named:
		if t.TypeParams().Len() > 0 {
			return false
		}
	case *types.Alias:
		if t.TypeParams().Len() > 0 {
			return false
		}
	}
	iface, ok := tn.Type().Underlying().(*types.Interface)
	return !ok || iface.IsMethodSet()
}

// wrappers returns the wrapper types of the interfaces of pkg that user code
// can implement.
func wrappers(pkg *types.Package) []item {
	var items []item
	for _, name := range pkg.Scope().Names() {
		obj, ok := pkg.Scope().Lookup(name).(*types.TypeName)
		if !ok || !obj.Exported() || obj.IsAlias() || !isPlainType(obj) {
			continue
		}
		iface, ok := obj.Type().Underlying().(*types.Interface)
		if !ok || iface.NumMethods() == 0 || !implementable(iface) {
			continue
		}
		var c coder
		code := c.wrapper(wrapperName(pkg.Path(), name), iface)
		items = append(items, item{name, code, c.imports})
	}
	return items
}

func wrapperName(path, name string) string { return "w_" + alias(path) + "_" + name }

// wrapper returns the declaration of a wrapper type and its methods.
func (c *coder) wrapper(typeName string, iface *types.Interface) string {
	var b strings.Builder
	fmt.Fprintf(&b, "type %s struct{ b Boxed }\n\n", typeName)
	fmt.Fprintf(&b, "func (w %s) BoxedValue() Boxed { return w.b }\n", typeName)
	for m := range iface.Methods() {
		c.method(&b, typeName, m)
	}
	b.WriteByte('\n')
	return b.String()
}

// method writes the method m, which calls the box's method of that name with
// the boxed value as its first argument.
func (c *coder) method(b *strings.Builder, typeName string, m *types.Func) {
	var params, plain, args []string
	sig := m.Signature()
	for i := range sig.Params().Len() {
		t, dots := sig.Params().At(i).Type(), ""
		arg := fmt.Sprintf("p%d", i)
		decl := c.typ(t)
		if sig.Variadic() && i == sig.Params().Len()-1 {
			decl, dots = "..."+c.typ(t.(*types.Slice).Elem()), "..."
		}
		params = append(params, arg+" "+decl)
		plain = append(plain, decl)
		args = append(args, arg+dots)
	}
	var results []string
	for r := range sig.Results().Variables() {
		results = append(results, c.typ(r.Type()))
	}
	result, ret := strings.Join(results, ", "), ""
	if len(results) > 0 {
		result, ret = "("+result+")", "return "
	}
	fmt.Fprintf(b, "func (w %s) %s(%s) %s { %sw.b.Method(%q).(func(%s) %s)(%s) }\n",
		typeName, m.Name(), strings.Join(params, ", "), result,
		ret, m.Name(), strings.Join(append([]string{"any"}, plain...), ", "), result,
		strings.Join(append([]string{"w.b.Value()"}, args...), ", "))
}

// implementable reports whether another package can declare all methods of iface.
func implementable(iface *types.Interface) bool {
	for m := range iface.Methods() {
		if !m.Exported() || !expressible(m.Type()) {
			return false
		}
	}
	return true
}

// expressible reports whether another package can write t.
func expressible(t types.Type) bool {
	switch t := t.(type) {
	case *types.Basic:
		return true
	case *types.Named:
		return visible(t.Obj()) && every(t.TypeArgs().Types(), expressible)
	case *types.Alias:
		return visible(t.Obj()) && every(t.TypeArgs().Types(), expressible)
	case *types.Pointer:
		return expressible(t.Elem())
	case *types.Slice:
		return expressible(t.Elem())
	case *types.Array:
		return expressible(t.Elem())
	case *types.Chan:
		return expressible(t.Elem())
	case *types.Map:
		return expressible(t.Key()) && expressible(t.Elem())
	case *types.Signature:
		return every(t.Params().Variables(), varExpressible) && every(t.Results().Variables(), varExpressible)
	case *types.Interface:
		return t.IsMethodSet() && implementable(t)
	case *types.Struct:
		return every(t.Fields(), func(f *types.Var) bool { return f.Exported() && expressible(f.Type()) })
	}
	return false
}

func varExpressible(v *types.Var) bool { return expressible(v.Type()) }

// visible reports whether another package can name obj.
func visible(obj *types.TypeName) bool {
	return obj.Pkg() == nil || obj.Exported() && importable(obj.Pkg().Path())
}
