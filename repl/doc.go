package repl

import (
	"context"
	"fmt"
	"go/types"
	"os/exec"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/repl/check"
)

// docCommand shows what a name stands for: of the session's own declarations
// the comment and the declaration, of the standard library's names the
// declaration, and the documentation where a Go toolchain is at hand to ask.
func (s *Session) docCommand(arg string) error {
	if arg == "" {
		return &CommandError{":doc needs a name, as in :doc http.Get"}
	}
	var text string
	var err error
	path := ""
	s.onLoop(func() { text, path, err = s.doc(arg) })
	if err != nil {
		return err
	}
	if path != "" {
		if full, ok := goDoc(path); ok {
			text = full
		}
	}
	fmt.Fprintln(s.cfg.Out, s.colored(strings.TrimRight(text, "\n")))
	return nil
}

// doc returns what the session knows of a name; path is what to ask go doc
// for, if it knows more.
func (s *Session) doc(name string) (text, path string, err error) {
	if e := s.check.Lookup(name); e != nil && e.Kind != check.Import {
		var b strings.Builder
		for _, it := range e.Items {
			if it.Doc != "" {
				for _, l := range strings.Split(it.Doc, "\n") {
					b.WriteString(strings.TrimRight("// "+l, " ") + "\n")
				}
			}
			b.WriteString(it.Text() + "\n")
		}
		return b.String(), "", nil
	}
	pkgName, rest, _ := strings.Cut(name, ".")
	pkg, err := s.check.Package(pkgName)
	if err != nil {
		return "", "", err
	}
	if pkg == nil {
		if obj := s.check.Predeclared(name); obj != nil {
			return types.ObjectString(obj, qualify), "", nil
		}
		return "", "", &CommandError{name + " is not known here" + hint(s.check.Suggest(name))}
	}
	if rest == "" {
		return fmt.Sprintf("package %s // import %q", pkg.Name(), pkg.Path()), pkg.Path(), nil
	}
	first, member, _ := strings.Cut(rest, ".")
	obj := pkg.Scope().Lookup(first)
	if obj == nil || !obj.Exported() {
		return "", "", &CommandError{fmt.Sprintf("package %s has no %s%s", pkg.Path(), first, hint(check.Nearest(first, pkg.Scope().Names())))}
	}
	if member != "" {
		m, _, _ := types.LookupFieldOrMethod(obj.Type(), true, pkg, member)
		if m == nil {
			return "", "", &CommandError{fmt.Sprintf("%s.%s has no %s", pkgName, first, member)}
		}
		return types.ObjectString(m, qualify), pkg.Path() + "." + rest, nil
	}
	text = types.ObjectString(obj, qualify)
	if _, isType := obj.(*types.TypeName); isType {
		set := types.NewMethodSet(types.NewPointer(obj.Type()))
		for i := range set.Len() {
			if m := set.At(i).Obj(); m.Exported() {
				text += "\n" + types.ObjectString(m, qualify)
			}
		}
	}
	return text, pkg.Path() + "." + rest, nil
}

func hint(near string) string {
	if near == "" {
		return ""
	}
	return " (did you mean " + near + "?)"
}

// qualify names the package of an object; what is predeclared has none.
func qualify(p *types.Package) string {
	if p.Path() == check.PreludePath {
		return ""
	}
	return p.Name()
}

// goDoc asks the Go toolchain for documentation, if there is one.
func goDoc(path string) (string, bool) {
	if strings.HasPrefix(path, modulePath) {
		return "", false
	}
	exe, err := exec.LookPath("go")
	if err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, exe, "doc", path).Output()
	return string(out), err == nil && len(out) > 0
}
