package std_test

import (
	stdcmp "cmp"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/sha256"
	"database/sql"
	stderrors "errors"
	"fmt"
	stdmaphash "hash/maphash"
	"io"
	"io/fs"
	stditer "iter"
	stdmaps "maps"
	"math"
	stdreflect "reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/std/generic/cmp"
	ourhkdf "github.com/asyncrepl/asyncrepl/repl/std/generic/crypto/hkdf"
	ourpbkdf2 "github.com/asyncrepl/asyncrepl/repl/std/generic/crypto/pbkdf2"
	oursql "github.com/asyncrepl/asyncrepl/repl/std/generic/database/sql"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/errors"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/hash/maphash"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/iter"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/maps"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/math/rand/v2"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/reflect"
	oursync "github.com/asyncrepl/asyncrepl/repl/std/generic/sync"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/sync/atomic"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/unique"
	"github.com/asyncrepl/asyncrepl/repl/std/generic/weak"
)

func TestCmp(t *testing.T) {
	numbers := []float64{math.Inf(-1), -1, math.Copysign(0, -1), 0, 1, math.NaN(), math.Inf(1)}
	for _, x := range numbers {
		for _, y := range numbers {
			if got, want := cmp.Compare(x, y), stdcmp.Compare(x, y); got != want {
				t.Errorf("Compare(%v, %v) = %d, want %d", x, y, got, want)
			}
			if got, want := cmp.Less(x, y), stdcmp.Less(x, y); got != want {
				t.Errorf("Less(%v, %v) = %t, want %t", x, y, got, want)
			}
		}
	}
	for _, vals := range [][]string{nil, {""}, {"", "a", "b"}, {"c"}} {
		if got, want := cmp.Or(vals...), stdcmp.Or(vals...); got != want {
			t.Errorf("Or(%q) = %q, want %q", vals, got, want)
		}
	}
}

func TestMaps(t *testing.T) {
	type m = map[string]int
	type lengths = map[string]string
	for _, a := range []m{nil, {}, {"a": 1}, {"a": 1, "b": 2}, {"a": 2}, {"b": 1}} {
		if got, want := maps.Clone(a), stdmaps.Clone(a); (got == nil) != (want == nil) || !stdmaps.Equal(got, want) {
			t.Errorf("Clone(%v) = %v", a, got)
		}
		if got := maps.Collect(maps.All(a)); got == nil || !stdmaps.Equal(got, a) {
			t.Errorf("Collect(All(%v)) = %v", a, got)
		}
		if got, want := slices.Sorted(stditer.Seq[string](maps.Keys(a))), slices.Sorted(stdmaps.Keys(a)); !slices.Equal(got, want) {
			t.Errorf("Keys(%v) = %v", a, got)
		}
		if got, want := slices.Sorted(stditer.Seq[int](maps.Values(a))), slices.Sorted(stdmaps.Values(a)); !slices.Equal(got, want) {
			t.Errorf("Values(%v) = %v", a, got)
		}
		for _, n := range []int{0, 1} {
			if got, want := len(first(maps.All(a), n)), len(first(stdmaps.All(a), n)); got != want {
				t.Errorf("All(%v) stops after %d, want %d", a, got, want)
			}
			if got, want := len(head(maps.Keys(a), n)), len(head(stdmaps.Keys(a), n)); got != want {
				t.Errorf("Keys(%v) stops after %d, want %d", a, got, want)
			}
			if got, want := len(head(maps.Values(a), n)), len(head(stdmaps.Values(a), n)); got != want {
				t.Errorf("Values(%v) stops after %d, want %d", a, got, want)
			}
		}
		odd := func(_ string, v int) bool { return v%2 == 1 }
		got, want := stdmaps.Clone(a), stdmaps.Clone(a)
		maps.DeleteFunc(got, odd)
		stdmaps.DeleteFunc(want, odd)
		if !stdmaps.Equal(got, want) {
			t.Errorf("DeleteFunc(%v) leaves %v, want %v", a, got, want)
		}
		for _, b := range []m{nil, {}, {"a": 1}, {"b": 3}, {"a": 1, "c": 2}} {
			if got, want := maps.Equal(a, b), stdmaps.Equal(a, b); got != want {
				t.Errorf("Equal(%v, %v) = %t", a, b, got)
			}
			texts := lengths{}
			for k, v := range b {
				texts[k] = fmt.Sprint(v)
			}
			eq := func(v int, s string) bool { return fmt.Sprint(v) == s }
			if got, want := maps.EqualFunc(a, texts, eq), stdmaps.EqualFunc(a, texts, eq); got != want {
				t.Errorf("EqualFunc(%v, %v) = %t", a, texts, got)
			}
			copied, inserted, want := m{"z": 0, "a": 9}, m{"z": 0, "a": 9}, m{"z": 0, "a": 9}
			maps.Copy(copied, b)
			maps.Insert(inserted, stdmaps.All(b))
			stdmaps.Copy(want, b)
			if !stdmaps.Equal(copied, want) || !stdmaps.Equal(inserted, want) {
				t.Errorf("Copy of %v gives %v, Insert %v", b, copied, inserted)
			}
		}
	}
}

