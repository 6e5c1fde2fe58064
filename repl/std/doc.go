// Package std gives a session the standard library of the Go release it was
// generated with: the symbols that compiled code can hand to an interpreter,
// the types that a checker needs, wrappers through which session values
// implement the library's interfaces, and, as source, the generic functions
// and types that no table can hold.
//
// Everything is made when it is asked for. Linking the package costs memory
// for what it refers to, and nothing at start.
//
// The tables cover every package of the standard library that a program may
// import, but for three that mean nothing to an interpreted one: plugin
// (linking it keeps the linker from leaving out unused code), runtime/cgo
// (there is no C in a session) and runtime/race (it is empty). Constants have
// no symbols; a type checker folds them. On linux, darwin and windows, each on
// amd64 and arm64, the tables are those of the platform. Elsewhere the symbols
// are those common to these platforms, and the types are linux/amd64's.
//
// The generic source has everything but runtime.AddCleanup: an interpreter's
// frames keep values alive as they please, so the cleanup might never run. For
// the same reason a pointer of package weak may stay valid longer than it would
// in a compiled program.
package std

//go:generate go run ./internal/gen
