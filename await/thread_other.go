//go:build !linux && !windows

package await

// threadID returns the number of the operating system thread, or 0 where that
// cannot be known.
func threadID() int { return 0 }
