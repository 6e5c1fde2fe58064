package assertion_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// A Rude value panics when it is asked for its text.
type Rude struct{ N int }

func (Rude) Error() string  { panic("rude") }
func (Rude) String() string { panic("rude") }
func (Rude) Unwrap() error  { panic("rude") }

// A Ring points to itself.
type Ring struct {
	Next *Ring
	Any  any
	m    map[string]*Ring
}

// A Loop error wraps itself.
type Loop struct{}

func (l *Loop) Error() string { return "loop" }
func (l *Loop) Unwrap() error { return l }

// nasty are values that are hard to show or to compare.
func nasty() []any {
	ring := &Ring{}
	ring.Next, ring.Any, ring.m = ring, ring, map[string]*Ring{"self": ring}
	list := []any{1, nil}
	list[1] = list
	m := map[any]any{}
	m["m"] = m
	var np *Ring
	var pp **Ring = &np
	long := strings.Repeat("long line ", 1_000)
	lines := strings.Repeat("line\n", 300)
	big := map[int]string{}
	for i := range 300 {
		big[i] = "v"
	}
	return []any{nil, true, 1, -1, uint8(255), 1.5, math.NaN(), math.Inf(-1), float32(0.1), 1i, "", "a\x00\xff\u202e", long, long + "x", lines, lines + "end",
		[]int(nil), []int{}, []byte("text"), []byte{0, 1, 255}, [3]byte{1, 2, 3}, []any{nil, []any{}}, [0]int{},
		map[string]int(nil), map[string]int{}, map[float64]int{math.NaN(): 1}, map[any]any{1: 2, "1": nil, [1]int{1}: 3}, big, map[string]struct{}{"a": {}}, map[string]bool{"a": true},
		ring, list, m, np, pp, struct{}{}, Ring{}, P{1, 2, "x"}, &P{}, struct {
			a int
			b error
			c any
		}{1, errors.New("x"), Rude{}},
		Rude{}, &Rude{}, []Rude{{1}}, errors.New("x"), fmt.Errorf("y: %w", errors.New("x")), errors.Join(errors.New("a"), Rude{}), &Loop{}, error((*MyErr)(nil)),
		time.Unix(0, 0), time.Second, func() {}, (func())(nil), make(chan int), (chan int)(nil), unsafe.Pointer(np), uintptr(1), Color(7), reflect.ValueOf(1), reflect.TypeFor[int](),
	}
}

// Whatever is compared, there is an explanation: of bounded size unless all of
// it is asked for, and of valid text.
func TestNastyValues(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("BUILD_NUMBER", "")
	for _, name := range []string{"==", "reflect.DeepEqual", "errors.Is", "slices.Equal", "bytes.Equal", "maps.Equal"} {
		root := &assertion.Node{Op: "binary", Text: "a == b", Operator: "==", ID: -1}
		a, b := &assertion.Node{Op: "ident", Text: "a", ID: 0}, &assertion.Node{Op: "ident", Text: "b", ID: 1}
		root.Kids = []*assertion.Node{a, b}
		if name != "==" {
			root = &assertion.Node{Op: "call", Text: name + "(a, b)", ID: 2, Kids: []*assertion.Node{{Op: "selector", Text: name, ID: -1}, a, b}}
		}
		e := &assertion.Expr{Root: root, Slots: 3}
		for i, x := range nasty() {
			for j, y := range nasty() {
				for verbosity := range 3 {
					if verbosity == 2 && (i+j)%7 != 0 {
						continue // enough of the long ones
					}
					r := assertion.NewRecord(e)
					r.Set(0, x)
					r.Set(1, y)
					r.Set(2, false)
					lines := r.Explain(verbosity)
					funcs := reflect.TypeOf(x) == reflect.TypeFor[func()]() && reflect.TypeOf(x) == reflect.TypeOf(y) // told by name
					if lines[0] == "assert "+root.Text && !funcs {
						t.Errorf("%s of %T (%d) and %T (%d) cannot be explained", name, x, i, y, j)
					}
					size := 0
					for _, l := range lines {
						size += len(l)
						if strings.Contains(l, "\n") || !utf8.ValidString(l) && verbosity < 2 {
							t.Errorf("%s: a bad line %.100q of %T and %T", name, l, x, y)
						}
					}
					if len(lines) == 0 || !strings.HasPrefix(lines[0], "assert ") || verbosity < 2 && size > 12_000 {
						t.Errorf("%s of %T (%d) and %T (%d): %d bytes, beginning %.100q", name, x, i, y, j, size, lines)
					}
				}
			}
		}
	}
}
