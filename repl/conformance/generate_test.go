package conformance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A generator writes functions that mix what the lowering treats apart: order
// of evaluation, aliases, closures, methods, deferred calls, panics, jumps.
type generator struct {
	r     *rand.Rand
	b     strings.Builder
	depth int
	vars  []string // int variables in scope
	loops int
	label int
}

const preamble = `package main

import "fmt"

type I interface{ Get(int) int }

type T struct {
	x, y int
	a    [3]int
}

func (t T) Get(n int) int   { return t.x + n }
func (t *T) Set(n int) int  { t.y = n; return t.x }
func (t *T) Self() *T       { calls++; return t }

type N int

func (n N) Get(m int) int { return int(n) - m }

type G[E any] struct{ items []E }

func (g *G[E]) Push(e E) int { g.items = append(g.items, e); return len(g.items) }

func pick[E any](xs []E, i int) E { return xs[i] }

var calls, hidden int

var k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11 = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11

func call(n int) int { calls++; return n + calls%3 }

func two(a, b int) (int, int) { calls++; return b, a }

func show(name string, f func() []any) {
	calls, hidden = 0, 0
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(name, "panics:", r, calls)
		}
	}()
	fmt.Println(name, f(), calls)
}

`

// generated returns a program of n functions that depends on seed alone.
func generated(seed uint64, n int) string {
	var out strings.Builder
	out.WriteString(preamble)
	for i := range n {
		g := &generator{r: rand.New(rand.NewPCG(seed, uint64(i)))}
		g.function(fmt.Sprintf("f%d", i))
		out.WriteString(g.b.String())
	}
	out.WriteString("func main() {\n")
	for i := range n {
		fmt.Fprintf(&out, "\tshow(\"f%d\", f%d)\n", i, i)
	}
	out.WriteString("}\n")
	return out.String()
}

func (g *generator) line(format string, args ...any) {
	g.b.WriteString(strings.Repeat("\t", g.depth))
	fmt.Fprintf(&g.b, format+"\n", args...)
}

func (g *generator) function(name string) {
	g.line("func %s() (out []any) {", name)
	g.depth++
	g.vars = []string{"a", "b", "c"}
	g.line("c0 := %d", g.r.IntN(9))
	g.line("a, b, c := %d, %d, %d", g.r.IntN(9), g.r.IntN(9)-4, g.r.IntN(20))
	g.line("s := []int{%d, %d, %d}", g.r.IntN(9), g.r.IntN(9), g.r.IntN(9))
	g.line("m := map[int]int{%d: 1, 5: 2}", g.r.IntN(4))
	g.line("t := T{x: %d, a: [3]int{1, 2, 3}}", g.r.IntN(9))
	g.line("p := &t")
	g.line("u := t")
	g.line("str := %q", "abc")
	g.line("q := &G[int]{}")
	g.line("is := []I{t, p, N(%d)}", g.r.IntN(9))
	g.line("inc := func(n int) int { hidden += n; return hidden &^ c0 }")
	g.line("defer func() { out = append(out, a, b, c, s, len(m), t, u, str, q.items) }()")
	if g.r.IntN(3) == 0 {
		g.line("defer func() {")
		g.line("\tif r := recover(); r != nil {")
		g.line("\t\tout = append(out, fmt.Sprint(r), call(%d))", g.r.IntN(5))
		g.line("\t}")
		g.line("}()")
	}
	for range 4 + g.r.IntN(8) {
		g.statement()
	}
	g.line("_, _, _, _, _ = inc, is, q, u, m")
	g.line("return []any{a, b}")
	g.depth--
	g.line("}\n")
}

func (g *generator) pick(of ...string) string { return of[g.r.IntN(len(of))] }

func (g *generator) variable() string { return g.pick(g.vars...) }

