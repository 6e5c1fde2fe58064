// Package check gives cells their meaning: with go/types it checks them
// against the names of the session, resolves what await, async and assert mean
// by the types of their operands, keeps track of what depends on what, and
// builds the form (go/ssa) that package lower takes.
//
// Each unit of a cell – its declarations, or one statement – is checked as a
// package of its own, whose scope holds just the names of the session that it
// mentions. Nothing is checked twice unless it depends on a name that was
// declared anew.
package check

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/asyncrepl/asyncrepl/repl/source"
	"github.com/asyncrepl/asyncrepl/repl/std"
	"github.com/asyncrepl/asyncrepl/repl/syntax"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/ssa"
)

const goVersion = "go1.26"

// A Kind is the kind of thing that a name of the session stands for.
type Kind int

// The kinds.
const (
	Func Kind = iota
	Type
	Const
	Var
	Import
)

// String returns the word for the kind.
func (k Kind) String() string { return [...]string{"func", "type", "const", "var", "import"}[k] }

// An Entity is a name of the session.
type Entity struct {
	Name string
	Kind Kind
	// Obj is what the checker knows the name as; nil while Off.
	Obj types.Object
	// Items are the declarations: one, and for a type also its methods.
	Items []*syntax.Item
	// Async tells a function declared with async func.
	Async bool
	// Path is an import's path.
	Path string
	// Pending are methods of a type that are not in force: they wait for a
	// name, or no longer compile.
	Pending []PendingMethod
	// Off holds why the declaration is not in force, if it is not: it waits
	// for a name, or no longer compiles.
	Off *Error

	deps  map[string]bool // names that the declarations mention
	order int
}

// A PendingMethod is a method that is not in force, and why.
type PendingMethod struct {
	Item *syntax.Item
	Err  *Error
}

// An Error is a fault that the checker found.
type Error struct {
	Pos syntax.Position
	Msg string
	// Hint is what may help, or empty.
	Hint string
	// Undefined is the name that is not known, or the method that a type of the
	// session lacks, if that is the fault.
	Undefined string
}

// Error returns place and message.
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// Errors are the faults of a cell, at least one.
type Errors []*Error

// Error returns the first one's text.
func (es Errors) Error() string { return es[0].Error() }

// A Checker knows the names of one session. It is used by one goroutine at a
// time.
type Checker struct {
	Files *syntax.Files
	// Asserts are the assertions of all units, by number.
	Asserts []*Assertion
	// ReadsStack tells that code has been checked that asks which calls are
	// under way.
	ReadsStack bool
	// Counters are the statements that are counted, by number.
	Counters []Counter
	// Counts, if not nil, reports whether the statements of a file of a package
	// are counted.
	Counts func(c *syntax.Cell) bool
	// Find, if not nil, returns the files of a package that is not in the
	// standard library, for packages of files that import it.
	Find func(path string) ([]*syntax.Program, error)

	prog      *ssa.Program
	lib       *source.Library
	programs  *source.Library // of Go programs, nil until there is one
	counting  bool
	importing map[string]bool // packages of files that are being checked
	names     map[string]*Entity
	prelude   *types.Package
	serial    int
	users     map[string]map[string]bool // by name, the declarations that mention it
	bodies    map[token.Pos]bool         // where function literals stand that are bodies of async functions
	declared  int                        // names so far
}

// An Assertion is an assert statement.
type Assertion struct {
	Expr *assertion.Expr
	Pos  syntax.Position
}

// New returns a checker that knows Go's predeclared names only.
func New() *Checker {
	files := syntax.NewFiles()
	prog := ssa.NewProgram(files.Set, ssa.NaiveForm|ssa.InstantiateGenerics)
	return &Checker{
		Files:  files,
		prog:   prog,
		lib:    newLibrary(prog, true),
		names:  map[string]*Entity{},
		bodies: map[token.Pos]bool{},
		users:  map[string]map[string]bool{},
	}
}

// IsCompiled reports whether p is compiled code.
func (c *Checker) IsCompiled(p *types.Package) bool {
	return p.Path() != sessionPath && p.Path() != "ssa" && !c.lib.IsSource(p) && (c.programs == nil || !c.programs.IsSource(p))
}

// Prog returns the program that all units are built in.
func (c *Checker) Prog() *ssa.Program { return c.prog }

// Lookup returns the entity of that name, or nil.
func (c *Checker) Lookup(name string) *Entity { return c.names[name] }

