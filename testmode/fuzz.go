package testmode

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// An F is what a fuzz test sees of its run: it has the methods of *testing.F,
// with the same meaning. Fuzz runs the target with the seeds, each as a
// subtest, as go test does without -fuzz; no other inputs are made up.
type F struct {
	tb // the T that reports for the fuzz test

	t      *T
	seeds  []seed
	called bool // Fuzz was
	inside bool // the target is running
}

// A seed is an input of the target.
type seed struct {
	name   string
	values []any
}

// fuzz turns a fuzz test into the body of a test.
func fuzz(f func(f *F)) func(t *T) {
	return func(t *T) { f(&F{tb: t, t: t}) }
}

// Add adds a seed. The arguments must fit the parameters of the target, without
// its first.
func (f *F) Add(args ...any) {
	for _, a := range args {
		if t := reflect.TypeOf(a); !fuzzable(t) {
			panic(fmt.Sprintf("testing: unsupported type to Add %v", t))
		}
	}
	f.seeds = append(f.seeds, seed{fmt.Sprintf("seed#%d", len(f.seeds)), args})
}

// fuzzable reports whether a fuzz target can have a parameter of the type.
func fuzzable(t reflect.Type) bool {
	if t == nil || t.PkgPath() != "" {
		return false
	}
	switch t.Kind() {
	case reflect.Slice:
		return t == reflect.TypeFor[[]byte]()
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// Fuzz runs the target, a function of a *T and at least one more parameter,
// with every seed: those given by Add, then the files in the directory
// testdata/fuzz/NAME.
func (f *F) Fuzz(target any) {
	if f.called {
		panic("testing: F.Fuzz called more than once")
	}
	f.called = true
	if f.Failed() {
		return
	}
	fn := reflect.ValueOf(target)
	if fn.Kind() != reflect.Func {
		panic("testing: F.Fuzz must receive a function")
	}
	types, problem := targetTypes(fn.Type())
	if problem != "" {
		panic("testing: " + problem)
	}
	stored, err := readSeeds(filepath.Join("testdata", "fuzz", f.Name()), types)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range append(f.seeds, stored...) {
		if err := s.fits(types); err != nil {
			f.Fatal(err)
		}
		f.inside = true
		f.t.Run(s.name, func(t *T) {
			args := []reflect.Value{reflect.ValueOf(t)}
			for _, v := range s.values {
				args = append(args, reflect.ValueOf(v))
			}
			fn.Call(args)
		})
		f.inside = false
	}
}

// targetTypes returns the types of a target's parameters without the first, or
// what is wrong with it.
func targetTypes(t reflect.Type) (types []reflect.Type, problem string) {
	switch {
	case t.NumIn() < 2 || t.In(0) != reflect.TypeFor[*T]():
		return nil, "fuzz target must receive at least two arguments, where the first argument is a *T"
	case t.NumOut() != 0:
		return nil, "fuzz target must not return a value"
	}
	for i := 1; i < t.NumIn(); i++ {
		if !fuzzable(t.In(i)) {
			return nil, fmt.Sprintf("unsupported type for fuzzing %v", t.In(i))
		}
		types = append(types, t.In(i))
	}
	return types, ""
}

// fits returns an error if the values are not of the types.
func (s seed) fits(types []reflect.Type) error {
	if len(s.values) != len(types) {
		return fmt.Errorf("wrong number of values in corpus entry: %d, want %d", len(s.values), len(types))
	}
	for i, v := range s.values {
		if reflect.TypeOf(v) != types[i] {
			return fmt.Errorf("mismatched types in corpus entry: %v, want %v", valueTypes(s.values), types)
		}
	}
	return nil
}

func valueTypes(values []any) []reflect.Type {
	var types []reflect.Type
	for _, v := range values {
		types = append(types, reflect.TypeOf(v))
	}
	return types
}

// readSeeds reads the files of a directory of seeds, which need not exist.
func readSeeds(dir string, types []reflect.Type) ([]seed, error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading seed corpus from testdata: %w", err)
	}
	var seeds []seed
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading seed corpus from testdata: %w", err)
		}
		values, err := parseSeed(string(text))
		s := seed{e.Name(), values}
		if err == nil {
			err = s.fits(types)
		}
		if err != nil {
			return nil, fmt.Errorf("%q: %w", filepath.Join(dir, e.Name()), err)
		}
		seeds = append(seeds, s)
	}
	return seeds, nil
}

// Fail marks the fuzz test as failed. It must not be called in the target.
func (f *F) Fail() {
	f.outside("Fail")
	f.t.Fail()
}

// Skipped reports whether the fuzz test was skipped. It must not be called in
// the target.
func (f *F) Skipped() bool {
	f.outside("Skipped")
	return f.t.Skipped()
}

// Helper marks the calling function as a helper. It must not be called in the
// target.
func (f *F) Helper() {
	f.outside("Helper")
	f.t.Helper()
}

// outside panics if the target is running.
func (f *F) outside(method string) {
	if f.inside {
		panic(strings.ReplaceAll("testing: f.? was called inside the fuzz target, use t.? instead", "?", method))
	}
}
