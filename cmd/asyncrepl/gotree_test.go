package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// treePackages are packages of the Go tree whose own tests pass in the shell.
// Each group is run by a process of its own, at the same time as the others.
var treePackages = [][]string{
	{"sort"},
	{"bufio", "container/heap", "container/list", "container/ring", "errors", "path", "strings", "text/tabwriter", "unicode/utf8"},
	{
		"archive/zip", "cmp", "compress/bzip2", "encoding/csv", "encoding/hex", "encoding/pem", "go/scanner", "hash/fnv", "html",
		"maps", "mime/quotedprintable", "net/mail", "net/url", "path/filepath", "testing/fstest", "testing/iotest",
		"testing/quick", "text/scanner",
	},
}

const allocates = "the interpreter allocates where compiled code does not, and the test counts"

// treeExceptions says of the tests that go test passes, and the shell does not,
// why that is.
var treeExceptions = map[string]string{
	"bufio.TestReadStringAllocs":                   allocates,
	"strings.TestBuilderAllocs":                    allocates,
	"strings.TestBuilderGrow":                      allocates,
	"strings.TestBuilderGrowSizeclasses":           allocates,
	"strings.TestIndexRune":                        allocates,
	"strings.TestReplace":                          allocates,
	"unicode/utf8.TestRuneCountNonASCIIAllocation": allocates,
}

// TestGoTree runs tests of the standard library with the shell and with go
// test: the same ones pass.
func TestGoTree(t *testing.T) {
	if testing.Short() {
		t.Skip("the tests of the standard library take a minute in the interpreter")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("no go command to compare with: %v", err)
	}
	src := filepath.Join(strings.TrimSpace(string(root)), "src")
	if _, err := os.Stat(filepath.Join(src, "sort", "sort_test.go")); err != nil {
		t.Skipf("the Go tree has no tests: %v", err)
	}
	want := compiledPasses(t, src)
	for _, packages := range treePackages {
		t.Run(strings.ReplaceAll(packages[0], "/", "_"), func(t *testing.T) {
			t.Parallel()
			got := shellPasses(t, src, packages)
			for _, pkg := range packages {
				if len(want[pkg]) == 0 {
					t.Errorf("go test passed no test of %s", pkg)
				}
				for _, name := range slices.Sorted(maps.Keys(want[pkg])) {
					switch key := pkg + "." + name; {
					case !got[pkg][name] && treeExceptions[key] == "":
						t.Errorf("%s passes with go test alone", key)
					case got[pkg][name] && treeExceptions[key] != "":
						t.Errorf("%s passes: it is no exception any more", key)
					}
				}
				for _, name := range slices.Sorted(maps.Keys(got[pkg])) {
					if !want[pkg][name] {
						t.Errorf("%s.%s passes in the shell alone", pkg, name)
					}
				}
			}
		})
	}
}

// compiledPasses returns the tests that go test passes, by package.
func compiledPasses(t *testing.T, src string) map[string]map[string]bool {
	cmd := exec.Command("go", append([]string{"test", "-json", "-short"}, slices.Concat(treePackages...)...)...)
	cmd.Dir = src
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("go test does not run in the Go tree: %v\n%s", err, out)
	}
	passes := map[string]map[string]bool{}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var event struct{ Action, Package, Test string }
		if err := d.Decode(&event); err != nil {
			t.Fatal(err)
		}
		if event.Action == "pass" && event.Test != "" && !strings.Contains(event.Test, "/") {
			if passes[event.Package] == nil {
				passes[event.Package] = map[string]bool{}
			}
			passes[event.Package][event.Test] = true
		}
	}
	return passes
}

var outcomeLine = regexp.MustCompile(`^(\S+)/[^/\s]+_test\.go::([^/\s]+)(\S*) (PASSED|FAILED|SKIPPED|ERROR)`)

// shellPasses returns the tests that the shell passes, by package. A test with
// subtests, of which only these are listed, passes if all of them do or are
// skipped, as for go test.
func shellPasses(t *testing.T, src string, packages []string) map[string]map[string]bool {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, append([]string{"test", "-v", "--short", "--tb=short"}, packages...)...)
	cmd.Dir = src
	cmd.Env = append(os.Environ(), shellVar+"=1", "NO_COLOR=1", "XDG_CACHE_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		t.Fatalf("%v\n%s", err, out)
	}
	passes := map[string]map[string]bool{}
	for line := range strings.Lines(string(out)) {
		m := outcomeLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		pkg, name := m[1], m[2]
		if passes[pkg] == nil {
			passes[pkg] = map[string]bool{}
		}
		before, seen := passes[pkg][name]
		passed := m[4] == "PASSED" || m[4] == "SKIPPED" && m[3] != ""
		passes[pkg][name] = passed && (before || !seen)
	}
	for _, names := range passes {
		maps.DeleteFunc(names, func(_ string, passed bool) bool { return !passed })
	}
	return passes
}
