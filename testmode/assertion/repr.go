package assertion

import "fmt"

// Repr formats a value as Go syntax, in at most max characters; 0 means any
// number.
func Repr(v any, max int) string { return fmt.Sprintf("%#v", v) }
