package await_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// TestStress starts very many tasks that wait in every way there is, are
// cancelled, run out of time and panic at random, and demands that each is
// accounted for: that it ended, how, that its deferred calls ran, and that its
// panic was reported exactly if nobody awaited it.
func TestStress(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5_000
	}
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	var began, deferred, notBegun int
	reported := map[uint64]int{}
	count := map[await.State]int{}
	wrong := 0
	err := await.NewLoop(await.WithSeed(seed), await.WithUnhandled(func(x *await.Task0) { reported[x.ID()]++ })).Run(func() {
		lock, event := &await.Lock{}, &await.Event{}
		permits := await.NewSemaphore(10)
		queue := await.NewQueue[int](4)
		channel := make(chan int, 2)
		boom := errors.New("boom")
		var all []*await.Task0
		var panics []bool
		for i := range n {
			panics = append(panics, rng.IntN(20) == 0)
			fails := panics[i]
			kind, pause := rng.IntN(12), time.Duration(rng.IntN(2000))*time.Microsecond
			limited := rng.IntN(4) == 0
			var victim *await.Task0
			if i > 0 {
				victim = all[rng.IntN(i)]
			}
			body := func() {
				switch kind {
				case 0:
					await.Yield()
				case 1, 2:
					await.Sleep(pause)
				case 3:
					lock.With(await.Yield)
				case 4:
					permits.With(func() { await.Sleep(pause / 100) })
				case 5:
					queue.TryPut(i)
					await.Yield()
					queue.TryGet()
				case 6:
					await.Timeout(pause/50, func() { queue.Get() })
				case 7:
					if i%50 == 0 {
						await.Off(func() {})
					}
				case 8:
					await.Timeout(pause/20, func() { await.Send(channel, i) })
					await.Timeout(pause/20, func() { await.Recv(channel) })
				case 9:
					await.WithGroup(func(g *await.Group) {
						g.Start("", func() { await.Yield() })
						g.Start("", func() { await.Sleep(pause / 10) })
					})
				case 10:
					if victim != nil {
						victim.Cancel(boom)
					}
				case 11:
					await.Timeout(pause/10, event.Wait)
				}
			}
			all = append(all, await.Start0(func() {
				began++
				defer func() { deferred++ }()
				if limited {
					await.Timeout(pause/3, body)
				} else {
					body()
				}
				if fails {
					panic(boom)
				}
			}))
			if i%100 == 0 {
				await.Yield()
			}
			if rng.IntN(10) == 0 {
				all[rng.IntN(i+1)].Cancel(boom)
			}
			if rng.IntN(1000) == 0 {
				go all[i].Cancel(boom)
			}
		}
		event.Set()
		unheard := 0 // panics that happened before anyone awaited them
		for _, x := range all {
			if x.State() == await.Failed {
				unheard++
				same(t, "reports of a panic", reported[x.ID()], 1)
			}
		}
		same(t, "reports", len(reported), unheard)
		await.Settle(all...)
		same(t, "reports of awaited panics", len(reported), unheard)
		if unheard == 0 {
			t.Error("no panic went unheard")
		}
		for i, x := range all {
			s := x.State()
			count[s]++
			switch s {
			case await.Failed:
				if !panics[i] || await.PanicValue(x.Err()) != boom {
					wrong++
				}
			case await.Done:
				if panics[i] || x.Err() != nil {
					wrong++
				}
			case await.Cancelled:
				if !errors.Is(x.Err(), boom) {
					wrong++
				}
			default:
				wrong++
			}
		}
		notBegun = n - began
		if left := await.CurrentLoop().Tasks(); len(left) != 1 {
			t.Errorf("%d tasks are left", len(left)-1)
		}
		same(t, "lock", lock.Held(), false)
		same(t, "permits", permits.Free(), 10)
	})
	if err != nil {
		t.Error(err)
	}
	same(t, "ends", count[await.Done]+count[await.Failed]+count[await.Cancelled], n)
	same(t, "wrong ends", wrong, 0)
	same(t, "deferred calls", deferred, began)
	if notBegun > count[await.Cancelled] {
		t.Errorf("%d tasks did not begin, but only %d were cancelled", notBegun, count[await.Cancelled])
	}
	for kind, k := range count {
		t.Logf("seed %d: %6d %v", seed, k, kind)
	}
	if count[await.Failed] == 0 || count[await.Cancelled] == 0 {
		t.Error("nothing failed or nothing was cancelled")
	}
}
