package assertion_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type P struct {
	X, Y int
	Name string
}

func (p P) Sum(n int) int { return p.X + p.Y + n }

type Outer struct {
	P    P
	Tags []string
}

type Color int

func (c Color) String() string { return [...]string{"Red", "Green"}[c] }

type MyErr struct{ Code int }

func (e *MyErr) Error() string { return fmt.Sprintf("code %d", e.Code) }

var world = env{
	"a": 1, "b": 0, "x": 5, "yes": true, "no": false,
	"f":   func(x int) int { return x + 1 },
	"g":   func() []int { return []int{1, 2} },
	"len": func(v []int) int { return len(v) },
	"p":   P{1, 2, "p"}, "q": P{1, 3, "p"}, "pp": &P{1, 2, "p"},
	"d":     map[string][]int{"k": {1, 2}},
	"s":     "hello",
	"multi": "foo\nspam\nbar", "multi2": "foo\neggs\nbar",
	"long1":   strings.Repeat("x", 100) + "a" + strings.Repeat("y", 50),
	"long2":   strings.Repeat("x", 100) + "b" + strings.Repeat("y", 50),
	"strings": pkg, "strings.ToUpper": strings.ToUpper, "strings.HasPrefix": strings.HasPrefix, "strings.Contains": strings.Contains,
	"slices": pkg, "slices.Equal": slices.Equal[[]int], "bytes": pkg, "bytes.Equal": bytes.Equal,
	"reflect": pkg, "reflect.DeepEqual": reflect.DeepEqual,
	"errors": pkg, "errors.Is": errors.Is, "math": pkg, "math.Pi": math.Pi, "io": pkg, "io.EOF": io.EOF,
	"l123": []int{1, 2, 3}, "l124": []int{1, 2, 4}, "l12": []int{1, 2}, "l60": seq(60, 59), "l77": seq(60, 77),
	"fruit": []string{"apple", "pear"}, "fruit2": []string{"apple", "peach", "fig"},
	"m1": map[string]int{"a": 1, "b": 2, "c": 0}, "m2": map[string]int{"a": 1, "b": 3, "d": 0},
	"n1": map[string]map[string][]int{"a": {"b": {1, 2}}}, "n2": map[string]map[string][]int{"a": {"b": {1, 3}}},
	"set1": map[int]struct{}{1: {}, 2: {}, 3: {}}, "set2": map[int]struct{}{2: {}, 3: {}, 4: {}},
	"abc": []byte("abc"), "abd": []byte("abd"),
	"o1": Outer{P{1, 2, "p"}, []string{"t"}}, "o2": Outer{P{1, 5, "p"}, []string{"u"}},
	"f1": 0.1, "f2": 0.2, "nan": math.NaN(),
	"boom": errors.New("boom"), "wrapped": fmt.Errorf("load: %w", &MyErr{3}), "typednil": error((*MyErr)(nil)),
	"red": Color(0), "green": Color(1), "big": bigMap(), "empty": map[string]string{},
	"i32": int32(1), "anyone": any(1), "np": (*P)(nil), "space1": "  ", "space2": "\t",
}

func seq(n, last int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	s[n-1] = last
	return s
}

func bigMap() map[string]string {
	m := map[string]string{}
	for i := range 40 {
		m[fmt.Sprintf("key%d", i)] = fmt.Sprintf("value%d", i)
	}
	return m
}

