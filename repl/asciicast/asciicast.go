// Package asciicast records what a terminal shows, in version 2 of the format
// that players of terminal sessions read.
package asciicast

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A Recorder writes a recording. What is written to it is what is written to the
// terminal. Its methods may be called from any goroutine.
type Recorder struct {
	size func() (width, height int)

	mu            sync.Mutex
	out           io.WriteCloser
	began         time.Time
	skipped       time.Duration
	width, height int
	rest          []byte // the beginning of a rune
	err           error  // the first failure
}

// New begins a recording in out, which Close closes. size returns the columns
// and rows of the terminal.
func New(out io.WriteCloser, size func() (width, height int)) *Recorder {
	r := &Recorder{out: out, size: size, began: time.Now()}
	r.width, r.height = size()
	r.line(struct {
		Version   int   `json:"version"`
		Width     int   `json:"width"`
		Height    int   `json:"height"`
		Timestamp int64 `json:"timestamp"`
	}{2, r.width, r.height, r.began.Unix()})
	return r
}

// Write records text. It never fails: the terminal goes on without the
// recording, and Close tells why.
func (r *Recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, h := r.size(); w != r.width || h != r.height {
		r.width, r.height = w, h
		r.event("r", fmt.Sprintf("%dx%d", w, h))
	}
	text := append(r.rest, p...)
	whole := len(text)
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= i
			}
			break
		}
	}
	r.rest = bytes.Clone(text[whole:])
	r.output(string(text[:whole]))
	return len(p), nil
}

// Skip lets what follows come later by d than it does.
func (r *Recorder) Skip(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped += d
}

// Close ends the recording. The error is the first that there was.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.output(string(r.rest))
	r.rest = nil
	return errors.Join(r.err, r.out.Close())
}

// output records text as the terminal gets it: its driver makes \r\n of \n.
func (r *Recorder) output(text string) {
	if text != "" {
		r.event("o", strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
	}
}

func (r *Recorder) event(kind, data string) {
	at := time.Since(r.began) + r.skipped
	r.line([]any{json.Number(fmt.Sprintf("%.6f", at.Seconds())), kind, data})
}

// line writes a line of the recording.
func (r *Recorder) line(v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	if err == nil {
		_, err = r.out.Write(b.Bytes())
	}
	if r.err == nil {
		r.err = err
	}
}
