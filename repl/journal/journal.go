// Package journal keeps what is entered in sessions in files, a file for each
// session, so that it outlives whatever may happen to the process.
//
// A journal is a transcript. Each cell is in the file before it runs. Of what was
// printed it has only why a cell did not compile.
package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/transcript"
)

// keep is how many journals stay in a directory.
const keep = 100

// ErrNone is what Find fails with where no journal has been written.
var ErrNone = errors.New("there is no journal of a session")

// A Journal is the file of one session. It is made when the first cell is added.
type Journal struct {
	dir  string
	file *os.File
}

// New returns a journal in a directory, which is made if need be.
func New(dir string) *Journal { return &Journal{dir: dir} }

// Add writes a cell to the journal, unless it begins with a space.
func (j *Journal) Add(cell string) error {
	if isPrivate(cell) {
		return nil
	}
	if j.file == nil {
		if err := j.open(); err != nil {
			return err
		}
	}
	_, err := j.file.WriteString(transcript.Format(cell))
	return err
}

// Fail writes why the cell that was added last did not compile.
func (j *Journal) Fail(cell string, err error) error {
	if isPrivate(cell) || j.file == nil {
		return nil
	}
	why, _, _ := strings.Cut(err.Error(), "\n")
	_, werr := j.file.WriteString(why + "\n")
	return werr
}

func isPrivate(cell string) bool { return strings.TrimSpace(cell) == "" || cell[0] == ' ' }

// open makes the file, named for the time and the process, and removes the
// oldest ones.
func (j *Journal) open() error {
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", time.Now().Format("20060102-150405.000"), os.Getpid())
	f, err := os.OpenFile(filepath.Join(j.dir, name), os.O_APPEND|os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	j.file = f
	names, err := list(j.dir)
	for _, old := range names[:max(0, len(names)-keep)] {
		if e := os.Remove(filepath.Join(j.dir, old)); !errors.Is(e, fs.ErrNotExist) { // another session may do the same
			err = errors.Join(err, e)
		}
	}
	return err
}

// Close closes the file.
func (j *Journal) Close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// list returns the names of the journals in a directory, the one that was
// written to last at the end.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	written := map[string]time.Time{}
	var names []string
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			names = append(names, e.Name())
			written[e.Name()] = info.ModTime()
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return written[a].Compare(written[b]) })
	return names, err
}

// Find returns the path of a journal: of the one in dir with that name, of the
// one that was written to last if the name is empty, or else the name itself if
// it is a file's.
func Find(dir, name string) (string, error) {
	names, err := list(dir)
	switch {
	case err != nil:
		return "", err
	case name == "" && len(names) == 0:
		return "", ErrNone
	case name == "":
		return filepath.Join(dir, names[len(names)-1]), nil
	case slices.Contains(names, name):
		return filepath.Join(dir, name), nil
	}
	if _, err := os.Stat(name); err != nil {
		return "", fmt.Errorf("there is no journal %s; those of the last sessions are in %s", name, dir)
	}
	return name, nil
}

// Read returns the cells of a journal that compiled.
func Read(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cells []string
	for _, step := range transcript.Parse(strings.TrimSuffix(string(text), "\n"), 1) {
		if step.Want == "" {
			cells = append(cells, step.Cell)
		}
	}
	return cells, nil
}
