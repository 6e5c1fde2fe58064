package await

import (
	"math/rand/v2"
	"reflect"
)

// A Case is one operation of a Select. CaseRecv, CaseSend and CaseDefault make
// them.
type Case interface {
	// Try performs the operation if that is possible at once.
	Try() bool
	// Operation describes it to reflect.Select.
	Operation() reflect.SelectCase
	// Chosen is called when reflect.Select has performed it.
	Chosen(v reflect.Value, ok bool)
}

// A DefaultCase is the case of a Select that is chosen when no other can go
// on.
type DefaultCase struct{}

// CaseDefault makes a DefaultCase.
func CaseDefault() *DefaultCase { return &DefaultCase{} }

// Try reports false: the case is for when all others did.
func (*DefaultCase) Try() bool { return false }

// Operation describes the case to reflect.Select.
func (*DefaultCase) Operation() reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectDefault}
}

// Chosen does nothing.
func (*DefaultCase) Chosen(reflect.Value, bool) {}

// Select waits until one of the operations can be performed, performs it, and
// returns its index, as Go's select does: if several can, it chooses one at
// random, and if none can, a CaseDefault. Without cases it waits forever.
func Select(cases ...Case) int {
	chosen := -1
	if len(cases) == 0 {
		Forever("a select without cases")
	}
	try := func() bool {
		first := rand.IntN(len(cases))
		for i := range cases {
			k := (first + i) % len(cases)
			if cases[k].Try() {
				chosen = k
				return true
			}
		}
		return false
	}
	for i, c := range cases {
		if _, ok := c.(*DefaultCase); ok {
			if try() {
				return chosen
			}
			return i
		}
	}
	WaitOn("a select", try, func(stop <-chan struct{}) bool {
		ops := make([]reflect.SelectCase, len(cases), len(cases)+1)
		for i, c := range cases {
			ops[i] = c.Operation()
		}
		if stop != nil {
			ops = append(ops, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(stop)})
		}
		i, v, ok := reflect.Select(ops)
		if i == len(cases) {
			return false
		}
		chosen = i
		cases[i].Chosen(v, ok)
		return true
	})
	return chosen
}
