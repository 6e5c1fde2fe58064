package lineedit

import (
	"io"
	"strings"

	"github.com/chzyer/readline"
)

// A mode is a state in which keys mean something else, with lines of its own
// below the cell.
type mode interface {
	// key handles a key and reports whether it did; if not, the mode is over
	// and the key means what it always does.
	key(e *Editor, r rune) bool

	// lines returns what to show on a terminal of that size.
	lines(width, height int) []string
}

// startReadline starts chzyer/readline as the engine that reads keys and edits,
// told that there is no terminal, so that it draws nothing.
//
// Keys pass filter, which carries out all that the engine lacks, and answers
// with keyAction in the place of such a key. The engine puts that into its line
// as it does with any rune, and hands the line to listener, which returns the
// one that was meant.
func (e *Editor) startReadline() (err error) {
	e.rl, err = readline.NewEx(&readline.Config{
		Stdin:                  e.keys,
		Stdout:                 bell{e},
		Stderr:                 io.Discard,
		Painter:                unpainted{},
		Listener:               readline.FuncListener(e.listener),
		FuncFilterInputRune:    e.filter,
		HistoryLimit:           -1,
		DisableAutoSaveHistory: true,
		InterruptPrompt:        "\n",
		EOFPrompt:              "\n",
		FuncGetWidth:           func() int { return 80 },
		FuncIsTerminal:         func() bool { return false },
		FuncMakeRaw:            func() error { return nil },
		FuncExitRaw:            func() error { return nil },
		FuncOnWidthChanged:     func(func()) {},
	})
	return err
}

// stopReadline ends the engine, whose input has been stopped. It does not use
// the engine's own Close, which waits for a key.
func (e *Editor) stopReadline() error {
	e.rl.Terminal.KickRead()
	go func() {
		<-e.keys.ended
		_ = e.tty.release() // nobody is left to be told of a failure to close a pipe
	}()
	return e.rl.Config.Stdin.Close()
}

// bell is where the engine writes; nothing but its bell is let through.
type bell struct{ e *Editor }

func (b bell) Write(p []byte) (int, error) {
	if string(p) == "\a" {
		b.e.mu.Lock()
		b.e.ring()
		b.e.mu.Unlock()
	}
	return len(p), nil
}

type unpainted struct{}

func (unpainted) Paint(line []rune, _ int) []rune { return line }

func (e *Editor) ring() {
	if e.reading {
		_, err := io.WriteString(e.out, "\a")
		e.note(err)
	}
}

// filter sees every key first. It returns the key for the engine to carry out.
func (e *Editor) filter(r rune) (rune, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r == 0 { // end of input: what is not entered is not run
		if len(e.buf.text) == 0 {
			return r, true
		}
		e.history.remember(e.buf.String())
		e.buf.set("")
		return keyAction, true
	}
	if e.mode != nil {
		if e.mode.key(e, r) {
			return e.acted(r), true
		}
		e.mode = nil
	}
	if e.act(r) {
		return e.acted(r), true
	}
	return r, true
}

// acted answers for a key that has been carried out. The engine stops reading
// after some keys until it is told that their line is not done yet.
func (e *Editor) acted(r rune) rune {
	switch r {
	case readline.CharEnter, readline.CharInterrupt, readline.CharDelete:
		e.rl.Terminal.KickRead()
	}
	return keyAction
}

// listener is given the engine's line after every key, and at the start of
// every Readline; it returns the line to go on with.
func (e *Editor) listener(line []rune, pos int, key rune) ([]rune, int, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch key {
	case 0, readline.CharEnter, readline.CharInterrupt:
		return nil, 0, false
	case keyAction:
		e.refresh()
		return append([]rune(nil), e.buf.text...), e.buf.pos, true
	}
	e.buf.text, e.buf.pos = line, pos
	dedented := isCloser(key) && e.dedent()
	e.refresh()
	return append([]rune(nil), e.buf.text...), e.buf.pos, dedented
}

