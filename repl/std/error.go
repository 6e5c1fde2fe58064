package std

// wrapError wraps a boxed error.
func wrapError(b Boxed) any {
	if _, joined := b.Method("Unwrap").(func(any) []error); joined {
		return joinedError{anyError{b}}
	}
	return singleError{anyError{b}}
}

// An anyError is a session value that implements error. Package errors looks
// for the methods Is, As and Unwrap; where the session type lacks one, it
// answers as if it were not there.
type anyError struct{ b Boxed }

func (e anyError) BoxedValue() Boxed { return e.b }

func (e anyError) Error() string {
	return e.b.Method("Error").(func(any) string)(e.b.Value())
}

func (e anyError) Is(target error) bool {
	is, ok := e.b.Method("Is").(func(any, error) bool)
	return ok && is(e.b.Value(), target)
}

func (e anyError) As(target any) bool {
	as, ok := e.b.Method("As").(func(any, any) bool)
	return ok && as(e.b.Value(), target)
}

// A singleError is an error that wraps one other error, or none.
type singleError struct{ anyError }

func (e singleError) Unwrap() error {
	unwrap, ok := e.b.Method("Unwrap").(func(any) error)
	if !ok {
		return nil
	}
	return unwrap(e.b.Value())
}

// A joinedError is an error that wraps several others.
type joinedError struct{ anyError }

func (e joinedError) Unwrap() []error {
	return e.b.Method("Unwrap").(func(any) []error)(e.b.Value())
}
