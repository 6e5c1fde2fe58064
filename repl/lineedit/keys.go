package lineedit

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/chzyer/readline"
)

// Keys that chzyer/readline has no code for, or whose code it treats
// differently, reach the editor as runes of the last private plane.
const (
	keyFirst rune = 0x10FF00 + iota
	keyAction
	keyPaste
	keyEscape
	keyDelete
	keyNewline
	keyWordLeft
	keyWordRight
	keyKillWordLeft
	keyKillWordRight
	keyPageUp
	keyPageDown
	keyBackTab
	keyUnknown
	keyLast
)

// escapeDelay is how long after an escape character the rest of a key's
// sequence may come.
const escapeDelay = 50 * time.Millisecond

// keys decodes what a terminal sends into runes, a rune a read, so that nothing
// typed ahead is taken from the terminal before it is asked for.
type keys struct {
	read  func(p []byte, timeout time.Duration) (int, error)
	turn  sync.Mutex // of Read and poll, which meet when the editor is closed
	in    []byte     // taken from the terminal, not yet decoded
	rune  []byte     // the rest of a decoded rune
	ahead atomic.Bool
	ended chan struct{} // closed when there is nothing more to read
	once  sync.Once

	mu     sync.Mutex
	pastes []string
}

func newKeys(read func([]byte, time.Duration) (int, error)) *keys {
	return &keys{read: read, ended: make(chan struct{})}
}

// Read implements [io.Reader] for chzyer/readline.
func (k *keys) Read(p []byte) (int, error) {
	k.turn.Lock()
	defer k.turn.Unlock()
	if len(k.rune) == 0 {
		r, err := k.next()
		if err != nil {
			k.once.Do(func() { close(k.ended) })
			return 0, err
		}
		k.rune = utf8.AppendRune(nil, r)
		k.ahead.Store(len(k.in) > 0)
	}
	n := copy(p, k.rune)
	k.rune = k.rune[n:]
	return n, nil
}

// Close implements [io.Closer] for chzyer/readline; there is nothing to close.
func (k *keys) Close() error { return nil }

// paste returns the text of the oldest paste not yet taken.
func (k *keys) paste() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.pastes) == 0 {
		return ""
	}
	text := k.pastes[0]
	k.pastes = k.pastes[1:]
	return text
}

// more takes further bytes from the terminal and reports whether any came
// before the timeout, which is none if negative.
func (k *keys) more(timeout time.Duration) (bool, error) {
	var chunk [4096]byte
	n, err := k.read(chunk[:], timeout)
	k.in = append(k.in, chunk[:n]...)
	return n > 0, err
}

// byteAt returns the i-th undecoded byte, waiting a moment for it.
func (k *keys) byteAt(i int) (byte, bool, error) {
	for len(k.in) <= i {
		if ok, err := k.more(escapeDelay); !ok || err != nil {
			return 0, false, err
		}
	}
	return k.in[i], true, nil
}

// next returns the next key.
func (k *keys) next() (rune, error) {
	for len(k.in) == 0 {
		if _, err := k.more(-1); err != nil {
			return 0, err
		}
	}
	switch c := k.in[0]; {
	case c == readline.CharEsc:
		return k.escape()
	case c < utf8.RuneSelf:
		k.in = k.in[1:]
		switch c {
		case 0:
			return keyUnknown, nil
		case '\n':
			return readline.CharEnter, nil
		}
		return rune(c), nil
	}
	for i := 1; i < utf8.UTFMax && !utf8.FullRune(k.in); i++ {
		if _, ok, err := k.byteAt(i); err != nil {
			return 0, err
		} else if !ok {
			break
		}
	}
	r, n := utf8.DecodeRune(k.in)
	k.in = k.in[n:]
	if r == utf8.RuneError || r >= keyFirst || r >= 0x80 && r < 0xa0 {
		return keyUnknown, nil
	}
	return r, nil
}

// poll returns the next key if it comes before the timeout, which is none if
// negative.
func (k *keys) poll(timeout time.Duration) (r rune, ok bool, err error) {
	k.turn.Lock()
	defer k.turn.Unlock()
	if len(k.in) == 0 {
		if ok, err := k.more(timeout); !ok || err != nil {
			return 0, false, err
		}
	}
	r, err = k.next()
	return r, err == nil, err
}

// escape decodes a key that begins with an escape character.
func (k *keys) escape() (rune, error) {
	c, ok, err := k.byteAt(1)
	if err != nil {
		return 0, err
	}
	if !ok || c == readline.CharEsc {
		k.in = k.in[1:]
		return keyEscape, nil
	}
	if c != '[' && c != 'O' {
		k.in = k.in[2:]
		return altKey(c), nil
	}
	i := 2
	for {
		c, ok, err := k.byteAt(i)
		if err != nil {
			return 0, err
		}
		if !ok {
			k.in = k.in[i:]
			return keyUnknown, nil
		}
		i++
		if c >= 0x40 && c <= 0x7e {
			break
		}
	}
	params, final := string(k.in[2:i-1]), k.in[i-1]
	k.in = k.in[i:]
	if final == '~' && params == "200" {
		return k.collect()
	}
	return sequenceKey(params, final), nil
}

// collect takes pasted text up to the mark of its end.
func (k *keys) collect() (rune, error) {
	const end = "\x1b[201~"
	from := 0
	for {
		if i := strings.Index(string(k.in[from:]), end); i >= 0 {
			text := string(k.in[:from+i])
			k.in = k.in[from+i+len(end):]
			k.mu.Lock()
			k.pastes = append(k.pastes, printable(text))
			k.mu.Unlock()
			return keyPaste, nil
		}
		from = max(0, len(k.in)-len(end))
		if _, err := k.more(-1); err != nil {
			return 0, err
		}
	}
}

// altKey returns the key that Alt and c make.
func altKey(c byte) rune {
	switch c {
	case 'b', 'B':
		return keyWordLeft
	case 'f', 'F':
		return keyWordRight
	case 'd', 'D':
		return keyKillWordRight
	case readline.CharBackspace, readline.CharCtrlH:
		return keyKillWordLeft
	case '\r', '\n':
		return keyNewline
	}
	return keyUnknown
}

// sequenceKey returns the key of a control sequence.
func sequenceKey(params string, final byte) rune {
	number, modifier, _ := strings.Cut(params, ";")
	word := modifier == "3" || modifier == "5" // Alt or Ctrl is held
	switch final {
	case 'A':
		return readline.CharPrev
	case 'B':
		return readline.CharNext
	case 'C':
		if word {
			return keyWordRight
		}
		return readline.CharForward
	case 'D':
		if word {
			return keyWordLeft
		}
		return readline.CharBackward
	case 'F':
		return readline.CharLineEnd
	case 'H':
		return readline.CharLineStart
	case 'M':
		return readline.CharEnter // of the key pad
	case 'Z':
		return keyBackTab
	case '~':
		switch number {
		case "1", "7":
			return readline.CharLineStart
		case "4", "8":
			return readline.CharLineEnd
		case "3":
			if word {
				return keyKillWordRight
			}
			return keyDelete
		case "5":
			return keyPageUp
		case "6":
			return keyPageDown
		}
	}
	return keyUnknown
}

// printable returns text with newlines as \n alone, and without what a terminal
// would take for a command.
func printable(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}
