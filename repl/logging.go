package repl

import (
	"fmt"
	"log"
	"path/filepath"
	"strings"
	"sync"

	"github.com/asyncrepl/asyncrepl/repl/rt"
)

// logging returns the functions that take the place of those of package log
// which write a message: it is the session that knows the place in the source
// that a message comes from, and how a program ends.
func (s *Session) logging() map[string]any {
	fatal := func(string) { s.exit(1) }
	m := map[string]any{
		"log.Output":           func(depth int, text string) error { return s.log(log.Default(), depth-1, text) },
		"log.(*Logger).Output": func(l *log.Logger, depth int, text string) error { return s.log(l, depth-1, text) },
	}
	for verb, end := range map[string]func(text string){
		"Print": func(string) {},
		"Fatal": fatal,
		"Panic": func(text string) { panic(text) },
	} {
		put := func(l *log.Logger, text string) {
			s.log(l, 0, text)
			end(text)
		}
		for suffix, sprint := range map[string]func(...any) string{
			"":   func(a ...any) string { return fmt.Sprint(rt.Operands(a)...) },
			"ln": func(a ...any) string { return fmt.Sprintln(rt.Args(a)...) },
		} {
			m["log."+verb+suffix] = func(a ...any) { put(log.Default(), sprint(a...)) }
			m["log.(*Logger)."+verb+suffix] = func(l *log.Logger, a ...any) { put(l, sprint(a...)) }
		}
		m["log."+verb+"f"] = func(f string, a ...any) {
			f, a = rt.Format(f, a)
			put(log.Default(), fmt.Sprintf(f, a...))
		}
		m["log.(*Logger)."+verb+"f"] = func(l *log.Logger, f string, a ...any) {
			f, a = rt.Format(f, a)
			put(l, fmt.Sprintf(f, a...))
		}
	}
	return m
}

// locatedLog is held while a message is written with its place.
var locatedLog sync.Mutex

// log writes a message to l: from the function that the running code is in, or
// the one that is depth calls further out.
func (s *Session) log(l *log.Logger, depth int, text string) error {
	const located = log.Lshortfile | log.Llongfile
	flags, prefix := l.Flags(), l.Prefix()
	if flags&located == 0 {
		return l.Output(0, text)
	}
	_, file, line, ok := s.caller(depth)
	if !ok {
		file = "???"
	}
	if flags&log.Lshortfile != 0 {
		file = filepath.Base(file)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", file, line)
	if flags&log.Lmsgprefix != 0 {
		b.WriteString(prefix)
		prefix = ""
	}
	b.WriteString(text)
	locatedLog.Lock()
	defer locatedLog.Unlock()
	return log.New(l.Writer(), prefix, flags&^located).Output(0, b.String())
}