func TestIterPull(t *testing.T) {
	stopped := false
	count := func(yield func(int) bool) {
		defer func() { stopped = true }()
		for i := range 3 {
			if !yield(i + 1) {
				return
			}
		}
	}
	next, stop := iter.Pull(iter.Seq[int](count))
	for want := 1; want <= 3; want++ {
		if v, ok := next(); v != want || !ok {
			t.Fatalf("next() = %d, %t; want %d", v, ok, want)
		}
	}
	for range 2 {
		if v, ok := next(); v != 0 || ok {
			t.Errorf("at the end next() = %d, %t", v, ok)
		}
	}
	stop()

	stopped = false
	next, stop = iter.Pull(iter.Seq[int](count))
	next()
	stop()
	stop()
	if v, ok := next(); v != 0 || ok || !stopped {
		t.Errorf("after stop next() = %d, %t; stopped = %t", v, ok, stopped)
	}
}

func TestIterPull2(t *testing.T) {
	next, stop := iter.Pull2(iter.Seq2[int, string](slices.All([]string{"a", "b"})))
	defer stop()
	for i, want := range []string{"a", "b"} {
		if k, v, ok := next(); k != i || v != want || !ok {
			t.Fatalf("next() = %d, %q, %t", k, v, ok)
		}
	}
	if k, v, ok := next(); k != 0 || v != "" || ok {
		t.Errorf("at the end next() = %d, %q, %t", k, v, ok)
	}
}

func TestIterPullPanics(t *testing.T) {
	next, stop := iter.Pull(func(func(int) bool) { panic("no values") })
	defer stop()
	if got := caught(func() any { next(); return nil }); got != "panic: no values" {
		t.Errorf("got %s", got)
	}
}

func TestSyncOnce(t *testing.T) {
	calls := 0
	value := oursync.OnceValue(func() int { calls++; return calls })
	values := oursync.OnceValues(func() (int, error) { calls++; return calls, io.EOF })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if value() != 1 {
				t.Error("OnceValue changes")
			}
		})
	}
	wg.Wait()
	for range 2 {
		if v, err := values(); v != 2 || err != io.EOF {
			t.Errorf("OnceValues gives %v, %v", v, err)
		}
	}
	fails := oursync.OnceValue(func() int { calls++; panic(fmt.Sprint("call ", calls)) })
	for range 2 {
		if got := caught(func() any { return fails() }); got != "panic: call 3" {
			t.Errorf("got %s", got)
		}
	}
}

func TestAtomicPointer(t *testing.T) {
	var p atomic.Pointer[record]
	a, b := &record{1, 1}, &record{1, 1}
	if p.Load() != nil || p.CompareAndSwap(a, b) {
		t.Error("the zero Pointer is not nil")
	}
	p.Store(a)
	if p.Load() != a || p.CompareAndSwap(b, a) || !p.CompareAndSwap(a, b) || p.Swap(nil) != b || p.Load() != nil {
		t.Error("Pointer does not hold what was stored")
	}
}

func TestErrorsAsType(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "x", Err: io.EOF}
	for _, err := range []error{nil, io.EOF, path, fmt.Errorf("a: %w", path), stderrors.Join(io.EOF, path)} {
		got, ok := errors.AsType[*fs.PathError](err)
		want, wantOK := stderrors.AsType[*fs.PathError](err)
		if got != want || ok != wantOK {
			t.Errorf("AsType(%v) = %v, %t", err, got, ok)
		}
		_, ok = errors.AsType[interface {
			error
			Timeout() bool
		}](err)
		if ok != wantOK {
			t.Errorf("AsType(%v) to an interface: %t, want %t", err, ok, wantOK)
		}
	}
}

func TestReflectGenerics(t *testing.T) {
	if got, want := reflect.TypeFor[io.Reader](), stdreflect.TypeFor[io.Reader](); got != want {
		t.Errorf("TypeFor = %v, want %v", got, want)
	}
	if v, ok := reflect.TypeAssert[int](stdreflect.ValueOf(3)); v != 3 || !ok {
		t.Errorf("TypeAssert = %v, %t", v, ok)
	}
	if v, ok := reflect.TypeAssert[string](stdreflect.ValueOf(3)); v != "" || ok {
		t.Errorf("TypeAssert = %q, %t", v, ok)
	}
}

func TestRandN(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 200 {
		seen[rand.N(3*time.Nanosecond)] = true
	}
	if len(seen) != 3 || !seen[0] || !seen[2] {
		t.Errorf("N(3) gives %v", seen)
	}
	if got := rand.N(uint64(1)); got != 0 {
		t.Errorf("N(1) = %d", got)
	}
	for _, n := range []int{0, -1} {
		if got := caught(func() any { return rand.N(n) }); got != "panic: invalid argument to N" {
			t.Errorf("N(%d): %s", n, got)
		}
	}
}

