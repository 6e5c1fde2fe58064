// Command gen writes the generated parts of package std: the symbol tables
// and interface wrappers of internal/table, and the type data of
// internal/export. It asks the go command for the export data of the standard
// library on every supported platform, so what it writes belongs to the Go
// release it is run with.
//
// It is run in repl/std, by go generate.
package main

import (
	"fmt"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	if err := run(); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

// run loads all platforms and writes all files.
func run() error {
	var loaded []*library
	for _, p := range platforms {
		lib, err := load(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		loaded = append(loaded, lib)
	}
	if err := writeTypes("internal/export", loaded); err != nil {
		return err
	}
	return writeTables("internal/table", loaded)
}
