// Package lineedit reads cells of source, of one line or many, from a terminal.
//
// It owns the terminal while a prompt is shown: its modes, the keys, and every
// byte that is drawn. A cell is one buffer however many lines it has, so lines
// typed earlier, pasted or recalled can be changed until the cell is entered.
// Output of whatever runs in the background goes through [Editor.Output] and
// appears above the prompt, with what is typed left alone.
//
// The work is divided. chzyer/readline runs the loop over the keys and edits a
// line; it is told that it has no terminal and writes nothing. keys decodes what
// the terminal sends, bracketed paste included; buffer has the edits that take
// more than a line; history, search and menu are what their names say; layout
// breaks a cell into rows of the screen, and screen draws them. One mutex guards
// the terminal and what is drawn there; it is never held while a function of the
// [Config] runs.
package lineedit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/chzyer/readline"
)

var (
	// ErrInterrupt is returned by [Editor.ReadCell] when Ctrl-C was typed.
	ErrInterrupt = errors.New("interrupted")

	// ErrNotTerminal is returned by [New] when input or output is no terminal,
	// or none that can be drawn on.
	ErrNotTerminal = errors.New("lineedit: not a terminal")
)

// A Candidate is one way to complete what is typed.
type Candidate struct {
	Text    string // put in the place of what is completed
	Display string // shown in the list; Text if empty
	Detail  string // shown behind it, such as a type or signature
}

// Config says where an [Editor] reads and what helps it to. Its functions are
// called from a goroutine of the editor's own, one at a time, never while the
// editor holds a lock: they may write to [Editor.Output].
type Config struct {
	In, Out *os.File // the terminal

	// Record, unless it is nil, gets all that is written to the terminal.
	Record io.Writer

	// History is the file that cells are kept in, "" for none. It and its
	// directory are made if need be, for the user's eyes only.
	History      string
	HistoryLimit int // number of cells kept; 0 is 10,000

	// Highlight returns src with escapes that colour it; nil is plain.
	Highlight func(src string) string

	// Complete returns what may stand in the place of src[from:pos], pos being
	// the cursor; both count bytes in the whole text of the cell.
	Complete func(src string, pos int) (candidates []Candidate, from int)

	// Incomplete reports whether src needs more lines, and how many tabs the
	// line after src is indented by. Nil takes every line for complete.
	Incomplete func(src string) (more bool, indent int)

	// Width returns the columns of the terminal; nil asks the terminal.
	Width func() int
}

// An Editor reads cells from a terminal. Its methods may be called from any
// goroutine, [Editor.ReadCell] from one at a time.
type Editor struct {
	cfg  Config
	out  io.Writer // the terminal, and what records it
	tty  *terminal
	keys *keys
	rl   *readline.Instance

	stopWatch func()

	mu        sync.Mutex
	screen    screen
	history   *history
	reading   bool
	suspended int
	closed    bool
	partial   []*output // writers with text that waits for the end of its line
	ownStop   bool      // the next resumption has been seen to by stop
	failure   error     // the first failure to draw during this ReadCell

	prompt, continuation string
	buf                  buffer
	mode                 mode   // search or menu, nil while neither is open
	text, painted        string // the text last highlighted, and how
}

// New returns an editor for a terminal. A history that cannot be read or
// written is reported on the terminal, and no reason to fail.
func New(cfg Config) (*Editor, error) {
	if os.Getenv("TERM") == "dumb" {
		return nil, ErrNotTerminal
	}
	tty, err := openTerminal(cfg.In, cfg.Out)
	if err != nil {
		return nil, err
	}
	if cfg.HistoryLimit <= 0 {
		cfg.HistoryLimit = 10_000
	}
	e := &Editor{cfg: cfg, out: cfg.Out, tty: tty, keys: newKeys(tty.read)}
	if cfg.Record != nil {
		e.out = io.MultiWriter(cfg.Out, cfg.Record)
	}
	e.screen = screen{out: e.out, size: e.size}
	if e.history, err = openHistory(cfg.History, cfg.HistoryLimit); err != nil {
		e.report("history is kept for this session only", err)
	}
	if err := e.startReadline(); err != nil {
		return nil, errors.Join(err, tty.release())
	}
	e.stopWatch = watch(e.resized, e.resumed)
	return e, nil
}

// ReadCell shows the prompt and returns the cell that the user enters, its lines
// joined by newlines, without one at the end. Enter on a cell that is not
// complete, or on a line of it other than the last, begins a new line, shown
// behind the continuation prompt; so does Alt-Enter always.
//
// The cell is in the history when ReadCell returns, unless it begins with a
// space. Ctrl-C gives [ErrInterrupt] and leaves what was typed in the history of
// this session; Ctrl-D on an empty cell, the end of input and [Editor.Close]
// give [io.EOF]. The terminal has its ordinary modes again afterwards, so that
// Ctrl-C sends a signal.
func (e *Editor) ReadCell(prompt, continuation string) (string, error) {
	if err := e.begin(prompt, continuation); err != nil {
		return "", err
	}
	text, err := e.rl.Readline()
	if errors.Is(err, readline.ErrInterrupt) {
		err = ErrInterrupt
	}
	text = strings.TrimRight(text, "\n")
	return text, e.end(text, err)
}

