package assertion_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// digits writes the numbers to 58, and a last one.
func digits(open string, last int, end string) string {
	for i := range 59 {
		open += fmt.Sprint(i, ", ")
	}
	return open + fmt.Sprint(last) + end
}

// A counterpart is the Go condition that stands for a failing test of pytest's
// reference, and what its explanation calls differently: pairs of old and new
// text. Where -v or -vv show what Python has no word for, they have pairs too.
type counterpart struct {
	test, cond string
	message    string
	pairs      []string
}

// list writes Python's lists of ints as Go does.
var list = []string{"[1, 2, 3] == [1, 2, 4]", "slices.Equal([]int{1, 2, 3}, []int{1, 2, 4})",
	"[1, 2, 3] == [1, 2]", "slices.Equal([]int{1, 2, 3}, []int{1, 2})",
	"[1, 2] == [1, 2, 3]", "slices.Equal([]int{1, 2}, []int{1, 2, 3})",
	"  [\n", "  []int{\n", "  ]", "  }"}

var counterparts = []counterpart{
	{test: "test_int_eq", cond: "a == 2"},
	{test: "test_literals", cond: "1 == 2"},
	{test: "test_call_operand", cond: "f(1) == 3"},
	{test: "test_call_both", cond: "f(x) == f(7)"},
	{test: "test_nested_call", cond: "len(g()) == 3", pairs: []string{"[1, 2]", "[]int{1, 2}"}},
	{test: "test_method_call", cond: `strings.ToUpper("abc") == "ABD"`},
	{test: "test_attr", cond: "p.X == 2", pairs: []string{"P(x=1, y=2, name='p').x", "assertion_test.P{X: 1, Y: 2, Name: 'p'}.X"}},
	{test: "test_index", cond: `d["k"][0] == 9`},
	{test: "test_str_short", cond: `s == "hallo"`},
	{test: "test_str_multiline", cond: "multi == multi2"},
	{test: "test_str_long", cond: "long1 == long2"},
	{test: "test_list_eq", cond: "slices.Equal(l123, l124)", pairs: list},
	{test: "test_list_len", cond: "slices.Equal(l123, l12)", pairs: list},
	{test: "test_list_shorter", cond: "slices.Equal(l12, l123)", pairs: list},
	{test: "test_list_long", cond: "slices.Equal(l60, l77)", pairs: append([]string{
		"[0, 1, 2, 3, 4, 5, ...] == [0, 1, 2, 3, 4, 5, ...]", "slices.Equal([]int{0, 1, 2, 3, 4, 5, ...}, []int{0, 1, 2, 3, 4, 5, ...})",
		digits("[", 59, "]") + " == " + digits("[", 77, "]"), "slices.Equal(" + digits("[]int{", 59, "}") + ", " + digits("[]int{", 77, "}") + ")"}, list...)},
	{test: "test_list_str", cond: "reflect.DeepEqual(fruit, fruit2)", pairs: []string{
		"['apple', 'pear'] == ['apple', 'peach', 'fig']", "reflect.DeepEqual([]string{'apple', 'pear'}, []string{'apple', 'peach', 'fig'})",
		"  [\n", "  []string{\n", "  ]", "  }"}},
	{test: "test_tuple", cond: "slices.Equal(l12, l13)", pairs: []string{"(1, 2) == (1, 3)", "slices.Equal([]int{1, 2}, []int{1, 3})", "  (\n", "  []int{\n", "  )", "  }"}},
	{test: "test_dict_eq", cond: "reflect.DeepEqual(m1, m2)", pairs: []string{
		"{'a': 1, 'b': 2, 'c': 0} == {'a': 1, 'b': 3, 'd': 0}", "reflect.DeepEqual(map[string]int{'a': 1, 'b': 2, 'c': 0}, map[string]int{'a': 1, 'b': 3, 'd': 0})",
		"diff:\n    {\n", "diff:\n    map[string]int{\n"}},
	{test: "test_dict_nested", cond: "reflect.DeepEqual(n1, n2)", pairs: []string{
		"assert {'a': {'b': [1, 2]}} == {'a': {'b': [1, 3]}}", "assert reflect.DeepEqual(map[string]map[string][]int{'a': {'b': {1, 2}}}, map[string]map[string][]int{'a': {'b': {1, 3}}})",
		"[1, 2]", "{1, 2}", "[1, 3]", "{1, 3}", "diff:\n    {\n", "diff:\n    map[string]map[string][]int{\n", "'b': [\n", "'b': {\n", " ],", " },"}},
	{test: "test_set_eq", cond: "reflect.DeepEqual(set1, set2)", pairs: []string{
		"{1, 2, 3} == {2, 3, 4}", "reflect.DeepEqual(map[int]struct {}{1: {}, 2: {}, 3: {}}, map[int]struct {}{2: {}, 3: {}, 4: {}})",
		"diff:\n    {\n", "diff:\n    map[int]struct {}{\n",
		"     1,\n", "     1: {},\n", "     2,\n", "     2: {},\n", "     3,\n", "     3: {},\n", "     4,\n", "     4: {},\n"}},
	{test: "test_dataclass", cond: "p == q", pairs: structs},
	{test: "test_dataclass_nested", cond: "reflect.DeepEqual(o1, o2)", pairs: append([]string{
		"Outer(p=P(x=1, y=2, name='p'), tags=['t']) == Outer(p=P(x=1, y=5, name='p'), tags=['u'])",
		"reflect.DeepEqual(assertion_test.Outer{P: assertion_test.P{X: 1, Y: 2, Name: 'p'}, Tags: []string{'t'}}, assertion_test.Outer{P: assertion_test.P{X: 1, Y: 5, Name: 'p'}, Tags: []string{'u'}})",
		"['t'] != ['u']", "[]string{'t'} != []string{'u'}", "tags: ", "Tags: ",
		"    [\n", "    []string{\n", "    ]", "    }"}, structs...)},
	{test: "test_plain_object", cond: "newP(1).X == newP(2).X", pairs: []string{"<test_x.Plain object at 0x0> = Plain(1)", "&assertion_test.P{X: 1, Y: 0, Name: ''} = newP(1)",
		"<test_x.Plain object at 0x0> = Plain(2)", "&assertion_test.P{X: 2, Y: 0, Name: ''} = newP(2)",
		"1 = <test_x.Plain object at 0x0>.v", "1 = &assertion_test.P{X: 1, Y: 0, Name: ''}.X", "2 = <test_x.Plain object at 0x0>.v", "2 = &assertion_test.P{X: 2, Y: 0, Name: ''}.X"}},
	{test: "test_not_in_str", cond: `!strings.Contains("some foo text", "foo")`, pairs: []string{"'foo' not in 'some foo text'", "!strings.Contains('some foo text', 'foo')"}},
	{test: "test_ne", cond: "three != 3"},
	{test: "test_lt", cond: "three < 2"},
	{test: "test_chain", cond: "1 < x && x < 3", pairs: []string{"5 < 3", "(1 < 5 && 5 < 3)"}},
	{test: "test_and", cond: "a == 1 && b == 1"},
	{test: "test_or", cond: "a == 2 || b == 1"},
	{test: "test_and_or_names", cond: "yes && (no || zero)", pairs: []string{"0))", "false))"}},
	{test: "test_not", cond: "!yes", pairs: []string{"[1]", "true", "not ", "!"}},
	{test: "test_not_expr", cond: "!(a == 1)", pairs: []string{"not 1 == 1", "!(1 == 1)"}},
	{test: "test_false", cond: "false"},
	{test: "test_message", cond: "a == 2", message: "values differ"},
	{test: "test_float_approx", cond: "f1 + f2 == 0.3", pairs: []string{"(0.1 + 0.2) == 0.3", "0.30000000000000004 == 0.3\n  \n  Difference: 5.551115123125783e-17"}},
	{test: "test_binop", cond: "two + three == 6"},
	{test: "test_startswith", cond: `strings.HasPrefix(s, "hx")`, pairs: []string{"<built-in method startswith of str object at 0x0>('hx')\n +    where <built-in method startswith of str object at 0x0> = 'hello'.startswith", "strings.HasPrefix('hello', 'hx')"}},
	{test: "test_multiline_assert", cond: "a == 1 && a == 2"},
	{test: "test_lambda", cond: "h(2) == 5", pairs: []string{"<function test_lambda.<locals>.<lambda> at 0x0>(2)", "h(2)"}},
	{test: "test_long_repr", cond: "reflect.DeepEqual(big, empty)"},
}

