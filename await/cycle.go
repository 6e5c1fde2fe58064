package await

// A dependent is something that ends only when all of several tasks have.
type dependent interface {
	// pending yields the tasks that have yet to end, until it is told to stop.
	pending(yield func(*Task0) bool)
}

// farthest is how many tasks are looked at in search of a circle. Longer ones
// are left to the search for deadlocks.
const farthest = 1000

// refuseCycle panics if me, by waiting for all of ts, would wait for itself.
func refuseCycle(me *Task0, ts ...*Task0) {
	w := walk{end: me, left: farthest}
	for _, t := range ts {
		if (t == me || t.state == Waiting) && w.from(t) {
			e := &CycleError{Tasks: []TaskInfo{me.info()}}
			for i := len(w.way) - 1; i >= 0; i-- {
				e.Tasks = append(e.Tasks, w.way[i].info())
			}
			panic(e)
		}
	}
}

// A walk goes from task to task, to what each waits for, in search of one.
type walk struct {
	end  *Task0
	left int      // how many tasks it may still look at
	way  []*Task0 // once found: from the last before the end to the first
}

// from reports whether a way leads from t to the end.
func (w *walk) from(t *Task0) bool {
	if t == w.end {
		return true
	}
	if w.left--; w.left < 0 || t.state != Waiting {
		return false
	}
	found := false
	switch on := t.on.(type) {
	case *Task0:
		found = w.from(on)
	case dependent:
		on.pending(func(u *Task0) bool {
			found = w.from(u)
			return !found && w.left > 0
		})
	}
	if found {
		w.way = append(w.way, t)
	}
	return found
}
