package lineedit

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hinshun/vt10x"
)

// TestScreenMatchesLayout draws random views, output above them and changes of
// size, and compares the emulator's screen with the rows as laid out.
func TestScreenMatchesLayout(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		width, height := 8+rnd.IntN(30), 3+rnd.IntN(10)
		vt := vt10x.New(vt10x.WithSize(width, height))
		s := screen{out: vt, size: func() (int, int) { return width, height }}
		v := view{prompt: "\x1b[1m>>> \x1b[0m", continuation: "... "}
		for step := range 60 {
			text := []rune(visible(v.painted))
			switch rnd.IntN(8) {
			case 0, 1, 2:
				at := rnd.IntN(len(text) + 1)
				more := strings.Repeat(string("ab\t\n(é"[rnd.IntN(5)]), 1+rnd.IntN(12))
				text = append(text[:at:at], append([]rune(more), text[at:]...)...)
			case 3:
				text = text[:rnd.IntN(len(text)+1)]
			case 4:
				v.below = strings.Split("menu one\nmenu two and much wider than that\nthree", "\n")[:rnd.IntN(3)]
			case 5:
				if err := s.above(fmt.Sprintf("output %d\r\n", step)); err != nil {
					t.Fatal(err)
				}
				continue
			case 6:
				if rnd.IntN(4) == 0 {
					if err := s.leave(v); err != nil {
						t.Fatal(err)
					}
					text, v.below = nil, nil
				}
			}
			if len(text) > 200 {
				text = text[:200]
			}
			v.painted = "\x1b[34m" + strings.ReplaceAll(string(text), "a", "\x1b[35ma\x1b[0m") + "\x1b[0m"
			v.pos = rnd.IntN(len(text) + 1)
			if err := s.show(v); err != nil {
				t.Fatal(err)
			}
			compare(t, vt, &s, fmt.Sprintf("seed %d step %d, %dx%d", seed, step, width, height))
		}
	}
}

// compare checks that the emulator shows what the screen says it has drawn, that
// this is the layout of its view, and that the cursor is on its rune.
func compare(t *testing.T, vt vt10x.Terminal, s *screen, where string) {
	t.Helper()
	width, height := s.size()
	rows, cursor, column := newLayout(s.view.prompt, s.view.continuation, s.view.painted, s.view.pos, width)
	rows = rows[s.top:min(len(rows), s.top+height-len(s.view.below))]
	cursor -= s.top
	for _, line := range s.view.below {
		rows = append(rows, clip(line, width))
	}
	at := vt.Cursor()
	first := at.Y - cursor
	if at.X != min(column, width-1) || first < 0 || first+len(rows) > height {
		t.Fatalf("%s: cursor %d,%d for row %d column %d of %d rows", where, at.X, at.Y, cursor, column, len(rows))
	}
	for y := first; y < height; y++ {
		var got strings.Builder
		for x := range width {
			got.WriteRune(vt.Cell(x, y).Char)
		}
		want := ""
		if i := y - first; i < len(rows) {
			want = visible(rows[i].text)
		}
		if g := strings.TrimRight(strings.ReplaceAll(got.String(), "\x00", " "), " "); g != strings.TrimRight(want, " ") {
			t.Fatalf("%s: row %d is %q, want %q\n%s", where, y-first, g, want, vt)
		}
	}
}

func TestLayout(t *testing.T) {
	for _, test := range []struct {
		painted     string
		pos, width  int
		rows        string // joined by /, a soft end marked by ~
		row, column int
	}{
		{"ab", 2, 10, "> ab", 0, 4},
		{"ab\ncd", 3, 10, "> ab/. cd", 1, 2},
		{"abcd", 4, 6, "> abcd~/", 1, 0},
		{"abcd", 3, 6, "> abcd", 0, 5},
		{"abcd\n", 4, 6, "> abcd~//. ", 1, 0},
		{"abcd\n", 5, 6, "> abcd/. ", 1, 2},
		{"abc日", 4, 6, "> abc~/日", 1, 2},
		{"abc日", 3, 6, "> abc~/日", 1, 0},
		{"\tx", 1, 20, ">     x", 0, 6},
		{"a\tx", 2, 20, ">  a   x"[:2] + "a   x", 0, 6},
		{"a\x01b", 2, 20, "> a^Ab", 0, 5},
		{"e\u0301x", 2, 20, "> e\u0301x", 0, 3},
		{"🙂x", 1, 20, "> 🙂x", 0, 4},
		{"\x1b[31mabcde\x1b[0m", 5, 6, "> \x1b[31mabcd\x1b[0m~/\x1b[31me\x1b[0m", 1, 1},
		{"\x1b[31ma\nb\x1b[39;49;00mc", 0, 9, "> \x1b[31ma\x1b[0m/. \x1b[31mb\x1b[39;49;00mc", 0, 2},
	} {
		rows, row, column := newLayout("> ", ". ", test.painted, test.pos, test.width)
		var b strings.Builder
		for i, r := range rows {
			if i > 0 {
				b.WriteByte('/')
			}
			b.WriteString(r.text)
			if r.soft {
				b.WriteByte('~')
			}
		}
		if b.String() != test.rows || row != test.row || column != test.column {
			t.Errorf("%q at %d in %d:\n got %q, cursor %d,%d\nwant %q, cursor %d,%d", test.painted, test.pos, test.width,
				b.String(), row, column, test.rows, test.row, test.column)
		}
	}
}

func BenchmarkRedraw1000(b *testing.B) {
	vt := discard{}
	s := screen{out: vt, size: func() (int, int) { return 80, 24 }}
	text := strings.Repeat("\x1b[35mawait\x1b[0m f(x) // c ", 60)
	v := view{prompt: ">>> ", continuation: "... ", painted: text}
	for i := range b.N {
		v.painted, v.pos = text+"xy"[:i%2], 900
		if err := s.show(v); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