// place returns a variable that can be assigned.
func (g *generator) place() string {
	switch g.r.IntN(12) {
	case 0:
		return "s[" + g.index() + "]"
	case 1:
		return "m[" + g.small() + "]"
	case 2:
		return g.pick("t.x", "p.x", "u.x", "p.Self().x")
	case 3:
		return g.pick("t", "u", "p") + ".a[" + g.index() + "]"
	case 4:
		return "*func() *int { calls++; return &" + g.pick("a", "b", "t.x") + " }()"
	}
	return g.pick("a", "b", "c")
}

// index returns an index within three elements. What may panic stands alone,
// in a statement: its order among calls is not specified.
func (g *generator) index() string {
	return g.pick("0", "1", "2", "(a&1)", "call(0)%3", "(b&3)%3", "int(uint8(c)%3)")
}

func (g *generator) small() string { return g.pick("0", "1", "5", "a&3", "call(1)", "b") }

// value returns an expression of type int.
func (g *generator) value(depth int) string {
	if depth <= 0 {
		switch g.r.IntN(4) {
		case 0:
			return fmt.Sprintf("k%d", g.r.IntN(12))
		case 1:
			return g.pick("t.x", "p.x", "u.x", "len(s)", "len(str)")
		}
		return g.variable()
	}
	v := func() string { return g.value(depth - 1) }
	switch g.r.IntN(16) {
	case 0, 1, 2:
		return "(" + v() + g.pick(" + ", " - ", " * ", " & ", " | ", " ^ ") + v() + ")"
	case 3:
		return "(" + v() + g.pick(" / ", " % ") + g.pick("3", "7", "k5") + ")"
	case 4:
		return "call(" + v() + ")"
	case 5:
		return "inc(" + v() + ")"
	case 6:
		return "s[" + g.index() + "]"
	case 7:
		return "m[" + v() + "]"
	case 8:
		return "is[" + g.index() + "].Get(" + v() + ")"
	case 9:
		return g.pick("t.Get(", "p.Get(", "p.Set(", "T.Get(u, ", "(*T).Set(p, ") + v() + ")"
	case 10:
		return g.pick("min(", "max(") + v() + ", " + v() + ")"
	case 11:
		return "int(" + g.pick("int8", "uint8", "int32", "uint16") + "(" + v() + "))"
	case 12:
		return "(" + v() + g.pick(" << ", " >> ") + g.pick("1", "2", "uint(a&3)") + ")"
	case 13:
		return "q.Push(" + v() + ")"
	case 14:
		return "pick(s, " + g.index() + ")"
	}
	return "func(n int) int { n += " + v() + "; return n }(" + v() + ")"
}

func (g *generator) condition() string {
	c := g.value(1) + g.pick(" < ", " == ", " >= ", " != ") + g.value(1)
	if g.r.IntN(3) == 0 {
		c += g.pick(" && ", " || ") + g.value(1) + " > " + g.value(0)
	}
	return c
}

func (g *generator) block(n int) {
	g.depth++
	for range n {
		g.statement()
	}
	g.depth--
}

