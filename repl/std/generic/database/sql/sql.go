// Package sql is the source of the generic part of the standard package
// database/sql for a session.
package sql

import (
	"database/sql/driver"

	"github.com/asyncrepl/asyncrepl/repl/std/fast"
)

// Null is a value that may be null.
type Null[T any] struct {
	V     T
	Valid bool
}

// Scan stores value, converted as in a query, or the zero value for nil.
func (n *Null[T]) Scan(value any) error {
	if value == nil {
		var zero T
		n.V, n.Valid = zero, false
		return nil
	}
	n.Valid = true
	return fast.Scan(&n.V, value)
}

// Value returns the value as a query takes it, or nil if it is null.
func (n Null[T]) Value() (driver.Value, error) {
	if !n.Valid {
		return nil, nil
	}
	return driver.DefaultParameterConverter.ConvertValue(n.V)
}
