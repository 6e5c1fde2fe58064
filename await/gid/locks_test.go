package gid

import "testing"

func TestWrongAddressesAreSurvived(t *testing.T) {
	if !canLook {
		t.Skip("nothing is looked for here")
	}
	for _, p := range []uintptr{1 << 20, ^uintptr(0) >> 1 &^ 7, ^uintptr(0) >> 20 &^ 7} {
		if _, ok := counter(p); ok {
			t.Errorf("something was found at %#x", p)
		}
	}
}
