package std_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	ours "github.com/asyncrepl/asyncrepl/repl/std/generic/slices"
)

// A record is comparable but not ordered, so that no compiled code serves it.
type record struct{ key, seq int }

func compareRecords(a, b record) int { return cmp.Compare(a.key, b.key) }

// A level is of an ordered kind, but not a predeclared type.
type level int8

// outcome runs f on a copy of s that has spare capacity and returns what it
// returned or panicked with, and what the memory of the copy holds then.
func outcome[E any](s []E, f func(s []E) any) string {
	var data []E
	if s != nil {
		data = append(make([]E, 0, len(s)+3), s...)
	}
	result := caught(func() any { return f(data) })
	return fmt.Sprintf("%s, memory %#v", result, data[:cap(data)])
}

// caught returns what f returns, in Go syntax, or that it panics.
func caught(f func() any) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s = fmt.Sprintf("panic: %v", r)
		}
	}()
	return fmt.Sprintf("%#v", f())
}

// A duel is a function of the standard library and ours, both on a slice.
type duel[E any] struct {
	name      string
	std, ours func(s []E) any
}

// fight checks that both sides of every duel do the same with s.
func fight[E any](t *testing.T, s []E, duels []duel[E]) {
	t.Helper()
	for _, d := range duels {
		if got, want := outcome(s, d.ours), outcome(s, d.std); got != want {
			t.Errorf("%s of %#v:\ngot  %s\nwant %s", d.name, s, got, want)
		}
	}
}

// pair is a value with a flag, as functions with two results return them.
type pair struct{ a, b any }

func two[A, B any](a A, b B) any { return pair{a, b} }

func anyDuels[E any](r *rand.Rand, gen func() E, compare func(a, b E) int) []duel[E] {
	i, j, n := r.IntN(8)-1, r.IntN(8)-1, r.IntN(5)-1
	v := make([]E, r.IntN(4))
	for k := range v {
		v[k] = gen()
	}
	probe := gen()
	is := func(e E) bool { return compare(e, probe) == 0 }
	same := func(a, b E) bool { return compare(a, b) == 0 }
	return []duel[E]{
		{"Clone", func(s []E) any { return slices.Clone(s) }, func(s []E) any { return ours.Clone(s) }},
		{"Clip", func(s []E) any { return cap(slices.Clip(s)) }, func(s []E) any { return cap(ours.Clip(s)) }},
		{"Grow", func(s []E) any { return slices.Grow(s, n) }, func(s []E) any { return ours.Grow(s, n) }},
		{"Concat", func(s []E) any { return slices.Concat(s, v, s) }, func(s []E) any { return ours.Concat(s, v, s) }},
		{"Concat of one", func(s []E) any { return slices.Concat(s) }, func(s []E) any { return ours.Concat(s) }},
		{"Repeat", func(s []E) any { return slices.Repeat(s, n) }, func(s []E) any { return ours.Repeat(s, n) }},
		{"Reverse", func(s []E) any { slices.Reverse(s); return s }, func(s []E) any { ours.Reverse(s); return s }},
		{"Insert", func(s []E) any { return slices.Insert(s, max(i, 0), v...) }, func(s []E) any { return ours.Insert(s, max(i, 0), v...) }},
		{"Delete", func(s []E) any { return slices.Delete(s, max(i, 0), max(j, 0)) }, func(s []E) any { return ours.Delete(s, max(i, 0), max(j, 0)) }},
		{"DeleteFunc", func(s []E) any { return slices.DeleteFunc(s, is) }, func(s []E) any { return ours.DeleteFunc(s, is) }},
		{"CompactFunc", func(s []E) any { return slices.CompactFunc(s, same) }, func(s []E) any { return ours.CompactFunc(s, same) }},
		{"IndexFunc", func(s []E) any { return slices.IndexFunc(s, is) }, func(s []E) any { return ours.IndexFunc(s, is) }},
		{"ContainsFunc", func(s []E) any { return slices.ContainsFunc(s, is) }, func(s []E) any { return ours.ContainsFunc(s, is) }},
		{"EqualFunc", func(s []E) any { return slices.EqualFunc(s, v, same) }, func(s []E) any { return ours.EqualFunc(s, v, same) }},
		{"CompareFunc", func(s []E) any { return slices.CompareFunc(s, v, compare) }, func(s []E) any { return ours.CompareFunc(s, v, compare) }},
		{"CompareFunc turned", func(s []E) any { return slices.CompareFunc(v, s, compare) }, func(s []E) any { return ours.CompareFunc(v, s, compare) }},
		{"SortStableFunc", func(s []E) any { slices.SortStableFunc(s, compare); return s }, func(s []E) any { ours.SortStableFunc(s, compare); return s }},
		{"SortFunc", func(s []E) any { slices.SortStableFunc(s, compare); return s }, func(s []E) any { ours.SortFunc(s, compare); return s }},
		{"IsSortedFunc", func(s []E) any { return slices.IsSortedFunc(s, compare) }, func(s []E) any { return ours.IsSortedFunc(s, compare) }},
		{"MaxFunc", func(s []E) any { return slices.MaxFunc(s, compare) }, func(s []E) any { return ours.MaxFunc(s, compare) }},
		{"MinFunc", func(s []E) any { return slices.MinFunc(s, compare) }, func(s []E) any { return ours.MinFunc(s, compare) }},
		{"BinarySearchFunc",
			func(s []E) any {
				slices.SortStableFunc(s, compare)
				return two(slices.BinarySearchFunc(s, probe, compare))
			},
			func(s []E) any {
				slices.SortStableFunc(s, compare)
				return two(ours.BinarySearchFunc(s, probe, compare))
			}},
		{"Collect", func(s []E) any { return slices.Collect(slices.Values(s)) }, func(s []E) any { return ours.Collect(ours.Values(s)) }},
		{"AppendSeq", func(s []E) any { return slices.AppendSeq(s, slices.Values(v)) }, func(s []E) any { return ours.AppendSeq(s, ours.Values(v)) }},
		{"SortedFunc", func(s []E) any { return slices.SortedStableFunc(slices.Values(s), compare) }, func(s []E) any { return ours.SortedFunc(ours.Values(s), compare) }},
		{"SortedStableFunc", func(s []E) any { return slices.SortedStableFunc(slices.Values(s), compare) }, func(s []E) any { return ours.SortedStableFunc(ours.Values(s), compare) }},
		{"Chunk", func(s []E) any { return slices.Collect(slices.Chunk(s, n)) }, func(s []E) any { return slices.Collect(ours.Chunk(s, n)) }},
		{"All",
			func(s []E) any { return first(slices.All(s), n) },
			func(s []E) any { return first(ours.All(s), n) }},
		{"Backward",
			func(s []E) any { return first(slices.Backward(s), n) },
			func(s []E) any { return first(ours.Backward(s), n) }},
		{"Values", func(s []E) any { return head(slices.Values(s), n) }, func(s []E) any { return head(ours.Values(s), n) }},
	}
}

