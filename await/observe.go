package await

// Observation of a loop: the host's hook, traces and the search for slow steps
// all hang on the moments at which a task gets the thread and gives it back. A
// loop that has none of them pays one test of a flag at each.

// entered is called when t, or a callback if t is nil, has got the thread.
func (l *Loop) entered(t *Task0) {
	if l.onSwitch != nil && l.shown != t {
		from := l.shown
		l.shown = t
		l.onSwitch(from, t)
	}
	if l.tracer != nil && t != nil {
		l.tracer.add(l, t, traceRun)
	}
	if l.slow != nil {
		l.slow.begin(l, t)
	}
}

// left is called when t is about to give the thread back; it waits for on, or
// has ended if on is nil.
func (l *Loop) left(t *Task0, on waitable) {
	if l.tracer != nil && t != nil {
		if on == nil {
			l.tracer.add(l, t, traceEnd)
		} else {
			l.tracer.add(l, t, traceWait)
		}
	}
	if l.slow != nil {
		l.slow.end()
	}
}
