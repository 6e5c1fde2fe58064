package repl

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/asyncrepl/asyncrepl/await"
	"github.com/asyncrepl/asyncrepl/repl/check"
	"github.com/asyncrepl/asyncrepl/repl/rt"
	"github.com/asyncrepl/asyncrepl/testmode/assertion"
)

// echo prints the values of a bare expression.
func (s *Session) echo(values ...any) {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = s.show(rt.Normal(v))
	}
	text := strings.Join(parts, ", ")
	if s.cfg.Color {
		text = s.cfg.Highlight(text)
	}
	fmt.Fprintln(s.stdout(), text)
}

// maxEcho is how much of a value is shown, in bytes.
const maxEcho = 16 << 10

// show writes a value as Go would: on one line if it fits the page, else with
// one element a line.
func (s *Session) show(v any) string {
	if t := taskOf(v); t != nil {
		return taskText(t)
	}
	if b, ok := v.(rt.Box); ok {
		if text, ok := own(b); ok {
			return text
		}
	}
	if t, ok := v.(reflect.Type); ok {
		return t.String()
	}
	return assertion.Text(v, s.cfg.Width(), maxEcho)
}

// own returns the text that a value of a session type gives of itself.
func own(b rt.Box) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	for _, name := range []string{"Error", "String"} {
		if f, ok := b.Method(name).(func(any) string); ok {
			return f(b), true
		}
	}
	return "", false
}

// taskOf returns the task in v, if it is one of any number of results.
func taskOf(v any) *await.Task0 {
	if b, ok := v.(rt.Box); ok {
		if !strings.HasPrefix(b.T.T.String(), "*"+check.AwaitPath+".Task") {
			return nil
		}
		return taskField(reflect.ValueOf(b.V))
	}
	t, _ := v.(*await.Task0)
	return t
}

// taskField returns the task that p, the engine's form of a task with results,
// points to.
func taskField(p reflect.Value) *await.Task0 {
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return nil
	}
	f := p.Elem().FieldByName("Task0")
	if !f.IsValid() {
		return nil
	}
	t, _ := f.Interface().(*await.Task0)
	return t
}

// taskText shows a task: its number, name and state.
func taskText(t *await.Task0) string {
	return fmt.Sprintf("task %d%s (%s)", t.ID(), quoted(t.Name()), t.State())
}
