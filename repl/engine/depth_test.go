package engine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/repl/conformance"
	"github.com/asyncrepl/asyncrepl/repl/rt"
)

const endless = `package main

var log []string

type node struct{ next *node }

func (n *node) length() int { return n.next.length() + 1 }

func plain() { n := &node{}; n.next = n; n.length() }

func deferring(n int) int {
	defer func() {
		if n%50000 == 0 {
			log = append(log, "deferred")
			if recover() != nil {
				log = append(log, "recovered")
			}
		}
	}()
	return deferring(n+1) + 1
}

func deferred() { deferring(1); log = append(log, "went on") }

func shallow() { log = append(log, "shallow") }

func report() {
	for _, l := range log {
		println(l)
	}
}

func main() {}
`

// TestStackOverflow lets programs recurse without end: each time the call
// panics with the name of the function, and the engine goes on working.
func TestStackOverflow(t *testing.T) {
	p, err := conformance.New("endless.go", endless, "plain", "deferred", "shallow", "report")
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string) (v any) {
		f, err := p.Func(name)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { v = recover() }()
		f.Interface().(func())()
		return nil
	}
	for range 2 {
		v := call("plain")
		if e := (*rt.StackOverflow)(nil); !asOverflow(v, &e) || e.Function != "length" || !strings.Contains(e.Error(), "length") {
			t.Fatalf("the recursion ends with %v", v)
		}
		if v := call("shallow"); v != nil {
			t.Fatalf("afterwards a function panics with %v", v)
		}
	}
	v := call("deferred")
	if e := (*rt.StackOverflow)(nil); !asOverflow(v, &e) {
		t.Fatalf("the recursion with deferred calls ends with %v", v)
	}
	if v := call("report"); v != nil {
		t.Fatal(v)
	}
}

func asOverflow(v any, e **rt.StackOverflow) bool {
	err, ok := v.(error)
	return ok && errors.As(err, e)
}
