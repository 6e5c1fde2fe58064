package check

import (
	"embed"
	"fmt"
	"go/types"
	"io/fs"
	"strings"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/source"
	"github.com/asyncrepl/asyncrepl/repl/std"
	"golang.org/x/tools/go/ssa"
)

const modulePath = "github.com/asyncrepl/asyncrepl/"

const (
	// AwaitPath is the import path of package await.
	AwaitPath = modulePath + "await"
	// PreludePath is the import path of the package of what is predeclared.
	// The host provides its functions that have no body, under their names.
	PreludePath = modulePath + "prelude"
)

// own holds the source that a session has besides that of the standard
// library's generics: what is predeclared, and what takes the place of the
// parts of package testing that only a compiled test binary can use.
//
//go:embed _source/prelude.go _source/testing.go _source/internal _source/go
var own embed.FS

// newLibrary returns the packages that a session can use; or, of a Go program,
// which has the standard package testing.
func newLibrary(prog *ssa.Program, session bool) *source.Library {
	l := source.NewLibrary(prog)
	l.Add(AwaitPath, read(await.GenericSource, "generic*.go"), true)
	l.Add(PreludePath, read(own, "_source/prelude.go"), false)
	if session {
		l.Add("testing", read(own, "_source/testing.go"), false)
	}
	return l
}

// read returns the texts of the embedded files that match pattern.
func read(f fs.FS, pattern string) map[string]string {
	names, err := fs.Glob(f, pattern)
	if err != nil {
		panic(err)
	}
	files := map[string]string{}
	for _, n := range names {
		text, err := fs.ReadFile(f, n)
		if err != nil {
			panic(err)
		}
		files[n] = string(text)
	}
	return files
}

// Import returns the package with that import path as the session sees it.
func (c *Checker) Import(path string) (*types.Package, error) { return c.importFrom(c.lib, path) }

// Import returns the package with that import path as the unit sees it.
func (u *unit) Import(path string) (*types.Package, error) {
	if u.lib == nil {
		return u.c.Import(path)
	}
	return u.c.importFrom(u.lib, path)
}

func (c *Checker) importFrom(l *source.Library, path string) (*types.Package, error) {
	if p := l.Imported(path); p != nil {
		return p, nil
	}
	switch {
	case path == "C":
		return nil, fmt.Errorf(`cgo (import "C") is not available in a session`)
	case path == "unsafe", path == PreludePath, std.Known(path):
		return l.Import(path)
	case c.Find != nil && l == c.lib:
		return c.importFiles(path)
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return nil, fmt.Errorf("package %s is not in the standard library, and a session has no other packages", path)
	}
	return nil, fmt.Errorf("package %s is not in the standard library", path)
}

// isOwnPath reports whether path is of this module.
func isOwnPath(path string) bool { return strings.HasPrefix(path, modulePath) }
