// Package reflect is the source of the generic part of the standard package
// reflect for a session.
package reflect

import "reflect"

// TypeFor returns the Type that represents the type argument T.
func TypeFor[T any]() reflect.Type {
	return reflect.TypeOf((*T)(nil)).Elem()
}

// TypeAssert returns v's value as a T, and whether it is one.
func TypeAssert[T any](v reflect.Value) (T, bool) {
	t, ok := v.Interface().(T)
	return t, ok
}
