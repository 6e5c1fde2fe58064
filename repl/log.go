package repl

import (
	"fmt"
	"log"
	"path/filepath"
	"sync"

	"github.com/asyncrepl/asyncrepl/repl/rt"
)

// logging returns what stands for the functions of package log that print:
// they know the types of the session's values and where they are called.
func (s *Session) logging() map[string]any {
	plain := func(a []any) string { return fmt.Sprint(rt.Args(a)...) }
	line := func(a []any) string { return fmt.Sprintln(rt.Args(a)...) }
	format := func(f string, a []any) string {
		f, a = rt.Format(f, a)
		return fmt.Sprintf(f, a...)
	}
	std := log.Default()
	fatal := func(l *log.Logger, text string) { s.log(l, text); s.exit(1) }
	failed := func(l *log.Logger, text string) { s.log(l, text); panic(text) }
	return map[string]any{
		"log.Print":   func(a ...any) { s.log(std, plain(a)) },
		"log.Println": func(a ...any) { s.log(std, line(a)) },
		"log.Printf":  func(f string, a ...any) { s.log(std, format(f, a)) },
		"log.Fatal":   func(a ...any) { fatal(std, plain(a)) },
		"log.Fatalln": func(a ...any) { fatal(std, line(a)) },
		"log.Fatalf":  func(f string, a ...any) { fatal(std, format(f, a)) },
		"log.Panic":   func(a ...any) { failed(std, plain(a)) },
		"log.Panicln": func(a ...any) { failed(std, line(a)) },
		"log.Panicf":  func(f string, a ...any) { failed(std, format(f, a)) },

		"log.(*Logger).Print":   func(l *log.Logger, a ...any) { s.log(l, plain(a)) },
		"log.(*Logger).Println": func(l *log.Logger, a ...any) { s.log(l, line(a)) },
		"log.(*Logger).Printf":  func(l *log.Logger, f string, a ...any) { s.log(l, format(f, a)) },
		"log.(*Logger).Fatal":   func(l *log.Logger, a ...any) { fatal(l, plain(a)) },
		"log.(*Logger).Fatalln": func(l *log.Logger, a ...any) { fatal(l, line(a)) },
		"log.(*Logger).Fatalf":  func(l *log.Logger, f string, a ...any) { fatal(l, format(f, a)) },
		"log.(*Logger).Panic":   func(l *log.Logger, a ...any) { failed(l, plain(a)) },
		"log.(*Logger).Panicln": func(l *log.Logger, a ...any) { failed(l, line(a)) },
		"log.(*Logger).Panicf":  func(l *log.Logger, f string, a ...any) { failed(l, format(f, a)) },
	}
}

// placed is held while a line with its place is written, for such a line does
// not go through its logger's lock.
var placed sync.Mutex

// log writes text as l does, with the place in the session if l shows places.
func (s *Session) log(l *log.Logger, text string) {
	const places = log.Lshortfile | log.Llongfile
	flags, prefix := l.Flags(), l.Prefix()
	if flags&places == 0 {
		l.Output(0, text)
		return
	}
	_, file, line, ok := s.caller(0)
	if !ok {
		file = "???"
	} else if flags&log.Lshortfile != 0 {
		file = filepath.Base(file)
	}
	place := fmt.Sprintf("%s:%d: ", file, line)
	if flags&log.Lmsgprefix != 0 {
		place, prefix = place+prefix, ""
	}
	placed.Lock()
	defer placed.Unlock()
	log.New(l.Writer(), prefix, flags&^places).Output(0, place+text)
}
