package testmode

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Setenv sets an environment variable of the process and restores it after the
// test. Parallel tests must not use it.
func (t *T) Setenv(key, value string) {
	t.exclusive("Setenv")
	old, had := os.LookupEnv(key)
	if err := os.Setenv(key, value); err != nil {
		t.Fatalf("cannot set environment variable: %v", err)
	}
	t.Cleanup(func() {
		if had {
			os.Setenv(key, old)
		} else {
			os.Unsetenv(key)
		}
	})
}

// Chdir changes the working directory of the process and restores it after the
// test. Parallel tests must not use it.
func (t *T) Chdir(dir string) {
	t.exclusive("Chdir")
	old, err := os.Getwd()
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	undo := func() error { return os.Chdir(old) }
	if pwd, ok := os.LookupEnv("PWD"); ok {
		if abs, err := os.Getwd(); err == nil {
			os.Setenv("PWD", abs)
			undo = func() error { os.Setenv("PWD", pwd); return os.Chdir(old) }
		}
	}
	t.Cleanup(func() {
		if err := undo(); err != nil {
			t.Error(err)
		}
	})
}

// exclusive notes that the test changes the process, and panics if it runs in
// parallel with others.
func (t *T) exclusive(method string) {
	for p := t; p != nil; p = p.parent {
		p.mu.Lock()
		parallel := p.parallel
		p.mu.Unlock()
		if parallel {
			panic(fmt.Sprintf("testing: test using t.%s can not use t.Parallel", method))
		}
	}
	t.mu.Lock()
	t.env = true
	t.mu.Unlock()
}

// TempDir returns a new directory that is removed after the test.
func (t *T) TempDir() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.temp == "" {
		dir, err := os.MkdirTemp("", fileName(t.name)+"*")
		if err != nil {
			t.mu.Unlock()
			defer t.mu.Lock()
			t.Fatalf("TempDir: %v", err)
		}
		t.temp = dir
		t.cleanups = append(t.cleanups, func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Errorf("TempDir RemoveAll cleanup: %v", err)
			}
		})
	}
	t.temps++
	dir := filepath.Join(t.temp, fmt.Sprintf("%03d", t.temps))
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.mu.Unlock()
		defer t.mu.Lock()
		t.Fatalf("TempDir: %v", err)
	}
	return dir
}

// ArtifactDir returns a directory for files the test produces. It is always
// the same for one test, and removed after it.
func (t *T) ArtifactDir() string {
	t.mu.Lock()
	dir := t.artifacts
	t.mu.Unlock()
	if dir == "" {
		dir = t.TempDir()
		t.mu.Lock()
		t.artifacts = dir
		t.mu.Unlock()
	}
	return dir
}

// fileName makes a test's name fit for a file's name.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return -1
	}, name)
	return name[:min(len(name), 64)]
}