func TestUnique(t *testing.T) {
	a, b := unique.Make("x"), unique.Make("x"[:1])
	if a != b || a == unique.Make("y") || a.Value() != "x" {
		t.Error("handles do not compare as their values do")
	}
	if unique.Make("") == (unique.Handle[string]{}) {
		t.Error("the handle of the zero value is the zero handle")
	}
}

func TestWeak(t *testing.T) {
	strong := &record{1, 2}
	p := weak.Make(strong)
	if p.Value() != strong || p != weak.Make(strong) || p == weak.Make(&record{1, 2}) {
		t.Error("a weak pointer does not point to its value")
	}
	var zero weak.Pointer[record]
	if zero.Value() != nil || zero != weak.Make[record](nil) {
		t.Error("the zero Pointer is not that of nil")
	}
	q := weak.Make(new([1000]int))
	for range 10 {
		if runtime.GC(); q.Value() == nil {
			break
		}
	}
	if q.Value() != nil {
		t.Error("a weak pointer keeps its value")
	}
	runtime.KeepAlive(strong)
}

func TestMaphash(t *testing.T) {
	seed := stdmaphash.MakeSeed()
	if maphash.Comparable(seed, record{1, 2}) != maphash.Comparable(seed, record{1, 2}) {
		t.Error("equal values have different hashes")
	}
	if maphash.Comparable(seed, record{1, 2}) == maphash.Comparable(seed, record{2, 1}) {
		t.Error("different values have the same hash")
	}
	var a, b stdmaphash.Hash
	a.SetSeed(seed)
	b.SetSeed(seed)
	maphash.WriteComparable(&a, "x")
	if a.Sum64() == b.Sum64() {
		t.Error("WriteComparable adds nothing")
	}
	maphash.WriteComparable(&b, "x")
	if a.Sum64() != b.Sum64() {
		t.Error("equal values add different data")
	}
}

// scanBoth scans value into the Null of the standard library and into ours.
func scanBoth[T comparable](t *testing.T, values ...any) {
	t.Helper()
	for _, value := range values {
		var want sql.Null[T]
		var got oursql.Null[T]
		wantErr, gotErr := want.Scan(value), got.Scan(value)
		if got.V != want.V || got.Valid != want.Valid || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Errorf("Scan(%#v) gives %+v, %v; want %+v, %v", value, got, gotErr, want, wantErr)
		}
		wantValue, wantErr := want.Value()
		gotValue, gotErr := got.Value()
		if gotValue != wantValue || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Errorf("%+v.Value() = %v, %v; want %v, %v", got, gotValue, gotErr, wantValue, wantErr)
		}
	}
}

func TestSQLNull(t *testing.T) {
	now := time.Now()
	values := []any{nil, int64(3), 2.5, true, "x", "7", []byte("8"), now}
	scanBoth[string](t, values...)
	scanBoth[int64](t, values...)
	scanBoth[uint8](t, append(values, int64(300))...)
	scanBoth[float64](t, values...)
	scanBoth[bool](t, values...)
	scanBoth[time.Time](t, values...)
	scanBoth[level](t, values...)
	scanBoth[sql.NullString](t, values...)
	scanBoth[*int](t, nil)
	scanBoth[complex64](t, values...) // which no driver takes
}

func TestKeyDerivation(t *testing.T) {
	secret, salt := []byte("secret"), []byte("salt")
	for _, length := range []int{16, 40, 1 << 20} {
		for _, test := range []struct {
			name      string
			ours, std func() ([]byte, error)
		}{
			{"hkdf.Extract",
				func() ([]byte, error) { return ourhkdf.Extract(sha256.New, secret, salt) },
				func() ([]byte, error) { return hkdf.Extract(sha256.New, secret, salt) }},
			{"hkdf.Expand",
				func() ([]byte, error) { return ourhkdf.Expand(sha256.New, secret, "info", length) },
				func() ([]byte, error) { return hkdf.Expand(sha256.New, secret, "info", length) }},
			{"hkdf.Key",
				func() ([]byte, error) { return ourhkdf.Key(sha256.New, secret, salt, "info", length) },
				func() ([]byte, error) { return hkdf.Key(sha256.New, secret, salt, "info", length) }},
			{"pbkdf2.Key",
				func() ([]byte, error) { return ourpbkdf2.Key(sha256.New, "secret", salt, 2, length) },
				func() ([]byte, error) { return pbkdf2.Key(sha256.New, "secret", salt, 2, length) }},
		} {
			got, gotErr := test.ours()
			want, wantErr := test.std()
			if !slices.Equal(got, want) || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("%s, length %d: got %x, %v; want %x, %v", test.name, length, got, gotErr, want, wantErr)
			}
		}
	}
}