func (g *generator) statement() {
	if g.depth > 4 {
		g.line("%s = %s", g.place(), g.value(1))
		return
	}
	switch g.r.IntN(23) {
	case 20:
		g.line("if len(s) < 40 { c = s[%s] }", g.pick("a", "b", "c", "len(s)"))
	case 21:
		g.line("b = %s / %s", g.variable(), g.pick("a", "b", "c"))
	case 22:
		g.line("str = str[%s:]", g.pick("a", "len(str)/2", "k1"))
	case 0, 1:
		g.line("%s = %s", g.place(), g.value(2))
	case 2:
		g.line("%s %s= %s", g.place(), g.pick("+", "-", "*", "^", "|"), g.value(2))
	case 3:
		g.line("%s, %s = %s, %s", g.place(), g.place(), g.value(1), g.value(1))
	case 4:
		g.line("%s, %s = two(%s, %s)", g.place(), g.place(), g.value(1), g.value(1))
	case 5, 6:
		g.line("if %s {", g.condition())
		g.block(1 + g.r.IntN(2))
		if g.r.IntN(2) == 0 {
			g.line("} else {")
			g.block(1)
		}
		g.line("}")
	case 7, 8, 9:
		g.loop()
	case 10:
		g.line("switch %s {", g.value(1))
		g.line("case k%d, %s:", g.r.IntN(5), g.value(1))
		g.block(1)
		if g.r.IntN(2) == 0 {
			g.depth++
			g.line("fallthrough")
			g.depth--
		}
		g.line("case 100 + %d:", g.r.IntN(5))
		g.block(1)
		g.line("default:")
		g.block(1)
		g.line("}")
	case 11:
		g.line("s = append(s, %s, %s)", g.value(1), g.value(1))
	case 12:
		g.line("s = append(s[:%s:2], s[:3]...)", g.pick("0", "1", "2"))
	case 13:
		g.line("u, t = t, u")
	case 14:
		g.line("defer func(n int) { b += n * call(1) }(%s)", g.value(1))
	case 15:
		g.line("func() {")
		g.line("\tdefer func() { out = append(out, fmt.Sprint(recover())) }()")
		g.block(2)
		g.line("}()")
	case 16:
		g.line("switch v := any(is[%s]).(type) {", g.index())
		g.line("case T:")
		g.line("\tc += v.x")
		g.line("case *T:")
		g.line("\tv.x++")
		g.line("case interface{ Get(int) int }:")
		g.line("\tc -= v.Get(%s)", g.value(0))
		g.line("}")
	case 17:
		g.line("str += fmt.Sprint(%s)", g.value(1))
	case 18:
		g.line("is[%s] = %s", g.index(), g.pick("t", "p", "N("+g.value(1)+")"))
	case 19:
		g.line("m[%s]++", g.value(1))
	}
}

func (g *generator) loop() {
	if g.loops >= 2 {
		g.line("%s = %s", g.place(), g.value(1))
		return
	}
	g.loops++
	g.label++
	i := fmt.Sprintf("i%d", g.label)
	label := fmt.Sprintf("L%d", g.label)
	g.depth--
	g.line("%s:", label)
	g.depth++
	switch g.r.IntN(4) {
	case 0:
		g.line("for %s := 0; %s < %d; %s++ {", i, i, 2+g.r.IntN(3), i)
	case 1:
		g.line("for %s := range %d {", i, 2+g.r.IntN(3))
	case 2:
		g.line("for %s := range s[:min(3, len(s))] {", i)
	case 3:
		g.line("for %s := range func(yield func(int) bool) { _ = yield(%s) && yield(4) } {", i, g.value(1))
	}
	g.line("\t_ = %s", i)
	g.vars = append(g.vars, i)
	g.block(1 + g.r.IntN(3))
	g.line("\tif %s {", g.condition())
	g.line("\t\t%s %s", g.pick("break", "continue"), label)
	g.line("\t}")
	if g.r.IntN(3) == 0 {
		g.line("\tdefer func() { c += %s }()", i)
	}
	g.vars = g.vars[:len(g.vars)-1]
	g.line("}")
	g.loops--
}

// compareGenerated runs the generated program both ways.
func compareGenerated(t *testing.T, seed uint64, n int) {
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(generated(seed, n)), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := compiled(file)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, want.Stderr)
	}
	got, err := interpret(file)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if got.Status == want.Status && got.Stdout == want.Stdout {
		return
	}
	small := minimize(generated(seed, n), time.Now().Add(patience), func(text string) bool { return differ(t, text) })
	t.Errorf("seed %d, %d functions: %s\n%.2000s\nminimised:\n%s", seed, n, difference(got.Stdout, want.Stdout), got.Stderr, small)
}

// patience is how long it may take to minimise a program.
const patience = 3 * time.Minute

// TestGenerated compares generated programs; the seeds are always the same.
func TestGenerated(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			compareGenerated(t, seed, 60)
		})
	}
}

// FuzzGenerated compares more of them: go test -fuzz Generated ./repl/conformance
func FuzzGenerated(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { compareGenerated(t, seed, 60) })
}
