package table

// Boxed is a session value together with the methods its type has in the session.
type Boxed interface {
	// Method returns the method of that name as a function whose first
	// parameter, of type any, is the receiver, or nil if there is none.
	// Its other parameters and its results are those of the method.
	Method(name string) any
	// Value returns what to pass as the receiver.
	Value() any
}
