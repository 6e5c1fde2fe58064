//go:build unix

package lineedit

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// terminal is the device under the editor: its modes, its size and its input.
//
// Reading can be stopped at any time without a byte being lost, because a read
// is only begun when there is something to read.
type terminal struct {
	in, out *os.File
	cooked  *readline.State // the modes to go back to; nil while not raw

	wakeRead, wakeWrite *os.File
	closed              atomic.Bool
	paused              atomic.Bool
}

func openTerminal(in, out *os.File) (*terminal, error) {
	if !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return nil, ErrNotTerminal
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if max(int(in.Fd()), int(r.Fd())) >= unix.FD_SETSIZE {
		return nil, errors.Join(errors.New("lineedit: file descriptor too large to wait for"), r.Close(), w.Close())
	}
	return &terminal{in: in, out: out, wakeRead: r, wakeWrite: w}, nil
}

// raw has keys delivered as they are typed. Output is processed as before, so
// that what others write to the terminal keeps its line breaks.
func (t *terminal) raw() error {
	state, err := readline.MakeRaw(int(t.in.Fd()))
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
	return readline.Restore(int(t.in.Fd()), state)
}

func (t *terminal) size() (width, height int) {
	width, height, err := term.GetSize(int(t.out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// read waits for input, for at most the timeout unless that is negative, and
// reads what there is. It returns 0 after the timeout and io.EOF when closed.
func (t *terminal) read(p []byte, timeout time.Duration) (int, error) {
	for {
		ready, err := t.wait(timeout)
		switch {
		case t.closed.Load():
			return 0, io.EOF
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return 0, err
		case !ready:
			if timeout >= 0 {
				return 0, nil
			}
			continue
		}
		n, err := unix.Read(int(t.in.Fd()), p)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return 0, err
		case n <= 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// wait reports whether there is input before the timeout or a wake.
func (t *terminal) wait(timeout time.Duration) (bool, error) {
	in, wake := int(t.in.Fd()), int(t.wakeRead.Fd())
	var set unix.FdSet
	set.Set(wake)
	if !t.paused.Load() {
		set.Set(in)
	}
	var limit *unix.Timeval
	if timeout >= 0 {
		tv := unix.NsecToTimeval(int64(timeout))
		limit = &tv
	}
	if _, err := unix.Select(max(in, wake)+1, &set, nil, nil, limit); err != nil {
		return false, err
	}
	if set.IsSet(wake) && !t.closed.Load() {
		var one [1]byte
		if _, err := t.wakeRead.Read(one[:]); err != nil {
			return false, err
		}
		return false, nil
	}
	return set.IsSet(in), nil
}

// wake has a read that waits look at closed and paused again.
func (t *terminal) wake() error {
	_, err := t.wakeWrite.Write([]byte{0})
	return err
}

// pause keeps reads from taking input until it is called with false.
func (t *terminal) pause(on bool) error {
	t.paused.Store(on)
	return t.wake()
}

// stop ends all reading for good.
func (t *terminal) stop() error {
	t.closed.Store(true)
	return t.wake()
}

// release closes what stop leaves; no read may be going on.
func (t *terminal) release() error {
	return errors.Join(t.wakeRead.Close(), t.wakeWrite.Close())
}

// watch calls resized when the size of the terminal changes and resumed when
// the process goes on after it was stopped, until the function it returns is
// called.
func watch(resized, resumed func()) (stop func()) {
	signals := make(chan os.Signal, 8)
	done := make(chan struct{})
	signal.Notify(signals, unix.SIGWINCH, unix.SIGCONT)
	go func() {
		defer close(done)
		for s := range signals {
			if s == unix.SIGCONT {
				resumed()
			} else {
				resized()
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}

// stopProcess stops the process and those with it in the foreground, as the
// terminal does on Ctrl-Z, and returns when it goes on. Without a shell that
// could let it go on, it does not stop.
func stopProcess() (stopped bool, err error) {
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, unix.SIGCONT)
	defer signal.Stop(resumed)
	if err := unix.Kill(0, unix.SIGTSTP); err != nil {
		return false, err
	}
	select {
	case <-resumed:
		return true, nil
	case <-time.After(200 * time.Millisecond):
		return false, nil
	}
}
