package files

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// maxEntries of one answer, which is made in memory.
const maxEntries = 10_000

type listRequest struct {
	Path  string         `json:"path"`
	Depth connect.Uint32 `json:"depth"`
}

type listAnswer struct {
	Entries []entry `json:"entries"`
}

func (s *Service) listDir(_ *http.Request, request *listRequest) (listAnswer, error) {
	path, err := s.tree.absolute(request.Path)
	if err != nil {
		return listAnswer{}, err
	}
	w, err := s.tree.newWalk()
	if err != nil {
		return listAnswer{}, err
	}
	defer w.close()
	if err := w.follow(path, false); err != nil {
		return listAnswer{}, failure(path, err)
	}
	found := []entry{}
	err = w.list(path, max(1, int(request.Depth)), &found)
	return listAnswer{found}, failure(path, err)
}

// list adds the entries of the walk's directory, each followed by its own.
func (w *walk) list(path string, depth int, found *[]entry) error {
	names, err := readNamesOf(w.last().fd(), maxEntries-len(*found))
	if err != nil {
		return err
	}
	for _, name := range names {
		if w.notAcross(name) != nil {
			continue
		}
		e, err := w.entry(name, filepath.Join(path, name))
		if errors.Is(err, syscall.ENOENT) {
			continue // gone by now
		}
		if err != nil {
			return err
		}
		*found = append(*found, e)
		if depth == 1 || e.Type != "FILE_TYPE_DIRECTORY" || e.SymlinkTarget != "" {
			continue
		}
		if err := w.listInner(name, e.Path, depth-1, found); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) listInner(name, path string, depth int, found *[]entry) error {
	if len(w.way) >= maxDepth {
		return connect.Errorf("resource_exhausted", "the path holds more than %d directories in each other; list with a smaller depth", maxDepth)
	}
	fd, _, err := w.step(name)
	if err == nil && fd < 0 {
		err = syscall.ENOENT // a link by now
	}
	if err == nil {
		err = w.enter(fd, path)
	}
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENOTDIR), errors.Is(err, errWall):
		return nil
	case err != nil:
		return err
	}
	defer w.up(1)
	if err := w.list(path, depth, found); !errors.Is(err, syscall.EACCES) {
		return err
	}
	return nil
}

// notAcross refuses a name on which another file system is mounted.
func (w *walk) notAcross(name string) error {
	stat, err := statAt(w.last().fd(), name)
	if err != nil {
		return err
	}
	if stat.Mode&syscall.S_IFMT == syscall.S_IFDIR && !w.tree.devices[stat.Dev] {
		return errWall
	}
	return nil
}

func readNamesOf(dir int, most int) ([]string, error) {
	folder, err := openAt(dir, ".", syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	names, err := readSome(folder, most+1)
	if err == nil && len(names) > most {
		return nil, connect.Errorf("resource_exhausted", "the path holds more than %d entries; list a directory inside it, or with a smaller depth", maxEntries)
	}
	slices.Sort(names)
	return names, err
}

func readSome(folder *os.File, most int) ([]string, error) {
	var names []string
	for len(names) < most {
		more, err := folder.Readdirnames(min(1024, most-len(names)))
		names = append(names, more...)
		if err != nil || len(more) == 0 {
			break
		}
	}
	return names, nil
}
