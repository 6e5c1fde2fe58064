package engine

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/lower"
)

// TestLayout checks that the interpreter's types are as this package has them.
func TestLayout(t *testing.T) {
	if !known {
		t.Error("the interpreter's own types are not those of layout.go")
	}
	if mirrors(reflect.TypeFor[struct{ ptr int }](), reflect.TypeFor[struct{ ptr *int }]()) {
		t.Error("an int is taken for a pointer")
	}
	if mirrors(reflect.TypeFor[struct{ b int }](), reflect.TypeFor[struct{ a, b int }]()) {
		t.Error("a field that is elsewhere is taken for the same")
	}
}

// TestOperations runs each operation that has a closure of its own, in each of
// its forms, and compares what it yields with Go's own.
func TestOperations(t *testing.T) {
	operations(t, wholes[int], []int{0, 1, -1, 7, -100, math.MaxInt, math.MinInt})
	operations(t, wholes[int8], []int8{0, 1, -1, 7, math.MaxInt8, math.MinInt8})
	operations(t, wholes[int16], []int16{1, -1, 7, math.MaxInt16, math.MinInt16})
	operations(t, wholes[int32], []int32{1, -1, 7, math.MaxInt32, math.MinInt32})
	operations(t, wholes[int64], []int64{1, -1, 7, math.MaxInt64, math.MinInt64})
	operations(t, wholes[uint], []uint{0, 1, 7, 100, math.MaxInt})
	operations(t, wholes[uint8], []uint8{0, 1, 7, 100, math.MaxUint8})
	operations(t, wholes[uint16], []uint16{1, 7, 100, math.MaxUint16})
	operations(t, wholes[uint32], []uint32{1, 7, 100, math.MaxUint32})
	operations(t, wholes[uint64], []uint64{1, 7, 100, math.MaxInt64})
	operations(t, numbers[float32], []float32{0, 1, -2.5, 1e10})
	operations(t, numbers[float64], []float64{0, 1, -2.5, 1e300})
	operations(t, compared[string], []string{"", "a", "ab", "b"})
}

func wholes[T integer](op string, a, b T) any {
	switch op {
	case "%":
		return a % b
	case "&":
		return a & b
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "&^":
		return a &^ b
	}
	return numbers(op, a, b)
}

func numbers[T integer | ~float32 | ~float64](op string, a, b T) any {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	}
	return compared(op, a, b)
}

func compared[T cmp.Ordered](op string, a, b T) any {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "==":
		return a == b
	case "!=":
		return a != b
	}
	return nil
}

func operations[T cmp.Ordered](t *testing.T, native func(op string, a, b T) any, values []T) {
	var src strings.Builder
	src.WriteString("package main\n")
	type function struct {
		op   string
		a, b T
	}
	var all []function
	add := func(f function, form string, args ...any) {
		fmt.Fprintf(&src, "func f%d(a, b %T) interface{} {\n%s\n}\n", len(all), f.a, fmt.Sprintf(form, args...))
		all = append(all, f)
	}
	for _, op := range strings.Fields("+ - * / % & | ^ &^ < <= > >= == !=") {
		for _, a := range values {
			for _, b := range values {
				if strings.Contains("/ %", op) && b == *new(T) {
					continue
				}
				want := native(op, a, b)
				if want == nil {
					continue
				}
				f := function{op, a, b}
				if reflect.TypeOf(want).Kind() == reflect.Bool {
					add(f, "var c bool\nc = a %s b\nreturn c", op)
					add(f, "if a %s b {\nreturn true\n}\nreturn false", op)
					add(f, "var c bool\nc = a %s %#v\nif !c {\nreturn false\n}\nreturn c", op, b)
					add(f, "var c bool\nif %#v %s b {\nc = true\n}\nif c {\nreturn true\n}\nreturn false", a, op)
					continue
				}
				add(f, "var c %T\nc = a %s b\nreturn c", a, op)
				add(f, "a %s= b\nreturn a", op)
				add(f, "var p *%T\np = &a\n*p %s= b\nreturn a", a, op)
				add(f, "var l []%T\nl = []%T{b, a}\nl[1] %s= b\nreturn l[1]", a, a, op)
			}
		}
	}
	e := load(t, src.String())
	for i, f := range all {
		v, err := e.Func(fmt.Sprintf("f%d", i))
		if err != nil {
			t.Fatal(err)
		}
		want := native(f.op, f.a, f.b)
		if got := v.Interface().(func(a, b T) any)(f.a, f.b); got != want {
			t.Errorf("form %d: %T %v %s %v is %v, want %v", i, f.a, f.a, f.op, f.b, got, want)
		}
	}
}

