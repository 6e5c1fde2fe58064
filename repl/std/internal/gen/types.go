package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/tools/go/gcexportdata"
)

// writeTypes writes an archive of the packages whose types are the same on all
// platforms and one for each platform with the others, and the Go files that
// embed them. In an archive every package is a file of export data named by
// its path.
func writeTypes(dir string, libs []*library) error {
	encoded := make([][][]byte, len(libs))
	for i, lib := range libs {
		for _, pkg := range lib.packages {
			data, err := encode(pkg)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", lib.platform, pkg.Path(), err)
			}
			encoded[i] = append(encoded[i], data)
		}
	}
	same := func(k int) bool {
		return !slices.ContainsFunc(encoded, func(data [][]byte) bool { return !bytes.Equal(data[k], encoded[0][k]) })
	}
	differs := func(k int) bool { return !same(k) }

	if err := writeArchive(dir, "common", libs[0].packages, encoded[0], same); err != nil {
		return err
	}
	for i, lib := range libs {
		name := lib.platform.String()
		if err := writeArchive(dir, name, lib.packages, encoded[i], differs); err != nil {
			return err
		}
		if err := writeGo(dir, "platform_"+name+".go", embedding("", name)); err != nil {
			return err
		}
	}
	return writeGo(dir, "platform_elsewhere.go", embedding(elsewhere(), platforms[0].String()))
}

// encode returns the types of pkg as export data, without positions: they
// would name files of the machine this runs on.
func encode(pkg *types.Package) ([]byte, error) {
	var b bytes.Buffer
	err := gcexportdata.Write(&b, nil, pkg)
	return b.Bytes(), err
}

// embedding returns the Go file that embeds the archive of the platform called name.
func embedding(constraint, name string) []byte {
	var b bytes.Buffer
	if constraint != "" {
		fmt.Fprintf(&b, "//go:build %s\n\n", constraint)
	}
	fmt.Fprintf(&b, "package export\n\nimport _ \"embed\"\n\n//go:embed %s.zip\nvar platform string\n", name)
	return b.Bytes()
}

// writeArchive writes those of pkgs that pass keep, encoded as data says. Its
// files are stored as they are: reading one must cost no more than finding it.
func writeArchive(dir, name string, pkgs []*types.Package, data [][]byte, keep func(k int) bool) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for k, pkg := range pkgs {
		if !keep(k) {
			continue
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: pkg.Path(), Method: zip.Store})
		if err != nil {
			return err
		}
		if _, err := w.Write(data[k]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".zip"), b.Bytes(), 0o666)
}
