package asciicast

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type file struct {
	bytes.Buffer
	fail error
}

func (f *file) Write(p []byte) (int, error) {
	if f.fail != nil {
		return 0, f.fail
	}
	return f.Buffer.Write(p)
}

func (f *file) Close() error { return nil }

func TestRecorder(t *testing.T) {
	f := &file{}
	width := 80
	r := New(f, func() (int, int) { return width, 24 })
	r.Write([]byte("a <b>\n\x1b[1mé"[:len("a <b>\n\x1b[1m")+1]))
	r.Write([]byte("\xa9\r\n"))
	r.Skip(time.Hour)
	width = 100
	r.Write([]byte("\xff"))
	r.Write([]byte("\xc3"))
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	d := json.NewDecoder(f)
	var head map[string]int
	if err := d.Decode(&head); err != nil || head["version"] != 2 || head["width"] != 80 || head["height"] != 24 || head["timestamp"] == 0 {
		t.Errorf("the header is %v, %v", head, err)
	}
	var got [][]string
	last := 0.0
	for d.More() {
		var event []any
		if err := d.Decode(&event); err != nil {
			t.Fatal(err)
		}
		at := event[0].(float64)
		if at < last || at >= 3600 != (event[2] == "100x24" || last >= 3600) {
			t.Errorf("%v comes at %v", event[2], at)
		}
		last = at
		got = append(got, []string{event[1].(string), event[2].(string)})
	}
	want := [][]string{{"o", "a <b>\r\n\x1b[1m"}, {"o", "é\r\n"}, {"r", "100x24"}, {"o", "\uFFFD"}, {"o", "\uFFFD"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// A recording that fails does not disturb the terminal.
func TestRecorderFails(t *testing.T) {
	f := &file{}
	r := New(f, func() (int, int) { return 80, 24 })
	f.fail = errors.New("the disk is full")
	if n, err := r.Write([]byte("text")); n != 4 || err != nil {
		t.Errorf("Write returns %d, %v", n, err)
	}
	if err := r.Close(); !errors.Is(err, f.fail) {
		t.Errorf("Close returns %v", err)
	}
}