// load returns an engine with the functions of a text in the engine's forms.
func load(t *testing.T, src string) *Engine {
	t.Helper()
	e, err := New(map[string]reflect.Value{"Poll": reflect.ValueOf(func() {})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Load(&lower.Unit{Source: src}, ""); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestCalls makes each form of call more often than it takes for frames to have
// a layout of their own.
func TestCalls(t *testing.T) {
	e := load(t, `package main

func two(a int, b string) (int, string) { return a + 1, b + "!" }

func is(a []int, p *int) bool { return len(a) > *p }

func add(a, b interface{}, m map[string]int) int { return a.(int) + b.(int) + m["x"] }

func sum(n int) int {
	if n == 0 {
		return 0
	}
	return n + sum(n-1)
}

func run(times int) (int, string) {
	var n, i, one int
	var s string
	var l []int
	var m map[string]int
	l = []int{1, 2}
	one = 1
	m = map[string]int{"x": 5}
	for i = 0; i < times; i++ {
		n, s = two(n, "a")
		if is(l, &one) {
			n += add(1, one, m)
		}
		n += sum(3)
	}
	return n, s
}
`)
	v, err := e.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	if n, s := v.Interface().(func(int) (int, string))(3 * often); n != 3*often*14 || s != "a!" {
		t.Errorf("got %d, %q", n, s)
	}
}

// TestTraceOfCalls checks that a panic in calls that are made often tells which
// functions it left, as it does in others.
func TestTraceOfCalls(t *testing.T) {
	e := load(t, `package main

func inner(a []int, i int) int { return a[i] }

func outer(a []int, i int) int { return inner(a, i) }

func run(n int) int {
	var s, i int
	for i = 0; i < n; i++ {
		s += outer([]int{1}, i / (n - 1))
	}
	return s
}
`)
	v, err := e.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 3 * often} {
		func() {
			defer func() { recover() }()
			v.Interface().(func(int) int)(n)
			t.Error("no panic")
		}()
		if got := strings.Join(e.Trace(), " "); got != "inner outer run" {
			t.Errorf("after %d calls the trace is %q", n, got)
		}
	}
}

// TestFrames checks that what a call leaves behind is not changed by the calls
// that come after it, which may use its frame anew, and that each begins with
// variables that are zero.
func TestFrames(t *testing.T) {
	e := load(t, `package main

func counter(n int) func() int {
	var c int
	c = n
	return func() int { c += 1; return c }
}

func cell(n int) *int {
	var c int
	c = n
	return &c
}

func pair(n int) []int {
	var a [2]int
	a[1] = n
	return a[:]
}

type node struct {
	n    int
	next *node
	in   struct{ deep [2]int }
}

func push(l *node, n int) *node {
	var e *node
	e = &node{n, l, struct{ deep [2]int }{}}
	e.in.deep[1] = n
	return e
}

func deep(e node) []int { return e.in.deep[:] }

func zero(set bool) (int, string, bool) {
	var a int
	var b, c string
	var ok bool
	var v interface{}
	if set {
		a = 5
		b = "b"
		c = b
		v = 5
	}
	_, ok = v.(int)
	return a, c, ok
}

func first(e *node, v interface{}) (n int, ok bool) {
	n, ok = v.(int)
	if ok && e != nil || n > 100 {
		n += e.n
	}
	return n, ok
}

func run(times int) string {
	var i, a, n, wrong int
	var b string
	var ok bool
	var fs []func() int
	var ps []*int
	var ls, ds [][]int
	var l *node
	for i = 0; i < times; i++ {
		fs = append(fs, counter(i))
		ps = append(ps, cell(i))
		ls = append(ls, pair(i))
		l = push(l, i)
		ds = append(ds, deep(*l))
		a, b, ok = zero(i%2 == 0)
		if i%2 == 1 && (a != 0 || b != "" || ok) {
			return "not zero"
		}
		n, ok = first(l, 2)
		if n != 2+i || !ok {
			return "not the first"
		}
		n, ok = first(l, "2")
		if n != 0 || ok {
			return "not an int"
		}
	}
	for i = 0; i < times; i++ {
		if fs[i]() != i+1 || *ps[i] != i || ls[i][1] != i || ds[i][1] != i || l.n != times-1-i {
			wrong++
		}
		l = l.next
	}
	if wrong > 0 {
		return "changed"
	}
	return ""
}
`)
	v, err := e.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Interface().(func(int) string)(4 * often); got != "" {
		t.Error(got)
	}
}

// TestConcurrentFrames makes the same calls on several goroutines.
func TestConcurrentFrames(t *testing.T) {
	e := load(t, `package main

func add(a []int, i, n int) int {
	var s int
	if i == len(a) {
		return n
	}
	s = a[i]
	return add(a, i+1, n+s)
}

func run(times, n int) int {
	var i, sum int
	for i = 0; i < times; i++ {
		sum += add([]int{1, 2, 3}, 0, n)
	}
	return sum
}
`)
	v, err := e.Func("run")
	if err != nil {
		t.Fatal(err)
	}
	run := v.Interface().(func(times, n int) int)
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			if got, want := run(10*often, n), 10*often*(6+n); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
	wg.Wait()
}

// TestClosures calls function literals in each way, before and after it turns
// out that they are called often.
func TestClosures(t *testing.T) {
	if madeAt < 0 {
		t.Error("functions made by package reflect are not known by what they look like")
	}
	e := load(t, `package main

func adder(n *int) func(int) (int, string) {
	return func(d int) (int, string) {
		var s string
		if d > 0 {
			s = "up"
		}
		*n += d
		return *n, s
	}
}

func faculty() func(int) int {
	var f func(int) int
	f = func(n int) int {
		if n < 2 {
			return 1
		}
		return n * f(n-1)
	}
	return f
}

func is(limit int) func(interface{}, []int) bool {
	return func(v interface{}, l []int) bool { return v.(int)+len(l) > limit }
}

func failing(l []int) func(int) int {
	return func(i int) int { return l[i] }
}

func run(times int) string {
	var i, n, sum, count int
	var s string
	var add func(int) (int, string)
	var f func(int) int
	var test func(interface{}, []int) bool
	add = adder(&sum)
	f = faculty()
	test = is(10)
	for i = 0; i < times; i++ {
		n, s = add(i % 2)
		if s == "up" && n != i/2+1 || s == "" && i%2 == 1 {
			return "wrong sum"
		}
		if f(5) != 120 {
			return "wrong product"
		}
		if test(i, []int{1, 2}) {
			count++
		}
	}
	if count != times-9 {
		return "wrong count"
	}
	return ""
}

func none() int {
	var f func(int) int
	return f(1)
}

func shorter(a, b string) int {
	var n int
	n = len(a)
	return n - len(b)
}

func kinds(calls *int) []interface{} {
	var i int
	var f func()
	var g func(int, int) int
	var h func(string, string) int
	h = shorter
	f = func() { *calls += 1 }
	g = func(a, b int) int { return a - b }
	for i = 0; i < 2*50; i++ {
		f()
		i += g(1, 1)
	}
	return []interface{}{
		f, g,
		func(a int) bool { return a > 1 },
		func(a, b int) bool { return a < b },
		h,
		func(r rune) bool { return r == 'a' },
		func(r rune) rune { return r + 1 },
	}
}
`)
	get := func(name string) any {
		v, err := e.Func(name)
		if err != nil {
			t.Fatal(err)
		}
		return v.Interface()
	}
	if got := get("run").(func(int) string)(4 * often); got != "" {
		t.Error(got)
	}
	sum := 5
	add := get("adder").(func(*int) func(int) (int, string))(&sum)
	for i := range 4 * often {
		if n, s := add(1); n != i+6 || s != "up" {
			t.Errorf("called by the host, it returns %d, %q", n, s)
		}
	}
	calls := 0
	for kind, call := range get("kinds").(func(*int) []any)(&calls) {
		for range 2 * often {
			ok := false
			switch f := call.(type) {
			case func():
				f()
				ok = true
			case func(int) bool:
				ok = f(2) && !f(1)
			case func(int, int) bool:
				ok = f(1, 2) && !f(2, 1)
			case func(int, int) int:
				ok = f(1, 2) == -1
			case func(string, string) int:
				ok = f("ab", "b") == 1
			case func(rune) bool:
				ok = f('a') && !f('b')
			case func(rune) rune:
				ok = f('a') == 'b'
			}
			if !ok {
				t.Fatalf("kind %d: a %T does not return what it should", kind, call)
			}
		}
	}
	if calls != 4*often {
		t.Errorf("%d calls of the function without results", calls)
	}
	f := get("failing").(func([]int) func(int) int)([]int{1})
	for i := range 4 * often {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
				if got := strings.Join(e.Trace(), " "); got != "failing" {
					t.Errorf("after %d calls the trace is %q", i, got)
				}
			}()
			f(1)
		}()
	}
	func() {
		defer func() {
			if v := recover(); v == nil {
				t.Error("no panic")
			}
		}()
		get("none").(func() int)()
	}()
}