// structs writes Python's dataclasses as Go does.
var structs = []string{"P(x=1, y=2, name='p') == P(x=1, y=3, name='p')", "assertion_test.P{X: 1, Y: 2, Name: 'p'} == assertion_test.P{X: 1, Y: 3, Name: 'p'}",
	"P(x=1, y=2, name='p') != P(x=1, y=5, name='p')", "assertion_test.P{X: 1, Y: 2, Name: 'p'} != assertion_test.P{X: 1, Y: 5, Name: 'p'}",
	"attribute y:", "field Y:", "attribute p:", "field P:", "attribute tags:", "field Tags:", "attributes:", "fields:", "['y']", "[Y]", "['p', 'tags']", "[P, Tags]", "['x', 'name']", "[X, Name]",
	" y: ", " Y: ", " p: ", " P: "}

// noCounterpart are pytest's tests of what Go does not have, or says in a way
// of its own that TestExplain shows.
var noCounterpart = map[string]string{
	"test_bytes":            "Go shows bytes in hex",
	"test_namedtuple":       "Go has structs only, as test_dataclass",
	"test_type_mismatch":    "does not compile",
	"test_none":             "a nil has a type in Go",
	"test_is":               "no identity operator",
	"test_in_list":          "a call of slices.Contains",
	"test_in_str":           "a call of strings.Contains",
	"test_in_dict":          "no operator",
	"test_truth":            "conditions are of type bool",
	"test_truth_call":       "no attributes of functions",
	"test_message_fmt":      "as test_message",
	"test_isinstance":       "no such function",
	"test_all_gen":          "no such function",
	"test_any":              "no such function",
	"test_approx":           "no such function",
	"test_approx_list":      "no such function",
	"test_raises_none":      "no exceptions",
	"test_raises_match":     "no exceptions",
	"test_raises_wrong":     "no exceptions",
	"test_fail":             "no assertion",
	"test_walrus":           "no such expression",
	"test_in_helper":        "frames are the report's",
	"test_recursive_struct": "no such literal",
}

