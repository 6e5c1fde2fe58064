package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/asyncrepl/asyncrepl/testmode"
)

// native exports the session and runs its tests with go test. It returns
// pytest's status.
func (s *Session) native(ctx context.Context, opt testmode.Options) int {
	dir, err := os.MkdirTemp("", "asyncrepl-")
	if err != nil {
		s.errorf("%s", err)
		return testmode.StatusInternal
	}
	defer os.RemoveAll(dir)
	module := filepath.Join(dir, "session")
	e, notices, err := s.export(module)
	for _, n := range notices {
		s.errorf("%s", n)
	}
	if err != nil {
		s.report(err)
		return testmode.StatusInterrupted // as of a file that does not compile
	}
	keyword, err := testmode.ParseKeyword(opt.Keyword)
	if err != nil {
		s.errorf("%s", err)
		return testmode.StatusUsage
	}
	var run []string
	for _, t := range e.made {
		if keyword.Match("session::"+t.session) && (len(opt.NodeIDs) == 0 || t.selected(opt.NodeIDs)) {
			run = append(run, regexp.QuoteMeta(t.name))
		}
	}
	if len(run) == 0 {
		fmt.Fprintln(s.cfg.Out, "no tests ran")
		return testmode.StatusNoTests
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test"}, nativeFlags(opt, "^("+strings.Join(run, "|")+")$")...)...)
	cmd.Dir = module
	cmd.WaitDelay = time.Second // for the test itself, which go test may leave behind
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	var broken failedBuild
	cmd.Stdout, cmd.Stderr = io.MultiWriter(s.cfg.Out, &broken), s.cfg.Err
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return testmode.StatusInterrupted
	case errors.Is(err, exec.ErrNotFound):
		s.errorf("--native needs a Go toolchain, and there is no go on the path")
		return testmode.StatusUsage
	case bool(broken):
		return testmode.StatusInterrupted
	case errors.As(err, &exit):
		return testmode.StatusFailed
	case err != nil:
		s.errorf("%s", err)
		return testmode.StatusInternal
	}
	return testmode.StatusOK
}

// A failedBuild looks out for what go test says of a program that does not
// compile.
type failedBuild bool

func (b *failedBuild) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "[build failed]") || strings.Contains(string(p), "[setup failed]") {
		*b = true
	}
	return len(p), nil
}

// nativeFlags are the arguments of go test that mean what the options do.
func nativeFlags(opt testmode.Options, pattern string) []string {
	var args []string
	add := func(on bool, a ...string) {
		if on {
			args = append(args, a...)
		}
	}
	add(opt.Race, "-race")
	add(opt.Verbosity > 0, "-v")
	add(opt.MaxFail > 0, "-failfast")
	add(opt.ShortMode, "-short")
	add(opt.Cover, "-cover")
	if path, err := filepath.Abs(opt.CoverProfile); err == nil {
		add(opt.CoverProfile != "", "-coverprofile="+path)
	}
	add(opt.Count > 0, fmt.Sprintf("-count=%d", opt.Count))
	add(opt.Timeout > 0, fmt.Sprintf("-timeout=%s", opt.Timeout))
	switch {
	case opt.Shuffle && opt.Seed != nil:
		add(true, fmt.Sprintf("-shuffle=%d", *opt.Seed))
	case opt.Shuffle:
		add(true, "-shuffle=on")
	}
	if !opt.Bench {
		return append(args, "-run="+pattern)
	}
	add(opt.BenchMem, "-benchmem")
	add(opt.BenchTime > 0, fmt.Sprintf("-benchtime=%s", opt.BenchTime))
	add(opt.BenchCount > 0, fmt.Sprintf("-benchtime=%dx", opt.BenchCount))
	return append(args, "-run=^$", "-bench="+pattern)
}
