package std

import (
	"reflect"

	"github.com/asyncrepl/asyncrepl/repl/std/internal/table"
)

// Symbols returns the exported functions, variables and types of the package
// with the given import path, but for generic ones, each as a value:
//
//   - a function as itself,
//   - a variable as an addressable value of its type,
//   - a type T as a nil pointer of type *T.
//
// These are the conventions of yaegi's interp.Exports. The map is new at each
// call; it is nil if the package is not known.
func Symbols(path string) map[string]reflect.Value {
	p := table.Lookup(path)
	if p == nil {
		return nil
	}
	return p.Symbols()
}
