//go:build amd64 || arm64

package gid

import "unsafe"

// What follows is written in assembly.

func id() uintptr

//go:noescape
func fetchRecord(id uintptr)

//go:noescape
func fetchStack(id uintptr)

//go:noescape
func fetch(p unsafe.Pointer)
