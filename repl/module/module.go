// Package module finds the files of Go packages – by directory, by import path
// within a module, and in the modules that it requires – by the rules of the go
// command, which it does not need.
package module

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A Package is the files of the package in a directory that are meant for this
// system, as names without the directory.
type Package struct {
	// Dir is the directory.
	Dir string
	// Files are the package's own, Tests those of tests that belong to the
	// package, External those of the package of tests beside it.
	Files, Tests, External []string
}

// Read returns the package in a directory. Where there are only files that are
// not meant for this system, or none at all, it is empty. The error tells of a
// directory or a file that cannot be read.
func Read(dir string) (*Package, error) {
	ctx := build.Default
	ctx.CgoEnabled = false
	ctx.BuildTags = append(ctx.BuildTags, "purego", "safe") // neither assembly nor a hold on reflect's insides
	p, err := ctx.ImportDir(dir, 0)
	if none := (*build.NoGoError)(nil); err != nil && !errors.As(err, &none) && len(p.InvalidGoFiles) == 0 {
		return nil, err
	}
	out := &Package{Dir: dir, Files: p.GoFiles, Tests: p.TestGoFiles, External: p.XTestGoFiles}
	for _, f := range p.InvalidGoFiles {
		switch { // what is wrong with it is for others to say
		case slices.Contains(slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles), f):
		case strings.HasSuffix(f, "_test.go"):
			out.Tests = append(out.Tests, f)
		default:
			out.Files = append(out.Files, f)
		}
	}
	return out, nil
}

// A Module is a module on disk.
type Module struct {
	// Dir is its root, an absolute path.
	Dir string
	// Path is its module path; that of the standard library is "std".
	Path string

	file *modfile.File
}

// Containing returns the module that a directory belongs to, or nil if there is
// no go.mod there or above.
func Containing(dir string) (*Module, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for {
		name := filepath.Join(dir, "go.mod")
		text, err := os.ReadFile(name)
		if err == nil {
			f, err := modfile.Parse(name, text, nil)
			if err != nil {
				return nil, err
			}
			if f.Module == nil {
				return nil, fmt.Errorf("%s: no module declaration", name)
			}
			return &Module{Dir: dir, Path: f.Module.Mod.Path, file: f}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil, nil
		}
		dir = parent
	}
}

// ImportPath returns the import path of the package in dir, an absolute path
// within the module.
func (m *Module) ImportPath(dir string) string {
	rel, err := filepath.Rel(m.Dir, dir)
	if err != nil {
		return m.Path
	}
	return path.Join(m.prefix(), filepath.ToSlash(rel))
}

// prefix is what all import paths of the module begin with.
func (m *Module) prefix() string {
	if m.Path == "std" {
		return ""
	}
	return m.Path
}

// Find returns the directory of the package that importPath means in code of the
// module: a package of its own, of a module that a replace directive gives a
// directory, of the vendor directory, or of a required module that the go
// command has downloaded.
func (m *Module) Find(importPath string) (string, error) {
	if rest, ok := within(importPath, m.prefix()); ok {
		if dir := filepath.Join(m.Dir, filepath.FromSlash(rest)); isDir(dir) {
			return dir, nil
		}
	}
	if dir := filepath.Join(m.Dir, "vendor", filepath.FromSlash(importPath)); isDir(dir) {
		return dir, nil
	}
	best, bestDir := "", ""
	for _, r := range m.file.Require {
		rest, ok := within(importPath, r.Mod.Path)
		if !ok || len(r.Mod.Path) <= len(best) {
			continue
		}
		root, err := m.root(r.Mod)
		if err != nil {
			return "", err
		}
		best, bestDir = r.Mod.Path, filepath.Join(root, filepath.FromSlash(rest))
	}
	switch {
	case best == "":
		return "", fmt.Errorf("package %s is not in the standard library, and no module that %s requires has it", importPath, m.Path)
	case !isDir(bestDir):
		return "", fmt.Errorf("package %s of module %s is not on this machine (go mod download gets it)", importPath, best)
	}
	return bestDir, nil
}

// root returns where a required module is.
func (m *Module) root(v module.Version) (string, error) {
	for _, r := range m.file.Replace {
		if r.Old.Path != v.Path || r.Old.Version != "" && r.Old.Version != v.Version {
			continue
		}
		if r.New.Version == "" {
			if filepath.IsAbs(r.New.Path) {
				return r.New.Path, nil
			}
			return filepath.Join(m.Dir, filepath.FromSlash(r.New.Path)), nil
		}
		v = r.New
		break
	}
	p, err := module.EscapePath(v.Path)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(cache(), filepath.FromSlash(p)+"@"+version), nil
}

// cache returns the directory of downloaded modules.
func cache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	first, _, _ := strings.Cut(build.Default.GOPATH, string(filepath.ListSeparator))
	return filepath.Join(first, "pkg", "mod")
}

// within returns the rest of an import path below prefix.
func within(importPath, prefix string) (rest string, ok bool) {
	if prefix == "" || importPath == prefix {
		return strings.TrimPrefix(importPath, prefix), true
	}
	return strings.CutPrefix(importPath, prefix+"/")
}

func isDir(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}