func TestExplain(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("BUILD_NUMBER", "")
	for _, c := range []struct {
		cond      string
		verbosity int
		want      string
	}{
		{"a == 2", 0, "assert 1 == 2"},
		{"1 == 2", 0, "assert 1 == 2"},
		{"f(1) == 3", 0, "assert 2 == 3\n +  where 2 = f(1)"},
		{"f(x) == f(7)", 0, "assert 6 == 8\n +  where 6 = f(5)\n +  and   8 = f(7)"},
		{"len(g()) == 3", 0, "assert 2 == 3\n +  where 2 = len([]int{1, 2})\n +    where []int{1, 2} = g()"},
		{"await(f(1)) == 43", 0, "assert 2 == 43\n +  where 2 = await f(1)"},
		{"await(x) == 43", 0, "assert 5 == 43\n +  where 5 = await x"},
		{"p.X == 2", 0, "assert 1 == 2\n +  where 1 = assertion_test.P{X: 1, Y: 2, Name: \"p\"}.X"},
		{"pp.X == 2", 0, "assert 1 == 2\n +  where 1 = &assertion_test.P{X: 1, Y: 2, Name: \"p\"}.X"},
		{"p.Sum(2) == 2", 0, "assert 5 == 2\n +  where 5 = assertion_test.P{X: 1, Y: 2, Name: \"p\"}.Sum(2)"},
		{`d["k"][0] == 9`, 0, "assert 1 == 9"},
		{"math.Pi == 3.0", 0, "assert 3.141592653589793 == 3\n  \n  Difference: 0.14159265358979312"},
		{"a + x == 7", 0, "assert (1 + 5) == 7"},
		{"a == 1 && b == 1", 0, "assert (1 == 1 && 0 == 1)"},
		{"a == 2 && b == 1", 0, "assert (1 == 2)"},
		{"a == 2 || b == 1", 0, "assert (1 == 2 || 0 == 1)"},
		{"yes && (no || b == 1)", 0, "assert (true && (false || 0 == 1))"},
		{"yes && f(1) == 2 && f(2) == 4", 0, "assert (true && 2 == 2 && 3 == 4)\n +  where 2 = f(1)\n +  and   3 = f(2)"},
		{"!yes", 0, "assert !true"},
		{"!(a == 1)", 0, "assert !(1 == 1)"},
		{"!(a == 1 && x == 5)", 0, "assert !(1 == 1 && 5 == 5)"},
		{"x < 2", 0, "assert 5 < 2"},
		{"a != 1", 0, "assert 1 != 1"},
		{"false", 0, "assert false"},
		{`strings.HasPrefix(s, "hx")`, 0, "assert false\n +  where false = strings.HasPrefix(\"hello\", \"hx\")"},
		{`!strings.Contains("some foo text", "foo")`, 0, "assert !strings.Contains(\"some foo text\", \"foo\")\n  \n  \"foo\" is contained here:\n    some foo text\n  ?      +++"},
		{`s == "hallo"`, 0, "assert \"hello\" == \"hallo\"\n  \n  - hallo\n  ?  ^\n  + hello\n  ?  ^"},
		{`strings.ToUpper("abc") == "ABD"`, 0, "assert \"ABC\" == \"ABD\"\n  \n  - ABD\n  + ABC"},
		{"multi == multi2", 0, "assert \"foo\\nspam\\nbar\" == \"foo\\neggs\\nbar\"\n  \n    foo\n  - eggs\n  + spam\n    bar"},
		{"long1 == long2", 0, "assert \"xxxxxxxxxxxx...yyyyyyyyyyyyy\" == \"xxxxxxxxxxxx...yyyyyyyyyyyyy\"\n  \n  Skipping 90 identical leading characters in diff, use -v to show\n  Skipping 41 identical trailing characters in diff, use -v to show\n  - xxxxxxxxxxbyyyyyyyyy\n  ?           ^\n  + xxxxxxxxxxayyyyyyyyy\n  ?           ^"},
		{"slices.Equal(l123, l124)", 0, "assert slices.Equal([]int{1, 2, 3}, []int{1, 2, 4})\n  \n  At index 2 diff: 3 != 4\n  Use -v to get more diff"},
		{"slices.Equal(l123, l12)", 0, "assert slices.Equal([]int{1, 2, 3}, []int{1, 2})\n  \n  Left contains one more item: 3\n  Use -v to get more diff"},
		{"slices.Equal(l12, l123)", 1, "assert slices.Equal([]int{1, 2}, []int{1, 2, 3})\n  \n  Right contains one more item: 3\n  \n  Full diff:\n    []int{\n        1,\n        2,\n  -     3,\n    }"},
		{"slices.Equal(l60, l77)", 0, "assert slices.Equal([]int{0, 1, 2, 3, 4, 5, ...}, []int{0, 1, 2, 3, 4, 5, ...})\n  \n  At index 59 diff: 59 != 77\n  Use -v to get more diff"},
		{"slices.Equal(l123, l124)", 1, "assert slices.Equal([]int{1, 2, 3}, []int{1, 2, 4})\n  \n  At index 2 diff: 3 != 4\n  \n  Full diff:\n    []int{\n        1,\n        2,...\n  \n  ...Full output truncated (5 lines hidden), use '-vv' to show"},
		{"slices.Equal(l123, l124)", 2, "assert slices.Equal([]int{1, 2, 3}, []int{1, 2, 4})\n  \n  At index 2 diff: 3 != 4\n  \n  Full diff:\n    []int{\n        1,\n        2,\n  -     4,\n  ?     ^\n  +     3,\n  ?     ^\n    }"},
		{"reflect.DeepEqual(fruit, fruit2)", 0, "assert reflect.DeepEqual([]string{\"apple\", \"pear\"}, []string{\"app...peach\", \"fig\"})\n  \n  At index 1 diff: \"pear\" != \"peach\"\n  Right contains one more item: \"fig\"\n  Use -v to get more diff"},
		{"reflect.DeepEqual(m1, m2)", 0, "assert reflect.DeepEqual(map[string]in...b\": 2, \"c\": 0}, map[string]in...b\": 3, \"d\": 0})\n  \n  Omitting 1 identical items, use -vv to show\n  Differing items:\n  {\"b\": 2} != {\"b\": 3}\n  Left contains 1 more item:\n  {\"c\": 0}\n  Right contains 1 more item:\n  {\"d\": 0}\n  Use -v to get more diff"},
		{"reflect.DeepEqual(n1, n2)", 2, "assert reflect.DeepEqual(map[string]map[string][]int{\"a\": {\"b\": {1, 2}}}, map[string]map[string][]int{\"a\": {\"b\": {1, 3}}})\n  \n  Differing items:\n  {\"a\": {\"b\": {1, 2}}} != {\"a\": {\"b\": {1, 3}}}\n  \n  Full diff:\n    map[string]map[string][]int{\n        \"a\": {\n            \"b\": {\n                1,\n  -             3,\n  ?             ^\n  +             2,\n  ?             ^\n            },\n        },\n    }"},
		{"reflect.DeepEqual(set1, set2)", 0, "assert reflect.DeepEqual(map[int]struc... 2: {}, 3: {}}, map[int]struc... 3: {}, 4: {}})\n  \n  Extra items in the left set:\n  1\n  Extra items in the right set:\n  4\n  Use -v to get more diff"},
		{"bytes.Equal(abc, abd)", 0, "assert bytes.Equal([]byte(\"abc\"), []byte(\"abd\"))\n  \n  At index 2 diff: 0x63 != 0x64\n  Use -v to get more diff"},
		{"p == q", 2, "assert assertion_test.P{X: 1, Y: 2, Name: \"p\"} == assertion_test.P{X: 1, Y: 3, Name: \"p\"}\n  \n  Matching fields:\n  [X, Name]\n  Differing fields:\n  [Y]\n  \n  Drill down into differing field Y:\n    Y: 2 != 3"},
		{"reflect.DeepEqual(o1, o2)", 0, "assert reflect.DeepEqual(assertion_tes...[]string{\"t\"}}, assertion_tes...[]string{\"u\"}})\n  \n  Differing fields:\n  [P, Tags]\n  \n  Drill down into differing field P:\n    P: assertion_test.P{X: 1, Y: 2, Name: \"p\"} != assertion_test.P{X: 1, Y: 5, Name: \"p\"}\n    ...\n  \n  ...Full output truncated (11 lines hidden), use '-vv' to show"},
		{"f1 + f2 == 0.3", 0, "assert 0.30000000000000004 == 0.3\n  \n  Difference: 5.551115123125783e-17"},
		{"f1 == 0.3", 0, "assert 0.1 == 0.3\n  \n  Difference: -0.19999999999999998"},
		{"nan == nan", 0, "assert NaN == NaN\n  \n  NaN is not equal to anything, itself included"},
		{"boom == nil", 0, "assert errors.New(\"boom\") == nil"},
		{"wrapped == nil", 0, "assert fmt.Errorf(\"load: code 3\") == nil\n  \n  Error chain:\n    fmt.Errorf(\"load: code 3\")\n    *assertion_test.MyErr(\"code 3\")"},
		{"errors.Is(wrapped, io.EOF)", 0, "assert errors.Is(fmt.Errorf(\"load: code 3\"), errors.New(\"EOF\"))\n  \n  Error chain:\n    fmt.Errorf(\"load: code 3\")\n    *assertion_test.MyErr(\"code 3\")"},
		{"errors.Is(boom, io.EOF)", 0, "assert false\n +  where false = errors.Is(errors.New(\"boom\"), errors.New(\"EOF\"))\n +    where errors.New(\"EOF\") = io.EOF"},
		{"typednil == nil", 0, "assert (*assertion_test.MyErr)(nil) == nil\n  \n  Left is not nil: it is an interface that holds a nil *assertion_test.MyErr"},
		{"red == green", 0, "assert Red == Green"},
		{"anyone == i32", 0, "assert 1 == 1\n  \n  The types differ: int != int32"},
		{"pp == np", 0, "assert &assertion_test.P{X: 1, Y: 2, Name: \"p\"} == (*assertion_test.P)(nil)"},
		{"-x == 5", 0, "assert -5 == 5"},
		{"*pp == q", 0, "assert assertion_tes... 2, Name: \"p\"} == assertion_tes... 3, Name: \"p\"}\n  \n  Omitting 2 identical items, use -vv to show\n  Differing fields:\n  [Y]\n  \n  Drill down into differing field Y:\n    Y: 2 != 3"},
		{"anyone.(int) == 2", 0, "assert 1 == 2\n +  where 1 = 1.(int)"},
		{"(f(1)) == (3)", 0, "assert 2 == 3\n +  where 2 = f(1)"},
		{`!strings.Contains(multi, "spam")`, 0, "assert !strings.Contains(\"foo\\nspam\\nbar\", \"spam\")\n  \n  \"spam\" is contained here:\n    spam\n  ? ++++"},
		{`!strings.Contains(long1, "a")`, 0, "assert !strings.Contains(\"xxxxxxxxxxxx...yyyyyyyyyyyyy\", \"a\")\n  \n  \"a\" is contained here:\n    xxxxxxxxxxayyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n  ?           +"},
		{"f1 == f2", 0, "assert 0.1 == 0.2\n  \n  Difference: -0.1"},
		{"a == 0x10", 0, "assert 1 == 0x10"},
		{`s == "tab\there"`, 0, "assert \"hello\" == \"tab\\there\"\n  \n  - tab\there\n  + hello"},
		{"space1 == space2", 0, "assert \"  \" == \"\\t\"\n  \n  Strings contain only whitespace, escaping them using %q\n  - \"\\t\"\n  + \"  \""},
	} {
		t.Run(fmt.Sprintf("%s/%d", c.cond, c.verbosity), func(t *testing.T) {
			if diff := cmp.Diff(c.want, explain(t, c.cond, world, c.verbosity)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
