// Package testing is what a session sees of the standard package testing in
// place of the parts that only a compiled test binary can use.
package testing

import "github.com/asyncrepl/asyncrepl/testmode"

// T is the test mode's T, which has the methods of the standard one.
type T = testmode.T
