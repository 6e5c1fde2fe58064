// Package asan stands in for the one of the Go toolchain.
package asan

const Enabled = false
