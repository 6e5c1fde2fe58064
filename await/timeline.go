package await

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"
)

// lanes returns the spans of each task, and the tasks in the order of their
// starts.
func (r *Tracer) lanes() (tasks []uint64, spans map[uint64][]span, end time.Duration) {
	spans = map[uint64][]span{}
	for _, s := range r.spans() {
		if spans[s.task] == nil {
			tasks = append(tasks, s.task)
		}
		spans[s.task] = append(spans[s.task], s)
		end = max(end, s.to)
	}
	slices.Sort(tasks)
	return tasks, spans, max(end, 1)
}

// WriteText writes a timeline for reading: a line for each task, columns wide,
// on which # stands for running, . for waiting and a blank for anything else.
// Where several things fall in one column, running is shown before waiting.
func (r *Tracer) WriteText(w io.Writer, columns int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	tasks, spans, end := r.lanes()
	width := 0
	for _, t := range tasks {
		width = max(width, len([]rune(r.names[t])))
	}
	room := max(columns-width-2, 10)
	b := bufio.NewWriter(w)
	for _, t := range tasks {
		line := []byte(strings.Repeat(" ", room))
		for _, s := range spans[t] {
			mark := byte('.')
			switch s.kind {
			case traceRun:
				mark = '#'
			case traceStart:
				continue
			}
			from := int(int64(s.from) * int64(room-1) / int64(end))
			to := int(int64(s.to) * int64(room-1) / int64(end))
			for i := from; i <= to; i++ {
				if mark == '#' || line[i] == ' ' {
					line[i] = mark
				}
			}
		}
		fmt.Fprintf(b, "%-*s  %s\n", width, r.names[t], strings.TrimRight(string(line), " "))
	}
	fmt.Fprintf(b, "%-*s  %v\n", width, "", end)
	return b.Flush()
}

// WriteSVG writes the timeline as an SVG image, width pixels wide: a lane for
// each task, dark where it ran and light where it waited; pointing at a part
// tells what it is.
func (r *Tracer) WriteSVG(w io.Writer, width int) error {
	const lane, left = 18, 160
	r.mu.Lock()
	defer r.mu.Unlock()
	tasks, spans, end := r.lanes()
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="11">`+"\n", width, lane*(len(tasks)+1))
	at := func(d time.Duration) float64 { return left + float64(width-left)*float64(d)/float64(end) }
	for i, t := range tasks {
		y := i * lane
		fmt.Fprintf(b, `<text x="2" y="%d">%s</text>`+"\n", y+13, html.EscapeString(r.names[t]))
		for _, s := range spans[t] {
			colour := map[traceKind]string{traceStart: "#eee8d5", traceRun: "#268bd2", traceWait: "#d0d7de"}[s.kind]
			fmt.Fprintf(b, `<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"><title>%s, %v</title></rect>`+"\n",
				at(s.from), y+2, max(at(s.to)-at(s.from), 0.5), lane-4, colour, html.EscapeString(s.what), s.to-s.from)
		}
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">0</text><text x="%d" y="%d" text-anchor="end">%v</text>`+"\n</svg>\n",
		left, lane*len(tasks)+13, width-2, lane*len(tasks)+13, end)
	return b.Flush()
}
