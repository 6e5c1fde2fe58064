package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/adrg/xdg"
	"golang.org/x/term"

	"github.com/asyncrepl/asyncrepl/highlight"
	"github.com/asyncrepl/asyncrepl/repl"
	"github.com/asyncrepl/asyncrepl/repl/lineedit"
	"github.com/asyncrepl/asyncrepl/testmode/pipe"
)

const (
	prompt       = ">>> "
	continuation = "... "
	shutdown     = 2 * time.Second // for tasks to end in, when the user leaves
)

// isInteractive reports whether a person sits at both ends.
func isInteractive() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}

// A terminal is the front for a person at a terminal.
type terminal struct {
	tty     *os.File
	session *repl.Session
	editor  *lineedit.Editor
	drain   func() // waits for what was written to the standard files
	color   bool
	presses atomic.Int32 // of Ctrl-C since the cell began

	prompt, continuation string
}

// interact reads cells from the terminal until the user leaves.
func interact(f flags, earlier *session) int {
	forgetFlags()
	t := &terminal{tty: os.Stdout, color: highlight.Enabled(os.Stdout, os.LookupEnv), prompt: prompt, continuation: continuation}
	if t.color {
		t.prompt, t.continuation = "\x1b[1;32m>>>\x1b[0m ", "\x1b[32m...\x1b[0m "
	}
	theme := highlight.None
	if t.color {
		theme, _ = highlight.Named(f.theme, highlight.DepthOf(os.LookupEnv))
	}
	paint := func(src string) string { return highlight.Source(src, theme) }
	rec, err := recording(f.record, t.tty)
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusUsage
	}
	defer finish(rec)
	cfg := lineedit.Config{
		In: os.Stdin, Out: t.tty,
		History:   historyFile(),
		Highlight: paint,
		Complete:  func(src string, pos int) ([]lineedit.Candidate, int) { return t.complete(src, pos) },
		Incomplete: func(src string) (bool, int) {
			whole, indent := repl.Complete(src)
			return !whole, indent
		},
	}
	if rec != nil {
		cfg.Record = rec
	}
	editor, err := lineedit.New(cfg)
	if errors.Is(err, lineedit.ErrNotTerminal) {
		if rec != nil {
			fmt.Fprintln(os.Stderr, "asyncrepl: --record needs a terminal that can be drawn on")
			os.Remove(f.record)
			return statusUsage
		}
		return plain(f, earlier)
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusOwn
	}
	t.editor = editor
	kept := newJournal(editor.Output())
	defer kept.Close()
	s, err := repl.New(repl.Config{
		Out: editor.Output(), Err: editor.Output(), In: os.Stdin,
		Width:     func() int { return width(t.tty) },
		Color:     t.color,
		Highlight: paint,
		Shutdown:  shutdown,

		TestOptions: testOptions(),
		Journal:     kept,
	})
	if err != nil {
		editor.Close()
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusOwn
	}
	t.session = s
	log.SetOutput(s.Stderr())
	var restore func()
	t.drain, restore = capture(editor.Output)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := 0
	go func() {
		defer s.Close()
		status = t.loop(f.play, earlier)
	}()
	go t.watch(signals)
	if err := s.Serve(); err != nil {
		fmt.Fprintf(editor.Output(), "asyncrepl: %s\n", err)
	}
	restore()
	editor.Close()
	return status
}

// loop reads and runs cells, after what is to be played or resumed.
func (t *terminal) loop(p *play, earlier *session) int {
	if p == nil {
		fmt.Fprintf(t.editor.Output(), "asyncrepl %s (%s). :help lists the commands, Ctrl-D leaves.\n", repl.Version, runtime.Version())
	} else if leave, status := t.play(p); leave {
		return status
	}
	earlier.resume(t.session)
	for {
		text, err := t.editor.ReadCell(t.prompt, t.continuation)
		switch {
		case errors.Is(err, lineedit.ErrInterrupt):
			continue
		case err != nil:
			return t.ended(err)
		}
		if quit := t.enter(text); quit != nil {
			return quit.Status
		}
	}
}

