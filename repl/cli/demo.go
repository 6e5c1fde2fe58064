package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/asyncrepl/asyncrepl/repl"
	"github.com/asyncrepl/asyncrepl/repl/asciicast"
	"github.com/asyncrepl/asyncrepl/repl/lineedit"
	"github.com/asyncrepl/asyncrepl/repl/transcript"
)

const demoUsage = `usage: asyncrepl demo [options] file

The file is a Markdown text with sessions in blocks marked asyncrepl. Its text is
shown, and its cells are typed at the prompt and run. Enter or the space bar goes
on; Ctrl-C ends the demo, at the prompt of its session, Ctrl-D leaves. Where there
is no terminal, nothing waits.

`

// A play is a document that is played as a demo.
type play struct {
	parts []transcript.Part
	pace  lineedit.Pace
}

// demo plays a Markdown file.
func demo(args []string) int {
	var f flags
	var speed float64
	var auto time.Duration
	flagSet := pflag.NewFlagSet("asyncrepl demo", pflag.ContinueOnError)
	flagSet.SortFlags = false
	flagSet.Float64Var(&speed, "speed", 30, "type `N` characters a second; 0: all at once")
	flagSet.DurationVar(&auto, "auto", -1, "go on by itself, a `PAUSE` after a cell is typed")
	flagSet.Lookup("auto").NoOptDefVal = "1s"
	flagSet.Lookup("auto").DefValue = "0s" // which help leaves out
	f.add(flagSet)
	flagSet.Usage = func() {}
	err := flagSet.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp), err == nil && f.help:
		fmt.Print(demoUsage + flagSet.FlagUsages())
		return 0
	case err == nil && flagSet.NArg() != 1:
		err = errors.New("demo needs the name of one file")
	case err == nil && speed < 0:
		err = errors.New("--speed is a number of characters a second")
	}
	if err == nil {
		err = f.check()
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(flagSet.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusUsage
	}
	f.play = &play{transcript.Parts(string(text)), lineedit.Pace{Enter: auto}}
	if speed > 0 {
		f.play.pace.Key = time.Duration(float64(time.Second) / speed)
	}
	if isInteractive() {
		return interact(f, nil)
	}
	return f.playThrough()
}

// play plays a document. It reports whether the user wants to leave, and with
// which status.
func (t *terminal) play(p *play) (leave bool, status int) {
	for i, part := range p.parts {
		if part.Prose != "" {
			io.WriteString(t.editor.Output(), prose(part.Prose, i == 0, width(t.tty)))
		}
		for _, step := range part.Steps {
			err := t.editor.Play(t.prompt, t.continuation, step.Cell, p.pace)
			if errors.Is(err, lineedit.ErrInterrupt) {
				return false, 0
			} else if err != nil {
				return true, t.ended(err)
			}
			if quit := t.enter(step.Cell); quit != nil {
				return true, quit.Status
			}
		}
	}
	return false, 0
}

// prose returns text as a demo shows it, first or later: lines that are too wide
// are broken, unless they belong to a block of code or a table.
func prose(text string, first bool, width int) string {
	var b strings.Builder
	if !first {
		b.WriteByte('\n')
	}
	code := false
	for l := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		fence := strings.HasPrefix(strings.TrimSpace(l), "```") || strings.HasPrefix(strings.TrimSpace(l), "~~~")
		if fence {
			code = !code
		}
		if code || fence || strings.HasPrefix(l, "|") || strings.HasPrefix(l, "    ") {
			b.WriteString(l + "\n")
			continue
		}
		words := strings.Fields(l)
		indent := l[:len(l)-len(strings.TrimLeft(l, " "))]
		line := indent
		for i, w := range words {
			switch {
			case i == 0:
				line += w
			case runewidth.StringWidth(line+" "+w) > width:
				b.WriteString(line + "\n")
				line = indent + w
			default:
				line += " " + w
			}
		}
		b.WriteString(line + "\n")
	}
	return b.String() + "\n"
}

// run plays the document without waiting. skip is called where there would be a
// pause at a terminal, and drain when a cell has run.
func (p *play) run(s *repl.Session, out io.Writer, skip func(time.Duration), drain func()) *repl.QuitError {
	for i, part := range p.parts {
		if part.Prose != "" {
			io.WriteString(out, prose(part.Prose, i == 0, 80))
		}
		for _, step := range part.Steps {
			io.WriteString(out, prompt)
			for _, r := range step.Cell {
				text := string(r)
				if r == '\n' {
					text += continuation
				}
				io.WriteString(out, text)
				skip(p.pace.Key)
			}
			skip(max(p.pace.Enter, 0))
			io.WriteString(out, "\n")
			err := s.Enter(repl.Source{Text: step.Cell})
			drain()
			if quit := (*repl.QuitError)(nil); errors.As(err, &quit) {
				return quit
			}
		}
	}
	return nil
}

// playThrough plays the document without a terminal, and without waiting. In a
// recording, things take the time that they would take at a terminal.
func (f flags) playThrough() int {
	out := &shared{out: os.Stdout}
	rec, err := recording(f.record, os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusUsage
	}
	skip := func(time.Duration) {}
	if rec != nil {
		out.out = io.MultiWriter(os.Stdout, rec)
		skip = rec.Skip
		defer finish(rec)
	}
	s, err := repl.New(repl.Config{Out: out, Err: out, In: bytes.NewReader(nil), Shutdown: shutdown, TestOptions: testOptions()})
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusOwn
	}
	drain, restore := capture(func() io.Writer { return out })
	defer restore()
	return serve(s, out, func() int {
		if quit := f.play.run(s, out, skip, drain); quit != nil {
			return quit.Status
		}
		return 0
	})
}

// shared lets several goroutines write to a writer.
type shared struct {
	mu  sync.Mutex
	out io.Writer
}

// Write writes p at once.
func (w *shared) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

// recording begins a recording of the terminal in a new file, or returns nil if
// the file has no name.
func recording(file string, tty *os.File) (*asciicast.Recorder, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s exists", file)
	} else if err != nil {
		return nil, err
	}
	return asciicast.New(f, func() (int, int) {
		if w, h, err := term.GetSize(int(tty.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
		return 80, 24
	}), nil
}

// finish ends a recording, if there is one.
func finish(rec *asciicast.Recorder) {
	if rec == nil {
		return
	}
	if err := rec.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: the recording is not whole: %s\n", err)
	}
}
