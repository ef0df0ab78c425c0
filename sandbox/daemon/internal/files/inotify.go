package files

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// maxWatched directories of one watcher.
const maxWatched = 1024

const watchedFor = syscall.IN_CREATE | syscall.IN_MOVED_TO | syscall.IN_MOVED_FROM | syscall.IN_MODIFY |
	syscall.IN_ATTRIB | syscall.IN_DELETE | syscall.IN_DELETE_SELF | syscall.IN_MOVE_SELF | syscall.IN_ONLYDIR

// kinds of event, in the order in which they are told when one has several.
var kinds = []struct {
	bits uint32
	name string
}{
	{syscall.IN_CREATE | syscall.IN_MOVED_TO, "EVENT_TYPE_CREATE"},
	{syscall.IN_MOVED_FROM | syscall.IN_MOVE_SELF, "EVENT_TYPE_RENAME"},
	{syscall.IN_ATTRIB, "EVENT_TYPE_CHMOD"},
	{syscall.IN_MODIFY, "EVENT_TYPE_WRITE"},
	{syscall.IN_DELETE | syscall.IN_DELETE_SELF, "EVENT_TYPE_REMOVE"},
}

// change is filesystem.FilesystemEvent; its name is relative to what is watched.
type change struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Entry *entry `json:"entry,omitempty"`
}

// notifier reads the changes of a directory, or of all below it; inotify(7).
type notifier struct {
	tree      *Tree
	root      string
	recursive bool
	entries   bool
	fd        int
	file      *os.File         // of fd; its Fd would make reading block
	dirs      map[int32]string // watch descriptors, and paths relative to root
}

func (t *Tree) newNotifier(path string, recursive, entries bool) (*notifier, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, connect.Errorf("resource_exhausted", "no more watchers: %v", err)
	}
	n := &notifier{
		tree:      t,
		root:      path,
		recursive: recursive,
		entries:   entries,
		fd:        fd,
		file:      os.NewFile(uintptr(fd), "inotify"),
		dirs:      map[int32]string{},
	}
	if err := n.add(".", nil); err != nil {
		n.file.Close()
		return nil, err
	}
	return n, nil
}

// add watches a directory. With tell, what is in it already is told too: it may have
// come before the watch.
func (n *notifier) add(relative string, tell func(change) error) error {
	folder, err := n.tree.openDir(filepath.Join(n.root, relative))
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := n.watch(folder, relative); err != nil || !n.recursive {
		return err
	}
	names, err := readNamesOf(int(folder.Fd()), maxEntries)
	if err != nil {
		return err
	}
	for _, name := range names {
		stat, err := statAt(int(folder.Fd()), name)
		if err != nil {
			continue
		}
		inner := filepath.Join(relative, name)
		if tell != nil {
			if err := tell(n.change(inner, kinds[0].name)); err != nil {
				return err
			}
		}
		if stat.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			if err := n.add(inner, tell); err != nil && !passing(err) {
				return err
			}
		}
	}
	return nil
}

// passing errors are of directories that went, or are not served.
func passing(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EACCES) || errors.Is(err, errWall)
}

func (n *notifier) watch(folder *os.File, relative string) error {
	if len(n.dirs) >= maxWatched {
		return connect.Errorf("resource_exhausted", "the path holds more than %d directories; watch one inside it", maxWatched)
	}
	// by descriptor: what a path names may have changed since it was judged
	path := fmt.Sprintf("/proc/self/fd/%d", folder.Fd())
	wd, err := syscall.InotifyAddWatch(n.fd, path, watchedFor)
	if err != nil {
		return err
	}
	n.dirs[int32(wd)] = relative
	return nil
}

// read tells each change until tell or the reading fails.
func (n *notifier) read(tell func(change) error) error {
	buffer := make([]byte, 16<<10)
	for {
		length, err := n.file.Read(buffer)
		if err != nil {
			return err
		}
		for rest := buffer[:length]; len(rest) >= syscall.SizeofInotifyEvent; {
			wd := int32(binary.NativeEndian.Uint32(rest))
			mask := binary.NativeEndian.Uint32(rest[4:])
			end := syscall.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(rest[12:]))
			name := text(rest[syscall.SizeofInotifyEvent:end])
			rest = rest[end:]
			if err := n.handle(wd, mask, name, tell); err != nil {
				return err
			}
		}
	}
}

func (n *notifier) handle(wd int32, mask uint32, name string, tell func(change) error) error {
	if mask&syscall.IN_Q_OVERFLOW != 0 {
		return connect.Errorf("data_loss", "more changes came than could be told; list the directory anew")
	}
	dir, known := n.dirs[wd]
	if mask&syscall.IN_IGNORED != 0 {
		delete(n.dirs, wd)
		return nil
	}
	self := mask&(syscall.IN_DELETE_SELF|syscall.IN_MOVE_SELF) != 0
	if !known || self && dir != "." { // the directory above tells of it
		return nil
	}
	path := filepath.Join(dir, name)
	for _, kind := range kinds {
		if mask&kind.bits != 0 {
			if err := tell(n.change(path, kind.name)); err != nil {
				return err
			}
		}
	}
	if n.recursive && mask&syscall.IN_ISDIR != 0 && mask&(syscall.IN_CREATE|syscall.IN_MOVED_TO) != 0 {
		if err := n.add(path, tell); err != nil && !passing(err) {
			return err
		}
	}
	return nil
}

func (n *notifier) change(path, kind string) change {
	c := change{Name: path, Type: kind}
	if n.entries && (kind == "EVENT_TYPE_CREATE" || kind == "EVENT_TYPE_WRITE" || kind == "EVENT_TYPE_CHMOD") {
		full := filepath.Join(n.root, path)
		if w, name, err := n.tree.locate(full, false); err == nil {
			if e, err := w.entry(name, full); err == nil {
				c.Entry = &e
			}
			w.close()
		}
	}
	return c
}
