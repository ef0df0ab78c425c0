package box

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// Terminal is the daemon's side of a pseudo-terminal. What the program writes is
// read from its File, what is written to that the program reads; pts(4).
type Terminal struct {
	*os.File
	// Path is for Spec.Terminal.
	Path string
}

// OpenTerminal makes a terminal of a size; zeros leave it without.
func OpenTerminal(columns, rows uint16) (*Terminal, error) {
	// without blocking, so that reads and writes heed deadlines
	flags := os.O_RDWR | syscall.O_NOCTTY | syscall.O_NONBLOCK | syscall.O_CLOEXEC
	file, err := os.OpenFile("/dev/ptmx", flags, 0)
	if err != nil {
		return nil, fmt.Errorf("a terminal: %w", err)
	}
	t := &Terminal{File: file}
	var number, lock uint32
	if err = t.control(syscall.TIOCSPTLCK, unsafe.Pointer(&lock)); err == nil {
		err = t.control(syscall.TIOCGPTN, unsafe.Pointer(&number))
	}
	if err == nil {
		err = t.Resize(columns, rows)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("a terminal: %w", err)
	}
	t.Path = fmt.Sprintf("/dev/pts/%d", number)
	return t, nil
}

// Resize tells the program's side of a new size.
func (t *Terminal) Resize(columns, rows uint16) error {
	size := [4]uint16{rows, columns}
	return t.control(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

func (t *Terminal) control(request uintptr, argument unsafe.Pointer) error {
	conn, err := t.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = conn.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument))
	})
	if err == nil && errno != 0 {
		return errno
	}
	return err
}
