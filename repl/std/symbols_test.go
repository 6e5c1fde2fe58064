package std_test

import (
	"go/types"
	"reflect"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/std"
)

// TestSymbolsMatchTypes compares each package's symbols with its type data,
// both ways.
func TestSymbolsMatchTypes(t *testing.T) {
	for _, path := range std.Packages() {
		pkg, err := std.Import(path)
		if err != nil {
			t.Errorf("Import(%q): %v", path, err)
			continue
		}
		if pkg.Path() != path || !pkg.Complete() {
			t.Errorf("Import(%q) = %v, complete %t", path, pkg, pkg.Complete())
		}
		if path == "unsafe" {
			continue
		}
		symbols := std.Symbols(path)
		wanted := 0
		for _, name := range pkg.Scope().Names() {
			obj := pkg.Scope().Lookup(name)
			if !obj.Exported() || !inTable(obj) {
				continue
			}
			wanted++
			v, ok := symbols[name]
			if !ok {
				t.Errorf("%s.%s has no symbol", path, name)
				continue
			}
			checkSymbol(t, obj, v)
		}
		if len(symbols) != wanted {
			t.Errorf("%s has %d symbols, want %d", path, len(symbols), wanted)
		}
	}
}

// inTable reports whether obj is one of those that a table holds.
func inTable(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Func:
		return obj.Signature().TypeParams() == nil
	case *types.Var:
		return true
	case *types.TypeName:
		if t, ok := obj.Type().(interface{ TypeParams() *types.TypeParamList }); ok && t.TypeParams() != nil {
			return false
		}
		iface, ok := obj.Type().Underlying().(*types.Interface)
		return !ok || iface.IsMethodSet()
	}
	return false
}

// checkSymbol compares the shape of the symbol v with that of obj.
func checkSymbol(t *testing.T, obj types.Object, v reflect.Value) {
	t.Helper()
	switch obj := obj.(type) {
	case *types.Func:
		sig, typ := obj.Signature(), v.Type()
		if typ.Kind() != reflect.Func || typ.NumIn() != sig.Params().Len() ||
			typ.NumOut() != sig.Results().Len() || typ.IsVariadic() != sig.Variadic() {
			t.Errorf("%v is the symbol %v", obj, typ)
		}
	case *types.Var:
		if !v.CanSet() || kind(obj.Type()) != v.Kind() {
			t.Errorf("%v is a symbol of kind %v, settable %t", obj, v.Kind(), v.CanSet())
		}
	case *types.TypeName:
		if v.Kind() != reflect.Pointer || !v.IsNil() || kind(obj.Type()) != v.Type().Elem().Kind() {
			t.Errorf("%v is the symbol %v", obj, v.Type())
		}
		if named, ok := obj.Type().(*types.Named); ok && named.Obj().Name() != v.Type().Elem().Name() {
			t.Errorf("%v is the symbol %v", obj, v.Type())
		}
	}
}

// kind returns the kind that reflect gives values of type t.
func kind(t types.Type) reflect.Kind {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return reflect.UnsafePointer
		}
		for k := reflect.Bool; k < reflect.UnsafePointer; k++ {
			if k.String() == types.Typ[t.Kind()].Name() { // byte is uint8 there
				return k
			}
		}
	case *types.Array:
		return reflect.Array
	case *types.Chan:
		return reflect.Chan
	case *types.Signature:
		return reflect.Func
	case *types.Interface:
		return reflect.Interface
	case *types.Map:
		return reflect.Map
	case *types.Pointer:
		return reflect.Pointer
	case *types.Slice:
		return reflect.Slice
	case *types.Struct:
		return reflect.Struct
	}
	return reflect.Invalid
}

func TestSymbolsOfUnknownPackage(t *testing.T) {
	if m := std.Symbols("no/such/package"); m != nil {
		t.Errorf("got %v, want nil", m)
	}
	if _, err := std.Import("no/such/package"); err == nil || err.Error() != "package no/such/package is not in std" {
		t.Errorf("Import: got error %v", err)
	}
	if std.Known("no/such/package") || !std.Known("net/http") || !std.Known("unsafe") {
		t.Error("Known is wrong")
	}
}

func TestByName(t *testing.T) {
	for _, test := range []struct {
		name, path string
		others     int
	}{
		{"http", "net/http", 0},
		{"json", "encoding/json", 0},
		{"rand", "math/rand/v2", 2},
		{"template", "text/template", 1},
		{"pprof", "runtime/pprof", 1},
		{"scanner", "text/scanner", 1},
		{"heap", "container/heap", 0},
		{"unsafe", "unsafe", 0},
		{"fast", "", 0},
		{"nothing", "", 0},
	} {
		path, others := std.ByName(test.name)
		if path != test.path || len(others) != test.others {
			t.Errorf("ByName(%q) = %q, %q; want %q and %d others", test.name, path, others, test.path, test.others)
		}
	}
}

// TestByNameIsDecided checks that no name is left to the order of paths.
func TestByNameIsDecided(t *testing.T) {
	decided := map[string]bool{"rand": true, "template": true, "pprof": true, "scanner": true}
	for _, path := range std.Packages() {
		pkg, err := std.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, others := std.ByName(pkg.Name()); len(others) > 0 && !decided[pkg.Name()] {
			t.Errorf("%s: several packages, none of them preferred: %q", pkg.Name(), others)
		}
	}
}
