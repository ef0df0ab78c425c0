// Package boxtest starts test binaries whose tests run boxes.
package boxtest

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"hermes.dev/sandbox/daemon/internal/box"
)

// user is nobody's: the daemon never runs as root, and the kernel bounds root's
// processes by no limit, which a fork bomb would use.
const user = 61234

// Main is for TestMain. The binary serves as the init of its own boxes.
func Main(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == box.InitCommand {
		box.Init()
	}
	if os.Getuid() == 0 {
		leaveRoot()
	}
	os.Exit(m.Run())
}

func leaveRoot() {
	if err := syscall.Setgroups(nil); err != nil {
		panic(err)
	}
	if err := syscall.Setgid(user); err != nil {
		panic(err)
	}
	if err := syscall.Setuid(user); err != nil {
		panic(err)
	}
	// a process that changed its user may not map it into a namespace; a new program may
	// go test's log, which its result cache reads, lies in a folder of root's
	args := slices.DeleteFunc(slices.Clone(os.Args), func(arg string) bool {
		return strings.HasPrefix(arg, "-test.testlogfile")
	})
	panic(syscall.Exec("/proc/self/exe", args, os.Environ()))
}
