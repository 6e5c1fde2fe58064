package engine

import (
	"cmp"
	"reflect"
	"unsafe"
)

// kinds tells how to make the operations on values of each kind.
var kinds = map[reflect.Kind]struct {
	arithmetic func(op string, next *exec, d, a, b operand) exec
	comparison func(op string, yes, no *exec, d, a, b operand) exec
	assignment func(next *exec, d, a operand) exec
	copy       func(to, from unsafe.Pointer)
}{
	reflect.Bool:    {nil, nil, assignment[bool], copied[bool]},
	reflect.Int:     {integers[int], comparison[int], assignment[int], copied[int]},
	reflect.Int8:    {integers[int8], comparison[int8], assignment[int8], copied[int8]},
	reflect.Int16:   {integers[int16], comparison[int16], assignment[int16], copied[int16]},
	reflect.Int32:   {integers[int32], comparison[int32], assignment[int32], copied[int32]},
	reflect.Int64:   {integers[int64], comparison[int64], assignment[int64], copied[int64]},
	reflect.Uint:    {integers[uint], comparison[uint], assignment[uint], copied[uint]},
	reflect.Uint8:   {integers[uint8], comparison[uint8], assignment[uint8], copied[uint8]},
	reflect.Uint16:  {integers[uint16], comparison[uint16], assignment[uint16], copied[uint16]},
	reflect.Uint32:  {integers[uint32], comparison[uint32], assignment[uint32], copied[uint32]},
	reflect.Uint64:  {integers[uint64], comparison[uint64], assignment[uint64], copied[uint64]},
	reflect.Float32: {floats[float32], comparison[float32], assignment[float32], copied[float32]},
	reflect.Float64: {floats[float64], comparison[float64], assignment[float64], copied[float64]},
	reflect.String:  {nil, comparison[string], assignment[string], copied[string]},
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// integers returns d = a op b for integers, or nil if it knows no such op.
func integers[T integer](op string, next *exec, d, a, b operand) exec {
	switch op {
	case "rem":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) % *(*T)(b.at(f))
			return *next
		}
	case "and":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) & *(*T)(b.at(f))
			return *next
		}
	case "or":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) | *(*T)(b.at(f))
			return *next
		}
	case "xor":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) ^ *(*T)(b.at(f))
			return *next
		}
	case "andNot":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) &^ *(*T)(b.at(f))
			return *next
		}
	}
	return floats[T](op, next, d, a, b)
}

// floats returns d = a op b for an operation that all numbers have.
func floats[T integer | ~float32 | ~float64](op string, next *exec, d, a, b operand) exec {
	switch op {
	case "add":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) + *(*T)(b.at(f))
			return *next
		}
	case "sub":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) - *(*T)(b.at(f))
			return *next
		}
	case "mul":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) * *(*T)(b.at(f))
			return *next
		}
	case "quo":
		return func(f *frame) exec {
			*(*T)(d.at(f)) = *(*T)(a.at(f)) / *(*T)(b.at(f))
			return *next
		}
	}
	return nil
}

// comparison returns d = a op b with the operation that follows.
func comparison[T cmp.Ordered](op string, yes, no *exec, d, a, b operand) exec {
	switch op {
	case "lower":
		return func(f *frame) exec {
			return choose(f, *(*T)(a.at(f)) < *(*T)(b.at(f)), &d, yes, no)
		}
	case "lowerEqual":
		return func(f *frame) exec {
			return choose(f, *(*T)(a.at(f)) <= *(*T)(b.at(f)), &d, yes, no)
		}
	case "greater":
		return func(f *frame) exec {
			return choose(f, *(*T)(a.at(f)) > *(*T)(b.at(f)), &d, yes, no)
		}
	case "greaterEqual":
		return func(f *frame) exec {
			return choose(f, *(*T)(a.at(f)) >= *(*T)(b.at(f)), &d, yes, no)
		}
	case "equal":
		return func(f *frame) exec {
			return choose(f, *(*T)(a.at(f)) == *(*T)(b.at(f)), &d, yes, no)
		}
	case "notEqual":
		return func(f *frame) exec {
			return choose(f, *(*T)(a.at(f)) != *(*T)(b.at(f)), &d, yes, no)
		}
	}
	return nil
}

// choose stores whether a condition holds and returns what follows.
func choose(f *frame, holds bool, d *operand, yes, no *exec) exec {
	*(*bool)(d.at(f)) = holds
	if holds {
		return *yes
	}
	return *no
}

// assignment returns d = a.
func assignment[T any](next *exec, d, a operand) exec {
	return func(f *frame) exec {
		*(*T)(d.at(f)) = *(*T)(a.at(f))
		return *next
	}
}

// copied copies a value.
func copied[T any](to, from unsafe.Pointer) { *(*T)(to) = *(*T)(from) }
