package check

import (
	"go/types"
	"reflect"
	"unsafe"

	"golang.org/x/tools/go/ssa"
)

// Release lets go of the code of f, which runs the statements of a cell and has
// run. A program of package ssa keeps all packages that were ever made, for
// those that refer to their members; nobody can refer to those of a statement.
// The variables that an initializer belongs to stay.
func (c *Checker) Release(f *ssa.Function) {
	f.Blocks, f.Locals, f.Recover = nil, nil, nil
	if f.Synthetic != "" {
		return
	}
	delete(c.packages(), f.Pkg.Pkg)
	f.Pkg = nil
}

// packages returns the program's packages, or nil if package ssa keeps them
// elsewhere.
func (c *Checker) packages() map[*types.Package]*ssa.Package {
	field := reflect.ValueOf(c.prog).Elem().FieldByName("packages")
	if !field.IsValid() || field.Type() != reflect.TypeFor[map[*types.Package]*ssa.Package]() {
		return nil
	}
	return *(*map[*types.Package]*ssa.Package)(unsafe.Pointer(field.UnsafeAddr()))
}
