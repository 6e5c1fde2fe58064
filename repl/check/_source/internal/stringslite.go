// Package stringslite stands in for the one of the Go toolchain.
package stringslite

func Clone(s string) string
func Cut(s, sep string) (before, after string, found bool)
func CutPrefix(s, prefix string) (after string, found bool)
func CutSuffix(s, suffix string) (before string, found bool)
func HasPrefix(s, prefix string) bool
func HasSuffix(s, suffix string) bool
func Index(s, substr string) int
func IndexByte(s string, c byte) int
func TrimPrefix(s, prefix string) string
func TrimSuffix(s, suffix string) string
