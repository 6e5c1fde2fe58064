package highlight

import (
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"golang.org/x/term"
)

// Depth is the number of colours a terminal shows.
type Depth int

// The depths, from the poorest to the richest.
const (
	Colours16 Depth = iota
	Colours256
	TrueColour
)

// Env looks a variable up in an environment, as [os.LookupEnv] does.
type Env func(name string) (value string, ok bool)

// Enabled reports whether text written to w is to be coloured: never when
// NO_COLOR is set or TERM is "dumb", always when FORCE_COLOR is set, otherwise
// when w is a terminal.
func Enabled(w *os.File, env Env) bool {
	if v, _ := env("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := env("TERM"); v == "dumb" {
		return false
	}
	if v, _ := env("FORCE_COLOR"); v != "" {
		return true
	}
	return term.IsTerminal(int(w.Fd()))
}

// DepthOf returns the depth that the environment states through COLORTERM and
// TERM.
func DepthOf(env Env) Depth {
	switch v, _ := env("COLORTERM"); v {
	case "truecolor", "24bit":
		return TrueColour
	}
	name, _ := env("TERM")
	switch {
	case strings.Contains(name, "direct"):
		return TrueColour
	case strings.Contains(name, "256"):
		return Colours256
	}
	return Colours16
}

// sgr returns the escape that switches a terminal to the look of e, or "".
func sgr(e chroma.StyleEntry, depth Depth) string {
	var codes []string
	if e.Bold == chroma.Yes {
		codes = append(codes, "1")
	}
	if e.Italic == chroma.Yes {
		codes = append(codes, "3")
	}
	if e.Underline == chroma.Yes {
		codes = append(codes, "4")
	}
	if e.Colour.IsSet() {
		codes = append(codes, foreground(e.Colour, depth))
	}
	if len(codes) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(codes, ";") + "m"
}

// foreground returns the parameters of the escape that selects c. The sixteen
// colours chroma names "#ansi…" are always the terminal's own.
func foreground(c chroma.Colour, depth Depth) string {
	for i, own := range ansi {
		if own == c {
			return ansiCode(i)
		}
	}
	switch depth {
	case TrueColour:
		return fmt.Sprintf("38;2;%d;%d;%d", c.Red(), c.Green(), c.Blue())
	case Colours256:
		return fmt.Sprintf("38;5;%d", nearest256(c))
	default:
		best, least := 0, math.Inf(1)
		for i, own := range ansi {
			if d := c.Distance(own); d < least {
				best, least = i, d
			}
		}
		return ansiCode(best)
	}
}

func ansiCode(i int) string {
	if i < 8 {
		return fmt.Sprint(30 + i)
	}
	return fmt.Sprint(90 + i - 8)
}

// ansi lists chroma's values of the sixteen terminal colours in the order of
// their codes.
var ansi = func() (list [16]chroma.Colour) {
	names := [16]string{
		"black", "darkred", "darkgreen", "brown", "darkblue", "purple", "teal", "lightgray",
		"darkgray", "red", "green", "yellow", "blue", "fuchsia", "turquoise", "white",
	}
	for i, name := range names {
		list[i] = chroma.MustParseColour("#ansi" + name)
	}
	return list
}()

// nearest256 returns the index of the colour nearest to c among the cube and
// the grey ramp of the 256-colour palette.
func nearest256(c chroma.Colour) int {
	steps := [6]int{0, 95, 135, 175, 215, 255}
	level := func(v uint8) int {
		best := 0
		for i, s := range steps {
			if abs(int(v)-s) < abs(int(v)-steps[best]) {
				best = i
			}
		}
		return best
	}
	r, g, b := level(c.Red()), level(c.Green()), level(c.Blue())
	cube := chroma.NewColour(uint8(steps[r]), uint8(steps[g]), uint8(steps[b]))

	mean := (int(c.Red()) + int(c.Green()) + int(c.Blue())) / 3
	shade := min(max((mean-3)/10, 0), 23)
	grey := chroma.NewColour(uint8(8+10*shade), uint8(8+10*shade), uint8(8+10*shade))

	if c.Distance(grey) < c.Distance(cube) {
		return 232 + shade
	}
	return 16 + 36*r + 6*g + b
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
