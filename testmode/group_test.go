package testmode_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// Two groups have a TestMain, a session fixture of the same type, and tests that
// are named in turn.
func TestGroups(t *testing.T) {
	for _, shuffle := range []string{"--color=no", "--shuffle"} {
		s := newFixtureSuite(t, "-q", shuffle)
		var groups []*testmode.Group
		for i := range 3 {
			g := &testmode.Group{Begin: func() { s.did = append(s.did, fmt.Sprint("begin ", i)) }}
			s.opt.Fixtures = nil
			s.fixture(fmt.Sprint("fixture", i), "DB", true)
			s.opt.Fixtures[0].Make = func(*testmode.T) func() {
				s.did = append(s.did, fmt.Sprint("make ", i))
				return func() { s.did = append(s.did, fmt.Sprint("end ", i)) }
			}
			g.Fixtures = s.opt.Fixtures
			if i < 2 {
				g.Main = func(m *testmode.M) {
					s.did = append(s.did, fmt.Sprint("main ", i))
					if code := m.Run(); code != 1-i {
						t.Errorf("Run of group %d returned %d", i, code)
					}
					s.did = append(s.did, fmt.Sprint("end main ", i))
				}
			}
			groups = append(groups, g)
		}
		s.opt.Fixtures = nil
		for n := range 6 {
			i := n % 3
			test := s.test(fmt.Sprint("Test", n), "DB")
			test.Group = groups[i]
			test.Func = func(t *testmode.T) {
				s.did = append(s.did, fmt.Sprint("test ", i))
				if i == 0 {
					t.Fail()
				}
			}
		}
		out, r := s.run()
		if r.Failed != 2 || r.Passed != 4 || r.Errors != 0 || r.Status != testmode.StatusFailed {
			t.Errorf("%+v\n%s", r, out)
		}
		for i := range 3 {
			want := fmt.Sprintf("begin %[1]d, main %[1]d, make %[1]d, test %[1]d, test %[1]d, end %[1]d, end main %[1]d", i)
			if i == 2 {
				want = "begin 2, make 2, test 2, test 2, end 2"
			}
			if got := strings.Join(s.did, ", "); !strings.Contains(got, want) {
				t.Errorf("%s: %s: not %s", shuffle, got, want)
			}
		}
	}
}

// What a test writes to its standard files is captured in its place.
func TestStdfile(t *testing.T) {
	s := newSuite(t, "-q", "-rA")
	stdout := os.Stdout
	s.add("TestX", 1, "func TestX(t *testing.T) {}", func(tt *testmode.T) {
		fmt.Fprint(tt.Stdout(), "a")
		f := tt.Stdfile(false)
		f.WriteString("b")
		fmt.Fprint(tt.Stdout(), "c")
		if stderr, ok := tt.IsStdfile(f); stderr || !ok {
			t.Errorf("IsStdfile: %v, %v", stderr, ok)
		}
		tt.Stdfile(true).WriteString("err")
		os.Stdout = nil
		if tt.Stdfile(false) != nil {
			t.Error("it is not what the test has set")
		}
		os.Stdout = f // which the test takes for the process's own
		tt.Stdfile(false).WriteString("d\n")
	})
	out, _ := s.run()
	if os.Stdout != stdout {
		t.Error("the test's file stays in the place of the standard output")
	}
	lines := strings.Split(out, "\n")
	if !slices.Contains(lines, "abcd") || !slices.Contains(lines, "err") {
		t.Error(out)
	}
}
