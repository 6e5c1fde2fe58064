package await

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// A Tracer records what the tasks of a loop do: when each was started, ran,
// waited and for what, and ended. Its zero value is ready to use; give it to a
// loop with WithTracer. Its methods may be called from any goroutine. It keeps
// all it records in memory, about 60 bytes for each event.
type Tracer struct {
	mu     sync.Mutex
	began  time.Time
	events []traceEvent
	names  map[uint64]string
	loop   string
}

// traceKind is what an event tells.
type traceKind uint8

const (
	traceStart traceKind = iota
	traceRun
	traceWait
	traceEnd
)

type traceEvent struct {
	at   time.Duration // real time since the first event
	task uint64
	what string // what is waited for, or how the task ended
	from uint64 // start: the task that started it
	kind traceKind
}

// WithTracer makes t record what the loop's tasks do. A Tracer serves one loop.
func WithTracer(t *Tracer) Option { return func(l *Loop) { l.tracer = t } }

// add records an event.
func (r *Tracer) add(l *Loop, t *Task0, kind traceKind) {
	e := traceEvent{task: t.id, kind: kind}
	switch kind {
	case traceStart:
		e.from, e.what = t.Parent(), t.Started()
	case traceWait:
		e.what = t.on.waitsFor()
	case traceEnd:
		e.what = t.state.String()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names == nil {
		r.names, r.began, r.loop = map[uint64]string{}, time.Now(), l.name
	}
	r.names[t.id] = title(t.id, t.Name())
	e.at = time.Since(r.began)
	r.events = append(r.events, e)
}

// WriteChrome writes the trace in the Trace Event Format, in JSON, which
// ui.perfetto.dev and chrome://tracing show. Times are real microseconds.
func (r *Tracer) WriteChrome(w io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `{"traceEvents":[{"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":%s}}`, quote(r.loop))
	known := map[uint64]bool{}
	put := func(e traceEvent, ph, name string, extra string) {
		fmt.Fprintf(b, ",\n"+`{"name":%s,"ph":%q,"pid":1,"tid":%d,"ts":%.3f%s}`,
			quote(name), ph, e.task, float64(e.at)/float64(time.Microsecond), extra)
	}
	for _, s := range r.spans() {
		if !known[s.task] {
			known[s.task] = true
			fmt.Fprintf(b, ",\n"+`{"name":"thread_name","ph":"M","pid":1,"tid":%d,"args":{"name":%s}}`, s.task, quote(r.names[s.task]))
		}
		put(traceEvent{task: s.task, at: s.from}, "X", s.what, fmt.Sprintf(`,"dur":%.3f`, float64(s.to-s.from)/float64(time.Microsecond)))
	}
	for _, e := range r.events {
		if e.kind == traceStart && e.from != 0 {
			put(traceEvent{task: e.from, at: e.at}, "s", "start", fmt.Sprintf(`,"id":%d,"cat":"start"`, e.task))
			put(e, "f", "start", fmt.Sprintf(`,"id":%d,"cat":"start","bp":"e"`, e.task))
		}
	}
	b.WriteString("]}\n")
	return b.Flush()
}

// quote returns s as a JSON string.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string is always representable
	}
	return string(b)
}

// A span is a time in which a task did one thing.
type span struct {
	task     uint64
	from, to time.Duration
	what     string
	kind     traceKind // of the event it begins with
}

// spans pairs each event with the next one of its task.
func (r *Tracer) spans() []span {
	var list []span
	open := map[uint64]int{}
	var last time.Duration
	for _, e := range r.events {
		last = e.at
		if i, ok := open[e.task]; ok {
			list[i].to = e.at
			delete(open, e.task)
		}
		s := span{task: e.task, from: e.at, kind: e.kind}
		switch e.kind {
		case traceStart:
			s.what = "ready"
		case traceRun:
			s.what = "running"
		case traceWait:
			s.what = "waits for " + e.what
		case traceEnd:
			continue
		}
		open[e.task] = len(list)
		list = append(list, s)
	}
	for _, i := range open {
		list[i].to = last
	}
	return list
}
