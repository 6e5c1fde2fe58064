package await_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/await"
)

// Each primitive is used by a task of one loop, and then by others.
func TestPrimitivesBelongToOneLoop(t *testing.T) {
	cond := await.NewCondition(new(await.Lock))
	for name, use := range map[string]func() func(){
		"Event.Set":            func() func() { e := &await.Event{}; return e.Set },
		"Event.Wait":           func() func() { e := &await.Event{}; e.Set(); return e.Wait },
		"Event.Clear":          func() func() { e := &await.Event{}; return e.Clear },
		"Lock.Lock":            func() func() { k := &await.Lock{}; return func() { k.Lock(); k.Unlock() } },
		"Lock.TryLock":         func() func() { k := &await.Lock{}; return func() { k.TryLock() } },
		"Lock.Unlock":          func() func() { k := &await.Lock{}; k.Lock(); return func() { k.Unlock(); k.TryLock() } },
		"Semaphore.Acquire":    func() func() { s := await.NewSemaphore(9); return s.Acquire },
		"Semaphore.TryAcquire": func() func() { s := await.NewSemaphore(9); return func() { s.TryAcquire() } },
		"Semaphore.Release":    func() func() { s := await.NewSemaphore(9); return s.Release },
		"Condition.Signal":     func() func() { return cond.Signal },
		"Condition.Broadcast":  func() func() { return cond.Broadcast },
		"Barrier.Wait":         func() func() { b := await.NewBarrier(1); return func() { b.Wait() } },
		"Barrier.Break":        func() func() { b := await.NewBarrier(1); return b.Break },
		"Barrier.Reset":        func() func() { b := await.NewBarrier(1); return b.Reset },
		"Queue.Put":            func() func() { q := await.NewQueue[int](0); return func() { q.Put(1) } },
		"Queue.TryPut":         func() func() { q := await.NewQueue[int](0); return func() { q.TryPut(1) } },
		"Queue.Get":            func() func() { q := await.NewQueue[int](0); q.Close(); return func() { q.Get() } },
		"Queue.TryGet":         func() func() { q := await.NewQueue[int](0); return func() { q.TryGet() } },
		"Queue.Close":          func() func() { q := await.NewQueue[int](0); return q.Close },
		"Waiters.WakeOne":      func() func() { w := &await.Waiters{}; return func() { w.WakeOne() } },
		"Waiters.WakeAll":      func() func() { w := &await.Waiters{}; return w.WakeAll },
	} {
		t.Run(name, func(t *testing.T) {
			north := await.NewLoop(await.WithName("north"))
			go north.Serve()
			f := use()
			if v := north.Start("", f).Wait(); v != nil {
				t.Fatalf("in its own loop: %v", v)
			}
			err := await.NewLoop(await.WithName("south")).Run(func() {
				v := caught(f)
				fe, ok := v.(*await.ForeignError)
				if !ok {
					t.Fatalf("in another loop: %v", v)
				}
				same(t, "names", fe.Owner+" "+fe.Caller, "north south")
			})
			same(t, "error", err, nil)
			v := caught(f)
			if _, ok := v.(*await.MisuseError); !ok {
				t.Errorf("in a goroutine: %v", v)
			}
			north.Close()
			<-north.Closed()
			in(t, f) // now it is free for another loop
		})
	}
}

func TestEvent(t *testing.T) {
	in(t, func() {
		var e await.Event
		woken := 0
		for range 3 {
			await.Start0(func() { e.Wait(); woken++ })
		}
		await.Yield()
		same(t, "before", woken, 0)
		e.Set()
		e.Set()
		await.Yield()
		same(t, "after", woken, 3)
		e.Wait()
		e.Clear()
		same(t, "cleared", e.IsSet(), false)
		same(t, "waits again", await.Timeout(1, e.Await) != nil, true)
	})
}

func TestLockIsFair(t *testing.T) {
	in(t, func() {
		var k await.Lock
		var order []int
		k.Lock()
		same(t, "TryLock", k.TryLock(), false)
		for i := range 3 {
			await.Start0(func() { k.With(func() { order = append(order, i); await.Yield() }) })
		}
		await.Yield()
		k.Unlock()
		same(t, "handed over", k.Held(), true)
		same(t, "nobody slips in", k.TryLock(), false)
		await.Sleep(1)
		same(t, "order", fmt.Sprint(order), "[0 1 2]")
		same(t, "free", k.Held(), false)
		same(t, "unlock twice", fmt.Sprint(caught(k.Unlock)), "await: unlock of a lock that is not held")
	})
}

func TestCancelledWaitersLoseNothing(t *testing.T) {
	in(t, func() {
		var k await.Lock
		s := await.NewSemaphore(0)
		q := await.NewQueue[int](1)
		for _, wait := range []func(){k.Lock, s.Acquire, func() { q.Put(1) }} {
			k.TryLock()
			q.TryPut(0)
			first, second := await.Start0(wait), await.Start0(wait)
			await.Yield()
			first.Cancel(nil)
			first.Wait()
			k.Unlock()
			s.Release()
			q.TryGet()
			await.Yield()
			same(t, "the second got it", second.State(), await.Done)
			s.TryAcquire()
		}
		// A turn that was given to a task just cancelled is used, not lost.
		k.TryLock()
		x := await.Start0(func() { k.With(func() {}); await.Yield() })
		await.Yield()
		k.Unlock() // x has its turn
		x.Cancel(nil)
		x.Wait()
		same(t, "released", k.Held(), false)
		same(t, "state", x.State(), await.Cancelled)
	})
}

