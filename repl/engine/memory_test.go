package engine

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/lower"
)

// The interpreter's fields that the package reaches into must be there: without
// them it would work, and leak.
func TestFields(t *testing.T) {
	e, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.Load(&lower.Unit{Source: "package main\n\nvar e1_x int\n\nfunc e2_cell() {\n\te1_x = 5\n}\n"}, "e2_cell")
	if err != nil {
		t.Fatal(err)
	}
	if n := e.field("roots").Len(); n != 0 {
		t.Errorf("%d syntax trees are kept", n)
	}
	if n := e.scope().FieldByName("child").Len(); n != 0 {
		t.Errorf("%d scopes are kept", n)
	}
	syms := e.symbols()
	for _, name := range []string{"e1_x", "e2_cell"} {
		if !syms.MapIndex(reflect.ValueOf(name)).IsValid() {
			t.Errorf("%s is not declared", name)
		}
	}
	e.Drop("e2_cell")
	if syms.MapIndex(reflect.ValueOf("e2_cell")).IsValid() {
		t.Error("e2_cell is still declared")
	}
	e.Detach("e1_x")
	f()
	p, err := e.Pointer("e1_x")
	if err != nil {
		t.Fatal(err)
	}
	if x := p.Elem().Int(); x != 5 {
		t.Errorf("the variable is %d", x)
	}
	data := settable(e.field("frame").Elem().FieldByName("data")).Interface().([]reflect.Value)
	kinds := settable(e.field("universe").Elem().FieldByName("types")).Interface().([]reflect.Type)
	if len(data) != len(kinds) {
		t.Errorf("%d variables of %d", len(data), len(kinds))
	}
}

// A variable, and a function that is called, must not keep the syntax trees of
// what stood beside them; and types without a tree must be of use.
func TestDetach(t *testing.T) {
	e, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	src := `package main

var v1 []map[string]func(int) []int

func f2(n int) []int { return []int{n} }

func f3() { v1 = []map[string]func(int) []int{{"a": f2}} }
`
	f, err := e.Load(&lower.Unit{Source: src}, "f3")
	if err != nil {
		t.Fatal(err)
	}
	e.Detach("v1")
	e.Drop("f3")
	f()
	typ := e.symbols().MapIndex(reflect.ValueOf("v1")).Elem().FieldByName("typ")
	for range 3 { // the slice, the map, the function
		if n := (*node)(typ.Elem().FieldByName("node").UnsafePointer()); n != e.nowhere {
			t.Errorf("type %v has a syntax tree", typ.Elem().FieldByName("str"))
		}
		typ = typ.Elem().FieldByName("val")
		if typ.IsNil() {
			break
		}
	}
	def := (*node)(e.symbols().MapIndex(reflect.ValueOf("f2")).Elem().FieldByName("node").UnsafePointer())
	if def.anc != e.nowhere {
		t.Error("a function keeps what stands beside it")
	}
	if _, err := e.Load(&lower.Unit{Source: `package main

var v4 int

func f5() {
	var f func(int) []int
	var l []map[string]func(int) []int
	l = v1
	f = l[0]["a"]
	v4 = f(7)[0]
	v1 = append(v1, l[0])
	v4 += len(v1)
}
`}, ""); err != nil {
		t.Fatal(err)
	}
	v, err := e.Func("f5")
	if err != nil {
		t.Fatal(err)
	}
	v.Interface().(func())()
	if p, err := e.Pointer("v4"); err != nil || p.Elem().Int() != 9 {
		t.Errorf("got %v, %v", p.Elem(), err)
	}
}

// A variable's cost must not grow with the number of those before it.
func BenchmarkLoad(b *testing.B) {
	for _, before := range []int{100, 10_000} {
		b.Run(fmt.Sprint(before), func(b *testing.B) {
			e, err := New(nil)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			load := func() {
				n++
				if _, err := e.Load(&lower.Unit{Source: fmt.Sprintf("package main\n\nvar v%d int\n\nfunc f%d() {\n\tv%d = 1\n}\n", n, n, n)}, fmt.Sprintf("f%d", n)); err != nil {
					b.Fatal(err)
				}
				e.Drop(fmt.Sprintf("f%d", n))
				e.Detach(fmt.Sprintf("v%d", n))
			}
			for range before {
				load()
			}
			b.ResetTimer()
			for range b.N {
				load()
			}
		})
	}
}
