package std

import (
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/std/internal/table"
)

// isOwn reports whether path is a package of this module. The shell's own
// source and that of the generic overlay import some: they can be imported
// like a package of the standard library, but are none.
func isOwn(path string) bool {
	return strings.HasPrefix(path, "github.com/asyncrepl/asyncrepl/")
}

// Release is the Go release whose standard library this is, as in "go1.26".
const Release = table.Release

// Known reports whether a session may import path.
func Known(path string) bool { return table.Lookup(path) != nil }

// Packages returns the import paths of the standard library, sorted.
func Packages() []string {
	var paths []string
	for _, p := range table.All() {
		if !isOwn(p.Path) {
			paths = append(paths, p.Path)
		}
	}
	return paths
}
