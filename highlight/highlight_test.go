package highlight

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

func strip(s string) string { return escapes.ReplaceAllString(s, "") }

func theme(t testing.TB, name string, depth Depth) Theme {
	t.Helper()
	th, ok := Named(name, depth)
	if !ok {
		t.Fatalf("no theme %q", name)
	}
	return th
}

func TestSourceKeepsTheText(t *testing.T) {
	const src = "// c\nfunc f(s string) {\n\tx := await `raw\nstring`\r\n\treturn \"a\\n\", 'x', 0x1f /* open\n"
	for _, name := range Names() {
		for _, depth := range []Depth{Colours16, Colours256, TrueColour} {
			got := Source(src, theme(t, name, depth))
			if strip(got) != src {
				t.Errorf("%s: stripped text differs:\n%q", name, strip(got))
			}
			if name != "none" && got == src {
				t.Errorf("%s: nothing coloured", name)
			}
		}
	}
}

func TestEveryLineIsCompleteInItself(t *testing.T) {
	got := Source("`a\n\nb`", theme(t, "dark", Colours16))
	want := "\x1b[92m`a\x1b[0m\n\n\x1b[92mb`\x1b[0m"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPytestColours(t *testing.T) {
	got := Source(`func f() { assert x == "a" + 1 }`, theme(t, "pytest", Colours16))
	want := "\x1b[94mfunc\x1b[39;49;00m \x1b[92mf\x1b[39;49;00m() { \x1b[94massert\x1b[39;49;00m x == " +
		"\x1b[33m\"a\"\x1b[39;49;00m + \x1b[94m1\x1b[39;49;00m }"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDepths(t *testing.T) {
	style := chroma.MustNewStyle("t", chroma.StyleEntries{chroma.Keyword: "#8a2f8f", chroma.Number: "#808080"})
	for _, test := range []struct {
		depth           Depth
		keyword, number string
	}{
		{Colours16, "\x1b[35m", "\x1b[36m"},
		{Colours256, "\x1b[38;5;90m", "\x1b[38;5;244m"},
		{TrueColour, "\x1b[38;2;138;47;143m", "\x1b[38;2;128;128;128m"},
	} {
		th := FromStyle(style, test.depth)
		if got := th.escape(chroma.Keyword); got != test.keyword {
			t.Errorf("depth %d: keyword %q, want %q", test.depth, got, test.keyword)
		}
		if got := th.escape(chroma.LiteralNumberHex); test.depth != Colours16 && got != test.number {
			t.Errorf("depth %d: number %q, want %q", test.depth, got, test.number)
		}
	}
}

func TestNames(t *testing.T) {
	if got := Names(); !slices.IsSorted(got) || !slices.Contains(got, "none") || len(got) != 7 {
		t.Errorf("Names() = %v", got)
	}
	if _, ok := Named("no such theme", TrueColour); ok {
		t.Error("Named accepts any name")
	}
}

func TestEnabled(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, test := range []struct {
		env  string
		want bool
	}{
		{"", false},
		{"FORCE_COLOR=1", true},
		{"FORCE_COLOR=1 NO_COLOR=1", false},
		{"FORCE_COLOR=1 NO_COLOR=", true},
		{"FORCE_COLOR=1 TERM=dumb", false},
	} {
		if got := Enabled(file, env(test.env)); got != test.want {
			t.Errorf("%q: %v, want %v", test.env, got, test.want)
		}
	}
}

func TestDepthOf(t *testing.T) {
	for _, test := range []struct {
		env  string
		want Depth
	}{
		{"TERM=xterm", Colours16},
		{"TERM=xterm-256color", Colours256},
		{"TERM=xterm-256color COLORTERM=truecolor", TrueColour},
		{"TERM=xterm-direct", TrueColour},
	} {
		if got := DepthOf(env(test.env)); got != test.want {
			t.Errorf("%q: %v, want %v", test.env, got, test.want)
		}
	}
}

func env(settings string) Env {
	return func(name string) (string, bool) {
		for _, s := range strings.Fields(settings) {
			if k, v, _ := strings.Cut(s, "="); k == name {
				return v, true
			}
		}
		return "", false
	}
}

func FuzzSource(f *testing.F) {
	for _, s := range []string{
		"", "x := await f()", "\"open", "`raw\nx", "/* c", "'\\u12", "0x_1p+", "#!x\n:y", "\xff\r\n\t", "async func(){}",
		"await", "assert", "日本 := \"語\\n\"", "a\\b$?@",
	} {
		f.Add(s)
	}
	th := theme(f, "dusk", TrueColour)
	f.Fuzz(func(t *testing.T, src string) {
		var joined strings.Builder
		for _, tok := range Tokens(src) {
			if tok.Value == "" || tok.Type == chroma.Error {
				t.Errorf("token %#v", tok)
			}
			joined.WriteString(tok.Value)
		}
		if joined.String() != src {
			t.Errorf("tokens join to %q", joined.String())
		}
		if strings.Contains(src, "\x1b") {
			return // what is an escape of ours can then not be told
		}
		if got := strip(Source(src, th)); got != src {
			t.Errorf("without escapes %q", got)
		}
	})
}

var thousand = strings.Repeat("rs := await gather(f(\"a\\n\"), 0x1f, x.y) // c\n", 23)[:1000]

func BenchmarkSource1000(b *testing.B) {
	th := theme(b, "dusk", TrueColour)
	for range b.N {
		Source(thousand, th)
	}
}

func BenchmarkTokens1000(b *testing.B) {
	for range b.N {
		Tokens(thousand)
	}
}

func BenchmarkNamed(b *testing.B) {
	for range b.N {
		Named("dark", Colours256)
	}
}
