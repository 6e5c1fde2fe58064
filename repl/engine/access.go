package engine

import (
	"reflect"
	"unsafe"
)

// addressable is the flag of values that can be assigned to.
var addressable = func() uintptr {
	v := reflect.New(reflect.TypeFor[int]()).Elem()
	return (*value)(unsafe.Pointer(&v)).flag ^ uintptr(reflect.Int) ^ indirect
}()

// field is for fields of structs, and of those that pointers which are not nil
// point to.
func (n *node) field() func(exec) exec {
	base := n.child[0]
	index, ok := n.val.([]int)
	t := base.goType()
	if !ok || t == nil || n.level != 0 || n.findex < 0 || base.isConstant() {
		return nil
	}
	b, ok := base.slot()
	if !ok {
		return nil
	}
	through := t.Kind() == reflect.Pointer
	if through {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var offset uintptr
	element := reflect.New(t).Elem()
	for _, i := range index {
		if element.Kind() != reflect.Struct {
			return nil // an embedded pointer
		}
		offset += element.Type().Field(i).Offset
		element = element.Field(i)
	}
	v, dest := *(*value)(unsafe.Pointer(&element)), n.findex
	yes, no := n.successors()
	conditional := n.fnext != nil
	return func(slow exec) exec {
		return func(f *frame) exec {
			from := &b.frame(f).data[b.index]
			at := from.ptr
			if through {
				at = from.pointer()
			} else if from.flag&(addressable|indirect) != addressable|indirect {
				return slow(f)
			}
			if at == nil {
				return slow(f)
			}
			at = unsafe.Add(at, offset)
			f.data[dest] = value{v.typ_, at, v.flag}
			if conditional && !*(*bool)(at) {
				return *no
			}
			return *yes
		}
	}
}

// assertion is for assertions that a value is of a type that is not an
// interface, which put what they yield into dest, and whether they hold into
// status, if these are not nil. Those that do not hold are left to the
// interpreter.
func (n *node) assertion(dest, status *node) func(exec) exec {
	x, t := n.child[0], n.child[1].goType()
	static := x.goType()
	if t == nil || static == nil || static != reflect.TypeFor[any]() || x.isConstant() {
		return nil
	}
	var take func(to *value, data unsafe.Pointer)
	switch kind, basic := kinds[t.Kind()]; {
	case basic:
		take = func(to *value, data unsafe.Pointer) { kind.copy(to.ptr, data) }
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Map, t.Kind() == reflect.Chan:
		take = func(to *value, data unsafe.Pointer) { *(*unsafe.Pointer)(to.ptr) = data }
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Struct && t.Size() > unsafe.Sizeof(uintptr(0)):
		zero := reflect.New(t).Elem()
		v := *(*value)(unsafe.Pointer(&zero))
		take = func(to *value, data unsafe.Pointer) {
			from := value{v.typ_, data, v.flag}
			(*reflect.Value)(unsafe.Pointer(to)).Set(*(*reflect.Value)(unsafe.Pointer(&from)))
		}
	default:
		return nil
	}
	a, ok := x.slot()
	if !ok {
		return nil
	}
	var d, s operand
	if dest != nil && dest.ident != "_" {
		if dest.goType() != t {
			return nil
		}
		if d, ok = dest.slot(); !ok {
			return nil
		}
	} else if dest != nil {
		dest = nil
	}
	if status != nil && status.ident != "_" {
		if !isKind(status, reflect.Bool) {
			return nil
		}
		if s, ok = status.slot(); !ok {
			return nil
		}
	} else if status != nil {
		status = nil
	}
	wanted := (*[2]unsafe.Pointer)(unsafe.Pointer(&t))[1]
	next, _ := n.successors()
	return func(slow exec) exec {
		return func(f *frame) exec {
			from := &a.frame(f).data[a.index]
			if from.flag&indirect == 0 || from.typ_ != emptyInterface {
				return slow(f)
			}
			held := *(*[2]unsafe.Pointer)(from.ptr)
			if held[0] != wanted {
				return slow(f)
			}
			if dest != nil {
				to := &d.frame(f).data[d.index]
				if to.flag&indirect == 0 {
					return slow(f)
				}
				take(to, held[1])
			}
			if status != nil {
				*(*bool)(s.at(f)) = true
			}
			return *next
		}
	}
}

// emptyInterface is the type of values that are of type any.
var emptyInterface = func() unsafe.Pointer {
	v := reflect.New(reflect.TypeFor[any]()).Elem()
	return (*value)(unsafe.Pointer(&v)).typ_
}()

// logical is for a || b and a && b, of variables.
func (n *node) logical(op func(a, b bool) bool) func(exec) exec {
	if len(n.child) != 2 || !isKind(n, reflect.Bool) || n.wrapped() {
		return nil
	}
	d, ok1 := n.slot()
	a, ok2 := n.child[0].operand(reflect.TypeFor[bool]())
	b, ok3 := n.child[1].operand(reflect.TypeFor[bool]())
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	yes, no := n.successors()
	return func(exec) exec {
		return func(f *frame) exec { return choose(f, op(*(*bool)(a.at(f)), *(*bool)(b.at(f))), &d, yes, no) }
	}
}

// length is for the lengths of slices and strings.
func (n *node) length() func(exec) exec {
	if len(n.child) != 2 || n.fnext != nil || !isKind(n, reflect.Int) || n.wrapped() {
		return nil
	}
	x := n.child[1]
	if x.isConstant() || !isKind(x, reflect.Slice) && !isKind(x, reflect.String) {
		return nil
	}
	d, ok1 := n.slot()
	a, ok2 := x.slot()
	if !ok1 || !ok2 {
		return nil
	}
	next, _ := n.successors()
	return func(slow exec) exec {
		return func(f *frame) exec {
			from := &a.frame(f).data[a.index]
			if from.flag&indirect == 0 {
				return slow(f)
			}
			// A string begins as a slice does.
			*(*int)(d.at(f)) = (*struct {
				data unsafe.Pointer
				len  int
			})(from.ptr).len
			return *next
		}
	}
}
