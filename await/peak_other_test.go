//go:build !unix

package await_test

import "os"

// peakMemory returns 0: it cannot be known.
func peakMemory(*os.ProcessState) int64 { return 0 }
