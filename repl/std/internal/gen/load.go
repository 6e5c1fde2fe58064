package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
)

// own lists the import paths of the packages outside the standard library that
// session code, or the source of the generic overlay, may use.
var own = []string{
	"github.com/asyncrepl/asyncrepl/await",
	"github.com/asyncrepl/asyncrepl/repl/std/fast",
	"github.com/asyncrepl/asyncrepl/testmode",
	"github.com/asyncrepl/asyncrepl/testmode/assertion",
}

// excluded lists the packages that an interpreted program cannot use.
var excluded = []string{"plugin", "runtime/cgo", "runtime/race"}

// A library is what one platform's standard library exports.
type library struct {
	platform platform
	packages []*types.Package // sorted by path, without unsafe
}

// load reads the export data of all packages that a session on p may import.
func load(p platform) (*library, error) {
	args := append([]string{"list", "-export", "-deps", "-json=ImportPath,Export,DepOnly", "std"}, own...)
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS="+p.os, "GOARCH="+p.arch, "CGO_ENABLED=0", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}

	lib := &library{platform: p}
	imports := make(map[string]*types.Package)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath, Export string
			DepOnly            bool
		}
		if err := dec.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if listed.DepOnly || !importable(listed.ImportPath) || listed.ImportPath == "unsafe" {
			continue
		}
		pkg, err := read(listed.Export, listed.ImportPath, imports)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", listed.ImportPath, err)
		}
		lib.packages = append(lib.packages, pkg)
	}
	slices.SortFunc(lib.packages, func(a, b *types.Package) int {
		return strings.Compare(a.Path(), b.Path())
	})
	return lib, nil
}

// importable reports whether user code may import path and use it.
func importable(path string) bool {
	for _, elem := range strings.Split(path, "/") {
		if elem == "internal" || elem == "vendor" {
			return false
		}
	}
	return !slices.Contains(excluded, path)
}

// read reads one package from the export data file the compiler wrote.
func read(file, path string, imports map[string]*types.Package) (*types.Package, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(r, token.NewFileSet(), imports, path)
}