// Entities returns all names of the session, sorted.
func (c *Checker) Entities() []*Entity {
	out := make([]*Entity, 0, len(c.names))
	for _, e := range c.names {
		out = append(out, e)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Declarations returns all names of the session in the order in which they
// were first declared.
func (c *Checker) Declarations() []*Entity {
	out := c.Entities()
	sort.SliceStable(out, func(i, j int) bool { return out[i].order < out[j].order })
	return out
}

// IsAsyncBody reports whether the function literal at pos is the body of an
// async function.
func (c *Checker) IsAsyncBody(pos token.Pos) bool { return c.bodies[pos] }

// Declared reports whether the user has declared name.
func (c *Checker) Declared(name string) bool { return c.names[name] != nil }

// Forget removes a name.
func (c *Checker) Forget(name string) { delete(c.names, name) }

// Prelude returns the package of predeclared names.
func (c *Checker) Prelude() (*types.Package, error) {
	if c.prelude == nil {
		p, err := c.Import(PreludePath)
		if err != nil {
			return nil, err
		}
		c.prelude = p
	}
	return c.prelude, nil
}

// Package returns the package that the name stands for where no import says
// otherwise: the user's import of that name, or the obvious package of the
// standard library.
func (c *Checker) Package(name string) (*types.Package, error) {
	path := ""
	if e := c.names[name]; e != nil && e.Kind == Import {
		path = e.Path
	} else if e == nil {
		path = packageNamed(name)
	}
	if path == "" {
		return nil, nil
	}
	return c.Import(path)
}

// packageNamed returns the import path of the package that name means where
// nothing is imported, or "".
func packageNamed(name string) string {
	if name == "await" {
		return AwaitPath
	}
	path, _ := std.ByName(name)
	return path
}

const sessionPath = "main"

// A unit is one package of the checker.
type unit struct {
	c        *Checker
	pkg      *types.Package
	files    []*ast.File
	info     *types.Info
	errs     []types.Error
	marks    map[token.Pos]syntax.Mark
	open     map[token.Pos]bool // marks that are not resolved yet
	origin   map[ast.Expr]origin
	faults   []types.Error         // found here, not by go/types
	types    map[types.Type]string // names given to types by typeExpr
	own      map[string]bool       // names that the unit declares
	used     map[string]bool       // names that the unit mentions
	asserts  []*ast.CallExpr
	renewed  map[*types.TypeName]bool // earlier types that the unit declares anew
	counters []Counter
	plain    bool            // assertions stay calls, for an export
	spelled  bool            // the marks that need no types are spelled out
	path     string          // the import path
	lib      *source.Library // where a package of files, which sees nothing of the session, imports from; nil for a cell
}

// identifiers collects the names that n mentions.
func identifiers(n ast.Node, into map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			into[n.Name] = true
		case *ast.SelectorExpr:
			identifiers(n.X, into)
			return false
		}
		return true
	})
}

// fill puts the names that the unit mentions and does not declare into the
// scope of a new package for it.
func (u *unit) fill() error {
	u.pkg = types.NewPackage(u.path, u.files[0].Name.Name)
	scope := u.pkg.Scope()
	names := map[string]bool{}
	for _, f := range u.files {
		identifiers(f, names)
	}
	u.used = names
	if u.lib != nil {
		return u.fillAlone(names)
	}
	for name := range names {
		if u.own[name] {
			continue
		}
		if strings.HasSuffix(name, "ʹ") || len(name) > 2 && strings.Contains(name, "ʹ") {
			if err := u.insertOwn(name); err != nil {
				return err
			}
			continue
		}
		if e := u.c.names[name]; e != nil {
			switch {
			case e.Kind == Import:
				p, err := u.c.Import(e.Path)
				if err != nil {
					return err
				}
				scope.Insert(types.NewPkgName(token.NoPos, u.pkg, name, p))
			case e.Obj != nil:
				scope.Insert(e.Obj)
			}
			continue
		}
		if types.Universe.Lookup(name) != nil {
			continue
		}
		if preludeNames[name] {
			p, err := u.c.Prelude()
			if err != nil {
				return err
			}
			scope.Insert(p.Scope().Lookup(name))
			continue
		}
		if path := packageNamed(name); path != "" && u.isBase(name) {
			p, err := u.c.Import(path)
			if err != nil {
				return err
			}
			scope.Insert(types.NewPkgName(token.NoPos, u.pkg, name, p))
		}
	}
	for t, name := range u.types {
		if scope.Lookup(name) == nil {
			scope.Insert(types.NewTypeName(token.NoPos, u.pkg, name, t))
		}
	}
	return nil
}

