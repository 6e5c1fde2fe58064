package rt

import (
	"fmt"
	"go/types"
	"reflect"
	"strconv"
	"unsafe"
)

var (
	anyType   = reflect.TypeFor[any]()
	errorType = reflect.TypeFor[error]()
)

// A fix is a component of a type, a struct's field for one, that could only be
// known once the type that it leads back to was finished.
type fix struct {
	owner reflect.Type
	field int
	typ   types.Type
}

// rtype builds the representation of t: named types of compiled packages are
// themselves, interfaces of the session are interface{}, other named types are
// what they are declared as. A struct that leads back to itself is built with
// stand-ins of the same layout, which are replaced when it is finished.
func (r *Registry) rtype(t types.Type) reflect.Type {
	rt := r.represent(t)
	for len(r.busy) == 0 && len(r.fixes) > 0 {
		f := r.fixes[len(r.fixes)-1]
		r.fixes = r.fixes[:len(r.fixes)-1]
		setComponent(f.owner, f.field, r.represent(f.typ))
	}
	return rt
}

func (r *Registry) represent(t types.Type) reflect.Type {
	switch t := t.(type) {
	case *types.Basic:
		return basicTypes[t.Kind()]
	case *types.Alias:
		return r.represent(types.Unalias(t))
	case *types.Named:
		return r.representNamed(t)
	case *types.Pointer:
		return reflect.PointerTo(r.represent(t.Elem()))
	case *types.Slice:
		return reflect.SliceOf(r.represent(t.Elem()))
	case *types.Array:
		return reflect.ArrayOf(int(t.Len()), r.represent(t.Elem()))
	case *types.Map:
		return reflect.MapOf(r.represent(t.Key()), r.represent(t.Elem()))
	case *types.Chan:
		dir := [...]reflect.ChanDir{reflect.BothDir, reflect.SendDir, reflect.RecvDir}[t.Dir()]
		return reflect.ChanOf(dir, r.represent(t.Elem()))
	case *types.Signature:
		return reflect.FuncOf(r.representTuple(t.Params()), r.representTuple(t.Results()), t.Variadic())
	case *types.Interface:
		return anyType
	case *types.Struct:
		key := r.key(t)
		if rt, ok := r.build[key]; ok {
			return rt
		}
		rt := r.representStruct(t, "")
		if len(r.busy) == 0 {
			r.build[key] = rt
		}
		return rt
	}
	panic(fmt.Sprintf("rt: no representation for %T %v", t, t))
}

func (r *Registry) representTuple(t *types.Tuple) []reflect.Type {
	out := make([]reflect.Type, t.Len())
	for i := range out {
		out[i] = r.represent(t.At(i).Type())
	}
	return out
}

func (r *Registry) representNamed(t *types.Named) reflect.Type {
	obj := t.Obj()
	if obj.Pkg() == nil {
		if obj.Name() == "error" {
			return errorType
		}
		return r.represent(t.Underlying()) // comparable and the like
	}
	if t.TypeArgs().Len() == 0 && r.IsCompiled(obj.Pkg()) {
		if rt, ok := r.Compiled(obj.Pkg().Path(), obj.Name()); ok {
			return rt
		}
		if rt, ok := r.build[r.key(t)]; ok {
			return rt
		}
		return r.represent(t.Underlying())
	}
	if _, ok := t.Underlying().(*types.Interface); ok {
		return anyType
	}
	key := r.key(t)
	if rt, ok := r.build[key]; ok {
		return rt
	}
	if r.busy[key] {
		r.holes++
		r.holed[key] = true
		return hole(key, t.Underlying())
	}
	r.busy[key] = true
	holes := r.holes
	var rt reflect.Type
	if st, ok := t.Underlying().(*types.Struct); ok {
		rt = r.representStruct(st, key)
	} else {
		rt = r.represent(t.Underlying())
		if r.holes > holes {
			for i, c := range components(t.Underlying()) {
				r.fixes = append(r.fixes, fix{rt, i, c})
			}
		}
	}
	delete(r.busy, key)
	r.build[key] = rt
	if r.holed[key] {
		byRepresentation.Store(rt, r.of(t)) // nothing else leads back to itself so
	}
	return rt
}

