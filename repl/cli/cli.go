// Package cli is the command line of the shell: it reads the flags, picks a
// front, and turns what comes of it into an exit status.
package cli

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/asyncrepl/asyncrepl/highlight"
	"github.com/asyncrepl/asyncrepl/repl"
)

// Exit statuses besides those of scripts and tests.
const (
	statusUsage = 2
	statusOwn   = 3 // a fault of the shell itself

	statusInterrupted = 130 // by Ctrl-C, as shells count it
)

// flags are the options of the command line.
type flags struct {
	code      []string
	keepGoing bool
	help      bool
	version   bool
	theme     string
	resume    string // "" for nothing, lastSession, or a journal
	record    string // the file of a recording of the terminal, or ""
	play      *play  // what is played first, or nil
}

// Main runs the shell with the given arguments on the calling goroutine's
// thread, which should be locked, and returns the exit status.
func Main(args []string) int {
	takeBallast()
	var f flags
	fs := pflag.NewFlagSet("asyncrepl", pflag.ContinueOnError)
	fs.SetInterspersed(false)
	fs.SortFlags = false
	fs.StringArrayVarP(&f.code, "eval", "e", nil, "run `CODE` instead of a file (may be repeated)")
	fs.BoolVar(&f.keepGoing, "keep-going", false, "go on after a cell that fails; the status is still that of the first failure")
	fs.StringVar(&f.resume, "resume", "", "first restore what the last session declared, or that with this `JOURNAL`")
	fs.Lookup("resume").NoOptDefVal = lastSession
	fs.BoolVar(&f.version, "version", false, "show the version")
	f.add(fs)
	fs.Usage = func() {}
	if len(args) > 0 {
		switch args[0] {
		case "test":
			return testFiles.main(args[1:])
		case "doctest":
			return doctest.main(args[1:])
		case "demo":
			return demo(args[1:])
		}
	}
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			usage(os.Stdout, fs)
			return 0
		}
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		usage(os.Stderr, fs)
		return statusUsage
	}
	if f.help {
		usage(os.Stdout, fs)
		return 0
	}
	if f.version {
		fmt.Printf("asyncrepl %s %s\n", repl.Version, runtime.Version())
		return 0
	}
	interactive := len(f.code) == 0 && fs.NArg() == 0 && isInteractive()
	err := f.check()
	if err == nil && f.record != "" && !interactive {
		err = errors.New("--record needs a terminal")
	}
	var earlier *session
	if err == nil {
		earlier, err = resumption(f.resume)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusUsage
	}
	if interactive {
		return interact(f, earlier)
	}
	return script(f, fs.Args(), earlier)
}

// add adds the options of all sessions at a terminal.
func (f *flags) add(fs *pflag.FlagSet) {
	fs.StringVar(&f.record, "record", "", "record what the terminal shows in a new `FILE`, as an asciicast")
	fs.StringVar(&f.theme, "theme", "dark", "colours of the terminal: `THEME` is one of "+strings.Join(highlight.Names(), ", "))
	fs.BoolVarP(&f.help, "help", "h", false, "show this help")
}

// check reports what is wrong with them.
func (f *flags) check() error {
	if _, ok := highlight.Named(f.theme, highlight.Colours16); !ok {
		return fmt.Errorf("there is no theme %s", f.theme)
	}
	return nil
}

func usage(w io.Writer, fs *pflag.FlagSet) {
	fmt.Fprintf(w, "usage: asyncrepl [options] [file [arguments]]\n"+
		"       asyncrepl test [options] [files or directories]\n"+
		"       asyncrepl doctest [options] files...\n"+
		"       asyncrepl demo [options] file\n\n"+
		"Without a file, cells are read from the terminal, or from standard input.\n"+
		"test, doctest and demo have a --help of their own.\n\n%s", fs.FlagUsages())
}

// forgetFlags leaves package flag without the flags of the packages that the
// shell is made of.
func forgetFlags() {
	flag.CommandLine = flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flag.CommandLine.Usage = func() { flag.Usage() }
}

// script runs a file, code from the command line, or the standard input.
func script(f flags, args []string, earlier *session) int {
	in := bufio.NewReader(os.Stdin)
	os.Args = append([]string{"asyncrepl"}, args...)
	if len(args) > 0 && len(f.code) == 0 {
		os.Args = args
	}
	forgetFlags()
	s, err := repl.New(repl.Config{Out: os.Stdout, Err: os.Stderr, In: in, Exit: os.Exit, StopOnFailure: true, TestOptions: testOptions()})
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return statusOwn
	}
	return serve(s, os.Stderr, func() int {
		earlier.resume(s)
		status := runScript(s, f, args, in)
		if status == 0 && s.Unawaited() > 0 {
			status = 1
		}
		return status
	})
}

// serve runs the session's loop on the calling thread while play enters cells on
// a goroutine, and returns the exit status: what play returns, unless a signal
// ended it. Faults of the loop go to report.
func serve(s *repl.Session, report io.Writer, play func() int) int {
	log.SetOutput(s.Stderr())
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var ended atomic.Bool
	go interrupts(s, signals, &ended)
	status := 0
	go func() {
		defer s.Close()
		status = play()
	}()
	if err := s.Serve(); err != nil {
		fmt.Fprintf(report, "asyncrepl: %s\n", err)
	}
	if ended.Load() {
		return statusInterrupted
	}
	return status
}

// interrupts ends what a script is doing when a signal asks for it, with the
// deferred calls of its tasks, and the process at once at the second. It tells
// in ended that the session ends for it.
func interrupts(s *repl.Session, signals <-chan os.Signal, ended *atomic.Bool) {
	for n := 0; ; n++ {
		sig := <-signals
		if n > 0 {
			os.Exit(statusInterrupted)
		}
		if stopped := s.InterruptTests() || s.Interrupt(); !stopped || sig != os.Interrupt {
			ended.Store(true)
			s.Close()
		}
	}
}

func runScript(s *repl.Session, f flags, args []string, in *bufio.Reader) int {
	switch {
	case len(f.code) > 0:
		return repl.Status(s.Run("-e", strings.NewReader(strings.Join(f.code, "\n")), f.keepGoing))
	case len(args) > 0 && args[0] != "-":
		file, err := os.Open(args[0])
		if err != nil {
			fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
			return statusUsage
		}
		defer file.Close()
		return repl.Status(s.Run(args[0], file, f.keepGoing))
	}
	return repl.Status(s.Run("stdin", in, f.keepGoing))
}
