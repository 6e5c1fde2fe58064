package await_test

import (
	"fmt"
	"iter"
	"runtime"
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
				runtime.GC() // else a collection may go on for seconds of the measurement
				b.ResetTimer()
				await.Settle(round...)
			})
		})
	}
}

// BenchmarkBareSwitch is what the means of BenchmarkSwitch cost without a loop:
// coroutines of iter.Pull, resumed one after the other. One turn is two
// switches, of which one is to a coroutine that the caches have forgotten if
// there are many.
func BenchmarkBareSwitch(b *testing.B) {
	for _, n := range []int{2, 1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			next, stop := make([]func() (struct{}, bool), n), make([]func(), n)
			for i := range n {
				next[i], stop[i] = iter.Pull(func(yield func(struct{}) bool) {
					for yield(struct{}{}) {
					}
				})
				next[i]()
			}
			runtime.GC()
			b.ResetTimer()
			for i := range b.N {
				next[i%n]()
			}
			b.StopTimer()
			for _, f := range stop {
				f()
			}
		})
	}
}

// BenchmarkSpawnAwait starts a task and awaits it, while others wait.
func BenchmarkSpawnAwait(b *testing.B) {
	for _, others := range []int{0, 1000, 1_000_000} {
		b.Run(fmt.Sprint(others), func(b *testing.B) {
			if others >= 1_000_000 && testing.Short() {
				b.Skip("takes seconds and gigabytes")
			}
			inLoop(b, func() {
				var end await.Event
				for range others {
					await.Start0(end.Wait)
				}
				await.Yield()
				b.ReportAllocs()
				for b.Loop() {
					await.Start(func() int { return 1 }).Await()
				}
				end.Set()
			})
		})
	}
}

// BenchmarkChannel passes values through channels between tasks of a loop, and
// from a goroutine to a task.
func BenchmarkChannel(b *testing.B) {
	for _, room := range []int{0, 16} {
		b.Run(fmt.Sprint("tasks/", room), func(b *testing.B) {
			inLoop(b, func() {
				c := make(chan int, room)
				await.Start0(func() {
					for i := range b.N {
						await.Send(c, i)
					}
					close(c)
				})
				for range await.Range(c) {
				}
			})
		})
	}
	b.Run("goroutine", func(b *testing.B) {
		inLoop(b, func() {
			c := make(chan int)
			go func() {
				for i := range b.N {
					c <- i
				}
				close(c)
			}()
			for range await.Range(c) {
			}
		})
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

// BenchmarkPost measures what another goroutine pays for asking the loop for
// something and waiting until it is done, in all ways there are; and, for
// comparison, what two goroutines pay of which one is locked to its thread, as
// a loop is. If the processors are idle otherwise, most of it is the time the
// operating system takes to wake them.
func BenchmarkPost(b *testing.B) {
	for _, way := range []struct {
		name string
		ask  func(*await.Loop)
	}{
		{"channel", func() func(l *await.Loop) {
			done := make(chan struct{}, 1)
			return func(l *await.Loop) {
				l.Post(func() { done <- struct{}{} })
				<-done
			}
		}()},
		{"Call", func(l *await.Loop) { l.Call(func() {}) }},
		{"Start", func(l *await.Loop) { l.Start("", func() {}).Await() }},
	} {
		b.Run(way.name, func(b *testing.B) {
			l := await.NewLoop()
			go l.Serve()
			for b.Loop() {
				way.ask(l)
			}
			l.Close()
			<-l.Closed()
		})
	}
	b.Run("without", func(b *testing.B) {
		there, back := make(chan struct{}), make(chan struct{})
		go func() {
			runtime.LockOSThread()
			for range there {
				back <- struct{}{}
			}
			close(back)
		}()
		for b.Loop() {
			there <- struct{}{}
			<-back
		}
		close(there)
		<-back
	})
}
