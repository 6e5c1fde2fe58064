package await

import (
	"errors"
	"slices"
)

// A vigil is one task's or goroutine's watch over the ends of several tasks.
type vigil struct {
	unqueued
	me    *Task0 // nil for a goroutine that belongs to no loop
	over  []*Task0
	plain chan *Task0 // the same for such a goroutine
	tasks []*Task0
	whole bool // it goes on until all have ended
}

// pending yields the tasks that have yet to end, if all have to.
func (v *vigil) pending(yield func(*Task0) bool) {
	for _, t := range v.tasks {
		if v.whole && !t.Ended() && !yield(t) {
			return
		}
	}
}

// waitsFor names some of the tasks that have not ended.
func (v *vigil) waitsFor() string {
	left, text := 0, ""
	for _, t := range v.tasks {
		if t.Ended() {
			continue
		}
		if left++; left > 3 {
			return text + ", …"
		}
		if text != "" {
			text += ", "
		}
		text += t.String()
	}
	return text
}

// keepVigil begins a watch over ts, until all have ended if it is to be whole.
// Their failures are from now on its business: they are not reported as
// unhandled.
func keepVigil(verb string, ts []*Task0, whole bool) *vigil {
	v := &vigil{tasks: ts, whole: whole}
	for _, t := range ts {
		v.me = waiter(verb, t.loop, t)
	}
	switch {
	case v.me == nil:
	case whole:
		refuseCycle(v.me, ts...)
	case slices.Contains(ts, v.me):
		refuseCycle(v.me, v.me)
	}
	if v.me == nil {
		v.plain = make(chan *Task0, len(ts))
	}
	for _, t := range ts {
		switch {
		case v.me == nil:
			t.OnDone(func() { v.plain <- t })
			continue
		case t.Ended():
			v.over = append(v.over, t)
		default:
			x := t.extend()
			x.vigils = append(x.vigils, v)
		}
		t.handled = true
	}
	return v
}

// ended is called on the loop when t has ended.
func (v *vigil) ended(t *Task0) {
	v.over = append(v.over, t)
	v.me.wake()
}

// next waits until another of the tasks has ended, and returns it.
func (v *vigil) next() *Task0 {
	if v.me == nil {
		return <-v.plain
	}
	for len(v.over) == 0 {
		if !v.me.park(v) {
			v.me.unwind()
		}
	}
	t := v.over[0]
	v.over = v.over[1:]
	return t
}

// end ends the watch.
func (v *vigil) end() {
	for _, t := range v.tasks {
		if len(t.vigils) == 0 {
			continue
		}
		kept := t.vigils[:0]
		for _, x := range t.vigils {
			if x != v {
				kept = append(kept, x)
			}
		}
		clear(t.vigils[len(kept):])
		t.vigils = kept
	}
}

// cancelAll cancels those of ts that have not ended, and waits for their ends,
// which cancellation of the caller does not cut short.
func cancelAll(ts []*Task0, cause error) {
	for _, t := range ts {
		t.Cancel(cause)
	}
	Shield(func() { Settle(ts...) })
}

// Settle waits until all tasks have ended, whichever way.
func Settle(ts ...*Task0) {
	v := keepVigil("await tasks", ts, true)
	defer v.end()
	for range ts {
		v.next()
	}
}

// errGathered is the cause of cancellations by GatherTasks.
var errGathered = errors.New("another task gathered with it failed")

// errLost is the cause of cancellations by RaceTasks and FirstTask.
var errLost = errors.New("another task won the race")

// GatherTasks waits until all tasks have returned. As soon as one fails or is
// cancelled, the others are cancelled, their ends awaited, and GatherTasks
// panics as awaiting the failed one does. If the caller is cancelled, so are
// the tasks.
func GatherTasks(ts ...*Task0) {
	_ = GatherResults(ts, func(*Task0) error { return nil })
}

// GatherResults is GatherTasks for tasks that may also fail by what they
// return: result is called for each that has returned, and if it yields an
// error, GatherResults cancels the others as well, and returns that.
func GatherResults(ts []*Task0, result func(*Task0) error) error {
	v := keepVigil("gather", ts, true)
	whole := false
	defer func() {
		v.end()
		if !whole {
			cancelAll(ts, errGathered)
		}
	}()
	for range ts {
		t := v.next()
		if t.err != nil {
			panic(t.err)
		}
		if err := result(t); err != nil {
			return err
		}
	}
	whole = true
	return nil
}

// RaceTasks waits until one of the tasks has ended, whichever way, cancels the
// others, waits for their ends, and returns the first one's index. If the
// caller is cancelled, so are the tasks. It panics if there are none.
func RaceTasks(ts ...*Task0) int {
	if len(ts) == 0 {
		panic(&MisuseError{"a race needs tasks"})
	}
	v := keepVigil("race", ts, false)
	defer cancelAll(ts, errLost)
	defer v.end()
	return index(ts, v.next())
}

// FirstTask waits until one of the tasks has returned, cancels the others,
// waits for their ends, and returns the first one's index. If none returns, the
// index is -1 and the error joins what ended each. If the caller is cancelled,
// so are the tasks.
func FirstTask(ts ...*Task0) (int, error) {
	return FirstResult(ts, func(*Task0) error { return nil })
}

// FirstResult is FirstTask for tasks that may also fail by what they return:
// result is called for each that has returned, and one for which it yields an
// error is not the first.
func FirstResult(ts []*Task0, result func(*Task0) error) (int, error) {
	v := keepVigil("wait for the first of several tasks", ts, false)
	defer cancelAll(ts, errLost)
	defer v.end()
	var errs []error
	for range ts {
		t := v.next()
		err := t.err
		if err == nil {
			err = result(t)
		}
		if err == nil {
			return index(ts, t), nil
		}
		errs = append(errs, err)
	}
	return -1, errors.Join(errs...)
}

// Completed yields the index of each task when that has ended, in the order of
// their ends. Leaving the loop early leaves the other tasks alone.
func Completed(ts ...*Task0) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		places := make(map[*Task0][]int, len(ts))
		for i, t := range ts {
			places[t] = append(places[t], i)
		}
		v := keepVigil("await tasks", ts, false)
		defer v.end()
		for range ts {
			t := v.next()
			i := places[t][0]
			places[t] = places[t][1:]
			if !yield(i) {
				return
			}
		}
	}
}

// index returns the place of t in ts.
func index(ts []*Task0, t *Task0) int {
	for i, x := range ts {
		if x == t {
			return i
		}
	}
	return -1
}
