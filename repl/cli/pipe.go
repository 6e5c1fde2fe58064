package cli

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// A pipe takes the place of one of the process's standard files while the
// terminal belongs to the editor: what compiled code writes there directly
// reaches the screen like all other output, and leaves the prompt alone.
type pipe struct {
	w     *os.File
	mu    sync.Mutex
	drawn chan struct{} // told when the mark has come through
}

// mark is written to a pipe to find out when all before it has been read. No
// text has it.
var mark = []byte("\xff\x00asyncrepl\x00\xff")

// newPipe makes a pipe to out.
func newPipe(out io.Writer) (*pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &pipe{w: w, drawn: make(chan struct{}, 1)}
	go p.pump(r, out)
	return p, nil
}

func (p *pipe) pump(r *os.File, out io.Writer) {
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
			out.Write(before)
			held = append([]byte(nil), after...)
			p.drawn <- struct{}{}
		}
		if i := bytes.IndexByte(held, mark[0]); i < 0 {
			out.Write(held)
			held = held[:0]
		} else if i > 0 {
			out.Write(held[:i])
			held = append([]byte(nil), held[i:]...)
		}
		if len(held) > len(mark) {
			out.Write(held)
			held = held[:0]
		}
		if err != nil {
			out.Write(held)
			return
		}
	}
}

// drain waits until all that was written so far is on the screen.
func (p *pipe) drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.w.Write(mark); err == nil {
		<-p.drawn
	}
}

// capture puts pipes in the place of the standard output and error files, and
// returns a function that puts these back.
func (t *terminal) capture() (restore func()) {
	stdout, stderr := os.Stdout, os.Stderr
	for _, f := range []**os.File{&os.Stdout, &os.Stderr} {
		p, err := newPipe(t.editor.Output())
		if err != nil {
			continue // output goes to the terminal directly
		}
		*f = p.w
		t.pipes = append(t.pipes, p)
	}
	return func() {
		os.Stdout, os.Stderr = stdout, stderr
		for _, p := range t.pipes {
			p.drain()
		}
	}
}
