// Package files serves the files of a sandbox: the service filesystem.Filesystem of
// E2B's envd and its route /files.
//
// The daemon itself opens what a path names, beside programs that can change what it
// names at any moment. So no path is given to the kernel as a whole: it is walked
// name by name, symbolic links by their text, and each step is judged by the
// descriptor that it led to. The walk never enters a file system other than those of
// the root and the volumes, so /proc, /sys and /dev cannot be reached by any path,
// link or race, and no magic link is ever followed.
package files

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

const (
	maxLinks   = 40 // as the kernel: path_resolution(7)
	maxFolders = 256
)

// identity of a file.
type identity struct{ dev, ino uint64 }

// Tree is the part of the file systems that is served.
type Tree struct {
	home     string
	writable map[identity]bool
	devices  map[uint64]bool
	names    names
}

// NewTree serves the root for reading, and the volumes for writing too.
func NewTree(home string, volumes ...string) (*Tree, error) {
	t := &Tree{home: home, writable: map[identity]bool{}, devices: map[uint64]bool{}, names: readNames()}
	for _, path := range append([]string{"/"}, volumes...) {
		var stat syscall.Stat_t
		if err := syscall.Stat(path, &stat); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		t.devices[stat.Dev] = true
		if path != "/" {
			t.writable[identity{stat.Dev, stat.Ino}] = true
		}
	}
	return t, nil
}

// absolute makes a client's path one from the root; relative ones start at home.
func (t *Tree) absolute(path string) (string, error) {
	switch {
	case strings.ContainsRune(path, 0):
		return "", connect.Errorf("invalid_argument", "the path holds a zero byte")
	case path == "~" || strings.HasPrefix(path, "~/"):
		return filepath.Join(t.home, path[1:]), nil
	case strings.HasPrefix(path, "~"):
		return "", connect.Errorf("invalid_argument", "path %q: homes of other users are not there; name it from the root", path)
	case !filepath.IsAbs(path):
		return filepath.Join(t.home, path), nil
	default:
		return filepath.Clean(path), nil
	}
}
