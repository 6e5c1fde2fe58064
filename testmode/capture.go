package testmode

import (
	"io"
	"sync"
)

// A stream is one kind of output of a test.
type stream int

const (
	streamOut stream = iota
	streamErr
	streamLog
	streams
)

func (s stream) String() string { return [...]string{"stdout", "stderr", "log"}[s] }

// A capture keeps the output of one test by phase and stream.
type capture struct {
	mu   sync.Mutex
	text [3][streams][]byte
	// closed tells that the test has been reported: what still comes is
	// dropped.
	closed bool
	// kept tells to keep the output whatever the options say.
	kept bool
}

// maxCapture is how much of one stream is kept.
const maxCapture = 16 << 20

// A captureWriter writes to one stream of a test, in whatever phase it is.
type captureWriter struct {
	t      *T
	stream stream
}

// writer returns a writer for a stream of t.
func (c *capture) writer(t *T, s stream) io.Writer { return captureWriter{t, s} }

// Write adds p to the test's output. It never fails.
func (w captureWriter) Write(p []byte) (int, error) {
	w.t.files.drain()
	return w.add(p)
}

func (w captureWriter) add(p []byte) (int, error) {
	t := w.t
	o := &t.run.opt
	if o.captures() || w.stream == streamLog || t.captured.keeps() {
		t.mu.Lock()
		phase := t.phase
		t.mu.Unlock()
		c := &t.captured
		c.mu.Lock()
		if text := &c.text[phase][w.stream]; !c.closed && len(*text) < maxCapture {
			*text = append(*text, p...)
		}
		c.mu.Unlock()
	}
	if o.prints() && w.stream != streamLog {
		t.run.emitFor(t, Printed{Text: p})
	}
	return len(p), nil
}

// keep has the output kept whatever the options say.
func (c *capture) keep() {
	c.mu.Lock()
	c.kept = true
	c.mu.Unlock()
}

// keeps reports whether keep was called.
func (c *capture) keeps() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept
}

// take returns the output of a phase and forgets it.
func (c *capture) take(p Phase, s stream) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := string(c.text[p][s])
	c.text[p][s] = nil
	return text
}

// sections returns what was captured in the phases.
func (c *capture) sections(phases ...Phase) []Section {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Section
	for _, p := range phases {
		for s := streamOut; s < streams; s++ {
			if text := c.text[p][s]; len(text) > 0 {
				list = append(list, Section{"Captured " + s.String() + " " + p.String(), string(text)})
			}
		}
	}
	return list
}

// close drops what still comes.
func (c *capture) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
}

// Stdout returns the writer for what the test prints.
func (t *T) Stdout() io.Writer { return t.captured.writer(t, streamOut) }

// Stderr returns the writer for what the test prints to standard error.
func (t *T) Stderr() io.Writer { return t.captured.writer(t, streamErr) }

// Output returns a writer for the log section of the report, without places.
func (t *T) Output() io.Writer { return t.captured.writer(t, streamLog) }
