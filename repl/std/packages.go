package std

import "github.com/asyncrepl/asyncrepl/repl/std/internal/table"

// fastPath is the import path of the compiled package that the source of the
// generic overlay imports. It can be imported like a package of the standard
// library, but is not one.
const fastPath = "github.com/asyncrepl/asyncrepl/repl/std/fast"

// Release is the Go release whose standard library this is, as in "go1.26".
const Release = table.Release

// Known reports whether a session may import path.
func Known(path string) bool { return table.Lookup(path) != nil }

// Packages returns the import paths of the standard library, sorted.
func Packages() []string {
	var paths []string
	for _, p := range table.All() {
		if p.Path != fastPath {
			paths = append(paths, p.Path)
		}
	}
	return paths
}
