// Package reflectlite stands in for the one of the Go toolchain.
package reflectlite

import "reflect"

type (
	Kind  = reflect.Kind
	Type  = reflect.Type
	Value = reflect.Value
)

const (
	Ptr       = reflect.Pointer
	Interface = reflect.Interface
	Slice     = reflect.Slice
	String    = reflect.String
	Struct    = reflect.Struct
)

func TypeOf(i any) Type { return reflect.TypeOf(i) }

func ValueOf(i any) Value { return reflect.ValueOf(i) }

func Swapper(slice any) func(i, j int) { return reflect.Swapper(slice) }