func (e *Editor) begin(prompt, continuation string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return io.EOF
	}
	if e.reading {
		return errors.New("lineedit: ReadCell called while another reads")
	}
	e.prompt, e.continuation = prompt, continuation
	e.buf.set("")
	e.text, e.painted, e.mode, e.failure = "", "", nil, nil
	e.history.reset()
	e.reading = true
	if e.suspended == 0 {
		e.take()
	}
	return e.failure
}

func (e *Editor) end(text string, err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reading, e.mode = false, nil
	if e.suspended == 0 && !e.closed {
		v := e.view()
		if err == ErrInterrupt {
			v.painted += "^C"
		}
		e.note(e.screen.leave(v))
		e.giveBack()
	}
	switch err {
	case nil:
		if err := e.history.add(text); err != nil {
			e.report("history", err)
		}
	case ErrInterrupt:
		e.history.remember(text)
	}
	if e.failure != nil {
		return errors.Join(err, e.failure)
	}
	return err
}

// Suspend gives the terminal back to others, such as a program that is run from
// a callback: the prompt is taken away, nothing is read, output is written
// directly, and the ordinary modes hold. Each Suspend needs a [Editor.Resume].
func (e *Editor) Suspend() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.suspended++
	if e.suspended > 1 || !e.reading || e.closed {
		return nil
	}
	err := errors.Join(e.tty.pause(true), e.screen.hide(), e.giveBack())
	e.flush()
	return err
}

// Resume takes the terminal again after [Editor.Suspend] and shows the prompt
// and what was typed.
func (e *Editor) Resume() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.suspended--
	if e.suspended > 0 || !e.reading || e.closed {
		return nil
	}
	return errors.Join(e.take(), e.tty.pause(false))
}

// Close ends a ReadCell that is waiting, which returns [io.EOF], and gives the
// terminal back. It does not wait for a key. Output written afterwards goes to
// the terminal directly.
func (e *Editor) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	var errs []error
	if e.reading && e.suspended == 0 {
		errs = append(errs, e.screen.leave(e.view()), e.giveBack())
	}
	e.closed = true
	e.flush()
	e.mu.Unlock()

	errs = append(errs, e.tty.stop(), e.stopReadline())
	e.stopWatch()
	return errors.Join(errs...)
}

// take brings the terminal under the editor and shows the prompt.
func (e *Editor) take() error {
	e.flush()
	err := e.tty.raw()
	if err == nil {
		_, err = io.WriteString(e.out, "\x1b[?2004h") // bracketed paste
	}
	if err == nil {
		err = e.screen.show(e.view())
	}
	e.note(err)
	return err
}

// giveBack returns the terminal to its ordinary modes.
func (e *Editor) giveBack() error {
	_, err := io.WriteString(e.out, "\x1b[?2004l")
	err = errors.Join(err, e.tty.restore())
	e.note(err)
	return err
}

// note keeps the first failure of the terminal for ReadCell to return.
func (e *Editor) note(err error) {
	if e.failure == nil {
		e.failure = err
	}
}

// report tells the user what went wrong beside the reading.
func (e *Editor) report(what string, err error) {
	e.note(e.write(fmt.Sprintf("lineedit: %s: %v\n", what, err)))
}

// size returns the size to draw for.
func (e *Editor) size() (width, height int) {
	width, height = e.tty.size()
	if e.cfg.Width != nil {
		if w := e.cfg.Width(); w > 0 {
			width = w
		}
	}
	return max(width, 2), height
}

// view returns what is to be seen.
func (e *Editor) view() view {
	v := view{prompt: e.prompt, continuation: e.continuation, painted: e.painted, pos: e.buf.pos}
	if e.mode != nil {
		width, height := e.size()
		v.below = e.mode.lines(width, height)
	}
	return v
}

// refresh shows the cell as it is now.
func (e *Editor) refresh() {
	if text := e.buf.String(); text != e.text || e.painted == "" {
		painted := text
		if e.cfg.Highlight != nil {
			e.call("Highlight", func() { painted = e.cfg.Highlight(text) })
		}
		if visible(painted) != text {
			painted = text
		}
		e.text, e.painted = text, painted
	}
	if e.reading && e.suspended == 0 && !e.closed {
		e.note(e.screen.show(e.view()))
	}
}

// call runs a function of the Config without the lock. A panic there is
// reported; the line is kept.
func (e *Editor) call(name string, f func()) {
	var failure any
	e.mu.Unlock()
	func() {
		defer func() { failure = recover() }()
		f()
	}()
	e.mu.Lock()
	if failure != nil {
		e.report(name, fmt.Errorf("panic: %v", failure))
	}
}

// resized is called when the size of the terminal has changed.
func (e *Editor) resized() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reading && e.suspended == 0 && !e.closed {
		e.note(e.screen.show(e.view()))
	}
}

// resumed is called when the process goes on after it was stopped: whoever had
// the terminal in between has set its modes.
func (e *Editor) resumed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ownStop {
		e.ownStop = false
		return
	}
	if e.reading && e.suspended == 0 && !e.closed {
		e.screen.forget()
		e.take()
	}
}

// stop stops the process, as Ctrl-Z asks for, and goes on where it was.
func (e *Editor) stop() {
	e.note(e.screen.hide())
	e.giveBack()
	stopped, err := stopProcess()
	e.note(err)
	e.ownStop = stopped
	e.screen.forget()
	e.take()
}
