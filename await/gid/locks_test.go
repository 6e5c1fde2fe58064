package gid

import "testing"

func TestWrongAddressesAreSurvived(t *testing.T) {
	if !canLook {
		t.Skip("nothing is looked for here")
	}
	for _, p := range []uintptr{1 << 44, 1 << 63, 1 << 20} {
		if _, ok := counter(p); ok {
			t.Errorf("something was found at %#x", p)
		}
	}
}
