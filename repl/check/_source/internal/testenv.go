// Package testenv stands in for the one of the Go toolchain: the tests run on no
// builder, in a program that is not theirs, beside a Go installation that need
// not be there.
package testenv

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func Builder() string { return "" }

func GoTool() (string, error) { return exec.LookPath("go") }

func GoToolPath(t testing.TB) string {
	path, err := GoTool()
	if err != nil {
		t.Skip("the go command is not there")
	}
	return path
}

func HasGoBuild() bool {
	_, err := GoTool()
	return err == nil
}

func MustHaveGoBuild(t testing.TB) { GoToolPath(t) }

func HasGoRun() bool { return HasGoBuild() }

func MustHaveGoRun(t testing.TB) { GoToolPath(t) }

func GOROOT(t testing.TB) string {
	out, err := exec.Command(GoToolPath(t), "env", "GOROOT").Output()
	if err != nil {
		t.Skip("the go command does not tell where its tree is:", err)
	}
	return strings.TrimSpace(string(out))
}

func MustHaveSource(t testing.TB) { GOROOT(t) }

func HasCGO() bool { return false }

func MustHaveCGO(t testing.TB) { t.Skip("cgo is not available") }

func MustInternalLink(t testing.TB, with SpecialBuildTypes) { t.Skip("nothing is linked") }

func MustInternalLinkPIE(t testing.TB) { t.Skip("nothing is linked") }

func CanInternalLink(withCgo bool) bool { return false }

func MustHaveBuildMode(t testing.TB, buildmode string) { t.Skip("nothing is linked") }

type SpecialBuildTypes struct{ Cgo, Asan, Msan, Race bool }

var NoSpecialBuildTypes SpecialBuildTypes

func MustHaveExec(t testing.TB) {}

func MustHaveExecPath(t testing.TB, path string) {
	if _, err := exec.LookPath(path); err != nil {
		t.Skip(err)
	}
}

func Executable(t testing.TB) string {
	t.Skip("the tests are no program of their own that could be executed")
	return ""
}

func CleanCmdEnv(cmd *exec.Cmd) *exec.Cmd {
	for _, v := range cmd.Environ() {
		if !strings.HasPrefix(v, "GODEBUG=") && !strings.HasPrefix(v, "GOTRACEBACK=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

func Command(t testing.TB, name string, args ...string) *exec.Cmd {
	return CommandContext(t, context.Background(), name, args...)
}

func CommandContext(t testing.TB, ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, name, args...)
}

func HasParallelism() bool { return false }

func MustHaveParallelism(t testing.TB) { t.Skip("one test runs at a time") }

func ParallelOn64Bit(t *testing.T) { t.Parallel() }

func HasExternalNetwork() bool { return false }

func MustHaveExternalNetwork(t testing.TB) { t.Skip("tests need no network") }

func HasLink() bool { return runtime.GOOS != "plan9" && runtime.GOOS != "android" }

func MustHaveLink(t testing.TB) {
	if !HasLink() {
		t.Skip("there are no hard links")
	}
}

func HasSymlink() bool {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	return os.Symlink("target", dir+"/link") == nil
}

func MustHaveSymlink(t testing.TB) {
	if !HasSymlink() {
		t.Skip("there are no symbolic links")
	}
}

func SkipFlaky(t testing.TB, issue int) { t.Skip("see golang.org/issue/", issue) }

func SkipFlakyNet(t testing.TB) {}

func CPUIsSlow() bool { return true }

func SkipIfShortAndSlow(t testing.TB) {
	if testing.Short() {
		t.Skip("interpreted code is slow")
	}
}

func CPUProfilingBroken() bool { return true }

func OptimizationOff() bool { return true }

func SkipIfOptimizationOff(t testing.TB) { t.Skip("interpreted code is not optimized") }

func SyscallIsNotSupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EROFS)
}

func WriteImportcfg(t testing.TB, dstPath string, packageFiles map[string]string, pkgs ...string) {
	t.Skip("nothing is linked")
}
