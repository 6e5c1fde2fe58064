package testmode

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Kind is what a function is to a run of tests, as far as its name says.
type Kind int

// The kinds of functions. The signatures they must have are the host's to
// check:
//
//   - a test takes nothing, or a *testing.T, and after that any number of
//     parameters that fixtures provide, and returns nothing; it may be async;
//   - a benchmark takes a *testing.B, a fuzz test a *testing.F, TestMain a
//     *testing.M;
//   - an example takes and returns nothing, and ends with an output comment,
//     see ExampleOutput; without one it is not run;
//   - a fixture takes what a test takes, and returns what it provides, and then,
//     if it likes, a func() for the teardown and an error, in this order.
const (
	NoTest Kind = iota
	IsTest
	IsBenchmark
	IsFuzz
	IsExample
	IsMain
	IsFixture
	IsSessionFixture
)

// kinds are the beginnings of names and what they stand for.
var kinds = []struct {
	prefix string
	kind   Kind
}{
	{"Test", IsTest},
	{"test", IsTest},
	{"Benchmark", IsBenchmark},
	{"Fuzz", IsFuzz},
	{"Example", IsExample},
	{"Fixture", IsFixture},
	{"fixture", IsFixture},
	{"SessionFixture", IsSessionFixture},
	{"sessionFixture", IsSessionFixture},
	{"session_fixture", IsSessionFixture},
}

// KindOf tells what a function of that name is. As in Go, what follows the
// prefix must not begin with a lower-case letter: "TestX", "Test_x", "testX" and
// "test_x" are tests, "Testing" and "tester" are not. "Test" and "Example" alone
// count, "test" and "fixture" alone do not.
func KindOf(name string) Kind {
	if name == "TestMain" {
		return IsMain
	}
	for _, k := range kinds {
		rest, ok := strings.CutPrefix(name, k.prefix)
		if !ok {
			continue
		}
		first, _ := utf8.DecodeRuneInString(rest)
		switch {
		case rest == "":
			if p, _ := utf8.DecodeRuneInString(k.prefix); unicode.IsUpper(p) && k.kind != IsFixture && k.kind != IsSessionFixture {
				return k.kind
			}
		case !unicode.IsLower(first):
			return k.kind
		}
	}
	return NoTest
}