// insertOwn inserts one of the names that the checker itself puts into code.
func (u *unit) insertOwn(name string) error {
	scope := u.pkg.Scope()
	if name == awaitName {
		p, err := u.Import(AwaitPath)
		if err != nil {
			return err
		}
		scope.Insert(types.NewPkgName(token.NoPos, u.pkg, name, p))
		return nil
	}
	p, err := u.Import(PreludePath)
	if err != nil {
		return err
	}
	if obj := p.Scope().Lookup(name); obj != nil {
		scope.Insert(obj)
	}
	return nil
}

// preludeNames are the names that a session has besides Go's own.
var preludeNames = map[string]bool{
	"sleep": true, "gather": true, "race": true, "first": true, "timeout": true, "shield": true, "group": true,
}

// PreludeNames returns the names that a session has besides Go's own, sorted.
func PreludeNames() []string {
	var out []string
	for n := range preludeNames {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// isBase reports whether name is the operand of a selector somewhere in u.
func (u *unit) isBase(name string) bool {
	found := false
	u.inspect(func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == name {
				found = true
			}
		}
		return !found
	})
	return found
}

// inspect calls f for the nodes of the unit's files, as ast.Inspect does.
func (u *unit) inspect(f func(ast.Node) bool) {
	for _, file := range u.files {
		ast.Inspect(file, f)
	}
}

// apply calls post for the nodes of the unit's files, children first, as
// astutil.Apply does.
func (u *unit) apply(post astutil.ApplyFunc) {
	for _, file := range u.files {
		astutil.Apply(file, nil, post)
	}
}

// run checks the unit's files as they are now.
func (u *unit) run() error {
	if err := u.fill(); err != nil {
		return err
	}
	u.info = source.NewInfo()
	u.errs = append([]types.Error(nil), u.faults...)
	conf := types.Config{
		Importer:  u,
		GoVersion: goVersion,
		Error:     func(err error) { u.errs = append(u.errs, err.(types.Error)) },
	}
	types.NewChecker(&conf, u.c.Files.Set, u.pkg, u.info).Files(u.files)
	return nil
}

// resolve checks the unit, replacing marks by what they mean, until none is
// left, and then spells assertions out. What remains in u.errs is the user's.
func (u *unit) resolve() error {
	if !u.spelled {
		if u.c.counting {
			u.countStatements(u.files[0])
		}
		u.before()
		u.spelled = true
	}
	for {
		if err := u.run(); err != nil {
			return err
		}
		changed, open := u.resolveMarks()
		if u.keyLiterals() || u.suitTasks() || changed {
			continue
		}
		if open && len(u.realErrors()) == 0 {
			u.errs = append(u.errs, u.openErrors()...)
		}
		if len(u.asserts) > 0 && !u.plain && len(u.realErrors()) == 0 {
			u.explainAsserts()
			u.asserts = nil
			continue
		}
		u.c.ReadsStack = u.c.ReadsStack || u.readsStack()
		return nil
	}
}

// readsStack reports whether the unit mentions what tells of the calls under
// way.
func (u *unit) readsStack() bool {
	for _, obj := range u.info.Uses {
		if obj.Pkg() != nil && slices.Contains(stackReaders[obj.Pkg().Path()], obj.Name()) {
			return true
		}
	}
	return false
}

var stackReaders = map[string][]string{
	"runtime":       {"Caller", "Callers", "Stack"},
	"runtime/debug": {"Stack", "PrintStack"},
	"log":           {"Lshortfile", "Llongfile", "Output"},
}

// keyLiterals gives keys to the elements of struct literals in which go/types
// takes the fields that are not exported for those of another package, because
// the type was declared in another unit. It reports whether it changed any.
func (u *unit) keyLiterals() bool {
	at := map[token.Pos]bool{}
	for _, e := range u.errs {
		if strings.HasPrefix(e.Msg, "implicit assignment to unexported field ") {
			at[e.Pos] = true
		}
	}
	if len(at) == 0 {
		return false
	}
	changed := false
	u.inspect(func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool { return at[e.Pos()] }) {
			return true
		}
		t := u.info.TypeOf(lit)
		if t == nil {
			return true
		}
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok || !isSession(t) || st.NumFields() != len(lit.Elts) {
			return true
		}
		for i, e := range lit.Elts {
			if _, keyed := e.(*ast.KeyValueExpr); keyed || st.Field(i).Name() == "_" {
				return true
			}
		}
		for i, e := range lit.Elts {
			lit.Elts[i] = &ast.KeyValueExpr{Key: &ast.Ident{NamePos: e.Pos(), Name: st.Field(i).Name()}, Colon: e.Pos(), Value: e}
		}
		changed = true
		return true
	})
	return changed
}

