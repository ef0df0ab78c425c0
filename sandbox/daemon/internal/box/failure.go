package box

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Explain words why a program was not started, for who asked for it. The code is one
// of the Connect protocol.
func Explain(cmd string, err error) (code, text string) {
	var failure *StartError
	switch {
	case !errors.As(err, &failure):
		return "internal", err.Error()
	case failure.Op == "cwd":
		return "invalid_argument", fmt.Sprintf("cwd: %v", failure.Errno)
	case failure.Op == "terminal":
		return "internal", fmt.Sprintf("the terminal cannot be opened: %v", failure.Errno)
	case failure.Errno == syscall.E2BIG:
		return "invalid_argument", "arguments and environment together are too long"
	case errors.Is(failure, os.ErrNotExist):
		return "not_found", fmt.Sprintf("command %q was not found", cmd)
	case errors.Is(failure, os.ErrPermission):
		return "permission_denied", fmt.Sprintf("command %q may not be executed", cmd)
	default:
		return "invalid_argument", fmt.Sprintf("command %q: %v", cmd, failure.Errno)
	}
}
