// Package godebug stands in for the one of the Go toolchain. It counts nothing.
package godebug

import (
	"strings"
	"syscall"
)

type Setting struct{ name string }

func New(name string) *Setting { return &Setting{name} }

func (s *Setting) Name() string { return strings.TrimPrefix(s.name, "#") }

func (s *Setting) Undocumented() bool { return strings.HasPrefix(s.name, "#") }

func (s *Setting) String() string { return s.Name() + "=" + s.Value() }

func (s *Setting) IncNonDefault() {}

func (s *Setting) Value() (value string) {
	env, _ := syscall.Getenv("GODEBUG")
	for kv := range strings.SplitSeq(env, ",") {
		if name, v, ok := strings.Cut(kv, "="); ok && name == s.Name() {
			value = v
		}
	}
	return value
}
