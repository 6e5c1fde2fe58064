package std_test

import (
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/std"
)

func BenchmarkImport(b *testing.B) {
	for _, path := range []string{"fmt", "net/http"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				var im std.Importer
				if _, err := im.Import(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			var im std.Importer
			for _, path := range std.Packages() {
				if _, err := im.Import(path); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkSymbols(b *testing.B) {
	for _, path := range []string{"fmt", "net/http"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				std.Symbols(path)
			}
		})
	}
}
