package cli

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/adrg/xdg"

	"github.com/asyncrepl/asyncrepl/highlight"
	"github.com/asyncrepl/asyncrepl/repl"
	"github.com/asyncrepl/asyncrepl/testmode"
)

const testUsage = `usage: asyncrepl test [options] [files or directories]

A directory stands for the tests of the Go package in it, DIR/... for those of
all packages below as well. A _test.go file, a session script and a Markdown file
with recorded sessions stand for themselves. A name behind ::, as in
list_test.go::TestX, chooses a test. Without arguments it is the current
directory.

`

const doctestUsage = `usage: asyncrepl doctest [options] files...

A file is a Markdown text with recorded sessions in blocks marked asyncrepl. Their
cells are run one after the other, in a session of the file's own, and what they
print is compared with what stands below them. "…" there stands for any text.

`

// A testCommand is a command that runs tests in pytest's words.
type testCommand struct {
	name, usage string
	// collect adds what the arguments name to c, and returns the node ids that
	// say which of it is to run, none for all.
	collect func(c *repl.Collection, args []string) (ids []string, err error)
}

var (
	// testFiles runs the tests of Go packages, session scripts and Markdown files.
	testFiles = testCommand{"asyncrepl test", testUsage, collect}
	// doctest runs Markdown files, whatever their names end in.
	doctest = testCommand{"asyncrepl doctest", doctestUsage, collectDocuments}
)

// main runs the command and returns pytest's status.
func (cmd testCommand) main(args []string) int {
	set, err := readSettings()
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR: %s\n", err)
		return testmode.StatusUsage
	}
	opt, err := testmode.ParseOptions(append(set.Test.Addopts, args...))
	if usage := (*testmode.UsageError)(nil); errors.As(err, &usage) {
		fmt.Fprint(os.Stderr, usage.Usage(cmd.name))
		return testmode.StatusUsage
	}
	switch {
	case opt.Help:
		fmt.Print(cmd.usage + testmode.Help())
		return testmode.StatusOK
	case opt.Watch, opt.Native:
		fmt.Fprintln(os.Stderr, "ERROR: --watch, --native and --race are options of a session's :test")
		return testmode.StatusUsage
	}
	for _, file := range []*string{&opt.JUnit, &opt.CoverProfile} { // the directory changes
		if *file != "" {
			if *file, err = filepath.Abs(*file); err != nil {
				fmt.Fprintf(os.Stderr, "ERROR: %s\n", err)
				return testmode.StatusUsage
			}
		}
	}
	cfg := repl.Config{Out: os.Stdout, Width: func() int { return width(os.Stdout) }}
	if highlight.Enabled(os.Stdout, os.LookupEnv) {
		theme, _ := highlight.Named("dark", highlight.DepthOf(os.LookupEnv))
		cfg.Color = true
		cfg.Highlight = func(src string) string { return highlight.Source(src, theme) }
	}
	c, err := repl.NewCollection(cfg, opt)
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
		return testmode.StatusInternal
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt)
	go func() {
		for range signals {
			if !c.Interrupt() {
				os.Exit(testmode.StatusInterrupted)
			}
		}
	}()
	ids, err := cmd.collect(c, opt.NodeIDs)
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR: %s\n", err)
		return testmode.StatusUsage
	}
	cache := memoryFile()
	c.Remember(readMemory(cache))
	result := c.Run(ids)
	if err := writeMemory(cache, c.Memory()); err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: what failed is not remembered for --lf: %s\n", err)
	}
	return result.Status
}

