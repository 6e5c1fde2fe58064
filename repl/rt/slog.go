package rt

import (
	"log/slog"
	"reflect"
)

// logs returns the functions of log/slog that take values of any type, for
// values that may be of session types.
func logs() map[string]any {
	m := map[string]any{
		"log/slog.Any":      func(key string, v any) slog.Attr { return slog.Any(key, logValue(v)) },
		"log/slog.AnyValue": func(v any) slog.Value { return slog.AnyValue(logValue(v)) },
	}
	for name, f := range map[string]any{
		"Debug": slog.Debug, "Info": slog.Info, "Warn": slog.Warn, "Error": slog.Error, "Log": slog.Log,
		"DebugContext": slog.DebugContext, "InfoContext": slog.InfoContext, "WarnContext": slog.WarnContext, "ErrorContext": slog.ErrorContext,
		"Group": slog.Group, "With": slog.With,

		"(*Logger).Debug": (*slog.Logger).Debug, "(*Logger).Info": (*slog.Logger).Info, "(*Logger).Warn": (*slog.Logger).Warn,
		"(*Logger).Error": (*slog.Logger).Error, "(*Logger).Log": (*slog.Logger).Log, "(*Logger).With": (*slog.Logger).With,
		"(*Logger).DebugContext": (*slog.Logger).DebugContext, "(*Logger).InfoContext": (*slog.Logger).InfoContext,
		"(*Logger).WarnContext": (*slog.Logger).WarnContext, "(*Logger).ErrorContext": (*slog.Logger).ErrorContext,
		"(*Record).Add": (*slog.Record).Add,
	} {
		v := reflect.ValueOf(f)
		m["log/slog."+name] = reflect.MakeFunc(v.Type(), func(in []reflect.Value) []reflect.Value {
			last := len(in) - 1
			args := make([]any, in[last].Len())
			for i := range args {
				args[i] = logValue(in[last].Index(i).Interface())
			}
			in[last] = reflect.ValueOf(args)
			return v.CallSlice(in)
		}).Interface()
	}
	return m
}

// logValue returns x with the methods to be seen that log/slog and its handlers
// look for.
func logValue(x any) any {
	b, ok := Normal(x).(Box)
	if !ok {
		return x
	}
	if _, ok := b.T.Method("LogValue").(func(any) slog.Value); ok {
		return valuerBox{b}
	}
	if _, ok := b.T.Method("MarshalJSON").(func(any) ([]byte, error)); ok {
		return b
	}
	if _, ok := b.T.Method("Error").(func(any) string); ok {
		return b.T.reg.Wrap("", "error")(b)
	}
	if _, ok := b.T.Method("MarshalText").(func(any) ([]byte, error)); ok {
		return textBox{b}
	}
	return b
}

// A valuerBox is a box of a value with a method LogValue.
type valuerBox struct{ Box }

func (b valuerBox) unwrapped() any { return b.Box }

// LogValue calls the value's method.
func (b valuerBox) LogValue() slog.Value { return b.T.Method("LogValue").(func(any) slog.Value)(b.Box) }

// A textBox is a box of a value with a method MarshalText.
type textBox struct{ Box }

func (b textBox) unwrapped() any { return b.Box }

// MarshalText calls the value's method.
func (b textBox) MarshalText() ([]byte, error) {
	return b.T.Method("MarshalText").(func(any) ([]byte, error))(b.Box)
}