// hole returns a type of the kind of t that nothing else is made of: it stands
// for a named type, no struct, inside itself.
func hole(key string, t types.Type) reflect.Type {
	own := reflect.StructOf([]reflect.StructField{{
		Name: "X", Type: reflect.TypeFor[[0]int](), Tag: reflect.StructTag("hole:" + strconv.Quote(key)),
	}})
	switch t := t.(type) {
	case *types.Pointer:
		return reflect.PointerTo(own)
	case *types.Slice:
		return reflect.SliceOf(own)
	case *types.Map:
		return reflect.MapOf(basicTypes[types.Int], own)
	case *types.Chan:
		return reflect.ChanOf(reflect.BothDir, own)
	case *types.Signature:
		return reflect.FuncOf([]reflect.Type{own}, nil, false)
	case *types.Array:
		return reflect.ArrayOf(int(t.Len()), reflect.PointerTo(own))
	}
	panic(fmt.Sprintf("rt: %T leads back to itself", t))
}

// components returns the types that t is directly made of, in the order in
// which setComponent counts them.
func components(t types.Type) []types.Type {
	switch t := t.(type) {
	case *types.Pointer:
		return []types.Type{t.Elem()}
	case *types.Slice:
		return []types.Type{t.Elem()}
	case *types.Array:
		return []types.Type{t.Elem()}
	case *types.Chan:
		return []types.Type{t.Elem()}
	case *types.Map:
		return []types.Type{t.Key(), t.Elem()}
	case *types.Signature:
		var all []types.Type
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for i := range tuple.Len() {
				all = append(all, tuple.At(i).Type())
			}
		}
		return all
	}
	return nil
}

func (r *Registry) representStruct(t *types.Struct, id string) reflect.Type {
	fields := make([]reflect.StructField, t.NumFields())
	var late []int
	for i := range fields {
		f := t.Field(i)
		sf := reflect.StructField{Name: FieldName(t, i), Tag: reflect.StructTag(t.Tag(i))}
		if !f.Exported() && !(f.Embedded() && r.hasFields(f.Type())) {
			sf.Tag = `json:"-" xml:"-"`
		}
		if r.leadsBack(f.Type(), nil) {
			sf.Type = r.standIn(f.Type())
			late = append(late, i)
		} else {
			sf.Type = r.represent(f.Type())
		}
		sf.Anonymous = f.Embedded() && r.hasFields(f.Type()) && !hasMethods(sf.Type)
		fields[i] = sf
	}
	if len(fields) == 0 && id != "" {
		fields = append(fields, reflect.StructField{Name: "Xʹ", Type: reflect.TypeFor[[0]int]()})
	}
	if id != "" {
		fields[0].Tag += reflect.StructTag(` asyncrepl:` + strconv.Quote(id))
	}
	rt := reflect.StructOf(fields)
	for _, i := range late {
		r.fixes = append(r.fixes, fix{rt, i, t.Field(i).Type()})
	}
	return rt
}

