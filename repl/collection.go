package repl

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/transcript"
	"github.com/asyncrepl/asyncrepl/testmode"
)

// A Collection is the tests that a run outside of a session is made of: those
// of Go packages, of session scripts and of Markdown files. Each of these has a
// session of its own. A Collection is used by one goroutine, except that
// Interrupt may be called from anywhere.
type Collection struct {
	cfg      Config
	opt      testmode.Options
	dir      string // that file names are relative to
	sessions []*Session
	tests    []testmode.Test
	broken   []testmode.Broken
	runner   testmode.Runner
	running  atomic.Pointer[testRun]
}

// NewCollection returns an empty collection for a run with these options. Names
// of files are shown relative to the current directory, which a run changes to
// those of the packages. Of cfg, what concerns the report is used, and Out for
// it.
func NewCollection(cfg Config, opt testmode.Options) (*Collection, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if cfg.Width == nil {
		cfg.Width = func() int { return 80 }
	}
	return &Collection{cfg: cfg, opt: opt, dir: dir}, nil
}

// Remember gives the collection what Memory of an earlier one returned.
func (c *Collection) Remember(m testmode.Memory) { c.runner.Remember(m) }

// Memory returns what is to be kept for --lf, --ff and --sw.
func (c *Collection) Memory() testmode.Memory { return c.runner.Memory() }

// AddPackage adds the tests of the Go package in a directory: those in the
// package and those beside it. What does not compile is reported by Run. It
// returns the names of the files that have tests, as node ids begin.
func (c *Collection) AddPackage(dir string) (files []string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	return c.add(c.name(dir), func(s *Session, su *suite, out *output) error {
		l := &packageLoader{s: s, display: c.name, count: c.opt.Cover}
		su.group.Begin = func() { c.begin(s, dir) }
		su.group.Begin()
		defer os.Chdir(c.dir)
		return s.asCell(c.name(dir), func() error { return l.tests(dir, su) })
	})
}

// AddScript runs a session script and adds the tests that it declares. Its own
// :test commands are left out. What fails in it is reported by Run. It returns
// what AddPackage does.
func (c *Collection) AddScript(file string) (files []string, err error) {
	file, text, err := c.read(file)
	if err != nil {
		return nil, err
	}
	return c.add(c.name(file), func(s *Session, su *suite, out *output) error {
		s.file = c.name(file)
		s.quiet = true
		err := s.Run(s.file, bytes.NewReader(text), false)
		s.quiet = false
		if c.opt.Cover || c.opt.ShowLocals {
			s.instrument(c.opt.ShowLocals, c.opt.Cover)
		}
		s.onLoop(func() {
			found := s.suite()
			su.fixtures, su.main, su.mainAt, su.values = found.fixtures, found.main, found.mainAt, found.values
			su.tests = found.tests
		})
		su.group.Begin = func() { c.begin(s, c.dir) }
		return err
	})
}

// AddDocument adds a Markdown file with recorded sessions in blocks marked
// asyncrepl: a test that passes if what they print is what it says there. It
// returns what AddPackage does.
func (c *Collection) AddDocument(file string) (files []string, err error) {
	file, text, err := c.read(file)
	if err != nil {
		return nil, err
	}
	name := c.name(file)
	steps := transcript.Markdown(string(text))
	if len(steps) == 0 {
		return nil, nil
	}
	return c.add(name, func(s *Session, su *suite, out *output) error {
		s.runner.Getenv = func(string) string { return "" } // documents show what is printed at a prompt
		su.tests = append(su.tests, testmode.Test{
			Name: filepath.Base(file), File: name, Line: 1,
			Source: testmode.Source{File: name, FirstLine: 1},
			Document: &testmode.Document{
				Lines: strings.Split(string(text), "\n"),
				Run: func(t *testmode.T) *testmode.Difference {
					defer s.testing.Store(s.testing.Swap(nil)) // the document may have a :test
					out.pass(nil)
					for _, st := range steps {
						s.enterAway(st.Cell)
						got := out.take()
						if !st.Match(got) {
							return &testmode.Difference{First: st.Line, Last: st.Line + strings.Count(st.Cell, "\n"), Want: st.Want, Got: got}
						}
					}
					return nil
				},
			},
			Group: su.group,
		})
		su.group.Begin = func() { c.begin(s, c.dir) }
		return nil
	})
}

// enterAway enters a cell from a task of another loop. When that is cancelled,
// what the cell does is interrupted.
func (s *Session) enterAway(cell string) {
	ended := false
	defer func() {
		if !ended && !s.InterruptTests() {
			s.Interrupt()
		}
	}()
	await.Off(func() { s.Enter(Source{Text: cell}) })
	ended = true
}

