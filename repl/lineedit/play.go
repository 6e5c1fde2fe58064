package lineedit

import (
	"io"
	"time"

	"github.com/chzyer/readline"
)

// A Pace says how [Editor.Play] types.
type Pace struct {
	Key   time.Duration // from one character to the next
	Enter time.Duration // before the cell is entered; if negative, until the user wants it
}

// Play shows the prompt and a cell being typed behind it, and enters it. Enter
// and the space bar let the user go on: while the cell is typed to its end, then
// to its being entered. Ctrl-C gives [ErrInterrupt], Ctrl-D and [Editor.Close]
// [io.EOF]. The cell is in the history of this session, but not in the file.
func (e *Editor) Play(prompt, continuation, cell string, pace Pace) error {
	if err := e.begin(prompt, continuation); err != nil {
		return err
	}
	err := e.play([]rune(cell), pace)
	if err == nil {
		e.mu.Lock()
		e.history.remember(cell) // so that end need not keep it
		e.mu.Unlock()
	}
	return e.end(cell, err)
}

func (e *Editor) play(cell []rune, pace Pace) error {
	for len(cell) > 0 {
		n := 1
		if pace.Key <= 0 {
			n = len(cell)
		}
		e.mu.Lock()
		e.buf.insert(string(cell[:n]))
		e.refresh()
		e.mu.Unlock()
		if cell = cell[n:]; len(cell) == 0 {
			break
		}
		goOn, err := e.pause(pace.Key)
		if err != nil {
			return err
		}
		if goOn {
			pace.Key = 0
		}
	}
	_, err := e.pause(pace.Enter)
	return err
}

// pause waits, and reports whether the user wants to go on before it is over. If
// d is negative, only that ends it.
func (e *Editor) pause(d time.Duration) (goOn bool, err error) {
	end := time.Now().Add(d)
	for {
		left := d
		if d >= 0 {
			left = max(0, time.Until(end))
		}
		key, pressed, err := e.keys.poll(left)
		if err != nil || !pressed {
			return false, err
		}
		switch key {
		case readline.CharEnter, ' ':
			return true, nil
		case readline.CharInterrupt:
			return false, ErrInterrupt
		case readline.CharDelete: // Ctrl-D
			return false, io.EOF
		case keyPaste:
			e.keys.paste()
		case readline.CharCtrlL, readline.CharCtrlZ:
			e.mu.Lock()
			e.act(key)
			e.mu.Unlock()
		}
	}
}