// explanations reads the E lines of each test in a reference.
func explanations(t *testing.T, name string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "pytest", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	test := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "____") && strings.HasSuffix(line, "____") {
			test = strings.Trim(line, "_ ")
		} else if e, ok := strings.CutPrefix(line, "E       "); ok {
			found[test] += e + "\n"
		}
	}
	return found
}

// The explanations have pytest's form: line by line, but for the values, which
// are written in Go.
func TestExplanationReferences(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("BUILD_NUMBER", "")
	w := env{"newP": func(x int) *P { return &P{X: x} }, "three": 3, "two": 2, "zero": false, "h": func(v int) int { return v * 2 }, "l13": []int{1, 3}}
	for k, v := range world {
		w[k] = v
	}
	for verbosity, file := range []string{"asserts__-qq", "asserts__-v", "asserts__-vv"} {
		reference := explanations(t, file)
		if verbosity == 0 && len(reference) != len(counterparts)+len(noCounterpart) {
			t.Errorf("%d tests in the reference, %d with and %d without counterpart", len(reference), len(counterparts), len(noCounterpart))
		}
		for _, c := range counterparts {
			if _, ok := noCounterpart[c.test]; ok || reference[c.test] == "" {
				t.Errorf("%s has a counterpart and has not, or is not in %s", c.test, file)
			}
			if c.test == "test_long_repr" && verbosity > 0 {
				continue // the order of Go's keys is not Python's
			}
			t.Run(file+"/"+c.test, func(t *testing.T) {
				want := translate(reference[c.test], c)
				got := explain(t, c.cond, w, verbosity)
				got = strings.Join(assertion.Lines(strings.Split(got, "\n"), c.message), "\n") + "\n"
				if verbosity < 2 { // Go's longer values are cut in other places
					want, got = withoutCut(want), withoutCut(got)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-pytest +ours:\n%s", diff)
				}
			})
		}
	}
}

// On a build server nothing is cut.
func TestExplanationOnCI(t *testing.T) {
	t.Setenv("CI", "1")
	reference := explanations(t, "asserts__qq_CI")
	for _, c := range counterparts {
		if reference[c.test] == "" || c.test == "test_long_repr" { // see above
			continue
		}
		delete(reference, c.test)
		want := translate(explanations(t, "asserts__qq_CI")[c.test], c)
		if diff := cmp.Diff(withoutCut(want), withoutCut(explain(t, c.cond, world, 0)+"\n")); diff != "" {
			t.Errorf("%s (-pytest +ours):\n%s", c.test, diff)
		}
	}
	if len(reference) != 1 {
		t.Errorf("not compared: %v", reference)
	}
}

// translate writes a Python explanation in Go's words.
// address matches that of an object.
var address = regexp.MustCompile(`0x[0-9a-f]+`)

func translate(text string, c counterpart) string {
	text = address.ReplaceAllString(text, "0x0")
	if rest, ok := strings.CutPrefix(text, "AssertionError: assert"); ok { // a quirk of pytest
		text = "assert" + rest
	}
	text = strings.NewReplacer(c.pairs...).Replace(text)
	return strings.NewReplacer("'", `"`, "False", "false", "True", "true", " and ", " && ", " or ", " || ", "+  and", "+  and", "use '-vv'", "use '-vv'").Replace(text)
}

// withoutCut removes the first line if it shows a comparison that is explained
// below.
func withoutCut(text string) string {
	first, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(rest, "  \n") && (strings.Contains(first, "(") || strings.Contains(first, "}")) {
		return rest
	}
	return text
}
