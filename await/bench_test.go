package await_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// inLoop runs f as the main task of a new loop.
func inLoop(tb testing.TB, f func(), opts ...await.Option) {
	tb.Helper()
	if err := await.NewLoop(opts...).Run(f); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkSwitch(b *testing.B) {
	for _, n := range []int{2, 1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			inLoop(b, func() {
				turns := 0
				round := make([]*await.Task0, n)
				for i := range round {
					round[i] = await.Start0(func() {
						await.Yield() // now every task has begun
						for turns < b.N {
							if turns++; turns == b.N {
								b.StopTimer()
							}
							await.Yield()
						}
					})
				}
				await.Yield()
				b.ResetTimer()
				await.Settle(round...)
			})
		})
	}
}

func BenchmarkSpawnAwait(b *testing.B) {
	inLoop(b, func() {
		b.ReportAllocs()
		for b.Loop() {
			await.Start(func() int { return 1 }).Await()
		}
	})
}

func BenchmarkTimer(b *testing.B) {
	for _, n := range []int{1, 1000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			inLoop(b, func() {
				l := await.CurrentLoop()
				fired := 0
				for i := 0; i < b.N; i += n {
					k := min(n, b.N-i)
					for j := range k {
						l.After(time.Duration(j*7919%k)*time.Nanosecond, func() { fired++ })
					}
					await.Sleep(time.Duration(k+1) * time.Nanosecond)
				}
			})
		})
	}
}

func BenchmarkPost(b *testing.B) {
	l := await.NewLoop()
	go l.Serve()
	done := make(chan struct{}, 1)
	for b.Loop() {
		l.Post(func() { done <- struct{}{} })
		<-done
	}
	l.Close()
	<-l.Closed()
}
