// Package docs has the manual; its tests run every example in it.
package docs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl"
	"github.com/asyncrepl/asyncrepl/repl/transcript"
)

// output collects what a session prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.b.String()
	o.b.Reset()
	return text
}

func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../README.md") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".md"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			steps := transcript.Markdown(string(text))
			if len(steps) == 0 {
				t.Skip("it has no examples of a session")
			}
			t.Chdir(t.TempDir())
			// Under continuous integration test mode says more, as pytest does.
			t.Setenv("CI", "")
			t.Setenv("BUILD_NUMBER", "")
			var out output
			s, err := repl.New(repl.Config{Out: &out, Err: &out, In: strings.NewReader("")})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				defer s.Close()
				for _, step := range steps {
					s.Enter(repl.Source{Text: step.Cell})
					if got := out.take(); !step.Match(got) {
						t.Errorf("%s:%d: %s\nprints\n%s\nnot\n%s", file, step.Line, step.Cell, got, step.Want)
					}
				}
			}()
			if err := s.Serve(); err != nil {
				t.Error(fmt.Errorf("the session does not end: %w", err))
			}
		})
	}
}

// The program of the chapter on embedding is one that is tested.
func TestEmbedding(t *testing.T) {
	chapter, err := os.ReadFile("embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../repl/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(chapter), "```go\n")
	program, _, ok := strings.Cut(program, "```\n")
	if !ok || !strings.HasSuffix(string(example), "\n"+program) {
		t.Errorf("the program of embedding.md is not that of repl/example_test.go:\n%s", program)
	}
}
