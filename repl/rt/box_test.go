package rt

import (
	"encoding/json"
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// session is a registry with a few types declared.
type session struct {
	*Registry
	pkg *types.Package
}

func newSession() *session {
	pkg := types.NewPackage("main", "main")
	reg := NewRegistry()
	reg.IsCompiled = func(p *types.Package) bool { return p != pkg }
	reg.Compiled = func(path, name string) (reflect.Type, bool) { return nil, false }
	reg.Wrap = func(path, name string) func(Boxed) any { return nil }
	return &session{reg, pkg}
}

func (s *session) named(name string, under types.Type) *types.Named {
	return types.NewNamed(types.NewTypeName(token.NoPos, s.pkg, name, nil), under, nil)
}

func (s *session) structure(fields ...any) *types.Struct {
	var vars []*types.Var
	var tags []string
	for i := 0; i < len(fields); i += 3 {
		vars = append(vars, types.NewField(token.NoPos, s.pkg, fields[i].(string), fields[i+1].(types.Type), false))
		tags = append(tags, fields[i+2].(string))
	}
	return types.NewStruct(vars, tags)
}

var typInt, typString = types.Typ[types.Int], types.Typ[types.String]

func TestNamedTypesAreDistinct(t *testing.T) {
	s := newSession()
	under := s.structure("X", typInt, "")
	a, b := s.Of(s.named("A", under)), s.Of(s.named("B", under))
	if a.R == b.R {
		t.Error("two struct types have one representation")
	}
	x, y := MakeBox(a, a.Zero()), MakeBox(b, b.Zero())
	if Eq(x, y) || !Eq(x, MakeBox(a, a.Zero())) {
		t.Error("boxes do not compare as interface values do")
	}
	if _, ok := As2(x, b); ok {
		t.Error("an A holds a B")
	}
	if v := As(x, a, nil); v != a.Zero() {
		t.Errorf("the box holds %v", v)
	}
	n, m := s.Of(s.named("N", typInt)), s.Of(s.named("M", typInt))
	if n.R != m.R || Eq(MakeBox(n, 1), MakeBox(m, 1)) || Eq(MakeBox(n, 1), 1) {
		t.Error("named integers are not kept apart")
	}
}

func TestAssertionErrors(t *testing.T) {
	s := newSession()
	a := s.Of(s.named("A", typInt))
	any := s.Of(types.NewInterfaceType(nil, nil))
	for _, c := range []struct {
		x    interface{}
		want string
	}{
		{nil, "interface conversion: interface {} is nil, not main.A"},
		{"s", "interface conversion: interface {} is string, not main.A"},
		{MakeBox(s.Of(s.named("A", typInt)), 1), "interface conversion: interface {} is main.A, not main.A (types from different scopes)"},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}()
			As(c.x, a, any)
		}()
	}
}

func TestRecursiveTypes(t *testing.T) {
	s := newSession()
	node := s.named("Node", nil)
	node.SetUnderlying(s.structure("v", typInt, "", "next", types.NewPointer(node), "", "kids", types.NewSlice(node), ""))
	d := s.Of(node)
	if f := d.R.Field(1).Type; f.Elem() != d.R {
		t.Errorf("next points to %v", f.Elem())
	}
	if f := d.R.Field(2).Type; f.Elem() != d.R {
		t.Errorf("kids are %v", f.Elem())
	}
	list := s.named("L", nil)
	list.SetUnderlying(types.NewSlice(list))
	fn := s.named("F", nil)
	sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(types.NewParam(0, nil, "", typInt)), types.NewTuple(types.NewParam(0, nil, "", fn)), false)
	fn.SetUnderlying(sig)
	if l := s.Of(list).R; l.Elem() != l {
		t.Errorf("L is a slice of %v", l.Elem())
	}
	if f := s.Of(fn).R; f.Out(0) != f {
		t.Errorf("F returns %v", f.Out(0))
	}
}

// TestMirrors checks the descriptions of the runtime's types that the package
// writes to.
func TestMirrors(t *testing.T) {
	st := reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[int]()}, {Name: "B", Type: reflect.TypeFor[string]()}})
	fields := (*structType)(typePointer(st)).fields
	if len(fields) != 2 || fields[1].offset != st.Field(1).Offset || fields[1].typ != typePointer(st.Field(1).Type) {
		t.Error("structs are laid out otherwise")
	}
	m := reflect.TypeFor[map[string]int]()
	if e := (*elemType)(typePointer(m)).elems; e[0] != typePointer(m.Key()) || e[1] != typePointer(m.Elem()) {
		t.Error("maps are laid out otherwise")
	}
	for _, c := range []reflect.Type{reflect.TypeFor[*int](), reflect.TypeFor[[]int](), reflect.TypeFor[chan int](), reflect.TypeFor[[3]int]()} {
		if (*elemType)(typePointer(c)).elems[0] != typePointer(c.Elem()) {
			t.Errorf("%v is laid out otherwise", c)
		}
	}
	f := reflect.FuncOf([]reflect.Type{reflect.TypeFor[int](), reflect.TypeFor[bool]()}, []reflect.Type{reflect.TypeFor[string]()}, false)
	ft := (*funcType)(typePointer(f))
	third := *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(&ft.params), 2*unsafe.Sizeof(uintptr(0))))
	if ft.in != 2 || ft.out != 1 || third != typePointer(f.Out(0)) {
		t.Error("functions are laid out otherwise")
	}
}

