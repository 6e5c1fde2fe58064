package main

import (
	"bytes"
	"fmt"
	"go/types"
	"go/version"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A table is the generated code for one package, on one platform or common to all.
type table struct {
	path, name string
	symbols    []item
	wrappers   []item
}

func newTable(pkg *types.Package) *table {
	return &table{pkg.Path(), pkg.Name(), symbols(pkg), wrappers(pkg)}
}

// A division is the tables of all packages, divided into what is common to all
// platforms and, for each platform, what it has beyond that.
type division struct {
	common []*table
	rest   [][]*table // by platform, then as common
}

// divide divides the tables of libs.
func divide(libs []*library) (*division, error) {
	d := &division{rest: make([][]*table, len(libs))}
	for i, lib := range libs {
		for _, pkg := range lib.packages {
			d.rest[i] = append(d.rest[i], newTable(pkg))
		}
		if len(d.rest[i]) != len(d.rest[0]) {
			return nil, fmt.Errorf("%s has other packages than %s", lib.platform, libs[0].platform)
		}
	}
	for k, first := range d.rest[0] {
		same := *first
		for _, tables := range d.rest[1:] {
			if tables[k].path != first.path {
				return nil, fmt.Errorf("%s is not there on all platforms", first.path)
			}
			same.symbols = intersect(same.symbols, tables[k].symbols)
			same.wrappers = intersect(same.wrappers, tables[k].wrappers)
		}
		for _, tables := range d.rest {
			tables[k].symbols = subtract(tables[k].symbols, same.symbols)
			tables[k].wrappers = subtract(tables[k].wrappers, same.wrappers)
		}
		d.common = append(d.common, &same)
	}
	return d, nil
}

// split returns the paths of the packages that are not the same everywhere.
func (d *division) split() []string {
	var paths []string
	for k, t := range d.common {
		if slices.ContainsFunc(d.rest, func(tables []*table) bool {
			return len(tables[k].symbols)+len(tables[k].wrappers) > 0
		}) {
			paths = append(paths, t.path)
		}
	}
	return paths
}

// writeTables writes a file for every package with what all platforms have in
// common, a file for every platform with what the others lack, and the index.
func writeTables(dir string, libs []*library) error {
	d, err := divide(libs)
	if err != nil {
		return err
	}
	if err := removeOld(filepath.Join(dir, "z_*.go")); err != nil {
		return err
	}
	split := d.split()
	for _, t := range d.common {
		src := t.file(slices.Contains(split, t.path))
		if err := writeGo(dir, "z_"+alias(t.path)+".go", src); err != nil {
			return err
		}
	}
	for i, lib := range libs {
		if err := writeGo(dir, "platform_"+lib.platform.String()+".go", platformFile(d.rest[i], split)); err != nil {
			return err
		}
	}
	none := append([]byte("//go:build "+elsewhere()+"\n\n"), platformFile(nothing(d.common), split)...)
	if err := writeGo(dir, "platform_elsewhere.go", none); err != nil {
		return err
	}
	return writeGo(dir, "index.go", indexFile(d.common))
}

// intersect returns the items of a that are also in b.
func intersect(a, b []item) []item {
	return slices.DeleteFunc(slices.Clone(a), func(x item) bool { return !contains(b, x) })
}

// subtract returns the items of a that are not in b.
func subtract(a, b []item) []item {
	return slices.DeleteFunc(slices.Clone(a), func(x item) bool { return contains(b, x) })
}

func contains(items []item, x item) bool {
	return slices.ContainsFunc(items, func(y item) bool { return x.name == y.name && x.code == y.code })
}

// nothing returns empty tables for the packages of tables.
func nothing(tables []*table) []*table {
	var empty []*table
	for _, t := range tables {
		empty = append(empty, &table{path: t.path, name: t.name})
	}
	return empty
}

// file returns the source of what t has on all platforms; split says that
// there is more on some.
func (t *table) file(split bool) []byte {
	more := ""
	if split {
		more = "Here"
	}
	var b bytes.Buffer
	b.WriteString("package table\n\n")
	writeImports(&b, t.symbols, t.wrappers)
	t.code(&b, "", more)
	return b.Bytes()
}

// platformFile returns the source of what the packages in split have on one
// platform beyond what is common to all.
func platformFile(tables []*table, split []string) []byte {
	var all []item
	var code bytes.Buffer
	for _, t := range tables {
		if slices.Contains(split, t.path) {
			all = append(append(all, t.symbols...), t.wrappers...)
			t.code(&code, "Here", "")
		}
	}
	var b bytes.Buffer
	b.WriteString("package table\n\n")
	writeImports(&b, all)
	b.Write(code.Bytes())
	return b.Bytes()
}

// code writes the functions that the index names, their names ending in
// suffix. Where more is not empty they go on to the functions with that suffix.
func (t *table) code(b *bytes.Buffer, suffix, more string) {
	a := alias(t.path)
	fmt.Fprintf(b, "func symbols_%s%s(m map[string]reflect.Value) {\n", a, suffix)
	for _, s := range t.symbols {
		b.WriteString(s.code)
	}
	if more != "" {
		fmt.Fprintf(b, "symbols_%s%s(m)\n", a, more)
	}
	fmt.Fprintf(b, "}\n\nfunc wrapper_%s%s(name string) func(Boxed) any {\n", a, suffix)
	if len(t.wrappers) > 0 {
		b.WriteString("switch name {\n")
		for _, w := range t.wrappers {
			fmt.Fprintf(b, "case %q:\nreturn func(b Boxed) any { return %s{b} }\n", w.name, wrapperName(t.path, w.name))
		}
		b.WriteString("}\n")
	}
	if more != "" {
		fmt.Fprintf(b, "return wrapper_%s%s(name)\n}\n\n", a, more)
	} else {
		b.WriteString("return nil\n}\n\n")
	}
	for _, w := range t.wrappers {
		b.WriteString(w.code)
	}
}

// writeImports writes the import declaration for items. All tables need reflect.
func writeImports(b *bytes.Buffer, items ...[]item) {
	paths := []string{"reflect"}
	for _, list := range items {
		for _, it := range list {
			paths = append(paths, it.imports...)
		}
	}
	slices.Sort(paths)
	b.WriteString("import (\n")
	for _, path := range slices.Compact(paths) {
		if a := alias(path); a != path {
			fmt.Fprintf(b, "%s ", a)
		}
		fmt.Fprintf(b, "%q\n", path)
	}
	b.WriteString(")\n\n")
}

// indexFile returns the source of the index of all packages, sorted by path.
func indexFile(tables []*table) []byte {
	type line struct{ path, code string }
	lines := []line{{"unsafe", `{Path: "unsafe", Name: "unsafe"}`}} // the compiler's own
	for _, t := range tables {
		a := alias(t.path)
		lines = append(lines, line{t.path, fmt.Sprintf("{%q, %q, symbols_%s, wrapper_%s}", t.path, t.name, a, a)})
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.path, b.path) })

	var b bytes.Buffer
	fmt.Fprintf(&b, "package table\n\n// Release is the Go release that the tables belong to.\nconst Release = %q\n\n", version.Lang(runtime.Version()))
	b.WriteString("// index is sorted by path and laid out by the compiler: it costs nothing at start.\n")
	b.WriteString("var index = [...]Package{\n")
	for _, l := range lines {
		fmt.Fprintf(&b, "%s,\n", l.code)
	}
	b.WriteString("}\n")
	return b.Bytes()
}
