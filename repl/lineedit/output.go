package lineedit

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// maxPartial is how much of a line without an end is held back.
const maxPartial = 64 << 10

// output is a writer whose lines appear whole.
type output struct {
	e    *Editor
	held strings.Builder // the beginning of a line, while a prompt is shown
}

// Output returns a new writer to the terminal, for use by one source of output
// from any goroutine at any time. While a prompt is shown, whole lines appear
// above it; the beginning of a line is held until more is written once the prompt
// is gone, or else gets a line of its own before the next prompt. While no prompt
// is shown, all is written at once.
func (e *Editor) Output() io.Writer { return &output{e: e} }

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	e := o.e
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.screen.shown {
		if o.held.Len() > 0 {
			if err := e.write(o.held.String()); err != nil {
				return 0, err
			}
			o.held.Reset()
		}
		return e.out.Write(p)
	}
	text := string(p)
	end := strings.LastIndexByte(text, '\n') + 1
	if end == 0 && o.held.Len()+len(text) > maxPartial {
		text, end = text+"\n", len(text)+1
	}
	var err error
	if end > 0 {
		whole := o.held.String() + text[:end]
		o.held.Reset()
		err = e.screen.above(whole)
	}
	if end < len(text) {
		if !slices.Contains(e.partial, o) {
			e.partial = append(e.partial, o)
		}
		o.held.WriteString(text[end:])
	}
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes what is held back, each on a line of its own.
func (e *Editor) flush() {
	var errs []error
	for _, o := range e.partial {
		if o.held.Len() > 0 {
			errs = append(errs, e.write(o.held.String()+"\n"))
			o.held.Reset()
		}
	}
	e.partial = nil
	e.note(errors.Join(errs...))
}

// write puts text where output goes at the moment.
func (e *Editor) write(text string) error {
	if e.screen.shown {
		return e.screen.above(text)
	}
	_, err := io.WriteString(e.out, text)
	return err
}
