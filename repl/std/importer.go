package std

import (
	"fmt"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/gcexportdata"

	"github.com/asyncrepl/asyncrepl/repl/std/internal/export"
)

// An Importer imports the types of the standard library from data within the
// program. Its zero value is ready. It implements [types.Importer].
//
// Each package is read when it is first imported, and types are identical
// among the packages of one Importer. An Importer may be used by one goroutine
// at a time; so may the packages it returned while another is being imported,
// because that can complete their types.
type Importer struct {
	packages map[string]*types.Package
}

// Import returns the package with the given import path.
func (im *Importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if pkg := im.packages[path]; pkg != nil && pkg.Complete() {
		return pkg, nil
	}
	r, err := export.Open(path)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("package %s is not in std", path)
	}
	defer r.Close()
	if im.packages == nil {
		im.packages = make(map[string]*types.Package)
	}
	return gcexportdata.Read(r, token.NewFileSet(), im.packages, path)
}

// shared is the Importer of [Import].
var shared Importer

// Import returns the package with the given import path, as one [Importer]
// shared by all callers does. It is bound by the same rule: one goroutine at a
// time.
func Import(path string) (*types.Package, error) { return shared.Import(path) }
