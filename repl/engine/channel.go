package engine

import (
	"reflect"

	"github.com/asyncrepl/asyncrepl/repl/rt"
)

// The interpreter's sends and receives cannot be interrupted. Those of package
// rt take their place.

// send is for sends of a variable or constant.
func (n *node) send() func(exec) exec {
	t := n.child[0].goType()
	ch, ok1 := n.child[0].slot()
	v, ok2 := n.child[1].operand(t.Elem())
	if !ok1 || !ok2 {
		return nil
	}
	next, _ := n.successors()
	return func(exec) exec {
		return func(f *frame) exec {
			rt.Send(ch.value(f), reflect.NewAt(t.Elem(), v.at(f)).Interface())
			return *next
		}
	}
}

// receive is for receives into the variable dest that tell in the variable
// open, if it is not nil, whether there was a value.
func (n *node) receive(dest, open *node) func(exec) exec {
	t := n.child[0].goType()
	ch, ok1 := n.child[0].slot()
	d, ok2 := dest.slot()
	o, ok3 := operand{}, true
	if open != nil {
		o, ok3 = open.slot()
	}
	if !ok1 || !ok2 || !ok3 || dest.ident == "_" || n.fnext != nil {
		return nil
	}
	next, _ := n.successors()
	return func(exec) exec {
		return func(f *frame) exec {
			ok := rt.Receive(ch.value(f), reflect.NewAt(t.Elem(), d.at(f)).Interface())
			if open != nil {
				*(*bool)(o.at(f)) = ok
			}
			return *next
		}
	}
}
