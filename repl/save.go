package repl

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
)

// A step is something that happened in the session: a declaration or statement,
// or a command that changed what is declared.
type step struct {
	text string
	doc  string // the comment above
	// names are what a declaration declares; methods are called Type.Method. A
	// statement has none.
	names []string
}

// keep notes the declarations or the statement of a unit that has run. What
// they replace is dropped, unless a statement has run since, which may have
// needed it.
func (s *Session) keep(items []*syntax.Item) {
	for _, it := range items {
		st := step{it.Text(), it.Doc, declares(it)}
		if st.names == nil {
			s.unused = nil
		} else if s.unused == nil {
			s.unused = map[string]int{}
		}
		for _, n := range st.names {
			if i, ok := s.unused[n]; ok && !slices.ContainsFunc(s.steps[i].names, func(n string) bool { return !slices.Contains(st.names, n) }) {
				s.steps[i] = step{}
			}
			s.unused[n] = len(s.steps)
		}
		s.steps = append(s.steps, st)
	}
}

// declares returns the names that a declaration of anything but variables
// declares.
func declares(it *syntax.Item) []string {
	switch d := it.Decl.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			return []string{check.ReceiverName(d) + "." + d.Name.Name}
		}
		return []string{d.Name.Name}
	case *ast.GenDecl:
		if d.Tok == token.VAR {
			return nil
		}
		names := []string{}
		for _, sp := range d.Specs {
			switch sp := sp.(type) {
			case *ast.TypeSpec:
				names = append(names, sp.Name.Name)
			case *ast.ValueSpec:
				for _, id := range sp.Names {
					names = append(names, id.Name)
				}
			case *ast.ImportSpec:
				names = append(names, "import "+sp.Path.Value)
			}
		}
		return names
	}
	return nil
}

// documented returns a declaration with its comment above.
func documented(doc, text string) string {
	if doc == "" {
		return text
	}
	var b strings.Builder
	for l := range strings.SplitSeq(doc, "\n") {
		b.WriteString(strings.TrimRight("// "+l, " ") + "\n")
	}
	return b.String() + text
}

// saveCommand writes what has happened in the session to a file, as a script.
func (s *Session) saveCommand(arg string) error {
	path, force := strings.CutPrefix(arg, "-f ")
	if path = strings.TrimSpace(path); path == "" {
		return &CommandError{":save needs a file"}
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, mode, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return &CommandError{path + " exists; :save -f writes over it"}
	} else if err != nil {
		return &CommandError{err.Error()}
	}
	w := bufio.NewWriter(f)
	s.onLoop(func() {
		for _, st := range s.steps {
			if st.text == "" {
				continue // it was replaced
			}
			fmt.Fprintln(w, documented(st.doc, st.text))
		}
	})
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return &CommandError{err.Error()}
	}
	return nil
}
