package pipe

import (
	"bytes"
	"fmt"
	"testing"
)

func TestPipe(t *testing.T) {
	var out bytes.Buffer
	p, err := New(&out)
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for i := range 100 {
		text := fmt.Sprintf("line %d \xff\xff\x00 and %s", i, mark[:len(mark)-1])
		fmt.Fprint(p.File, text)
		want += text
		p.Drain()
		if out.String() != want {
			t.Fatalf("after %d writes there is %q", i+1, out.String())
		}
	}
	p.Close()
	p.Drain() // of a closed pipe returns
	p.Close()
}
