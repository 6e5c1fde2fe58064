package check

import "path"

// StandIn returns the source of the package that takes the place of one of the
// Go toolchain's internal packages, for running the standard library's own
// tests. Functions in it that have no body are provided by the host.
func StandIn(importPath string) (text string, ok bool) {
	b, err := own.ReadFile(path.Join("_source", importPath+".go"))
	return string(b), err == nil
}