func TestSemaphore(t *testing.T) {
	in(t, func() {
		s := await.NewSemaphore(2)
		now, most := 0, 0
		for range 6 {
			await.Start0(func() {
				s.With(func() {
					now++
					most = max(most, now)
					await.Sleep(1)
					now--
				})
			})
		}
		await.Sleep(time.Second)
		same(t, "at the same time", most, 2)
		same(t, "free", s.Free(), 2)
		caught(func() { s.With(func() { panic("boom") }) })
		same(t, "free after a panic", s.Free(), 2)
	})
}

func TestCondition(t *testing.T) {
	in(t, func() {
		var k await.Lock
		c := await.NewCondition(&k)
		woken := 0
		for range 3 {
			await.Start0(func() { k.With(func() { c.Wait(); woken++; same(t, "held", k.Held(), true) }) })
		}
		await.Yield()
		same(t, "free while they wait", k.Held(), false)
		c.Signal()
		await.Sleep(1)
		same(t, "signal", woken, 1)
		c.Broadcast()
		await.Sleep(1)
		same(t, "broadcast", woken, 3)
		x := await.Start0(func() {
			k.Lock()
			defer k.Unlock() // panics unless Wait has locked again
			c.Wait()
		})
		await.Yield()
		x.Cancel(nil)
		x.Wait()
		same(t, "cancelled", x.State(), await.Cancelled)
		same(t, "without the lock", caught(c.Wait) != nil, true)
	})
}

func TestBarrier(t *testing.T) {
	in(t, func() {
		b := await.NewBarrier(3)
		round := func() (places, broken int) {
			var all []*await.Task2[int, error]
			for range 3 {
				all = append(all, await.Start2(b.Wait))
			}
			for _, x := range all {
				place, err := x.Await()
				if err != nil {
					same(t, "error", err, await.ErrBroken)
					broken++
				}
				places += place
			}
			return places, broken
		}
		for range 2 {
			places, broken := round()
			same(t, "places", places, 0+1+2)
			same(t, "broken", broken, 0)
		}
		x := await.Start2(b.Wait)
		y := await.Start2(b.Wait)
		await.Yield()
		same(t, "waiting", b.Waiting(), 2)
		x.Cancel(nil)
		_, err := y.Await()
		same(t, "one was cancelled", err, await.ErrBroken)
		_, err = b.Wait()
		same(t, "it stays broken", err, await.ErrBroken)
		b.Reset()
		places, _ := round()
		same(t, "whole again", places, 3)
	})
}

func TestQueues(t *testing.T) {
	in(t, func() {
		drain := func(q *await.Queue[int]) string {
			var got []int
			for {
				v, ok := q.TryGet()
				if !ok {
					return fmt.Sprint(got)
				}
				got = append(got, v)
			}
		}
		fill := func(q *await.Queue[int]) *await.Queue[int] {
			for _, v := range []int{3, 1, 4, 1, 5, 9, 2, 6} {
				q.Put(v)
			}
			return q
		}
		same(t, "queue", drain(fill(await.NewQueue[int](0))), "[3 1 4 1 5 9 2 6]")
		same(t, "stack", drain(fill(await.NewStack[int](0))), "[6 2 9 5 1 4 1 3]")
		same(t, "priorities", drain(fill(await.NewPriorityQueue(0, func(a, b int) bool { return a < b }))), "[1 1 2 3 4 5 6 9]")

		q := await.NewQueue[int](2)
		put := 0
		producer := await.Start0(func() {
			for i := range 5 {
				q.Put(i)
				put++
			}
		})
		await.Sleep(1)
		same(t, "bound", put, 2)
		same(t, "full", q.TryPut(9), false)
		sum := 0
		for range 3 {
			v, _ := q.Get()
			sum += v
			await.Sleep(1)
		}
		same(t, "order", sum, 0+1+2)
		same(t, "put", put, 5)
		producer.Await()

		joined := await.Start0(q.Join)
		await.Yield()
		for range 2 {
			q.Await()
		}
		for range 4 {
			q.Done()
		}
		await.Yield()
		same(t, "joined early", joined.Ended(), false)
		q.Done()
		await.Yield()
		same(t, "joined", joined.Ended(), true)
		same(t, "too many Done", caught(q.Done) != nil, true)

		waits := await.Start2(q.Get)
		full := await.NewQueue[int](1)
		full.Put(1)
		blocked := await.Start0(func() { full.Put(2) })
		blocked.Detach()
		await.Yield()
		q.Close()
		q.Close()
		full.Close()
		_, ok := waits.Await()
		same(t, "got from a closed queue", ok, false)
		same(t, "put in a closing queue", errors.Is(blocked.Wait(), await.ErrClosed), true)
		same(t, "put in a closed queue", caught(func() { q.Put(1) }), any(await.ErrClosed))
		v, ok := full.Get()
		same(t, "what is left", fmt.Sprint(v, ok, full.Len()), "1 true 0")
	})
}

func TestLimiter(t *testing.T) {
	in(t, func() {
		began := await.Now()
		m := await.NewLimiter(100*time.Millisecond, 3)
		at := func() time.Duration { return await.Now().Sub(began) }
		for i, want := range []time.Duration{0, 0, 0, 100, 200, 300} {
			m.Wait()
			same(t, fmt.Sprint("event ", i), at(), want*time.Millisecond)
		}
		same(t, "one more at once", m.Allow(), false)
		await.Sleep(100 * time.Millisecond)
		same(t, "after an interval", m.Allow(), true)
		await.Sleep(time.Hour)
		allowed := 0
		for m.Allow() {
			allowed++
		}
		same(t, "burst after a pause", allowed, 3)
	})
	same(t, "no burst", caught(func() { await.NewLimiter(1, 0) }) != nil, true)
}
