package engine

import (
	"reflect"

	"github.com/asyncrepl/asyncrepl/repl/rt"
)

// rtHooks are the hooks that need no session.
var rtHooks = map[string]reflect.Value{
	"Error":  reflect.ValueOf((*error)(nil)),
	"Iter":   reflect.ValueOf((*rt.Iter)(nil)),
	"Defers": reflect.ValueOf((*rt.Defers)(nil)),

	"I":        reflect.ValueOf(func(v any) any { return v }),
	"Box":      reflect.ValueOf(rt.MakeBox),
	"Unbox":    reflect.ValueOf(rt.Unbox),
	"Any":      reflect.ValueOf(rt.Any),
	"As":       reflect.ValueOf(rt.As),
	"As2":      reflect.ValueOf(rt.As2),
	"AsI":      reflect.ValueOf(rt.AsI),
	"AsI2":     reflect.ValueOf(rt.AsI2),
	"AsStore":  reflect.ValueOf(rt.AsStore),
	"AsStore2": reflect.ValueOf(rt.AsStore2),
	"Store":    reflect.ValueOf(rt.Store),
	"ToError":  reflect.ValueOf(rt.ToError),
	"Wrap":     reflect.ValueOf(func(x any, t *rt.Type) any { return t.Convert(x) }),
	"Conv":     reflect.ValueOf(rt.Conv),
	"Eq":       reflect.ValueOf(rt.Eq),
	"Same":     reflect.ValueOf(rt.Same),
	"SameChan": reflect.ValueOf(rt.SameChan),
	"NilFunc":  reflect.ValueOf(rt.NilFunc),
	"Meth":     reflect.ValueOf(rt.Meth),
	"BoxType":  reflect.ValueOf((*rt.Box)(nil)),

	"NewDefers":   reflect.ValueOf(rt.NewDefers),
	"Push":        reflect.ValueOf((*rt.Defers).Push),
	"PushR":       reflect.ValueOf((*rt.Defers).PushR),
	"PushRecover": reflect.ValueOf((*rt.Defers).PushRecover),
	"Run":         reflect.ValueOf((*rt.Defers).Run),
	"Panic":       reflect.ValueOf(rt.Panic),
	"Panicking":   reflect.ValueOf((*rt.Panicking)(nil)),
	"Caught":      reflect.ValueOf(rt.Caught),
	"MakeChan":    reflect.ValueOf(rt.MakeChan),
	"Equal":       reflect.ValueOf(rt.Equal),
	"Append":      reflect.ValueOf(rt.Append),
	"NotNil":      reflect.ValueOf(rt.NotNil),
	"FieldAddr":   reflect.ValueOf(rt.FieldAddr),
	"Words":       reflect.ValueOf(rt.Words),
	"Recover":     reflect.ValueOf(rt.Recover),

	"IterMap":    reflect.ValueOf(rt.IterMap),
	"IterString": reflect.ValueOf(rt.IterString),
	"Next":       reflect.ValueOf(rt.Next),
	"Case":       reflect.ValueOf((*rt.Case)(nil)),
	"RecvCase":   reflect.ValueOf(rt.RecvCase),
	"SendCase":   reflect.ValueOf(rt.SendCase),
	"Send":       reflect.ValueOf(rt.Send),
	"Receive":    reflect.ValueOf(rt.Receive),
	"Empty":      reflect.ValueOf(rt.Empty),
	"Select":     reflect.ValueOf(rt.Select),

	"IndexPanic": reflect.ValueOf(rt.IndexPanic),
	"SlicePanic": reflect.ValueOf(rt.SlicePanic),
	"ShiftCount": reflect.ValueOf(rt.ShiftCount),
	"RuneString": reflect.ValueOf(rt.RuneString),
	"Clear":      reflect.ValueOf(rt.Clear),
	"MinInt":     reflect.ValueOf(rt.Min[int]),
	"MaxInt":     reflect.ValueOf(rt.Max[int]),
	"MinFloat64": reflect.ValueOf(rt.Min[float64]),
	"MaxFloat64": reflect.ValueOf(rt.Max[float64]),
	"MinString":  reflect.ValueOf(rt.Min[string]),
	"MaxString":  reflect.ValueOf(rt.Max[string]),
	"MinAny":     reflect.ValueOf(rt.MinAny),
	"MaxAny":     reflect.ValueOf(rt.MaxAny),

	"ToUnsafe":         reflect.ValueOf(rt.ToUnsafe),
	"FromUnsafe":       reflect.ValueOf(rt.FromUnsafe),
	"UnsafeSlice":      reflect.ValueOf(rt.UnsafeSlice),
	"UnsafeSliceData":  reflect.ValueOf(rt.UnsafeSliceData),
	"UnsafeAdd":        reflect.ValueOf(rt.UnsafeAdd),
	"UnsafeString":     reflect.ValueOf(rt.UnsafeString),
	"UnsafeStringData": reflect.ValueOf(rt.UnsafeStringData),
}