// isSession reports whether t was declared in the session.
func isSession(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return !ok || n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == sessionPath
}

// realErrors returns the errors that are not about marks yet to be resolved or
// about what a session allows.
func (u *unit) realErrors() []types.Error {
	var out []types.Error
	for _, e := range u.errs {
		if u.ignores(e) {
			continue
		}
		out = append(out, e)
	}
	return out
}

// ignores reports whether e is no fault in a session.
func (u *unit) ignores(e types.Error) bool {
	if strings.HasPrefix(e.Msg, "declared and not used: ") {
		return u.topLevel(e.Pos)
	}
	if strings.Contains(e.Msg, "cannot receive from") && u.isOpenMark(e.Pos) {
		return true
	}
	return false
}

// topLevel reports whether pos is that of a variable declared at a cell's top
// level.
func (u *unit) topLevel(pos token.Pos) bool {
	if u.lib != nil {
		return false
	}
	for _, d := range u.files[0].Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(f.Name.Name, CellPrefix) {
			continue
		}
		for _, id := range topDefines(f.Body.List) {
			if id.Pos() == pos {
				return true
			}
		}
	}
	return false
}

// CellPrefix begins the name of the function that a statement of a cell is the
// body of.
const CellPrefix = "cellʹ"

// topDefines returns the identifiers that the statements declare at their own
// level.
func topDefines(stmts []ast.Stmt) []*ast.Ident {
	var ids []*ast.Ident
	for _, s := range stmts {
		for {
			l, ok := s.(*ast.LabeledStmt)
			if !ok {
				break
			}
			s = l.Stmt
		}
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				for _, l := range s.Lhs {
					if id, ok := l.(*ast.Ident); ok && id.Name != "_" {
						ids = append(ids, id)
					}
				}
			}
		case *ast.DeclStmt:
			if g, ok := s.Decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, sp := range g.Specs {
					for _, id := range sp.(*ast.ValueSpec).Names {
						if id.Name != "_" {
							ids = append(ids, id)
						}
					}
				}
			}
		}
	}
	return ids
}

// errors returns the unit's faults in the user's terms, at most ten.
func (u *unit) errors() Errors {
	var out Errors
	seen := map[string]bool{}
	for _, e := range u.realErrors() {
		if strings.HasPrefix(e.Msg, "\t") && len(out) > 0 {
			last := out[len(out)-1]
			last.Msg += "\n" + e.Msg
			continue
		}
		err := u.c.userError(u, e)
		key := err.Error()
		if seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, err)
		if len(out) == 10 {
			break
		}
	}
	for _, err := range out {
		if err.Undefined == "" {
			u.lacking(err)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].Pos.Cell == out[j].Pos.Cell && out[i].Pos.Offset < out[j].Pos.Offset
	})
	return out
}

// lacksMember and lacksMethod are what go/types says of a type without the
// field or method that is selected, and without one that an interface demands.
var (
	lacksMember = regexp.MustCompile(`\(type (\S+) has no field or method (\w+)(?:, but does have .*)?\)$`)
	lacksMethod = regexp.MustCompile(`(\S+) does not (?:implement|satisfy) .+ \(missing method (\w+)\)$`)
)

// lacking notes in err what a type of the session lacks, if that is the fault:
// a method may be declared later.
func (u *unit) lacking(err *Error) {
	m := lacksMember.FindStringSubmatch(err.Msg)
	selected := m != nil
	if !selected {
		m = lacksMethod.FindStringSubmatch(err.Msg)
	}
	if m == nil {
		return
	}
	name, _, _ := strings.Cut(strings.TrimLeft(m[1], "*"), "[")
	obj, _ := u.pkg.Scope().Lookup(name).(*types.TypeName)
	if obj == nil || obj.IsAlias() || types.IsInterface(obj.Type()) {
		return
	}
	err.Undefined = name + "." + m[2]
	if selected {
		err.Hint = suggestion(m[2], members(obj.Type()), "")
	}
}

