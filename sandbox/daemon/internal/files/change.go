package files

import (
	"errors"
	"io"
	"net/http"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

const (
	// maxDepth of directories that are walked through: each holds a descriptor.
	maxDepth = 200
	// maxRounds of 256 files each that are taken out of one directory.
	maxRounds = 10_000
)

func (s *Service) makeDir(_ *http.Request, request *pathRequest) (entryAnswer, error) {
	path, err := s.tree.absolute(request.Path)
	if err != nil {
		return entryAnswer{}, err
	}
	w, name, err := s.tree.locate(path, true)
	if err != nil {
		return entryAnswer{}, failure(path, err)
	}
	defer w.close()
	if name == "." {
		return entryAnswer{}, connect.Errorf("already_exists", "directory already exists: %s", path)
	}
	if found, _, err := s.tree.lead(path); err == nil {
		if found.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			return entryAnswer{}, connect.Errorf("already_exists", "directory already exists: %s", path)
		}
		return entryAnswer{}, connect.Errorf("invalid_argument", "path already exists but it is not a directory: %s", path)
	}
	if err := w.makeDir(name); err != nil {
		return entryAnswer{}, failure(path, err)
	}
	return w.answer(name, path)
}

func (s *Service) remove(_ *http.Request, request *pathRequest) (connect.Empty, error) {
	path, err := s.tree.absolute(request.Path)
	if err != nil {
		return connect.Empty{}, err
	}
	w, name, err := s.tree.locate(path, false)
	if errors.Is(err, syscall.ENOENT) {
		return connect.Empty{}, nil // as rm -rf
	}
	if err != nil {
		return connect.Empty{}, failure(path, err)
	}
	defer w.close()
	if err = w.mayWrite(); err == nil {
		err = w.removable(name)
	}
	if err == nil {
		err = removeAll(w.last().fd(), name, 0)
	}
	return connect.Empty{}, failure(path, err)
}

// removable refuses the volumes themselves.
func (w *walk) removable(name string) error {
	stat, err := statAt(w.last().fd(), name)
	if errors.Is(err, syscall.ENOENT) {
		return nil
	}
	if err == nil && (name == "." || w.tree.writable[identity{stat.Dev, stat.Ino}]) {
		return connect.Errorf("permission_denied", "the path is a volume of the sandbox; its files can be removed, it stays")
	}
	return err
}

func removeAll(dir int, name string, depth int) error {
	err := unlinkAt(dir, name, 0)
	if err == nil || errors.Is(err, syscall.ENOENT) {
		return nil
	}
	if !errors.Is(err, syscall.EISDIR) && !errors.Is(err, syscall.EPERM) {
		return err
	}
	if depth >= maxDepth {
		return connect.Errorf("failed_precondition", "the path holds more than %d directories in each other; use rm -rf", maxDepth)
	}
	folder, err := openAt(dir, name, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer folder.Close()
	for rounds := 0; ; rounds++ {
		if rounds > maxRounds {
			return connect.Errorf("failed_precondition", "the path is filled faster than it is emptied; end the program that does it")
		}
		names, err := folder.Readdirnames(256)
		for _, inner := range names {
			if err := removeAll(int(folder.Fd()), inner, depth+1); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || len(names) == 0 {
			break
		}
		if err != nil {
			return err
		}
		folder.Seek(0, io.SeekStart) // entries were taken from under the reader
	}
	err = unlinkAt(dir, name, atRemoveDir)
	if errors.Is(err, syscall.ENOENT) {
		return nil
	}
	return err
}
