// Package race stands in for the one of the Go toolchain.
package race

const Enabled = false
