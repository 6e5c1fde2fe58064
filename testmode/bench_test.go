package testmode_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// BenchmarkRun measures whole runs of trivial tests. Budgets: 1 in 3 ms, 1,000
// in 60 ms, 10,000 in 600 ms; 1,000 async ones in 150 ms.
func BenchmarkRun(b *testing.B) {
	for _, kind := range []struct {
		name string
		body func(*testmode.T)
	}{
		{"sync", func(*testmode.T) {}},
		{"async", func(*testmode.T) { await.Start0(await.Yield).Await() }},
	} {
		for _, n := range []int{1, 1000, 10000} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) {
				tests := make([]testmode.Test, n)
				for i := range tests {
					tests[i] = testmode.Test{Name: fmt.Sprintf("test_%d", i), File: "session", Line: i, Func: kind.body}
				}
				opt, err := testmode.ParseOptions(nil)
				if err != nil {
					b.Fatal(err)
				}
				var r testmode.Runner
				for b.Loop() {
					if result := r.Run(context.Background(), tests, opt, io.Discard); result.Passed != n {
						b.Fatalf("%+v", result)
					}
				}
			})
		}
	}
}
