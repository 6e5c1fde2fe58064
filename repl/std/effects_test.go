package std_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/std"
)

func TestImportedServes(t *testing.T) {
	status := func(path string) int {
		w := httptest.NewRecorder()
		http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code
	}
	for path, url := range map[string]string{"expvar": "/debug/vars", "net/http/pprof": "/debug/pprof/cmdline"} {
		if got := status(url); got != http.StatusNotFound {
			t.Errorf("before %s is imported, %s has status %d, want 404", path, url, got)
		}
		std.Imported(path)
		std.Imported(path)
		if got := status(url); got != http.StatusOK {
			t.Errorf("after %s is imported, %s has status %d, want 200", path, url, got)
		}
	}
}
