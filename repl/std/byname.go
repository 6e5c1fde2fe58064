package std

import (
	"slices"

	"github.com/asyncrepl/asyncrepl/repl/std/internal/table"
)

// preferred holds, for each name that several packages have, the one that is
// meant when nothing else is said.
var preferred = [...]string{
	"math/rand/v2",
	"runtime/pprof",
	"text/scanner",
	"text/template",
}

// ByName returns the import path of the package that is meant by name where
// nothing is imported, and the paths of the other packages of that name. The
// path is empty if no package has the name.
func ByName(name string) (path string, others []string) {
	for _, p := range table.All() {
		switch {
		case p.Name != name || isOwn(p.Path):
		case path == "":
			path = p.Path
		case slices.Contains(preferred[:], p.Path):
			path, others = p.Path, append(others, path)
		default:
			others = append(others, p.Path)
		}
	}
	return path, others
}
