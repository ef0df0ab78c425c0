package files

import (
	"errors"
	"io"
	"net/http"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

type moveRequest struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`
}

func (s *Service) move(_ *http.Request, request *moveRequest) (entryAnswer, error) {
	source, err := s.tree.absolute(request.Source)
	if err != nil {
		return entryAnswer{}, err
	}
	destination, err := s.tree.absolute(request.Destination)
	if err != nil {
		return entryAnswer{}, err
	}
	from, fromName, err := s.tree.locate(source, false)
	if err != nil {
		return entryAnswer{}, failure(source, err)
	}
	defer from.close()
	if err := errors.Join(from.mayWrite(), from.removable(fromName)); err != nil {
		return entryAnswer{}, failure(source, err)
	}
	if _, err := statAt(from.last().fd(), fromName); err != nil {
		return entryAnswer{}, failure(source, err)
	}
	to, toName, err := s.tree.locate(destination, true)
	if err != nil {
		return entryAnswer{}, failure(destination, err)
	}
	defer to.close()
	if err := to.mayWrite(); err != nil {
		return entryAnswer{}, failure(destination, err)
	}
	err = renameAt(from.last().fd(), fromName, to.last().fd(), toName)
	if errors.Is(err, syscall.EXDEV) {
		err = moveAcross(from.last(), fromName, to.last(), toName)
	}
	if err != nil {
		return entryAnswer{}, failure(destination, err)
	}
	return to.answer(toName, destination)
}

// moveAcross copies a file to the other volume. The copy gets its name when it is
// whole.
func moveAcross(fromDir folder, from string, toDir folder, to string) error {
	stat, err := statAt(fromDir.fd(), from)
	if err != nil {
		return err
	}
	switch stat.Mode & syscall.S_IFMT {
	case syscall.S_IFLNK:
		target, err := readLinkAt(fromDir.fd(), from)
		if err == nil {
			err = symlinkAt(target, toDir.fd(), to)
		}
		if err != nil {
			return err
		}
		return unlinkAt(fromDir.fd(), from, 0)
	case syscall.S_IFREG:
	default:
		return connect.Errorf("failed_precondition", "the path is a directory, and the destination lies on another volume; use the command mv")
	}
	source, err := openAt(fromDir.fd(), from, syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer source.Close()
	if err := judge(source, fromDir, syscall.O_RDONLY); err != nil {
		return err
	}
	part := to + ".moving"
	copied, err := openAt(toDir.fd(), part, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_EXCL, stat.Mode&0o777)
	if err != nil {
		return err
	}
	_, err = io.Copy(copied, source)
	if err = errors.Join(err, copied.Close()); err == nil {
		err = renameAt(toDir.fd(), part, toDir.fd(), to)
	}
	if err != nil {
		unlinkAt(toDir.fd(), part, 0)
		return err
	}
	return unlinkAt(fromDir.fd(), from, 0)
}