// first returns the first n pairs of seq, all if n is negative.
func first[K, V any](seq func(func(K, V) bool), n int) []pair {
	var all []pair
	for k, v := range seq {
		if n--; n == -1 {
			break
		}
		all = append(all, pair{k, v})
	}
	return all
}

// head returns the first n values of seq, all if n is negative.
func head[V any](seq func(func(V) bool), n int) []V {
	var all []V
	for v := range seq {
		if n--; n == -1 {
			break
		}
		all = append(all, v)
	}
	return all
}

func comparableDuels[E comparable](r *rand.Rand, gen func() E) []duel[E] {
	probe := gen()
	v := make([]E, r.IntN(4))
	for k := range v {
		v[k] = gen()
	}
	return []duel[E]{
		{"Index", func(s []E) any { return slices.Index(s, probe) }, func(s []E) any { return ours.Index(s, probe) }},
		{"Contains", func(s []E) any { return slices.Contains(s, probe) }, func(s []E) any { return ours.Contains(s, probe) }},
		{"Equal", func(s []E) any { return slices.Equal(s, v) }, func(s []E) any { return ours.Equal(s, v) }},
		{"Equal to itself", func(s []E) any { return slices.Equal(s, slices.Clone(s)) }, func(s []E) any { return ours.Equal(s, slices.Clone(s)) }},
		{"Compact", func(s []E) any { return slices.Compact(s) }, func(s []E) any { return ours.Compact(s) }},
	}
}

func orderedDuels[E cmp.Ordered](r *rand.Rand, gen func() E) []duel[E] {
	probe := gen()
	v := make([]E, r.IntN(4))
	for k := range v {
		v[k] = gen()
	}
	return []duel[E]{
		{"Sort", func(s []E) any { slices.Sort(s); return s }, func(s []E) any { ours.Sort(s); return s }},
		{"Sorted", func(s []E) any { return slices.Sorted(slices.Values(s)) }, func(s []E) any { return ours.Sorted(ours.Values(s)) }},
		{"IsSorted", func(s []E) any { return slices.IsSorted(s) }, func(s []E) any { return ours.IsSorted(s) }},
		{"Compare", func(s []E) any { return slices.Compare(s, v) }, func(s []E) any { return ours.Compare(s, v) }},
		{"Max", func(s []E) any { return slices.Max(s) }, func(s []E) any { return ours.Max(s) }},
		{"Min", func(s []E) any { return slices.Min(s) }, func(s []E) any { return ours.Min(s) }},
		{"BinarySearch",
			func(s []E) any { slices.Sort(s); return two(slices.BinarySearch(s, probe)) },
			func(s []E) any { slices.Sort(s); return two(ours.BinarySearch(s, probe)) }},
	}
}

