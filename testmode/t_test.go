package testmode_test

import (
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// T must be usable wherever testing.TB and the interfaces of assertion
// libraries are asked for.
var _ interface {
	testing.TB
	Run(name string, f func(t *testmode.T)) bool
	Parallel()
} = (*testmode.T)(nil)

// Every method must be T's own: one promoted from the embedded interface would
// meet a nil pointer.
func TestMethodsAreOwn(t *testing.T) {
	s := newSuite(t)
	s.add("TestAll", 1, "func TestAll(t *testing.T) {}", func(t *testmode.T) {
		var tb testing.TB = t
		tb.Helper()
		tb.Log("log")
		tb.Logf("%d", 1)
		tb.Attr("key", "value")
		tb.Cleanup(func() {})
		tb.Setenv("ASYNCREPL_TEST", "1")
		tb.Chdir(tb.TempDir())
		if tb.ArtifactDir() != tb.ArtifactDir() {
			tb.Error("two artifact directories")
		}
		if tb.Context().Err() != nil || tb.Failed() || tb.Skipped() || tb.Name() != "TestAll" {
			tb.Error("wrong state")
		}
		if _, ok := t.Deadline(); !ok {
			tb.Error("no deadline")
		}
		tb.Output().Write([]byte("output\n"))
		tb.Skipf("%s", "done")
	})
	out, r := s.run()
	if r.Skipped != 1 || r.Failed+r.Errors != 0 {
		t.Errorf("%+v\n%s", r, out)
	}
}
