package lineedit

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/term"
)

// terminal is the console under the editor: its modes, its size and its input.
//
// A console read cannot be taken back once begun, so reads are done by a
// goroutine that is asked for each; input that comes after stop is lost.
type terminal struct {
	in, out *os.File
	cooked  *term.State // the modes to go back to; nil while not raw

	once    sync.Once
	wanted  chan struct{}
	results chan readResult
	waiting bool // a read has been asked for and not answered
	pausing chan bool
	stopped chan struct{}
}

type readResult struct {
	data []byte
	err  error
}

func openTerminal(in, out *os.File) (*terminal, error) {
	if !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return nil, ErrNotTerminal
	}
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(out.Fd()), &mode); err != nil {
		return nil, err
	}
	mode |= windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	if err := windows.SetConsoleMode(windows.Handle(out.Fd()), mode); err != nil {
		return nil, errors.Join(ErrNotTerminal, err)
	}
	return &terminal{
		in: in, out: out,
		wanted:  make(chan struct{}),
		results: make(chan readResult, 1),
		pausing: make(chan bool, 1),
		stopped: make(chan struct{}),
	}, nil
}

func (t *terminal) raw() error {
	state, err := term.MakeRaw(int(t.in.Fd()))
	if err == nil && t.cooked == nil {
		t.cooked = state
	}
	return err
}

// restore goes back to the modes from before raw.
func (t *terminal) restore() error {
	if t.cooked == nil {
		return nil
	}
	state := t.cooked
	t.cooked = nil
	return term.Restore(int(t.in.Fd()), state)
}

func (t *terminal) size() (width, height int) {
	width, height, err := term.GetSize(int(t.out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// read waits for input, for at most the timeout unless that is negative. It
// returns 0 after the timeout and io.EOF when stopped.
func (t *terminal) read(p []byte, timeout time.Duration) (int, error) {
	t.once.Do(func() { go t.pump(len(p)) })
	var limit <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		limit = timer.C
	}
	for {
		if !t.waiting {
			select {
			case t.wanted <- struct{}{}:
				t.waiting = true
			case paused := <-t.pausing:
				t.whilePaused(paused)
				continue
			case <-t.stopped:
				return 0, io.EOF
			}
		}
		select {
		case r := <-t.results:
			t.waiting = false
			return copy(p, r.data), r.err
		case paused := <-t.pausing:
			t.whilePaused(paused)
		case <-limit:
			return 0, nil
		case <-t.stopped:
			return 0, io.EOF
		}
	}
}

func (t *terminal) whilePaused(paused bool) {
	for paused {
		select {
		case paused = <-t.pausing:
		case <-t.stopped:
			return
		}
	}
}

// pump does the reads that are asked for.
func (t *terminal) pump(size int) {
	for {
		select {
		case <-t.wanted:
			buf := make([]byte, size)
			n, err := t.in.Read(buf)
			t.results <- readResult{buf[:n], err}
		case <-t.stopped:
			return
		}
	}
}

// pause keeps reads from returning input until it is called with false.
func (t *terminal) pause(on bool) error {
	select {
	case <-t.pausing:
	default:
	}
	t.pausing <- on
	return nil
}

// stop ends all reading for good.
func (t *terminal) stop() error {
	close(t.stopped)
	return nil
}

// release has nothing to close.
func (t *terminal) release() error { return nil }

// watch has nothing to wait for: a console reports no signals, and the size is
// taken at every redraw.
func watch(resized, resumed func()) (stop func()) { return func() {} }

// stopProcess does nothing: there is no job control.
func stopProcess() (stopped bool, err error) { return false, nil }