// hasFields reports whether t is a struct or points to one.
func (r *Registry) hasFields(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// hasMethods reports whether a field of type t would lend its methods to the
// struct that embeds it.
func hasMethods(t reflect.Type) bool {
	return t.NumMethod() > 0 || t.Kind() != reflect.Pointer && reflect.PointerTo(t).NumMethod() > 0
}

// leadsBack reports whether t mentions a named type that is being built.
func (r *Registry) leadsBack(t types.Type, seen map[types.Type]bool) bool {
	if len(r.busy) == 0 || seen[t] {
		return false
	}
	if seen == nil {
		seen = map[types.Type]bool{}
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		return r.leadsBack(types.Unalias(t), seen)
	case *types.Named:
		if t.Obj().Pkg() == nil || r.IsCompiled(t.Obj().Pkg()) && t.TypeArgs().Len() == 0 {
			return false
		}
		key := r.key(t)
		if r.busy[key] {
			return true
		}
		if _, done := r.build[key]; done {
			return false
		}
		return r.leadsBack(t.Underlying(), seen)
	case *types.Pointer:
		return r.leadsBack(t.Elem(), seen)
	case *types.Slice:
		return r.leadsBack(t.Elem(), seen)
	case *types.Array:
		return r.leadsBack(t.Elem(), seen)
	case *types.Chan:
		return r.leadsBack(t.Elem(), seen)
	case *types.Map:
		return r.leadsBack(t.Key(), seen) || r.leadsBack(t.Elem(), seen)
	case *types.Signature:
		for _, tuple := range []*types.Tuple{t.Params(), t.Results()} {
			for i := range tuple.Len() {
				if r.leadsBack(tuple.At(i).Type(), seen) {
					return true
				}
			}
		}
	case *types.Struct:
		for i := range t.NumFields() {
			if r.leadsBack(t.Field(i).Type(), seen) {
				return true
			}
		}
	}
	return false
}

// standIn returns a type of the layout of t that mentions nothing unfinished.
func (r *Registry) standIn(t types.Type) reflect.Type {
	switch t := t.(type) {
	case *types.Alias:
		return r.standIn(types.Unalias(t))
	case *types.Named:
		if r.leadsBack(t, nil) {
			return r.standIn(t.Underlying())
		}
	case *types.Pointer:
		return reflect.TypeFor[*struct{}]()
	case *types.Slice:
		return reflect.TypeFor[[]struct{}]()
	case *types.Map:
		return reflect.TypeFor[map[int]struct{}]()
	case *types.Chan:
		return reflect.TypeFor[chan struct{}]()
	case *types.Signature:
		return reflect.TypeFor[func()]()
	case *types.Array:
		return reflect.ArrayOf(int(t.Len()), r.standIn(t.Elem()))
	case *types.Struct:
		fields := make([]reflect.StructField, t.NumFields())
		for i := range fields {
			fields[i] = reflect.StructField{Name: FieldName(t, i), Type: r.standIn(t.Field(i).Type())}
		}
		return reflect.StructOf(fields)
	}
	return r.represent(t)
}

// FieldName returns the name that field i of t has in its representation:
// reflect can only set exported fields, so the others get a prefix that no
// program uses.
func FieldName(t *types.Struct, i int) string {
	f := t.Field(i)
	switch {
	case f.Name() == "_":
		return "Xʹ_" + strconv.Itoa(i)
	case !f.Exported():
		return "Xʹ" + f.Name()
	}
	return f.Name()
}

var basicTypes = map[types.BasicKind]reflect.Type{
	types.Bool: reflect.TypeFor[bool](), types.Int: reflect.TypeFor[int](), types.Int8: reflect.TypeFor[int8](),
	types.Int16: reflect.TypeFor[int16](), types.Int32: reflect.TypeFor[int32](), types.Int64: reflect.TypeFor[int64](),
	types.Uint: reflect.TypeFor[uint](), types.Uint8: reflect.TypeFor[uint8](), types.Uint16: reflect.TypeFor[uint16](),
	types.Uint32: reflect.TypeFor[uint32](), types.Uint64: reflect.TypeFor[uint64](), types.Uintptr: reflect.TypeFor[uintptr](),
	types.Float32: reflect.TypeFor[float32](), types.Float64: reflect.TypeFor[float64](),
	types.Complex64: reflect.TypeFor[complex64](), types.Complex128: reflect.TypeFor[complex128](),
	types.String: reflect.TypeFor[string](), types.UnsafePointer: reflect.TypeFor[unsafe.Pointer](),
	types.UntypedBool: reflect.TypeFor[bool](), types.UntypedInt: reflect.TypeFor[int](), types.UntypedRune: reflect.TypeFor[rune](),
	types.UntypedFloat: reflect.TypeFor[float64](), types.UntypedComplex: reflect.TypeFor[complex128](),
	types.UntypedString: reflect.TypeFor[string](), types.UntypedNil: anyType, types.Invalid: anyType,
}

// structField, structType, elemType and funcType mirror the runtime's
// descriptions of types (internal/abi), which reflect allocates anew for each
// type that it has not seen; tests check the mirrors.
type structField struct {
	name   unsafe.Pointer
	typ    unsafe.Pointer
	offset uintptr
}

type typeHead [4*unsafe.Sizeof(uintptr(0)) + 16]byte

type structType struct {
	head    typeHead
	pkgPath unsafe.Pointer
	fields  []structField
}

type elemType struct {
	head  typeHead
	elems [2]unsafe.Pointer // of a map key and element
}

type funcType struct {
	head    typeHead
	in, out uint16
	params  [1]unsafe.Pointer
}

// setComponent gives component i of the type owner, made by reflect, the type
// t, whose layout must equal that of the type it has.
func setComponent(owner reflect.Type, i int, t reflect.Type) {
	p, c := typePointer(owner), typePointer(t)
	switch owner.Kind() {
	case reflect.Struct:
		(*structType)(p).fields[i].typ = c
	case reflect.Func:
		first := unsafe.Pointer(&(*funcType)(p).params)
		*(*unsafe.Pointer)(unsafe.Add(first, uintptr(i)*unsafe.Sizeof(c))) = c
	default:
		(*elemType)(p).elems[i] = c
	}
}

func typePointer(t reflect.Type) unsafe.Pointer {
	return (*struct{ tab, data unsafe.Pointer })(unsafe.Pointer(&t)).data
}
