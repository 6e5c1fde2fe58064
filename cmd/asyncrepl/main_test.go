package main

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "let the scripts' expected files take what is printed")

// shellVar names the environment variable that makes the test binary the shell.
const shellVar = "ASYNCREPL_TEST_SHELL"

func TestMain(m *testing.M) {
	if os.Getenv(shellVar) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"asyncrepl": main})
}

// cmpRuns compares two files as cmp does, but for the time that test runs took.
func cmpRuns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cmpruns file1 file2")
	}
	text := func(file string) string { return took.ReplaceAllString(ts.ReadFile(file), "in 0.00s") }
	if got, want := text(args[0]), text(args[1]); got != want {
		ts.Fatalf("%s and %s differ:\n%s", args[0], args[1], got)
	}
}

var took = regexp.MustCompile(`\bin \d+\.\d\ds`)

// TestScript drives the shell through pipes and files, as its users do.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"cmpruns": cmpRuns},
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error { // for go test, which :test --native runs
			dir, err := os.UserCacheDir()
			env.Setenv("GOCACHE", cmp.Or(os.Getenv("GOCACHE"), filepath.Join(dir, "go-build")))
			return err
		},
	})
}
