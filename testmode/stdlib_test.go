package testmode_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A packageTests is what is needed to run a package's own tests here.
type packageTests struct {
	path     string
	in, out  []string // names of test functions in the package, and beside it
	inCopied bool     // the package is copied, for the tests in it
}

var testFunc = regexp.MustCompile(`(?m)^func (Test\w*)\(\w+ \*testing\.T\)`)

// copyTests writes a package of the standard library whose tests use this
// package in place of package testing into dir.
func copyTests(t *testing.T, dir, path string) packageTests {
	t.Helper()
	p := packageTests{path: path}
	source := filepath.Join(goroot(t), "src", filepath.FromSlash(path))
	files, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil || len(files) == 0 {
		t.Skip("the standard library's source is not here")
	}
	base := path[strings.LastIndexByte(path, '/')+1:]
	texts := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(f)] = string(text)
		p.inCopied = p.inCopied || strings.HasSuffix(f, "_test.go") && regexp.MustCompile(`(?m)^package `+base+`$`).Match(text) && testFunc.Match(text)
	}
	for name, text := range texts {
		test := strings.HasSuffix(name, "_test.go")
		beside := strings.Contains(text, "\npackage "+base+"_test\n")
		to := filepath.Join(dir, filepath.FromSlash(path), strings.TrimSuffix(name, "_test.go")+".go")
		switch {
		case !test && !p.inCopied, test && !beside && !p.inCopied:
			continue
		case beside:
			to = filepath.Join(dir, filepath.FromSlash(path), "beside", name[:len(name)-len("_test.go")]+".go")
			if p.inCopied {
				text = strings.ReplaceAll(text, `"`+path+`"`, `"std.test/`+path+`"`)
			}
			p.out = append(p.out, names(text)...)
		case test:
			to = strings.TrimSuffix(to, ".go") + "_tests.go"
			p.in = append(p.in, names(text)...)
		}
		if test {
			text = strings.ReplaceAll(text, `import "testing"`, "import (\n\t\"testing\"\n)")
			text = strings.ReplaceAll(text, `"testing"`, `testing "github.com/asyncrepl/asyncrepl/testmode"`+"\n\tmodel \"testing\"")
			text = strings.ReplaceAll(text, "testing.AllocsPerRun", "model.AllocsPerRun")
			if strings.Contains(text, "model \"testing\"") {
				text += "\nvar _ model.TB\n"
			}
		}
		write(t, to, text)
	}
	return p
}

// names returns the names of the tests in a file.
func names(text string) []string {
	var list []string
	for _, m := range testFunc.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command")
	}
	return strings.TrimSpace(string(out))
}

// The standard library's tests pass here, all that pass under go test.
func TestStandardLibrary(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sum))
	write(t, filepath.Join(dir, "go.mod"), strings.Replace(string(mod), "module github.com/asyncrepl/asyncrepl", "module std.test", 1)+
		"\nrequire github.com/asyncrepl/asyncrepl v0.0.0\n\nreplace github.com/asyncrepl/asyncrepl => "+root+"\n")
	paths := []string{"container/heap", "container/list", "container/ring", "encoding/csv", "encoding/hex", "encoding/base32", "errors", "html", "path", "text/scanner", "text/tabwriter", "unicode/utf8"}
	var imports, tests strings.Builder
	for i, path := range paths {
		p := copyTests(t, dir, path)
		for _, part := range []struct {
			name, path string
			tests      []string
		}{{fmt.Sprint("in", i), path, p.in}, {fmt.Sprint("out", i), path + "/beside", p.out}} {
			if len(part.tests) > 0 {
				fmt.Fprintf(&imports, "\t%s \"std.test/%s\"\n", part.name, part.path)
			}
			for _, name := range part.tests {
				fmt.Fprintf(&tests, "\t\t{Name: %q, File: %q, Func: %s.%s},\n", name, path, part.name, name)
			}
		}
	}
	write(t, filepath.Join(dir, "main.go"), `package main

import (
	"context"
	"fmt"
	"io"

	"github.com/asyncrepl/asyncrepl/testmode"

`+imports.String()+`)

func main() {
	var r testmode.Runner
	for _, rep := range r.Run(context.Background(), []testmode.Test{
`+tests.String()+`	}, testmode.Options{}, io.Discard).Reports {
		fmt.Println(rep.Outcome, rep.ID, rep.Failures)
	}
}
`)
	command := func(args ...string) string {
		c := exec.Command("go", args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	var ours []string
	for line := range strings.Lines(command("run", ".")) {
		line = strings.TrimSpace(line)
		id, ok := strings.CutPrefix(line, "passed ")
		if !ok {
			t.Error(line)
			continue
		}
		ours = append(ours, address.ReplaceAllString(strings.TrimSuffix(id, " []"), "0x0"))
	}
	var theirs []string
	for _, path := range paths {
		var passed []string
		for _, m := range regexp.MustCompile(`(?m)^ *--- PASS: (Test\S*) `).FindAllStringSubmatch(command("test", "-v", "-run", "^Test", path), -1) {
			passed = append(passed, m[1])
		}
		for _, name := range passed {
			// A test with subtests is represented by them.
			if !slices.ContainsFunc(passed, func(s string) bool { return strings.HasPrefix(s, name+"/") }) {
				theirs = append(theirs, address.ReplaceAllString(path+"::"+name, "0x0"))
			}
		}
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("-go test +testmode:\n%s", diff)
	}
	if len(ours) < 100 {
		t.Errorf("only %d tests", len(ours))
	}
}
