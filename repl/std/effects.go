package std

import (
	"expvar"
	"net/http"
	"net/http/pprof"
	"sync"

	_ "time/tzdata" // gives time.LoadLocation its zones where the system has none
)

// A program serves /debug/vars and /debug/pprof/ by importing expvar and
// net/http/pprof. The tables link both, and a session that merely starts a
// server must not publish its memory: these handlers wait for [Imported].
func init() { http.DefaultServeMux = http.NewServeMux() }

var (
	serveVars = sync.OnceFunc(func() {
		http.Handle("GET /debug/vars", expvar.Handler())
	})
	servePprof = sync.OnceFunc(func() {
		http.HandleFunc("GET /debug/pprof/", pprof.Index)
		http.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		http.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		http.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		http.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	})
)

// Imported does what an import declaration of the package with the given path
// does in a program, beyond making its names known: expvar and net/http/pprof
// add their handlers to [http.DefaultServeMux]. It is for imports the user
// wrote, and does nothing the second time.
func Imported(path string) {
	switch path {
	case "expvar":
		serveVars()
	case "net/http/pprof":
		servePprof()
	}
}
