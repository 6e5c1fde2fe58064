package testmode

import (
	"strings"
	"time"
)

// A Test is one function as the host found it: a test, or a benchmark, fuzz
// test, example or document, which has one of Bench, Fuzz, Example and Document
// set in place of Func.
type Test struct {
	// Name is the function's name, as in "TestX" or "test_x".
	Name string
	// File is "session" or a file's name; it is the first part of the node id.
	File string
	// Line is the line of the function in File.
	Line int
	// Setup, if not nil, prepares the test; its failure is an error, and Func
	// is not called.
	Setup func(t *T)
	// Func runs the test's body.
	Func func(t *T)
	// Bench is the body of a benchmark. Options.Bench chooses between
	// benchmarks and everything else.
	Bench func(b *B)
	// Fuzz is the body of a fuzz test. It is run with its seeds, as go test
	// does.
	Fuzz func(f *F)
	// Example is an example that has an output comment.
	Example *Example
	// Document is a text with examples of a session.
	Document *Document
	// Needs are the types of the body's parameters that fixtures provide.
	Needs []string
	// Timeout, if not 0, is this test's in place of Options.Timeout; if it is
	// negative, the test may take for ever.
	Timeout time.Duration
	// Async tells that the body is an async function.
	Async bool
	// Source is the text of the declaration.
	Source Source
	// Group is what the test belongs to; nil means the TestMain and the
	// fixtures of Options.
	Group *Group
}

// body returns what to run in the call phase.
func (t Test) body() func(t *T) {
	switch {
	case t.Bench != nil:
		return benchmark(t.Bench)
	case t.Fuzz != nil:
		return fuzz(t.Fuzz)
	case t.Example != nil:
		return example(t.Example)
	case t.Document != nil:
		return document(t.Document)
	}
	return t.Func
}

// ID returns the node id, as in "session::TestX".
func (t Test) ID() string { return t.File + "::" + t.Name }

// A Source is a piece of source text, usually one declaration.
type Source struct {
	// File is the file it stands in.
	File string
	// Location is what reports print before ":line:". If it is empty, they
	// print File.
	Location string
	// FirstLine is the number of the first of Lines.
	FirstLine int
	Lines     []string
}

// location returns what to print before ":line:".
func (s Source) location() string {
	if s.Location != "" {
		return s.Location
	}
	return s.File
}

// same reports whether s and o are the same piece of text.
func (s Source) same(o Source) bool {
	return s.location() == o.location() && s.FirstLine == o.FirstLine && len(s.Lines) == len(o.Lines)
}

// A Frame is a call of user code that was active when a failure was recorded.
type Frame struct {
	// Source is the function's declaration; its Lines may be empty.
	Source Source
	// Line is the line of the call or statement, and EndLine the last line of
	// that statement if it goes on.
	Line, EndLine int
	// Col and EndCol, if known, are where the failing expression begins and
	// ends in its line, in bytes from 1; EndCol is exclusive.
	Col, EndCol int
	// Func is the function's name.
	Func string
	// Args are the arguments to show, already formatted.
	Args []Arg
	// Locals are the call's parameters and local variables, as far as they
	// are known, in the order of their declarations.
	Locals []Local
	// Data is whatever the host wants to find again in Options.Locals or in a
	// report.
	Data any
}

// A Local is a variable of a call, with its value as text.
type Local struct {
	Name, Type string
	// Value is the value in full, over several lines if need be, and Line in
	// one line of moderate length.
	Value, Line string
}

// An Arg is an argument of a call, as text.
type Arg struct{ Name, Value string }

// key identifies the function of a frame.
func (f Frame) key() string { return f.Source.location() + "\x00" + f.Func }

// nodeName returns a node id without its file, with "::" as ".".
func nodeName(id string) string {
	if _, name, ok := strings.Cut(id, "::"); ok {
		return strings.ReplaceAll(name, "::", ".")
	}
	return id
}
