// Package table holds the generated symbol tables and interface wrappers of
// the standard library. Nothing in it runs before it is asked for.
package table

import (
	"reflect"
	"sort"
)

// A Package is the table of one package.
type Package struct {
	Path string
	Name string

	symbols func(map[string]reflect.Value)
	wrapper func(name string) func(Boxed) any
}

// Lookup returns the table of the package with the given import path, or nil
// if there is none.
func Lookup(path string) *Package {
	i := sort.Search(len(index), func(i int) bool { return index[i].Path >= path })
	if i < len(index) && index[i].Path == path {
		return &index[i]
	}
	return nil
}

// All returns the tables of all packages, sorted by path.
func All() []Package { return index[:] }

// Symbols returns a new map of the package's exported functions, variables
// and types.
func (p *Package) Symbols() map[string]reflect.Value {
	m := make(map[string]reflect.Value)
	if p.symbols != nil {
		p.symbols(m)
	}
	return m
}

// Wrapper returns the function that makes a boxed value implement the
// package's interface type name, or nil if there is none.
func (p *Package) Wrapper(name string) func(Boxed) any {
	if p.wrapper == nil {
		return nil
	}
	return p.wrapper(name)
}