// act carries a key out and reports whether it did, rather than the engine.
func (e *Editor) act(r rune) bool {
	b := &e.buf
	switch r {
	case readline.CharEnter:
		return !e.complete()
	case keyNewline:
		e.newline()
	case readline.CharTab:
		e.tab()
	case keyPaste:
		b.insert(e.pasted())
	case readline.CharPrev:
		if b.onFirstLine() {
			e.recall(-1)
		} else {
			b.up()
		}
	case readline.CharNext:
		if b.onLastLine() {
			e.recall(+1)
		} else {
			b.down()
		}
	case keyPageUp:
		e.recall(-1)
	case keyPageDown:
		e.recall(+1)
	case readline.CharBckSearch:
		e.search(-1)
	case readline.CharFwdSearch:
		e.search(+1)
	case readline.CharLineStart:
		b.pos = b.lineStart()
	case readline.CharLineEnd:
		b.pos = b.lineEnd()
	case keyWordLeft:
		b.pos = b.wordLeft()
	case keyWordRight:
		b.pos = b.wordRight()
	case readline.CharKill:
		if end := b.lineEnd(); end > b.pos || end == len(b.text) {
			b.kill(b.pos, end)
		} else {
			b.kill(b.pos, end+1)
		}
	case readline.CharCtrlU:
		b.kill(b.lineStart(), b.pos)
	case readline.CharCtrlW, keyKillWordLeft:
		b.kill(b.wordLeft(), b.pos)
	case keyKillWordRight:
		b.kill(b.pos, b.wordRight())
	case readline.CharCtrlY:
		b.yank()
	case keyDelete:
		if b.pos == len(b.text) {
			e.ring()
		} else {
			b.replace(b.pos, b.pos+1, nil)
		}
	case readline.CharCtrlL:
		e.note(e.screen.clear())
	case readline.CharCtrlZ:
		e.stop()
	case readline.CharInterrupt, readline.CharDelete, readline.CharBackspace, readline.CharCtrlH,
		readline.CharBackward, readline.CharForward, readline.CharTranspose:
		return false
	default:
		if r >= ' ' && r < keyFirst {
			return false
		}
		e.ring()
	}
	return true
}

// complete decides what Enter means: it reports whether the cell is entered, and
// begins a new line if not.
func (e *Editor) complete() bool {
	text := e.buf.String()
	if e.buf.onLastLine() {
		if more, _ := e.incomplete(text); !more {
			return true
		}
	}
	e.newline()
	return false
}

func (e *Editor) incomplete(src string) (more bool, indent int) {
	if e.cfg.Incomplete != nil && strings.TrimSpace(src) != "" {
		e.call("Incomplete", func() { more, indent = e.cfg.Incomplete(src) })
	}
	return more, max(indent, 0)
}

// newline begins a new line at the cursor, indented, unless more of the text is
// already waiting: a terminal without bracketed paste types what is pasted, with
// its own indentation.
func (e *Editor) newline() {
	b := &e.buf
	if e.keys.ahead.Load() {
		b.insert("\n")
		return
	}
	if b.blankBefore() && b.pos == b.lineEnd() && b.pos > b.lineStart() {
		b.replace(b.lineStart(), b.pos, nil) // no white space on blank lines
	}
	_, indent := e.incomplete(string(b.text[:b.pos]))
	if b.pos < len(b.text) && isCloser(b.text[b.pos]) {
		indent--
	}
	b.insert("\n" + strings.Repeat("\t", max(indent, 0)))
}

// dedent gives a closing bracket that was typed first on its line the
// indentation it has in Go, and reports whether that changed anything.
func (e *Editor) dedent() bool {
	b := &e.buf
	start := b.lineStart()
	if b.pos-1 <= start || !isBlank(b.text[start:b.pos-1]) || e.keys.ahead.Load() {
		return false
	}
	_, indent := e.incomplete(string(b.text[:b.pos]))
	if indent >= b.pos-1-start {
		return false
	}
	closer := b.text[b.pos-1]
	b.replace(start, b.pos, []rune(strings.Repeat("\t", indent)+string(closer)))
	return true
}

// pasted returns the text of a paste as it is inserted: without the newlines at
// its end, so that the cell can be looked at before it is entered.
func (e *Editor) pasted() string {
	return strings.TrimRight(e.keys.paste(), "\n")
}

// recall goes n entries on in the history.
func (e *Editor) recall(n int) {
	if text, ok := e.history.move(n, e.buf.String()); ok {
		e.buf.set(text)
	} else {
		e.ring()
	}
}

func isCloser(r rune) bool { return r == '}' || r == ')' || r == ']' }
