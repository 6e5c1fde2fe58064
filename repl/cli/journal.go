package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"

	"github.com/asyncrepl/asyncrepl/repl"
	"github.com/asyncrepl/asyncrepl/repl/journal"
)

// lastSession is the value of --resume that stands for the last session.
const lastSession = "last"

// journalDir returns where journals of sessions are kept, or "" if they are not.
func journalDir() string {
	if dir, ok := os.LookupEnv("ASYNCREPL_JOURNAL"); ok {
		return dir
	}
	return filepath.Join(xdg.StateHome, "asyncrepl", "journal")
}

// A session is an earlier one, as its journal has it.
type session struct {
	journal string
	cells   []string
}

// resumption returns the session that the value of --resume names, nil for none.
func resumption(name string) (*session, error) {
	switch name {
	case "":
		return nil, nil
	case lastSession:
		name = ""
	}
	file, err := journal.Find(journalDir(), name)
	if err != nil {
		return nil, err
	}
	cells, err := journal.Read(file)
	return &session{file, cells}, err
}

// resume restores in s what was declared in the session, if there is one.
func (old *session) resume(s *repl.Session) {
	if old != nil {
		s.Resume(old.journal, old.cells)
	}
}

// A keeper keeps the journal of the session that runs. When it cannot, it says
// so once.
type keeper struct {
	*journal.Journal
	out io.Writer
}

// newJournal returns a journal that reports to out, and keeps nothing if the
// user wants none.
func newJournal(out io.Writer) *keeper {
	k := &keeper{out: out}
	if dir := journalDir(); dir != "" {
		k.Journal = journal.New(dir)
	}
	return k
}

// Add writes what is about to run.
func (k *keeper) Add(text string) {
	if k.Journal != nil {
		k.check(k.Journal.Add(text))
	}
}

// Fail writes why a cell does not compile.
func (k *keeper) Fail(text string, err error) {
	if k.Journal != nil {
		k.check(k.Journal.Fail(text, err))
	}
}

func (k *keeper) check(err error) {
	if err != nil {
		fmt.Fprintf(k.out, "asyncrepl: the journal is not kept: %s\n", err)
		k.Journal = nil
	}
}

// Close closes the journal.
func (k *keeper) Close() {
	if k.Journal != nil {
		k.Journal.Close()
	}
}
