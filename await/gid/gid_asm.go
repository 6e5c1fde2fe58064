//go:build amd64 || arm64

package gid

import "unsafe"

// canLook is whether the functions below are there.
const canLook = true

// What follows is written in assembly.

func id() uintptr

//go:noescape
func fetchRecord(id uintptr)

//go:noescape
func fetchStack(id uintptr)

//go:noescape
func fetch(p unsafe.Pointer)

//go:noescape
func fetchCaptured(closure unsafe.Pointer)

// word returns the word at p.
func word(p uintptr) uintptr

// growStack does nothing, with a frame of 5 kB.
func growStack()

// locks reads the number at the place that was found.
func locks() uint32
