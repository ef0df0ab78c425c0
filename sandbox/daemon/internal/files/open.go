package files

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

var (
	errIsDirectory = connect.Errorf("invalid_argument", "the path is a directory")
	errNotRegular  = connect.Errorf("invalid_argument", "the path is neither a file nor a directory: pipes, sockets and devices are not served")
)

// openFile opens the regular file that a path leads to, and nothing else. It judges
// what was opened; only then may anything be changed.
func (t *Tree) openFile(path string, flags int, make bool) (*os.File, error) {
	w, name, err := t.locate(path, make)
	if err != nil {
		return nil, err
	}
	defer w.close()
	for {
		if name == "." {
			return nil, errIsDirectory
		}
		if flags&syscall.O_ACCMODE != syscall.O_RDONLY {
			if err := w.mayWrite(); err != nil {
				return nil, err
			}
		}
		file, err := openAt(w.last().fd(), name, flags, 0o666)
		if errors.Is(err, syscall.ELOOP) {
			// a link, or one again by now: its text is walked
			if name, err = w.throughLink(name, make); err != nil {
				return nil, err
			}
			continue
		}
		if errors.Is(err, syscall.ENXIO) { // a pipe without a reader, a socket
			return nil, errNotRegular
		}
		if errors.Is(err, syscall.EISDIR) {
			return nil, errIsDirectory
		}
		if err != nil {
			return nil, err
		}
		if err := judge(file, w.last(), flags); err != nil {
			file.Close()
			return nil, err
		}
		return file, nil
	}
}

func (w *walk) throughLink(name string, make bool) (string, error) {
	if w.links++; w.links > maxLinks {
		return "", syscall.ELOOP
	}
	target, err := readLinkAt(w.last().fd(), name)
	if errors.Is(err, syscall.EINVAL) { // not a link any more
		return name, nil
	}
	if err != nil {
		return "", err
	}
	return w.locate(target, make)
}

func judge(file *os.File, in folder, flags int) error {
	var stat, dir syscall.Stat_t
	if err := errors.Join(syscall.Fstat(int(file.Fd()), &stat), syscall.Fstat(in.fd(), &dir)); err != nil {
		return err
	}
	switch stat.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
	case syscall.S_IFDIR:
		return errIsDirectory
	default:
		return errNotRegular
	}
	// a file that is mounted over a name; where layers are overlaid only their
	// directories have one device
	system, err := systemOf(int(file.Fd()))
	if err != nil {
		return err
	}
	if forbidden[system] || flags&syscall.O_ACCMODE != syscall.O_RDONLY && stat.Dev != dir.Dev {
		return errWall
	}
	return nil
}

// openDir opens the directory that a path leads to, for reading its entries.
func (t *Tree) openDir(path string) (*os.File, error) {
	w, err := t.newWalk()
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := w.follow(path, false); err != nil {
		return nil, err
	}
	return openAt(w.last().fd(), ".", syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
}

// failure words an error of a call on path for the client.
func failure(path string, err error) error {
	var known *connect.Error
	var full *fullError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &full):
		return full
	case errors.As(err, &known):
		if strings.Contains(known.Message, "path ") && !strings.Contains(known.Message, path) {
			return connect.Errorf(known.Code, "%s: %s", path, known.Message)
		}
		return known
	case errors.Is(err, syscall.ENOENT):
		return connect.Errorf("not_found", "path '%s' does not exist", path)
	case errors.Is(err, syscall.ENOTDIR):
		return connect.Errorf("invalid_argument", "path '%s': a part of it is not a directory", path)
	case errors.Is(err, syscall.EEXIST):
		return connect.Errorf("already_exists", "path '%s' exists already", path)
	case errors.Is(err, syscall.ENOTEMPTY), errors.Is(err, syscall.EISDIR):
		return connect.Errorf("failed_precondition", "path '%s': %v", path, errno(err))
	case errors.Is(err, syscall.ELOOP):
		return connect.Errorf("failed_precondition", "path '%s': more than %d symbolic links", path, maxLinks)
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EINVAL):
		return connect.Errorf("invalid_argument", "path '%s': %v", path, errno(err))
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EBUSY):
		return connect.Errorf("permission_denied", "path '%s': %v", path, errno(err))
	case noSpace(err):
		return &fullError{connect.Errorf("resource_exhausted", "path '%s': the disk of the sandbox is full (%v); delete files first", path, errno(err))}
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return connect.Errorf("resource_exhausted", "path '%s': too many files are open", path)
	default:
		return connect.Errorf("internal", "path '%s': %v", path, errno(err))
	}
}

// fullError tells that the disk is full, for which /files has a status of its own.
type fullError struct{ cause *connect.Error }

func (f *fullError) Error() string { return f.cause.Error() }

func (f *fullError) Unwrap() error { return f.cause }

func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

func errno(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}
