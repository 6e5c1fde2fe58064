package testmode

import (
	"os"
	"slices"
	"sync"

	"github.com/asyncrepl/asyncrepl/testmode/pipe"
)

// standard are the process's standard files for output, by stream.
var standard = [...]**os.File{streamOut: &os.Stdout, streamErr: &os.Stderr}

// standardNow returns the files that they are at present.
func standardNow() (files [len(standard)]*os.File) {
	for i, f := range standard {
		files[i] = *f
	}
	return files
}

// stdFiles take the place of the standard files for code of one test.
type stdFiles struct {
	mu    sync.Mutex
	pipes [len(standard)]*pipe.Pipe
	over  bool
}

// Stdfile returns the file that os.Stdout, or os.Stderr if that is asked for, is
// to code of the test: one whose output is the test's, in its place among what
// Stdout and Stderr are told. If the test has set the variable to another file,
// it is that. It may be called from any goroutine of the test.
func (t *T) Stdfile(stderr bool) *os.File {
	s := streamOut
	if stderr {
		s = streamErr
	}
	now := *standard[s]
	t.files.mu.Lock()
	defer t.files.mu.Unlock()
	p := t.files.pipes[s]
	if t.files.over || now != t.run.std[s] && (p == nil || now != p.File) {
		return now
	}
	if p == nil {
		var err error
		if p, err = pipe.New(pipeWriter{t, s}); err != nil {
			return now // its output goes there directly
		}
		t.files.pipes[s] = p
	}
	return p.File
}

// IsStdfile reports whether f is a file that Stdfile has returned for the test,
// and for which standard file.
func (t *T) IsStdfile(f *os.File) (stderr, ok bool) {
	t.files.mu.Lock()
	defer t.files.mu.Unlock()
	i := slices.IndexFunc(t.files.pipes[:], func(p *pipe.Pipe) bool { return p != nil && p.File == f })
	return stream(i) == streamErr, i >= 0
}

// drain waits until what was written to the files is captured.
func (f *stdFiles) drain() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.pipes {
		if p != nil {
			p.Drain()
		}
	}
}

// close ends the files. Where the test has put one of them in the place of a
// standard file, that gets its own back.
func (f *stdFiles) close(own [len(standard)]*os.File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, p := range f.pipes {
		if p == nil {
			continue
		}
		if *standard[i] == p.File {
			*standard[i] = own[i]
		}
		p.Close()
	}
	f.pipes, f.over = [len(standard)]*pipe.Pipe{}, true
}

// pipeWriter takes what comes through a test's file.
type pipeWriter struct {
	t      *T
	stream stream
}

func (w pipeWriter) Write(p []byte) (int, error) { return captureWriter(w).add(p) }
