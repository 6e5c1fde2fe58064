package await

import "embed"

// Source holds the source files of this package and of those that it needs, for
// hosts that write programs which use it.
//
//go:embed *.go gid
var Source embed.FS

// GenericSource holds the source files of this package's generic types and
// functions, for hosts that interpret Go and cannot call compiled generics.
// Those files use nothing of this package but its exported identifiers that
// are not generic, and each other.
//
//go:embed generic*.go
var GenericSource embed.FS