// enter runs a cell. It returns what tells that the user wants to leave, or nil.
func (t *terminal) enter(text string) *repl.QuitError {
	t.presses.Store(0)
	err := t.session.Enter(repl.Source{Text: text})
	t.drain()
	var quit *repl.QuitError
	errors.As(err, &quit)
	return quit
}

// ended returns the status that an error of the editor, which ends the session,
// means.
func (t *terminal) ended(err error) int {
	if errors.Is(err, io.EOF) {
		return 0
	}
	fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
	return statusOwn
}

// watch turns signals into interrupts.
func (t *terminal) watch(signals <-chan os.Signal) {
	for sig := range signals {
		if sig != os.Interrupt {
			t.session.Close()
			t.editor.Close()
			continue
		}
		n := t.presses.Add(1)
		fmt.Fprintln(t.editor.Output()) // after the ^C that the terminal shows
		if t.session.InterruptTests() {
			continue
		}
		if !t.session.Interrupt() {
			continue
		}
		switch {
		case n == 2:
			fmt.Fprintln(t.editor.Output(), "the cell does not stop: it holds the loop's thread in a call that cannot be interrupted; a third Ctrl-C leaves the shell")
		case n > 2:
			t.editor.Close()
			os.Exit(130)
		}
	}
}

// complete offers what may stand before the cursor.
func (t *terminal) complete(src string, pos int) ([]lineedit.Candidate, int) {
	found, from := t.session.Completions(src, pos)
	list := make([]lineedit.Candidate, len(found))
	for i, c := range found {
		list[i] = lineedit.Candidate{Text: c.Text, Detail: c.Detail}
	}
	return list, from
}

// width returns the columns of the terminal.
func width(tty *os.File) int {
	if w, _, err := term.GetSize(int(tty.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}

// historyFile returns where cells are kept between sessions.
func historyFile() string {
	if name, ok := os.LookupEnv("ASYNCREPL_HISTORY"); ok {
		return name
	}
	return filepath.Join(xdg.StateHome, "asyncrepl", "history")
}

// plain reads cells from a terminal that cannot be drawn on, without editing.
func plain(f flags, earlier *session) int {
	in := bufio.NewReader(os.Stdin)
	kept := newJournal(os.Stderr)
	defer kept.Close()
	s, err := repl.New(repl.Config{Out: os.Stdout, Err: os.Stderr, In: in, Shutdown: shutdown, TestOptions: testOptions(), Journal: kept})
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusOwn
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt)
	go func() {
		for range signals {
			if !s.InterruptTests() && !s.Interrupt() {
				fmt.Print("\n" + prompt)
			}
		}
	}()
	status := 0
	go func() {
		defer s.Close()
		earlier.resume(s)
		if f.play != nil {
			if quit := f.play.run(s, os.Stdout, func(time.Duration) {}, func() {}); quit != nil {
				status = quit.Status
				return
			}
		}
		status = plainLoop(s, in)
	}()
	if err := s.Serve(); err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
	}
	return status
}

func plainLoop(s *repl.Session, in *bufio.Reader) int {
	cell := ""
	for {
		if cell == "" {
			fmt.Print(prompt)
		} else {
			fmt.Print(continuation)
		}
		line, err := in.ReadString('\n')
		cell += line
		if whole, _ := repl.Complete(cell); err == nil && !whole {
			continue
		}
		var quit *repl.QuitError
		if errors.As(s.Enter(repl.Source{Text: strings.TrimSuffix(cell, "\n")}), &quit) {
			return quit.Status
		}
		if err != nil {
			fmt.Println()
			return 0
		}
		cell = ""
	}
}

// capture puts pipes in the place of the standard output and error files, which
// lead to writers that newOut makes. It returns a function that waits for what
// was written there, and one that puts the files back.
func capture(newOut func() io.Writer) (drain, restore func()) {
	var pipes []*pipe.Pipe
	stdout, stderr := os.Stdout, os.Stderr
	for _, f := range []**os.File{&os.Stdout, &os.Stderr} {
		p, err := pipe.New(newOut())
		if err != nil {
			continue // output goes to the terminal directly
		}
		*f = p.File
		pipes = append(pipes, p)
	}
	drain = func() {
		for _, p := range pipes {
			p.Drain()
		}
	}
	return drain, func() {
		os.Stdout, os.Stderr = stdout, stderr
		drain()
	}
}
