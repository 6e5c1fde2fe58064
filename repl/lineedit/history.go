package lineedit

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// history is the list of the cells entered before, oldest first, and the place
// in it that the user has gone back to.
//
// Its file has one cell a line, newlines within a cell written as U+2028.
// Several processes may append to it at the same time.
type history struct {
	path    string // "" keeps the history in memory only
	limit   int
	entries []string
	at      int            // index of the entry shown; len(entries) is the new cell
	edits   map[int]string // entries as changed, but not entered, since the last reset
}

var (
	toLine   = strings.NewReplacer("\n", "\u2028", "\u2028", "\u20298", "\u2029", "\u20299")
	fromLine = strings.NewReplacer("\u2028", "\n", "\u20298", "\u2028", "\u20299", "\u2029")
)

// openHistory reads the history at path. What it returns is usable also when
// there is an error, without the file then.
func openHistory(path string, limit int) (*history, error) {
	h := &history{limit: limit}
	defer h.reset()
	if path == "" {
		return h, nil
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return h, err
	}
	for line := range strings.Lines(string(bytes.ToValidUTF8(data, []byte("\uFFFD")))) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			h.entries = append(h.entries, printable(fromLine.Replace(line)))
		}
	}
	grown := len(h.entries) > 2*limit
	h.trim()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return h, err
	}
	if grown {
		if err := writeHistory(path, h.entries); err != nil {
			return h, err
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return h, err
	}
	defer f.Close()
	if err := f.Chmod(0o600); err != nil {
		return h, err
	}
	h.path = path
	return h, nil
}

// writeHistory replaces the file by one with these entries.
func writeHistory(path string, entries []string) error {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(toLine.Replace(e) + "\n")
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// remember keeps a cell for the rest of this session, and reports whether it
// was kept: a blank one, one that begins with a space and one that is the same
// as the one before are not.
func (h *history) remember(cell string) bool {
	defer h.reset()
	if strings.TrimSpace(cell) == "" || cell[0] == ' ' {
		return false
	}
	if n := len(h.entries); n > 0 && h.entries[n-1] == cell {
		return false
	}
	h.entries = append(h.entries, cell)
	h.trim()
	return true
}

// add remembers a cell and appends it to the file.
func (h *history) add(cell string) error {
	if !h.remember(cell) || h.path == "" {
		return nil
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(toLine.Replace(cell) + "\n")
	return errors.Join(err, f.Close())
}

// trim drops the oldest entries over the limit.
func (h *history) trim() {
	if n := len(h.entries) - h.limit; n > 0 {
		h.entries = append([]string(nil), h.entries[n:]...)
	}
}

// reset goes back to the new cell, and drops changes made to old ones.
func (h *history) reset() {
	h.at = len(h.entries)
	h.edits = make(map[int]string)
}

// move leaves the entry shown, whose text is now current, for the one n further
// on, and returns that one's text.
func (h *history) move(n int, current string) (text string, ok bool) {
	to := h.at + n
	if to < 0 || to > len(h.entries) {
		return "", false
	}
	h.edits[h.at] = current
	h.at = to
	return h.text(to), true
}

// text returns an entry as it was last left.
func (h *history) text(i int) string {
	if edit, ok := h.edits[i]; ok {
		return edit
	}
	if i == len(h.entries) {
		return ""
	}
	return h.entries[i]
}

// find looks for query in the entries from i on in steps of step, and returns
// the index of the first that has it.
func (h *history) find(query string, i, step int) (int, bool) {
	for ; i >= 0 && i < len(h.entries); i += step {
		if strings.Contains(h.entries[i], query) {
			return i, true
		}
	}
	return 0, false
}
