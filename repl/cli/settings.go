package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"github.com/asyncrepl/asyncrepl/repl"
)

// settingsFile is the name of the file that holds the settings of a directory
// and all below.
const settingsFile = "asyncrepl.toml"

// settings are what a settings file says.
type settings struct {
	Test struct {
		// Addopts are the options that runs of tests begin with.
		Addopts words `toml:"addopts"`
	} `toml:"test"`
}

// words is a list of words, or a text that consists of words as on a command
// line.
type words []string

// UnmarshalTOML takes a string or an array of strings.
func (w *words) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		list, err := repl.SplitWords(v)
		*w = list
		return err
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return fmt.Errorf("%v is no string", e)
			}
			*w = append(*w, s)
		}
		return nil
	}
	return errors.New("it must be a string or an array of strings")
}

// readSettings reads the settings file of the current directory, or of the
// nearest one above that has one. Without any, the settings are zero.
func readSettings() (s settings, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return s, err
	}
	for {
		file := filepath.Join(dir, settingsFile)
		text, err := os.ReadFile(file)
		if err == nil {
			meta, err := toml.Decode(string(text), &s)
			if err != nil {
				return settings{}, fmt.Errorf("%s: %w", file, err)
			}
			if unknown := meta.Undecoded(); len(unknown) > 0 {
				return settings{}, fmt.Errorf("%s: there is no setting %s", file, unknown[0])
			}
			return s, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return s, nil
		}
		dir = parent
	}
}

// testOptions returns the options that runs of tests begin with. What is wrong
// with the settings is told, and they are left alone.
func testOptions() []string {
	s, err := readSettings()
	if err != nil {
		fmt.Fprintf(os.Stderr, "asyncrepl: %s\n", err)
	}
	return s.Test.Addopts
}
