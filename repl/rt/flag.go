package rt

import (
	"flag"
	"go/types"
	"reflect"
)

// A flagValue is a value of a session type that stands for a flag. Package flag
// looks for methods that are in none of its interfaces, and makes a zero value of
// the type to see whether the default is one.
type flagValue struct{ box Box }

func (f flagValue) unwrapped() any { return f.box }

// String returns the text of the value, and none for a zero flagValue.
func (f flagValue) String() string {
	if f.box.T == nil {
		return ""
	}
	return f.box.T.Method("String").(func(any) string)(f.box)
}

// Set sets the value from text.
func (f flagValue) Set(text string) error {
	return f.box.T.Method("Set").(func(any, string) error)(f.box, text)
}

// IsBoolFlag reports whether the flag needs no argument.
func (f flagValue) IsBoolFlag() bool {
	is, ok := f.box.T.Method("IsBoolFlag").(func(any) bool)
	return ok && is(f.box)
}

// isZero reports whether the text of a zero value of the type is that of this
// one.
func (f flagValue) isZero(text string) bool {
	defer func() { recover() }()
	zero := f.box.T.Zero()
	if p, ok := f.box.T.T.Underlying().(*types.Pointer); ok {
		zero = reflect.New(f.box.T.reg.Of(p.Elem()).R).Interface()
	}
	return flagValue{Box{f.box.T, zero}}.String() == text
}

// flagVar is (*flag.FlagSet).Var for values that may be of session types.
func flagVar(s *flag.FlagSet, value flag.Value, name, usage string) {
	b, ok := Normal(value).(Box)
	if !ok {
		s.Var(value, name, usage)
		return
	}
	v := flagValue{b}
	s.Var(v, name, usage)
	// A default that is zero is not shown: a zero flagValue has no text.
	if d := s.Lookup(name); v.isZero(d.DefValue) {
		d.DefValue = ""
	}
}
