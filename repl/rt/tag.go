package rt

import (
	"go/types"
	"reflect"
	"sync"
	"unsafe"
)

// The representation of a named type other than a struct is the same as that of
// other types, so a reflect.Value of it does not tell its type. Package reflect
// keeps flags in a Value, of which the highest have a meaning in method values
// only, where they hold the index of the method: in the Values that running code
// has, we keep a number there that stands for the type.

// flagged is the layout of a reflect.Value.
type flagged struct {
	typ, ptr unsafe.Pointer
	flag     uintptr
}

// The unit of the highest flags, and the flag of method values; 0 if package
// reflect is not the one that this was written for.
var tagUnit, methodFlag = func() (unit, method uintptr) {
	v := reflect.ValueOf(reflect.ValueOf(0))
	if reflect.TypeFor[reflect.Value]().Size() != unsafe.Sizeof(flagged{}) {
		return 0, 0
	}
	zero, one := v.Method(0), v.Method(1)
	a, b := (*flagged)(unsafe.Pointer(&zero)).flag, (*flagged)(unsafe.Pointer(&one)).flag
	if b-a != 1<<10 || a&(1<<9) == 0 {
		return 0, 0
	}
	return b - a, 1 << 9
}()

// The flags of values that reflection got out of unexported fields: of most, and
// of embedded ones, whose own fields may be exported.
var fieldFlag, embeddedFlag = func() (field, embedded uintptr) {
	type inner struct{ X int }
	type outer struct {
		inner
		x inner
	}
	if tagUnit == 0 {
		return 0, 0
	}
	flag := func(v reflect.Value) uintptr { return (*flagged)(unsafe.Pointer(&v)).flag }
	v := reflect.ValueOf(outer{})
	return flag(v.Field(1)) &^ flag(v), flag(v.Field(0)) &^ flag(v)
}()

// unexported returns f, a field of the representation of a struct, as package
// reflect has unexported fields.
func unexported(f reflect.Value, embedded bool) reflect.Value {
	flag := fieldFlag
	if embedded {
		flag = embeddedFlag
	}
	(*flagged)(unsafe.Pointer(&f)).flag |= flag
	return f
}

var tags struct {
	sync.RWMutex
	types   []*Type // by number, from 1
	numbers map[*Type]uintptr
}

// tagged returns v as a value of type t, where that is not plain to see.
func tagged(v reflect.Value, t *Type) reflect.Value {
	if t == nil || tagUnit == 0 || !v.IsValid() || t.reg.Faithful(t.T) || represented(v.Type()) == t {
		return v
	}
	f := (*flagged)(unsafe.Pointer(&v))
	if f.flag&methodFlag != 0 {
		return v
	}
	tags.Lock()
	defer tags.Unlock()
	n := tags.numbers[t]
	if n == 0 {
		if tags.numbers == nil {
			tags.numbers = map[*Type]uintptr{}
		}
		tags.types = append(tags.types, t)
		n = uintptr(len(tags.types))
		tags.numbers[t] = n
	}
	f.flag = f.flag&(tagUnit-1) | n*tagUnit
	return v
}

// typeOf returns the session type of v, or nil if it is of none.
func typeOf(v reflect.Value) *Type {
	if !v.IsValid() {
		return nil
	}
	if f := (*flagged)(unsafe.Pointer(&v)); tagUnit != 0 && f.flag&methodFlag == 0 && f.flag >= tagUnit {
		tags.RLock()
		defer tags.RUnlock()
		return tags.types[f.flag/tagUnit-1]
	}
	return represented(v.Type())
}

// tagAs returns v as a value of type t, which is a component of a type of d's
// registry.
func (d *Type) tagAs(v reflect.Value, t types.Type) reflect.Value {
	if t == nil {
		return v
	}
	return tagged(v, d.reg.Of(t))
}

// valueOf returns what reflect.ValueOf returns of x.
func valueOf(x any) reflect.Value {
	if b, ok := Normal(x).(Box); ok {
		return tagged(reflect.ValueOf(b.V), b.T)
	}
	return reflect.ValueOf(x)
}

// elementOf returns the type of the elements of t, or nil.
func elementOf(t types.Type) types.Type {
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return u.Elem()
	case *types.Slice:
		return u.Elem()
	case *types.Array:
		return u.Elem()
	case *types.Chan:
		return u.Elem()
	case *types.Map:
		return u.Elem()
	}
	return nil
}

// elemAs returns e, an element of v, as a value of its type.
func elemAs(v, e reflect.Value) reflect.Value {
	if d := typeOf(v); d != nil {
		return d.tagAs(e, elementOf(d.T))
	}
	return e
}

// asType returns v as a value of the type t.
func asType(v reflect.Value, t reflect.Type) reflect.Value {
	if s, ok := t.(*sessionType); ok {
		return tagged(v, s.t)
	}
	return v
}

// stored returns x as it is stored where values of type t are: an interface
// holds it with its type.
func stored(x reflect.Value, t reflect.Type) reflect.Value {
	if t.Kind() != reflect.Interface || !x.IsValid() || !x.CanInterface() || x.Kind() == reflect.Interface {
		return x
	}
	d := typeOf(x)
	if d == nil {
		return x
	}
	v := reflect.New(t).Elem()
	assign(v, Box{d, x.Interface()})
	return v
}

// mapKey returns k, a key of the map m, as a value of its type.
func mapKey(m, k reflect.Value) reflect.Value {
	if d := typeOf(m); d != nil {
		if t, ok := d.T.Underlying().(*types.Map); ok {
			return d.tagAs(k, t.Key())
		}
	}
	return k
}

// over returns the map that it is an iterator over.
func over(it *reflect.MapIter) reflect.Value { return *(*reflect.Value)(unsafe.Pointer(it)) }

// callValue is the method Call of reflect.Value.
func callValue(f reflect.Value, in []reflect.Value) []reflect.Value {
	t := f.Type()
	args := make([]reflect.Value, len(in))
	for i, x := range in {
		args[i] = x
		switch {
		case t.IsVariadic() && i >= t.NumIn()-1:
			args[i] = stored(x, t.In(t.NumIn()-1).Elem())
		case i < t.NumIn():
			args[i] = stored(x, t.In(i))
		}
	}
	out := f.Call(args)
	if d := typeOf(f); d != nil {
		if sig, ok := d.T.Underlying().(*types.Signature); ok && sig.Results().Len() == len(out) {
			for i := range out {
				out[i] = d.tagAs(out[i], sig.Results().At(i).Type())
			}
		}
	}
	return out
}
