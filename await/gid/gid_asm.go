//go:build amd64 || arm64

package gid

// id is written in assembly.
func id() uintptr
