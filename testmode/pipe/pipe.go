// Package pipe makes files whose output goes to a writer: what is to take the
// place of a standard file for code that writes to it directly.
package pipe

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// A Pipe is a file whose output goes to a writer, from a goroutine of the
// Pipe's own. Its methods may be called from anywhere.
type Pipe struct {
	// File is the end to write to.
	File *os.File

	mu    sync.Mutex
	drawn chan struct{} // told when the mark has come through; closed at the end
}

// mark is written to a pipe to find out when all before it has been read. No
// text has it; and it does not end as it begins, so that no text before it makes
// another one with it.
var mark = []byte("\xff\x00asyncrepl\x00\xfe")

// New makes a pipe to out. The error is that of the system.
func New(out io.Writer) (*Pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &Pipe{File: w, drawn: make(chan struct{}, 1)}
	go p.pump(r, out)
	return p, nil
}

func (p *Pipe) pump(r *os.File, out io.Writer) {
	defer close(p.drawn)
	defer r.Close()
	var held []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		held = append(held, buf[:n]...)
		for {
			before, after, found := bytes.Cut(held, mark)
			if !found {
				break
			}
			write(out, before)
			held = append([]byte(nil), after...)
			p.drawn <- struct{}{}
		}
		if i := bytes.IndexByte(held, mark[0]); i < 0 {
			write(out, held)
			held = held[:0]
		} else if i > 0 {
			write(out, held[:i])
			held = append([]byte(nil), held[i:]...)
		}
		if len(held) > len(mark) {
			write(out, held)
			held = held[:0]
		}
		if err != nil {
			write(out, held)
			return
		}
	}
}

func write(w io.Writer, text []byte) {
	if len(text) > 0 {
		w.Write(text)
	}
}

// Drain waits until all that was written so far has reached the writer.
func (p *Pipe) Drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.File.Write(mark); err == nil {
		<-p.drawn
	}
}

// Close drains the pipe and ends it.
func (p *Pipe) Close() {
	p.Drain()
	p.File.Close()
}
