package files

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// folder is a directory on the way of a walk.
type folder struct {
	file     *os.File // opened with O_PATH
	writable bool     // it is a volume, or lies in one
}

func (f folder) fd() int { return int(f.file.Fd()) }

// walk is a way from the root to a directory.
type walk struct {
	tree  *Tree
	way   []folder
	links int
}

func (t *Tree) newWalk() (*walk, error) {
	w := &walk{tree: t}
	root, err := syscall.Open("/", openPath|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return w, w.enter(root, "/")
}

const (
	oPath    = 0x200000 // O_PATH, which package syscall lacks
	openPath = oPath | syscall.O_NOFOLLOW | syscall.O_CLOEXEC
)

func (w *walk) last() folder { return w.way[len(w.way)-1] }

func (w *walk) close() {
	for _, f := range w.way {
		f.file.Close()
	}
}

// enter adds an opened directory to the way, or refuses it and closes it.
func (w *walk) enter(fd int, name string) error {
	file := os.NewFile(uintptr(fd), name)
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		file.Close()
		return err
	}
	if !w.tree.devices[stat.Dev] {
		file.Close()
		return errWall
	}
	if len(w.way) >= maxFolders {
		file.Close()
		return syscall.ENAMETOOLONG
	}
	writable := w.tree.writable[identity{stat.Dev, stat.Ino}] || len(w.way) > 0 && w.last().writable
	w.way = append(w.way, folder{file, writable})
	return nil
}

// locate walks to the directory of a path's last name, and does not follow that.
func (t *Tree) locate(path string, make bool) (*walk, string, error) {
	w, err := t.newWalk()
	if err != nil {
		return nil, "", err
	}
	name, err := w.locate(path, make)
	if err != nil {
		w.close()
		return nil, "", err
	}
	return w, name, nil
}

// locate returns "." for a path that ends in no name of its own.
func (w *walk) locate(path string, make bool) (string, error) {
	dir, name := filepath.Split(strings.TrimRight(path, "/"))
	if name == "" || name == "." || name == ".." {
		return ".", w.follow(path, make)
	}
	if dir == "" {
		return name, nil
	}
	return name, w.follow(dir, make)
}

// errWall is the refusal of every file system that is not served.
var errWall = connect.Errorf("permission_denied", "the path leads to a file system that is not served: proc, sys, devices and mounts of the pod stay out of reach")

// follow walks on by a path whose last name may be a link too. With make, directories
// that are missing are made.
func (w *walk) follow(path string, make bool) error {
	names := strings.Split(path, "/")
	if strings.HasPrefix(path, "/") {
		w.up(len(w.way))
	}
	for _, name := range names {
		switch name {
		case "", ".":
			continue
		case "..":
			w.up(1)
			continue
		}
		fd, target, err := w.step(name)
		if errors.Is(err, syscall.ENOENT) && make {
			if err = w.makeDir(name); err == nil || errors.Is(err, syscall.EEXIST) {
				fd, target, err = w.step(name)
			}
		}
		if err != nil {
			return err
		}
		if fd < 0 {
			if w.links++; w.links > maxLinks {
				return syscall.ELOOP
			}
			if err := w.follow(target, false); err != nil {
				return err
			}
			continue
		}
		if err := w.enter(fd, name); err != nil {
			return err
		}
	}
	return nil
}

// up leaves n directories; the root's parent is the root.
func (w *walk) up(n int) {
	keep := max(1, len(w.way)-n)
	for _, f := range w.way[keep:] {
		f.file.Close()
	}
	w.way = w.way[:keep]
}

// step opens the directory of a name, or reads the link that it is: fd is then -1.
func (w *walk) step(name string) (fd int, target string, err error) {
	fd, err = syscall.Openat(w.last().fd(), name, openPath, 0)
	if err != nil {
		return -1, "", err
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		syscall.Close(fd)
		return -1, "", err
	}
	switch stat.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		return fd, "", nil
	case syscall.S_IFLNK:
		defer syscall.Close(fd)
		target, err := readLink(fd)
		return -1, target, err
	default:
		syscall.Close(fd)
		return -1, "", syscall.ENOTDIR
	}
}

func (w *walk) makeDir(name string) error {
	if err := w.mayWrite(); err != nil {
		return err
	}
	return syscall.Mkdirat(w.last().fd(), name, 0o755)
}

func (w *walk) mayWrite() error {
	if !w.last().writable {
		return connect.Errorf("permission_denied", "only the home directory and /tmp can be written to")
	}
	return nil
}