// members returns the names of the fields and methods of t.
func members(t types.Type) []string {
	var names []string
	if st, ok := t.Underlying().(*types.Struct); ok {
		for f := range st.Fields() {
			names = append(names, f.Name())
		}
	}
	for sel := range types.NewMethodSet(types.NewPointer(t)).Methods() {
		names = append(names, sel.Obj().Name())
	}
	return names
}

func (c *Checker) userError(u *unit, e types.Error) *Error {
	pos, _ := c.Files.Position(e.Pos)
	err := &Error{Pos: pos, Msg: clean(e.Msg)}
	if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
		if pkg, sel, ok := strings.Cut(name, "."); ok {
			if p, _ := c.Package(pkg); p != nil {
				err.Hint = suggestion(sel, p.Scope().Names(), pkg+".")
			}
		} else {
			err.Undefined = name
			if path := packageNamed(name); path != "" && c.names[name] == nil {
				err.Undefined, err.Msg = "", "use of package "+path+" without selector"
			} else if e := c.names[name]; e != nil && e.Off != nil {
				err.Hint = "its declaration is off: " + e.Off.Error()
			} else {
				err.Hint = suggestion(name, c.visible(u), "")
			}
		}
	} else if m := sameType.FindStringSubmatch(e.Msg); m != nil && m[1] == m[2] && u != nil && u.path != "" {
		err.Hint = "compiled packages use the compiled " + strings.TrimLeft(m[1], "*[]") + ", not that of the package under test"
	}
	return err
}

// sameType is what go/types says of a value of a type that another package has
// another type of the same name for.
var sameType = regexp.MustCompile(`^cannot use .* of (?:\w+ )?type ([^ ]*\w\.[^ ]+)\) as ([^ ]+) value in `)

// visible returns the names that a cell can mention.
func (c *Checker) visible(u *unit) []string {
	names := types.Universe.Names()
	for n := range c.names {
		names = append(names, n)
	}
	for n := range preludeNames {
		names = append(names, n)
	}
	if u != nil {
		for n := range u.own {
			names = append(names, n)
		}
		for id := range u.info.Defs {
			names = append(names, id.Name)
		}
	}
	for _, p := range std.Packages() {
		if i := strings.LastIndexByte(p, '/'); i >= 0 {
			p = p[i+1:]
		}
		names = append(names, p)
	}
	return names
}

// clean takes the checker's own names out of a message.
func clean(msg string) string {
	msg = strings.ReplaceAll(msg, "assertʹ", "assert")
	msg = suited.ReplaceAllString(msg, "$1")
	msg = strings.ReplaceAll(msg, " in argument to echoʹ", "")
	msg = strings.ReplaceAll(msg, awaitName+".", "await.")
	msg = ownName.ReplaceAllString(msg, "$1")
	msg = uninstantiated.ReplaceAllString(msg, "a generic function cannot be used without instantiation")
	msg = preludePlace.ReplaceAllString(msg, "")
	msg = badRange.ReplaceAllString(msg, "for await needs a channel to receive from, and $2 is of type $1")
	if strings.Contains(msg, "value in argument to assert") && strings.HasPrefix(msg, "cannot use ") {
		if head, _, ok := strings.Cut(strings.TrimPrefix(msg, "cannot use "), " as bool"); ok {
			return "assert needs a condition: " + head + " is not boolean"
		}
	}
	return msg
}

// ownName is a name of the session as go/types qualifies it in other units.
var ownName = regexp.MustCompile(`(^|[^\w.])main\.`)

// uninstantiated is what go/types says of a generic function that is echoed.
var uninstantiated = regexp.MustCompile(`^in call to echoʹ, cannot infer .*$`)

// suited is a name that suitTasks puts in the place of another.
var suited = regexp.MustCompile(`\b(gather|race|first)[02]ʹ`)

// preludePlace is a place in the shell's own source.
var preludePlace = regexp.MustCompile(` \(declared at github\.com/asyncrepl/[^)]*\)`)

// badRange is what go/types says of the operand of for await.
var badRange = regexp.MustCompile(`^in call to await\.Range, type (.+) of (.+) does not match <-chan T.*$`)

func (c *Checker) next() string {
	c.serial++
	return strconv.Itoa(c.serial)
}

func errorAt(pos syntax.Position, format string, args ...any) *Error {
	return &Error{Pos: pos, Msg: fmt.Sprintf(format, args...)}
}
