package box

import (
	"os"
	"syscall"
)

// ends are the pipes and sockets between the daemon and an init.
type ends struct {
	stdin, stdout, stderr, control, aux                              *os.File
	null, innerStdin, innerStdout, innerStderr, innerControl, innerX *os.File
}

func open() (e *ends, err error) {
	e = &ends{}
	defer func() {
		if err != nil {
			e.closeInner()
			e.closeOuter()
		}
	}()
	if e.null, err = os.Open(os.DevNull); err != nil {
		return e, err
	}
	if e.innerStdin, e.stdin, err = os.Pipe(); err != nil {
		return e, err
	}
	if e.stdout, e.innerStdout, err = os.Pipe(); err != nil {
		return e, err
	}
	if e.stderr, e.innerStderr, err = os.Pipe(); err != nil {
		return e, err
	}
	if e.control, e.innerControl, err = socketpair(); err != nil {
		return e, err
	}
	e.aux, e.innerX, err = socketpair()
	return e, err
}

func socketpair() (outer, inner *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	// with deadlines on our side, blocking on the other
	if err := syscall.SetNonblock(fds[0], true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "outer"), os.NewFile(uintptr(fds[1]), "inner"), nil
}

func (e *ends) inner() []uintptr {
	var fds []uintptr
	for _, f := range e.innerFiles() {
		fds = append(fds, f.Fd())
	}
	return fds
}

// innerFiles are in the order of their numbers in an init.
func (e *ends) innerFiles() []*os.File {
	return []*os.File{e.null, e.innerStdout, e.innerStderr, e.innerControl, e.innerX, e.innerStdin}
}

func (e *ends) closeInner() {
	for _, f := range e.innerFiles() {
		f.Close()
	}
}

func (e *ends) closeOuter() {
	for _, f := range []*os.File{e.stdin, e.stdout, e.stderr, e.control, e.aux} {
		f.Close()
	}
}
