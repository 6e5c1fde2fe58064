package testmode_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// fuzz adds a fuzz test.
func (s *suite) fuzz(name string, f func(f *testmode.F)) {
	s.tests = append(s.tests, testmode.Test{Name: name, File: "session", Line: len(s.tests) + 1, Fuzz: f,
		Source: source(len(s.tests)+1, "func "+name+"(f *testing.F) {\n}")})
}

func TestFuzzSeeds(t *testing.T) {
	t.Chdir(t.TempDir())
	dir := filepath.Join("testdata", "fuzz", "FuzzX")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "0a1b"), []byte("go test fuzz v1\nstring(\"file\")\nint(-7)\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := newSuite(t, "-v")
	var got []any
	s.fuzz("FuzzX", func(f *testmode.F) {
		f.Add("a", 1)
		f.Add("b", 2)
		f.Fuzz(func(t *testmode.T, s string, n int) {
			await.Yield()
			got = append(got, t.Name(), s, n)
			if n == 2 {
				t.Error("no")
			}
		})
		if !f.Failed() {
			f.Error("the failure of a seed is not seen")
		}
	})
	out, r := s.run()
	if want := []any{"FuzzX/seed#0", "a", 1, "FuzzX/seed#1", "b", 2, "FuzzX/0a1b", "file", -7}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if r.Passed != 2 || r.Failed != 1 || !strings.Contains(out, "session::FuzzX/seed#1 FAILED") {
		t.Errorf("%+v\n%s", r, out)
	}
	got = nil
	s.opt.NodeIDs = []string{"FuzzX/0a1b"}
	if _, r := s.run(); r.Passed != 1 || len(got) != 3 {
		t.Errorf("%v %+v", got, r)
	}
}

func TestFuzzMisuse(t *testing.T) {
	fits := func(*testmode.T, int) {}
	for want, f := range map[string]func(f *testmode.F){
		"panic: testing: F.Fuzz must receive a function":                                                    func(f *testmode.F) { f.Fuzz(1) },
		"panic: testing: F.Fuzz called more than once":                                                      func(f *testmode.F) { f.Fuzz(fits); f.Fuzz(fits) },
		"panic: testing: fuzz target must receive at least two arguments, where the first argument is a *T": func(f *testmode.F) { f.Fuzz(func(*testmode.T) {}) },
		"panic: testing: fuzz target must not return a value":                                               func(f *testmode.F) { f.Fuzz(func(*testmode.T, int) bool { return true }) },
		"panic: testing: unsupported type for fuzzing []int":                                                func(f *testmode.F) { f.Fuzz(func(*testmode.T, []int) {}) },
		"panic: testing: unsupported type to Add []int":                                                     func(f *testmode.F) { f.Add([]int{}) },
		"panic: testing: unsupported type to Add <nil>":                                                     func(f *testmode.F) { f.Add(nil) },
		"Failed: wrong number of values in corpus entry: 2, want 1":                                         func(f *testmode.F) { f.Add(1, 2); f.Fuzz(fits) },
		"Failed: mismatched types in corpus entry: [string], want [int]":                                    func(f *testmode.F) { f.Add("x"); f.Fuzz(fits) },
		"panic: testing: f.Fail was called inside the fuzz target, use t.Fail instead":                      func(f *testmode.F) { f.Add(1); f.Fuzz(func(*testmode.T, int) { f.Fail() }) },
		"panic: testing: f.Skipped was called inside the fuzz target, use t.Skipped instead":                func(f *testmode.F) { f.Add(1); f.Fuzz(func(*testmode.T, int) { f.Skipped() }) },
	} {
		s := newSuite(t)
		s.fuzz("FuzzX", f)
		_, r := s.run()
		if r.Failed != 1 || r.Reports[0].Failures[0].Lines[0] != want {
			t.Errorf("want %s, got %+v", want, r.Reports)
		}
	}
}

func TestSeedFiles(t *testing.T) {
	got, err := testmode.ParseSeed(strings.Join([]string{"go test fuzz v1", `string("a\n\x00")`, "[]byte(`raw`)", "bool(true)",
		"int(-3)", "int8(-128)", "int64(9)", "uint(1)", "uint8(200)", "uint16(0x10)", "byte('a')", `byte('\xff')`, "rune('é')", `rune('\'')`,
		"float32(1.5)", "float64(-2)", "float64(+Inf)", "float64(NaN)", "math.Float64frombits(0x7ff8000000000001)", ""}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"a\n\x00", []byte("raw"), true, -3, int8(-128), int64(9), uint(1), uint8(200), uint16(16), byte('a'), byte(255), 'é', '\'',
		float32(1.5), -2.0, math.Inf(1)}
	if !reflect.DeepEqual(got[:len(want)], want) || len(got) != len(want)+2 || !math.IsNaN(got[len(want)].(float64)) || math.Float64bits(got[len(want)+1].(float64)) != 0x7ff8000000000001 {
		t.Errorf("got %#v", got)
	}
	for _, bad := range []string{"", "go test fuzz v1", "go test fuzz v2\nint(1)", "go test fuzz v1\nint(", "go test fuzz v1\n3",
		"go test fuzz v1\nint(1, 2)", "go test fuzz v1\nint8(300)", "go test fuzz v1\nstring(1)", "go test fuzz v1\nerror(1)",
		"go test fuzz v1\nbool(2)", "go test fuzz v1\nint(f())", "go test fuzz v1\n[]int(1)"} {
		if v, err := testmode.ParseSeed(bad); err == nil {
			t.Errorf("%q is read as %v", bad, v)
		}
	}
}
