//go:build unix

package lineedit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/asyncrepl/asyncrepl/highlight"
)

// TestMain runs a small REPL that echoes cells, instead of the tests, when
// LINEEDIT_DEMO is set; its value is how often something is written in the
// background. To try the editor in a terminal:
//
//	go test -c -o demo && LINEEDIT_DEMO=1s ./demo
func TestMain(m *testing.M) {
	if every := os.Getenv("LINEEDIT_DEMO"); every != "" {
		if err := demo(every); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func demo(every string) error {
	theme, _ := highlight.Named("dark", highlight.DepthOf(os.LookupEnv))
	e, err := New(Config{
		In: os.Stdin, Out: os.Stdout,
		History:    os.Getenv("LINEEDIT_HISTORY"),
		Highlight:  func(src string) string { return highlight.Source(src, theme) },
		Incomplete: brackets,
		Complete:   packages,
	})
	if err != nil {
		return err
	}
	defer e.Close()
	if d, err := time.ParseDuration(every); err == nil && d > 0 {
		go func() {
			for i := 1; ; i++ {
				time.Sleep(d)
				fmt.Fprintf(e.Output(), "tick %d\n", i)
			}
		}()
	}
	for {
		cell, err := e.ReadCell("\x1b[1;32m>>>\x1b[0m ", "\x1b[32m...\x1b[0m ")
		switch {
		case err == ErrInterrupt:
			fmt.Fprintln(e.Output(), "interrupted")
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if cell == "sleep" {
			time.Sleep(3 * time.Second)
		}
		fmt.Fprintf(e.Output(), "%q\n", cell)
	}
}

// packages is a Complete that knows a few names.
func packages(src string, pos int) (list []Candidate, from int) {
	from = strings.LastIndexAny(src[:pos], ". \t\n(") + 1
	for _, c := range []Candidate{
		{Text: "Print", Detail: "func(a ...any) (n int, err error)"},
		{Text: "Printf", Detail: "func(format string, a ...any) (n int, err error)"},
		{Text: "Println", Detail: "func(a ...any) (n int, err error)"},
		{Text: "Sleep", Detail: "func(d time.Duration)"},
	} {
		if strings.HasPrefix(c.Text, src[from:pos]) {
			list = append(list, c)
		}
	}
	return list, from
}
