package main

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
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

// TestScript drives the shell through pipes and files, as its users do.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error { // for go test, which :test --native runs
			dir, err := os.UserCacheDir()
			env.Setenv("GOCACHE", cmp.Or(os.Getenv("GOCACHE"), filepath.Join(dir, "go-build")))
			return err
		},
	})
}