// random returns a slice of up to nine elements, sometimes nil.
func random[E any](r *rand.Rand, gen func() E) []E {
	n := r.IntN(11) - 1
	if n < 0 {
		return nil
	}
	s := make([]E, n)
	for i := range s {
		s[i] = gen()
	}
	return s
}

const rounds = 400

func fightOrdered[E cmp.Ordered](t *testing.T, gen func(r *rand.Rand) E) {
	r := rand.New(rand.NewPCG(1, 2))
	next := func() E { return gen(r) }
	for range rounds {
		s := random(r, next)
		fight(t, s, anyDuels(r, next, cmp.Compare[E]))
		fight(t, s, comparableDuels(r, next))
		fight(t, s, orderedDuels(r, next))
		if t.Failed() {
			return
		}
	}
}

func TestSlices(t *testing.T) {
	t.Run("int", func(t *testing.T) { fightOrdered(t, func(r *rand.Rand) int { return r.IntN(5) }) })
	t.Run("level", func(t *testing.T) { fightOrdered(t, func(r *rand.Rand) level { return level(r.IntN(5)) }) })
	t.Run("uint8", func(t *testing.T) { fightOrdered(t, func(r *rand.Rand) uint8 { return uint8(r.IntN(5)) }) })
	t.Run("string", func(t *testing.T) {
		fightOrdered(t, func(r *rand.Rand) string { return []string{"", "a", "b", "ba", "é"}[r.IntN(5)] })
	})
	t.Run("float64", func(t *testing.T) {
		fightOrdered(t, func(r *rand.Rand) float64 {
			return []float64{-1, math.Copysign(0, -1), 0, 2, math.NaN(), math.Inf(1)}[r.IntN(6)]
		})
	})
	t.Run("float32", func(t *testing.T) {
		fightOrdered(t, func(r *rand.Rand) float32 {
			return []float32{-1, float32(math.Copysign(0, -1)), 0, 2}[r.IntN(4)]
		})
	})
	t.Run("record", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		next := func() record { return record{r.IntN(4), r.IntN(3)} }
		for range rounds {
			s := random(r, next)
			fight(t, s, anyDuels(r, next, compareRecords))
			fight(t, s, comparableDuels(r, next))
			if t.Failed() {
				return
			}
		}
	})
}

func TestSlicesSortLong(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{7, 100, 1000} {
		s := make([]record, n)
		for i := range s {
			s[i] = record{r.IntN(n / 2), i}
		}
		want := slices.Clone(s)
		slices.SortStableFunc(want, compareRecords)
		ours.SortFunc(s, compareRecords)
		if !slices.Equal(s, want) {
			t.Errorf("%d records are not sorted as they should be", n)
		}
	}
}

// TestSlicesSharedMemory inserts part of a slice into itself.
func TestSlicesSharedMemory(t *testing.T) {
	for _, spare := range []int{0, 10} {
		for i := range 6 {
			for from := range 6 {
				f := func(insert func([]int, int, ...int) []int, replace func([]int, int, int, ...int) []int) string {
					s := append(make([]int, 0, 5+spare), 1, 2, 3, 4, 5)
					a := slices.Clone(insert(s, i, s[from:]...))
					s = append(make([]int, 0, 5+spare), 1, 2, 3, 4, 5)
					return fmt.Sprint(a, replace(s, i, min(i+2, 5), s[from:]...))
				}
				got := f(ours.Insert[[]int], ours.Replace[[]int])
				want := f(slices.Insert[[]int], slices.Replace[[]int])
				if got != want {
					t.Errorf("at %d from %d, spare %d: got %s, want %s", i, from, spare, got, want)
				}
			}
		}
	}
}

func TestSlicesReplace(t *testing.T) {
	for i := range 5 {
		for j := range 6 {
			for n := range 4 {
				v := []int{7, 8, 9}[:n]
				fight(t, []int{1, 2, 3, 4}, []duel[int]{{
					fmt.Sprintf("Replace(%d, %d, %v)", i, j, v),
					func(s []int) any { return slices.Replace(s, i, j, v...) },
					func(s []int) any { return ours.Replace(s, i, j, v...) },
				}})
			}
		}
	}
}

func BenchmarkSort(b *testing.B) {
	const n = 1_000_000
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]int, n)
	for i := range random {
		random[i] = r.Int()
	}
	s := make([]int, n)
	for _, side := range []struct {
		name string
		sort func([]int)
	}{{"compiled", slices.Sort[[]int]}, {"ours", ours.Sort[[]int]}} {
		b.Run(side.name, func(b *testing.B) {
			for b.Loop() {
				copy(s, random)
				side.sort(s)
			}
		})
	}
}
