//go:build unix

package await_test

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the most memory that a process which has ended had, in
// bytes.
func peakMemory(s *os.ProcessState) int64 {
	peak := int64(s.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS != "darwin" {
		peak *= 1024
	}
	return peak
}
