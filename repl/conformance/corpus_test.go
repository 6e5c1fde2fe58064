package conformance

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/std"
)

var (
	update = flag.Bool("update", false, "let the Go toolchain write the expected output of the corpus")
	dir    = flag.String("dir", "", "compare every program of one file below this `directory` with what the Go toolchain makes of it")
	only   = flag.String("only", `(?m)^package main$`, "with -dir, the programs whose text matches this `regexp`")
	limit  = flag.Duration("limit", 20*time.Second, "how long a program may run")
)

// programVar names the environment variable that makes the test binary run
// the program of that file.
const programVar = "CONFORMANCE_PROGRAM"

// init runs the program, if that is what the process is for, before package
// testing has set itself up: to the program it must be as it finds it.
func init() {
	if name := os.Getenv(programVar); name != "" {
		os.Exit(Main(name))
	}
}

// An outcome is what can be seen of a program that ran.
type outcome struct {
	Stdout string
	Stderr string
	Status int
}

// run runs the command until the limit.
func run(name string, args []string, env ...string) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	var stdout, stderr limited
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	o := outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	if ctx.Err() != nil {
		return o, fmt.Errorf("still running after %v", *limit)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = nil
	}
	return o, err
}

// limited keeps the first megabyte of what is written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if room := 1<<20 - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// interpret runs the program in file in a process of its own.
func interpret(file string) (outcome, error) {
	exe, err := os.Executable()
	if err != nil {
		return outcome{}, err
	}
	return run(exe, nil, programVar+"="+file)
}

var errBuild = errors.New("the Go toolchain does not build it")

// compiled returns what the program in file does when the Go toolchain has
// compiled it; it is built and run once.
func compiled(file string) (outcome, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return outcome{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return outcome{}, err
	}
	cache = filepath.Join(cache, "asyncrepl-conformance")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return outcome{}, err
	}
	memo := filepath.Join(cache, fmt.Sprintf("%x", sha256.Sum256(append(text, runtime.Version()...))))
	var o outcome
	if data, err := os.ReadFile(memo); err == nil && json.Unmarshal(data, &o) == nil {
		if o.Status == -2 {
			return o, errBuild
		}
		return o, nil
	}
	o, err = build(file)
	if errors.Is(err, errBuild) {
		o.Status = -2
	} else if err != nil {
		return o, err
	}
	data, _ := json.Marshal(o)
	if err := os.WriteFile(memo, data, 0o600); err != nil {
		return outcome{}, err
	}
	return o, err
}

// build has the Go toolchain build and run the program in file.
func build(file string) (outcome, error) {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "main.exe")
	b, err := run("go", []string{"build", "-o", exe, file})
	if err != nil {
		return outcome{}, err
	}
	if b.Status != 0 {
		return outcome{Stderr: b.Stderr}, errBuild
	}
	return run(exe, nil)
}

// A program is one of the corpus.
type program struct {
	title  string
	text   string // without package clause and imports
	stdout string
	status int
}

// parse reads a corpus file: each program stands under a line "### title",
// and what it prints under a line "--- prints", or "--- prints, exit N" for
// one that ends with that status.
func parse(text string) []program {
	var ps []program
	for _, part := range strings.Split("\n"+text, "\n### ")[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		p := program{title: title}
		body, want, found := strings.Cut(rest+"\n", "--- prints")
		p.text = body
		if found {
			head, out, _ := strings.Cut(want, "\n")
			p.stdout = strings.TrimSuffix(out, "\n")
			if n, ok := strings.CutPrefix(head, ", exit "); ok {
				p.status, _ = strconv.Atoi(n)
			}
		}
		ps = append(ps, p)
	}
	return ps
}

// format is parse's inverse.
func format(ps []program) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "### %s\n%s\n--- prints", p.title, strings.TrimRight(p.text, "\n"))
		if p.status != 0 {
			fmt.Fprintf(&b, ", exit %d", p.status)
		}
		b.WriteString("\n" + p.stdout)
		if p.stdout != "" && !strings.HasSuffix(p.stdout, "\n") {
			b.WriteString("\n")
		}
	}
	return b.String()
}

// complete adds the package clause and the imports that the text of a program
// of the corpus implies.
func complete(text string) (string, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "package ") {
		return text, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+text, 0)
	if err != nil {
		return "", err
	}
	paths := map[string]bool{}
	for _, id := range file.Unresolved {
		if path, _ := std.ByName(id.Name); path != "" {
			paths[path] = false
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && slices.Contains(file.Unresolved, id) {
				if path, _ := std.ByName(id.Name); path != "" {
					paths[path] = true
				}
			}
		}
		return true
	})
	var b strings.Builder
	b.WriteString("package main\n")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if paths[path] {
			fmt.Fprintf(&b, "import %q\n", path)
		}
	}
	return b.String() + text, nil
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		topic := strings.TrimSuffix(filepath.Base(file), ".txt")
		programs := parse(string(data))
		t.Run(topic, func(t *testing.T) {
			for i := range programs {
				p := &programs[i]
				t.Run(p.title, func(t *testing.T) {
					if !*update {
						t.Parallel()
					}
					p.test(t)
				})
			}
		})
		if *update {
			if err := os.WriteFile(file, []byte(format(programs)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (p *program) test(t *testing.T) {
	text, err := complete(p.text)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if *update {
		want, err := compiled(file)
		if err != nil {
			t.Fatalf("%v\n%s", err, want.Stderr)
		}
		p.stdout, p.status = want.Stdout, want.Status
		return
	}
	got, err := interpret(file)
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, got.Stderr)
	}
	if got.Status != p.status || strings.TrimRight(got.Stdout, "\n") != strings.TrimRight(p.stdout, "\n") {
		t.Errorf("got status %d\n%.2000s\nwant status %d\n%.2000s\nstderr:\n%.2000s", got.Status, got.Stdout, p.status, p.stdout, got.Stderr)
	}
}

// TestDir compares the programs of a directory given on the command line.
func TestDir(t *testing.T) {
	if *dir == "" {
		t.Skip("no -dir")
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(*dir)
	if err != nil {
		t.Fatal(err)
	}
	var passed, all = map[string]int{}, map[string]int{}
	t.Run("", func(t *testing.T) {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil || !match.Match(text) {
				return err
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				return err
			}
			t.Run(name, func(t *testing.T) {
				want, err := compiled(file)
				if err != nil {
					t.Skip(err)
				}
				all[filepath.Dir(name)]++
				got, err := interpret(file)
				switch {
				case err != nil:
					t.Errorf("FAIL %s: %v", name, err)
				case got.Status != want.Status:
					t.Errorf("FAIL %s: status %d, want %d: %.600s", name, got.Status, want.Status, got.Stderr)
				case got.Stdout != want.Stdout:
					t.Errorf("FAIL %s: stdout: %s", name, difference(got.Stdout, want.Stdout))
				case want.Status == 0 && got.Stderr != want.Stderr:
					t.Errorf("FAIL %s: stderr: %s", name, difference(got.Stderr, want.Stderr))
				default:
					passed[filepath.Dir(name)]++
				}
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	var n, m int
	for _, d := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%-24s %d/%d = %.1f %%", d, passed[d], all[d], 100*float64(passed[d])/float64(all[d]))
		n, m = n+passed[d], m+all[d]
	}
	t.Logf("%-24s %d/%d = %.1f %%", "all", n, m, 100*float64(n)/float64(max(m, 1)))
}

// difference shows the first line in which got and want differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d: got %.200q, want %.200q", i+1, a, b)
		}
	}
	return ""
}
