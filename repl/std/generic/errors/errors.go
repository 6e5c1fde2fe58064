// Package errors is the source of the generic part of the standard package
// errors for a session.
package errors

import "errors"

// AsType returns the first error in err's tree that matches the type E.
func AsType[E error](err error) (E, bool) {
	var e E
	if errors.As(err, &e) {
		return e, true
	}
	var zero E
	return zero, false
}
