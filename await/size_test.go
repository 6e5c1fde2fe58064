package await

import (
	"testing"
	"unsafe"
)

// TestTaskFillsTwoLines keeps a task at two lines of the processor's cache, of
// which a switch needs the first. Of the memory of a task that waits it is the
// only part that this package can do much about.
func TestTaskFillsTwoLines(t *testing.T) {
	const line = 64
	if size := unsafe.Sizeof(Task0{}); unsafe.Sizeof(uintptr(0)) == 8 && size != 2*line {
		t.Errorf("a task has %d bytes", size)
	}
	if at := unsafe.Offsetof(Task0{}.wait); unsafe.Sizeof(uintptr(0)) == 8 && at != line {
		t.Errorf("what a switch touches has %d bytes", at)
	}
}
