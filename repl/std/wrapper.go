package std

import "github.com/asyncrepl/asyncrepl/repl/std/internal/table"

// Boxed is a session value together with the methods its type has in the
// session.
type Boxed = table.Boxed

// Wrapper returns a function that makes a value which implements the interface
// type called name in the package with the given import path, by calling the
// methods of a boxed value. The box must have all of them, with the types the
// interface gives them. Wrapper returns nil if the type is no interface, has no
// methods, or has methods that no other package can declare.
//
// The values can be compared: two are equal when their boxes are. Each has a
// method BoxedValue() [Boxed] that returns the box.
//
// The path of the predeclared interface error is empty. Its values also have
// the methods Is, As and Unwrap; where the box lacks one, it says false or nil.
func Wrapper(path, name string) func(Boxed) any {
	if path == "" && name == "error" {
		return wrapError
	}
	if p := table.Lookup(path); p != nil {
		return p.Wrapper(name)
	}
	return nil
}

// Unbox returns the box in a value that a function returned by [Wrapper] made.
func Unbox(v any) (b Boxed, ok bool) {
	w, ok := v.(interface{ BoxedValue() Boxed })
	if !ok {
		return nil, false
	}
	return w.BoxedValue(), true
}
