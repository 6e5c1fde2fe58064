package await

import "embed"

// GenericSource holds the source files of this package's generic types and
// functions, for hosts that interpret Go and cannot call compiled generics.
// Those files use nothing of this package but its exported identifiers that
// are not generic, and each other.
//
//go:embed generic*.go
var GenericSource embed.FS
