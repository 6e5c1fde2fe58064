package module

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes the files of a txtar-like list below a new directory.
func write(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRead(t *testing.T) {
	dir := write(t, map[string]string{
		"a.go": "package p", "b.go": "//go:build never\n\npackage p", "c_plan9.go": "package p",
		"d.go": "package p\n\nimport \"C\"", "e.go": "package p func",
		"a_test.go": "package p", "x_test.go": "package p_test", "y_test.go": "package",
		"sub/a.go": "package sub",
	})
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &Package{dir, []string{"a.go", "e.go"}, []string{"a_test.go", "y_test.go"}, []string{"x_test.go"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, err := Read(filepath.Join(dir, "sub", "none")); err == nil {
		t.Errorf("a directory that is not there has %v", got)
	}
}

func TestFind(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod":                              "module example.com/m\n\ngo 1.26\n\nrequire (\n\tother.org/A v1.2.0\n\tother.org/A/deep v0.1.0\n\tlocal.org/l v0.0.0\n\tgone.org/g v1.0.0\n)\n\nreplace local.org/l => ../l\n",
		"x/y/a.go":                            "package y",
		"vendor/v.org/v/a.go":                 "package v",
		"cache/other.org/!a@v1.2.0/p/a.go":    "package p",
		"cache/other.org/!a/deep@v0.1.0/a.go": "package deep",
	})
	t.Setenv("GOMODCACHE", filepath.Join(dir, "cache"))
	if err := os.MkdirAll(filepath.Join(filepath.Dir(dir), "l", "q"), 0o755); err != nil {
		t.Fatal(err)
	}
	m, err := Containing(filepath.Join(dir, "x", "y"))
	if err != nil || m == nil || m.Path != "example.com/m" {
		t.Fatal(m, err)
	}
	if got := m.ImportPath(filepath.Join(m.Dir, "x", "y")); got != "example.com/m/x/y" {
		t.Errorf("the import path is %s", got)
	}
	for path, want := range map[string]string{
		"example.com/m":     "",
		"example.com/m/x/y": "x/y",
		"v.org/v":           "vendor/v.org/v",
		"other.org/A/p":     "cache/other.org/!a@v1.2.0/p",
		"other.org/A/deep":  "cache/other.org/!a/deep@v0.1.0",
		"local.org/l/q":     "../l/q",
	} {
		got, err := m.Find(path)
		if err != nil {
			t.Errorf("%s: %s", path, err)
		} else if rel, _ := filepath.Rel(m.Dir, got); filepath.ToSlash(rel) != strings.TrimSuffix("./"+want, "/")[2*min(len(want), 1):] {
			t.Errorf("%s is in %s, not %s", path, rel, want)
		}
	}
	for path, want := range map[string]string{
		"gone.org/g/x": "package gone.org/g/x of module gone.org/g is not on this machine (go mod download gets it)",
		"none.org/n":   "package none.org/n is not in the standard library, and no module that example.com/m requires has it",
	} {
		if got, err := m.Find(path); err == nil || err.Error() != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
}

func TestNoModule(t *testing.T) {
	m, err := Containing(string(filepath.Separator))
	if m != nil || err != nil {
		t.Error(m, err)
	}
}
