package testmode

import (
	"sync"

	"github.com/asyncrepl/asyncrepl/await"
)

// running holds the test of each loop that runs one.
var running sync.Map // *await.Loop -> *T

func enter(l *await.Loop, t *T) { running.Store(l, t) }
func leave(l *await.Loop)       { running.Delete(l) }

// Current returns the test, or subtest, that the calling task belongs to, or
// nil if it belongs to none. A goroutine started by a test belongs to no task,
// so that a host has to note the test when it starts one.
func Current() *T {
	task := await.Current()
	if task == nil {
		return nil
	}
	v, ok := running.Load(task.Loop())
	if !ok {
		return nil
	}
	return v.(*T).owner(task.ID(), task.Parent())
}
