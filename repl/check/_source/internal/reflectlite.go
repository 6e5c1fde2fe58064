// Package reflectlite stands in for the one of the Go toolchain.
package reflectlite

import "reflect"

type (
	Kind = reflect.Kind
	Type = reflect.Type
)

const (
	Ptr       = reflect.Pointer
	Interface = reflect.Interface
	Slice     = reflect.Slice
	String    = reflect.String
	Struct    = reflect.Struct
)

func TypeOf(i any) Type { return reflect.TypeOf(i) }

// A Value is a reflect.Value together with the type and the value that it was
// made of, as only the session knows them.
type Value struct {
	reflect.Value
	typ Type
	of  any
}

func ValueOf(i any) Value { return Value{reflect.ValueOf(i), reflect.TypeOf(i), i} }

func (v Value) Type() Type { return v.typ }

func (v Value) Elem() Value { return Value{Value: v.Value.Elem(), typ: v.typ.Elem()} }

func (v Value) Set(x Value) { set(v.Value, x.of) }

func set(v reflect.Value, x any)

func Swapper(slice any) func(i, j int) { return reflect.Swapper(slice) }
