package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCellsComeBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "journal")
	if _, err := Find(dir, ""); !errors.Is(err, ErrNone) {
		t.Errorf("of no journals: %v", err)
	}
	cells := []string{"x := 1", "func f() {\n\n\t// >>> no prompt\n... }", ">>> x", "s := `\n`\n", "é"}
	j := New(dir)
	for _, c := range append(cells, " secret", "", "\n") {
		if err := j.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Fail(" secret", errors.New("of what is not there")), j.Add("wrong"), j.Fail("wrong", errors.New("cell9:1:1: undefined"))); err != nil {
		t.Fatal(err)
	}
	path, err := Find(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(path) // before Close: each cell is written at once
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(cells, got); d != "" {
		t.Error(d)
	}
	for _, name := range []string{filepath.Base(path), path} {
		if found, err := Find(dir, name); found != path {
			t.Errorf("Find(%q) is %q, %v", name, found, err)
		}
	}
	if found, err := Find(dir, "nowhere"); err == nil {
		t.Errorf("nowhere is %q", found)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestOldJournalsGo(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for i := range keep + 3 {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, []byte(">>> 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, now, now.Add(time.Duration(i-2*keep)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	j := New(dir)
	if err := j.Add("x"); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	names, err := list(dir)
	if err != nil || len(names) != keep {
		t.Errorf("%d journals are kept, not %d; %v", len(names), keep, err)
	}
	if names[0] != "4" {
		t.Errorf("the oldest that is kept is %s", names[0])
	}
}
