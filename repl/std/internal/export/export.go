// Package export holds the types of the standard library as export data, as
// package gcexportdata of golang.org/x/tools reads it.
package export

import (
	"archive/zip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

// common has the packages whose types are the same everywhere; platform,
// which a generated file per platform declares, has the others.
//
//go:embed common.zip
var common string

// files returns the archived files, one for each package.
var files = sync.OnceValue(func() []*zip.File {
	var all []*zip.File
	for _, archive := range []string{platform, common} {
		z, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
		if err != nil {
			panic(fmt.Sprintf("embedded type data: %v", err))
		}
		all = append(all, z.File...)
	}
	return all
})

// Open returns the export data of the package with the given import path, or
// nil if there is none.
func Open(path string) (io.ReadCloser, error) {
	for _, f := range files() {
		if f.Name == path {
			return f.Open()
		}
	}
	return nil, nil
}