// add makes a session and adds the tests that collect finds in it. name is that
// of the file or directory.
func (c *Collection) add(name string, collect func(s *Session, su *suite, out *output) error) (files []string, err error) {
	out := &output{}
	cfg := c.cfg
	cfg.Out, cfg.Err, cfg.In, cfg.Exit, cfg.StopOnFailure = out, out, strings.NewReader(""), nil, true
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	c.sessions = append(c.sessions, s)
	s.flags = flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	s.flags.SetOutput(s.Stderr())
	s.flags.Usage = func() { flag.Usage() }
	flag.CommandLine = s.flags
	s.observeAll = c.opt.ShowLocals
	go func() {
		runtime.LockOSThread()
		s.Serve()
	}()
	su := &suite{s: s, values: map[string]reflect.Value{}, group: &testmode.Group{}}
	err = collect(s, su, out)
	if quit := (*QuitError)(nil); err != nil && (!errors.As(err, &quit) || quit.Status != 0) {
		c.broken = append(c.broken, s.broken(name, err, out.take()))
		return nil, nil
	}
	su.group.Main, su.group.MainSource, su.group.Fixtures = su.main, su.mainAt, su.fixtures
	out.take()
	out.pass(c.cfg.Out)
	for i := range su.tests {
		t := &su.tests[i]
		t.Group = su.group
		if !slices.Contains(files, t.File) {
			files = append(files, t.File)
		}
	}
	c.tests = append(c.tests, su.tests...)
	return files, nil
}

// read returns the text of a file, and its absolute name.
func (c *Collection) read(file string) (name string, text []byte, err error) {
	if name, err = filepath.Abs(file); err != nil {
		return "", nil, err
	}
	text, err = os.ReadFile(name)
	return name, text, err
}

// broken describes what could not be collected because of an error: the file of
// that name, unless the error tells another. said is what has been printed until
// then.
func (s *Session) broken(name string, err error, said string) testmode.Broken {
	var text strings.Builder
	if !errors.As(err, new(alreadyPrinted)) && !errors.Is(err, errFailed) {
		Report(&text, err, false)
		if said != "" {
			text.WriteString("Captured output:\n")
		}
	}
	text.WriteString(said)
	b := testmode.Broken{File: name, Lines: strings.Split(strings.TrimRight(text.String(), "\n"), "\n")}
	var fs Failures
	var f *Failure
	if errors.As(err, &fs) {
		f = fs[0]
	}
	if (f != nil || errors.As(err, &f)) && f.Pos.Cell != nil {
		b.File = f.Pos.Cell.Name
	}
	return b
}

// begin makes s the session whose tests are loaded or run, in a directory.
func (c *Collection) begin(s *Session, dir string) {
	if run := c.running.Load(); run != nil {
		run.now.Store(s)
	}
	log.SetOutput(s.Stderr())
	flag.CommandLine = s.flags
	os.Chdir(dir)
}

// name returns how messages call a file.
func (c *Collection) name(file string) string {
	if rel, err := filepath.Rel(c.dir, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}

// Run runs the tests that the node ids select, all if there are none, and
// prints the report. It returns to the current directory at the end.
func (c *Collection) Run(ids []string) testmode.Result {
	opt := c.opt
	opt.NodeIDs = ids
	defer os.Chdir(c.dir)
	run := newTestRun(&c.runner, &opt)
	c.running.Store(run)
	defer c.running.Store(nil)
	for _, s := range c.sessions {
		s.testing.Store(run)
		defer s.testing.Store(nil)
	}
	c.cfg.report(&opt)
	if opt.Cover {
		opt.Coverage = c.coverage
	}
	opt.Broken = c.broken
	opt.Root = c.dir
	return run.run(c.tests, opt, c.cfg.Out)
}

// coverage returns how often the statements have been executed.
func (c *Collection) coverage() []testmode.Coverage {
	var list []testmode.Coverage
	for _, s := range c.sessions {
		list = append(list, s.coverage()...)
	}
	slices.SortStableFunc(list, func(a, b testmode.Coverage) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Interrupt asks for the end of the run, as Session.InterruptTests does. It
// reports whether there is one.
func (c *Collection) Interrupt() bool {
	run := c.running.Load()
	if run == nil {
		return false
	}
	run.interrupt()
	return true
}

// Close ends the sessions.
func (c *Collection) Close() {
	for _, s := range c.sessions {
		s.Close()
	}
}

// An output keeps what is written to it until it knows where to pass it on.
type output struct {
	mu   sync.Mutex
	kept bytes.Buffer
	to   io.Writer
}

// Write keeps p, or passes it on.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.to != nil {
		return o.to.Write(p)
	}
	return o.kept.Write(p)
}

// pass has what is written from now on passed on.
func (o *output) pass(w io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = w
}

// take returns what is kept, and forgets it.
func (o *output) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.kept.String()
	o.kept.Reset()
	return text
}
