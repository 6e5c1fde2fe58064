package rt

import (
	"reflect"
	"unsafe"
)

// FieldAddr returns a pointer to a field of the struct that p points to, which
// may be one that compiled code does not export; path leads there from struct to
// struct, through pointers as well. It panics as Go does if one of them is nil.
func FieldAddr(p any, path ...int) any {
	v := reflect.ValueOf(p)
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				panic(nilDereference)
			}
			v = v.Elem()
		}
		f := v.Field(i)
		v = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
	}
	return v.Addr().Interface()
}