func TestFormat(t *testing.T) {
	s := newSession()
	d := s.Of(s.named("D", typInt))
	d.SetMethod("String", func(r any) string { return fmt.Sprintf("D%d", Unbox(r)) })
	st := s.named("S", s.structure("Name", typString, "", "d", d.T, "", "D", d.T, ""))
	v := reflect.New(s.Of(st).R).Elem()
	v.Field(0).SetString("n")
	v.Field(1).SetInt(1)
	v.Field(2).SetInt(2)
	box := MakeBox(s.Of(st), v.Interface())
	for format, want := range map[string]string{
		"%v":  "{n 1 D2}",
		"%+v": "{Name:n d:1 D:D2}",
		"%#v": `main.S{Name:"n", d:1, D:2}`,
		"%T":  "main.S",
	} {
		f, args := Format(format, []any{box})
		if got := fmt.Sprintf(f, args...); got != want {
			t.Errorf("%s prints %s, want %s", format, got, want)
		}
	}
	if got := fmt.Sprint(MakeBox(s.Of(types.NewSlice(d.T)), []int{3, 4})); got != "[D3 D4]" {
		t.Errorf("a slice prints %s", got)
	}
}

func TestJSON(t *testing.T) {
	s := newSession()
	c := s.Of(s.named("C", typInt))
	c.SetMethod("MarshalJSON", func(r any) ([]byte, error) { return fmt.Appendf(nil, `"c%d"`, Unbox(r)), nil })
	pc := s.Of(types.NewPointer(c.T))
	pc.SetMethod("UnmarshalJSON", func(r any, b []byte) error {
		_, err := fmt.Sscanf(string(b), `"c%d"`, Unbox(r))
		return err
	})
	st := s.named("S", s.structure("A", c.T, `json:"a"`, "L", types.NewSlice(c.T), `json:"l,omitempty"`, "x", typInt, ""))
	ptr := reflect.New(s.Of(st).R)
	in := MakeBox(s.Of(types.NewPointer(st)), ptr.Interface())
	if err := in.(Box).UnmarshalJSON([]byte(`{"a":"c4","l":["c5"],"x":9}`)); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(jsonEncoding.expose(MakeBox(s.Of(st), ptr.Elem().Interface())))
	if want := `{"a":"c4","l":["c5"]}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
}

func TestReflectType(t *testing.T) {
	s := newSession()
	st := s.named("S", s.structure("A", typInt, `k:"v"`, "b", typString, ""))
	typ := s.ReflectType(s.Of(st))
	if f := typ.Field(1); typ.Name() != "S" || typ.NumField() != 2 || f.Name != "b" || f.IsExported() || typ.Field(0).Tag != `k:"v"` {
		t.Errorf("%s has the field %+v", typ, f)
	}
	v := reflect.New(typ.(*sessionType).Type).Elem()
	if valueField(v, 1).CanInterface() || !valueField(v, 0).CanSet() {
		t.Error("fields are not what they are declared as")
	}
	if p := s.ReflectType(s.Of(types.NewPointer(st))); p.Elem() != typ || !strings.HasPrefix(p.String(), "*main.") {
		t.Errorf("a pointer is %v", p)
	}
}

func TestPanicTexts(t *testing.T) {
	for engine, want := range map[string]string{
		"reflect: slice index out of range":                                  "runtime error: index out of range",
		"reflect: call of reflect.Value.Field on zero Value":                 "runtime error: invalid memory address or nil pointer dereference",
		"reflect.MakeSlice: negative len":                                    "runtime error: makeslice: len out of range",
		"reflect.MakeChan: negative buffer size":                             "makechan: size out of range",
		"reflect: cannot convert slice with length 2 to array with length 4": "runtime error: cannot convert slice with length 2 to array or pointer to array with length 4",
		"mine": "mine",
	} {
		if got := fmt.Sprint(PanicValue(engine)); got != want {
			t.Errorf("%q becomes %q, want %q", engine, got, want)
		}
	}
}

func TestDefers(t *testing.T) {
	var log []string
	add := func(s string) func() { return func() { log = append(log, s) } }
	d := NewDefers()
	never := func(any, bool) bool { return false }
	returned := Protect(d, func() {
		d.Push(add("first"))
		d.PushR(func() {
			c := Caught()
			func() {
				if Recover(Caught()) != nil {
					t.Error("a call within recovers")
				}
			}()
			log = append(log, fmt.Sprint("recovered ", Recover(c)))
		})
		d.Push(add("last"))
		panic("p")
	}, never)
	if got := strings.Join(log, ", "); returned || got != "last, recovered p, first" {
		t.Errorf("returned %v after %s", returned, got)
	}
	defer func() {
		if v := recover(); v != "second" {
			t.Errorf("the panic is %v", v)
		}
	}()
	d = NewDefers()
	Protect(d, func() {
		d.Push(func() { panic("second") })
		panic("first")
	}, func(v any, deferred bool) bool {
		if v != "second" || !deferred {
			t.Errorf("the panic that goes on is %v, of a deferred call: %v", v, deferred)
		}
		return false
	})
}

// TestTags checks that package reflect keeps its flags as tag.go expects.
func TestTags(t *testing.T) {
	if tagUnit == 0 {
		t.Fatal("the flags of a reflect.Value are laid out differently")
	}
	v := reflect.ValueOf(7)
	f := (*flagged)(unsafe.Pointer(&v))
	f.flag |= 5 * tagUnit
	if v.Kind() != reflect.Int || v.Int() != 7 || v.Interface() != any(7) || v.Convert(reflect.TypeFor[int8]()).Interface() != any(int8(7)) {
		t.Error("a tagged Value is not what it was")
	}
}
