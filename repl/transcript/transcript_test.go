package transcript

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdown(t *testing.T) {
	got := Markdown("# T\n\n```asyncrepl\n>>> func f() {\n...     g()\n...\n... }\n>>> 1 + 1\n2\n```\n\n```go\n>>> no\n```\n\n```asyncrepl\n>>> :test\n.\n1 passed in 0.10s\n```\n")
	want := []Step{
		{4, "func f() {\n    g()\n\n}", ""},
		{8, "1 + 1", "2\n"},
		{17, ":test", ".\n1 passed in 0.10s\n"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParts(t *testing.T) {
	got := Parts("# T\n\n````markdown\n```asyncrepl\n>>> no\n```\n````\n\n- a list\n\n  ~~~asyncrepl wide\n  >>> 1\n    ```\n  1\n  ~~~\n\n```asyncrepl\n```\nend\n```asyncrepl\r\n>>> open\r\n")
	want := []Part{
		{Prose: "# T\n\n````markdown\n```asyncrepl\n>>> no\n```\n````\n\n- a list\n"},
		{Steps: []Step{{12, "1", "  ```\n1\n"}}},
		{},
		{Prose: "end"},
		{Steps: []Step{{21, "open", "\n"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		want, got string
		match     bool
	}{
		{"2\n", "2\n", true},
		{"2\n", "3\n", false},
		{"", "", true},
		{"", "x\n", false},
		{"1 passed in 0.10s\n", "1 passed in 2.33s\n", true},
		{"task … f (ready)\n", "task 12 f (ready)\n", true},
		{"a…z\n", "a\nb\nz\n", true},
		{"a…z\n", "a\nb\n", false},
		{".   [100%]\n", ".   [100%]  \n", true},
	} {
		if got := (Step{Want: test.want}).Match(test.got); got != test.match {
			t.Errorf("Match(%q) of %q is %v", test.got, test.want, got)
		}
	}
}
