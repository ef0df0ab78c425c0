package files

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// entry is filesystem.EntryInfo. As envd has it, type and mode of a symbolic link
// are those of what it leads to.
type entry struct {
	Name          string `json:"name"`
	Type          string `json:"type"`
	Path          string `json:"path"`
	Size          int64  `json:"size,string"`
	Mode          uint32 `json:"mode"`
	Permissions   string `json:"permissions"`
	Owner         string `json:"owner"`
	Group         string `json:"group"`
	ModifiedTime  string `json:"modifiedTime"`
	SymlinkTarget string `json:"symlinkTarget,omitempty"`
}

// entry describes what lies under a name of the walk's directory; path is how the
// client knows it.
func (w *walk) entry(name, path string) (entry, error) {
	stat, err := statAt(w.last().fd(), name)
	if err != nil {
		return entry{}, err
	}
	e := w.tree.describe(path, stat)
	if stat.Mode&syscall.S_IFMT != syscall.S_IFLNK {
		return e, nil
	}
	target, err := readLinkAt(w.last().fd(), name)
	if err != nil {
		return entry{}, err
	}
	e.SymlinkTarget = target
	if !filepath.IsAbs(target) {
		e.SymlinkTarget = filepath.Join(filepath.Dir(path), target)
	}
	e.Type, e.Mode = "FILE_TYPE_UNSPECIFIED", 0
	// what is behind a wall, or nowhere, stays without a type
	if led, resolved, err := w.tree.lead(e.SymlinkTarget); err == nil {
		e.Type, e.Mode = kind(led.Mode), led.Mode&0o777
		e.SymlinkTarget = resolved
	}
	return e, nil
}

func (t *Tree) describe(path string, stat syscall.Stat_t) entry {
	return entry{
		Name:         filepath.Base(path),
		Type:         kind(stat.Mode),
		Path:         path,
		Size:         stat.Size,
		Mode:         stat.Mode & 0o777,
		Permissions:  mode(stat.Mode).String(),
		Owner:        t.names.of(t.names.users, stat.Uid),
		Group:        t.names.of(t.names.groups, stat.Gid),
		ModifiedTime: time.Unix(stat.Mtim.Unix()).UTC().Format(time.RFC3339Nano),
	}
}

// lead follows all links of a path and returns what is there, and its path without
// links.
func (t *Tree) lead(path string) (syscall.Stat_t, string, error) {
	w, name, err := t.locate(path, false)
	if err != nil {
		return syscall.Stat_t{}, "", err
	}
	defer w.close()
	for {
		stat, err := statAt(w.last().fd(), name)
		if err != nil || stat.Mode&syscall.S_IFMT != syscall.S_IFLNK {
			return stat, filepath.Join(w.path(), name), err
		}
		if name, err = w.throughLink(name, false); err != nil {
			return stat, "", err
		}
	}
}

// path of the walk's last directory, without links.
func (w *walk) path() string {
	path := "/"
	for _, f := range w.way[1:] {
		path = filepath.Join(path, filepath.Base(f.file.Name()))
	}
	return path
}

func kind(mode uint32) string {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		return "FILE_TYPE_FILE"
	case syscall.S_IFDIR:
		return "FILE_TYPE_DIRECTORY"
	default:
		return "FILE_TYPE_UNSPECIFIED"
	}
}

func mode(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	switch bits & syscall.S_IFMT {
	case syscall.S_IFDIR:
		mode |= fs.ModeDir
	case syscall.S_IFLNK:
		mode |= fs.ModeSymlink
	case syscall.S_IFIFO:
		mode |= fs.ModeNamedPipe
	case syscall.S_IFSOCK:
		mode |= fs.ModeSocket
	case syscall.S_IFCHR:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	case syscall.S_IFBLK:
		mode |= fs.ModeDevice
	}
	if bits&syscall.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}

// names of users and groups, read once: the root of a sandbox does not change.
type names struct{ users, groups map[uint32]string }

func readNames() names { return names{readIDs("/etc/passwd"), readIDs("/etc/group")} }

func (names) of(known map[uint32]string, id uint32) string {
	if name, ok := known[id]; ok {
		return name
	}
	return strconv.FormatUint(uint64(id), 10)
}

// readIDs reads the form that passwd(5) and group(5) share.
func readIDs(path string) map[uint32]string {
	found := map[uint32]string{}
	file, err := os.Open(path)
	if err != nil {
		return found
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.SplitN(lines.Text(), ":", 4)
		if len(fields) < 4 {
			continue
		}
		if id, err := strconv.ParseUint(fields[2], 10, 32); err == nil {
			found[uint32(id)] = fields[0]
		}
	}
	return found
}
