// Package unique is the source of the standard package unique for a session.
package unique

// Handle is an identity of a value: two are equal exactly if the values they
// were made of are. It holds the value itself.
type Handle[T comparable] struct {
	value T
	made  bool
}

// Make returns the handle of value.
func Make[T comparable](value T) Handle[T] {
	return Handle[T]{value: value, made: true}
}

// Value returns the value that the handle was made of.
func (h Handle[T]) Value() T {
	if !h.made {
		panic("unique: Value of a Handle that Make did not return")
	}
	return h.value
}