// collectDocuments is doctest's way to collect.
func collectDocuments(c *repl.Collection, args []string) (ids []string, err error) {
	if len(args) == 0 {
		return nil, errors.New("doctest needs the names of files")
	}
	for i, file := range args {
		info, err := os.Stat(file)
		switch {
		case slices.Contains(args[:i], file):
			continue
		case err != nil:
			return nil, fmt.Errorf("file not found: %s\n", file)
		case info.IsDir():
			return nil, fmt.Errorf("%s is a directory; doctest takes files", file)
		}
		if _, err := c.AddDocument(file); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// collect is asyncrepl test's.
func collect(c *repl.Collection, args []string) (ids []string, err error) {
	added := map[string][]string{} // files with tests, by the directory or file that was added
	add := func(path string) ([]string, error) {
		key, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		if files, ok := added[key]; ok {
			return files, nil
		}
		var files []string
		info, err := os.Stat(path)
		switch ext := filepath.Ext(path); {
		case err != nil:
			return nil, fmt.Errorf("file or directory not found: %s\n", path)
		case info.IsDir():
			files, err = c.AddPackage(path)
		case ext == ".md" || ext == ".markdown":
			files, err = c.AddDocument(path)
		default:
			files, err = c.AddScript(path)
		}
		added[key] = files
		return files, err
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	chosen := false // that not all is to run
	for _, arg := range args {
		path, name, named := strings.Cut(arg, "::")
		if root, ok := strings.CutSuffix(filepath.ToSlash(path), "/..."); ok {
			dirs, err := packages(filepath.FromSlash(root))
			if err != nil {
				return nil, err
			}
			for _, dir := range dirs {
				files, err := add(dir)
				if err != nil {
					return nil, err
				}
				ids = append(ids, files...)
			}
			continue
		}
		isGo := filepath.Ext(path) == ".go"
		if _, err := os.Stat(path); err != nil && !named && !isGo && testmode.KindOf(first(path)) != testmode.NoTest {
			if _, err := add("."); err != nil {
				return nil, err
			}
			ids, chosen = append(ids, arg), true
			continue
		} else if err != nil {
			return nil, fmt.Errorf("file or directory not found: %s\n", path)
		}
		whole := path
		if isGo {
			whole = filepath.Dir(path)
		}
		files, err := add(whole)
		switch {
		case err != nil:
			return nil, err
		case isGo || named:
			chosen = true
			for _, f := range only(files, path, isGo) {
				if named {
					f += "::" + name
				}
				ids = append(ids, f)
			}
		default:
			ids = append(ids, files...)
		}
	}
	if !chosen {
		return nil, nil
	}
	return ids, nil
}

// first returns what comes before the first slash or bracket of a test's name.
func first(name string) string {
	if i := strings.IndexAny(name, "/["); i >= 0 {
		return name[:i]
	}
	return name
}

// only returns those of files that path is, if isGo; all of them if it is not.
func only(files []string, path string, isGo bool) []string {
	if !isGo {
		return files
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(files), func(f string) bool {
		other, err := filepath.Abs(f)
		return err != nil || other != abs
	})
}

// packages returns the directories with Go files at and below root, as the
// pattern root/... stands for in the go command.
func packages(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != root && (name == "testdata" || name == "vendor" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")):
			return fs.SkipDir
		case d.IsDir() && path != root:
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return fs.SkipDir
			}
		case strings.HasSuffix(name, "_test.go") && !slices.Contains(dirs, filepath.Dir(path)):
			dirs = append(dirs, filepath.Dir(path))
		}
		return nil
	})
	return dirs, err
}

// memoryFile returns the name of the file that keeps what failed in the current
// directory, or "" if there can be none.
func memoryFile() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	return filepath.Join(xdg.CacheHome, "asyncrepl", "test", fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:16]+".json")
}

// readMemory returns what failed before; a file that is not there, or not
// right, says nothing.
func readMemory(file string) testmode.Memory {
	var m testmode.Memory
	if text, err := os.ReadFile(file); err != nil || json.Unmarshal(text, &m) != nil {
		return testmode.Memory{}
	}
	return m
}

func writeMemory(file string, m testmode.Memory) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if len(m.Failed) == 0 && m.Step == "" {
		if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
