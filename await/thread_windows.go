package await

import "syscall"

var getCurrentThreadID = syscall.NewLazyDLL("kernel32.dll").NewProc("GetCurrentThreadId")

// threadID returns the number of the operating system thread, or 0 where that
// cannot be known.
func threadID() int {
	id, _, _ := getCurrentThreadID.Call()
	return int(id)
}
