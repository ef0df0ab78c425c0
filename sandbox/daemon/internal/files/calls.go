package files

import (
	"bytes"
	"os"
	"syscall"
	"unsafe"
)

// System calls that package syscall has not, or not in the form that works on
// descriptors. Their numbers differ by architecture; see calls_*.go.

const (
	atSymlinkNoFollow = 0x100
	atRemoveDir       = 0x200
	atEmptyPath       = 0x1000
)

// readLink reads the link that fd, of O_PATH, is.
func readLink(fd int) (string, error) { return readLinkAt(fd, "") }

func readLinkAt(dir int, name string) (string, error) {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return "", err
	}
	buffer := make([]byte, syscall.PathMax)
	n, _, errno := syscall.Syscall6(syscall.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), 0, 0)
	if errno != 0 {
		return "", errno
	}
	return string(buffer[:n]), nil
}

// statAt does not follow links.
func statAt(dir int, name string) (stat syscall.Stat_t, err error) {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return stat, err
	}
	_, _, errno := syscall.Syscall6(sysFstatat, uintptr(dir), uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(&stat)), atSymlinkNoFollow, 0, 0)
	if errno != 0 {
		return stat, errno
	}
	return stat, nil
}

func unlinkAt(dir int, name string, flags int) error {
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	_, _, errno := syscall.Syscall(syscall.SYS_UNLINKAT, uintptr(dir), uintptr(unsafe.Pointer(path)), uintptr(flags))
	if errno != 0 {
		return errno
	}
	return nil
}

func renameAt(fromDir int, from string, toDir int, to string) error {
	return syscall.Renameat(fromDir, from, toDir, to)
}

func symlinkAt(target string, dir int, name string) error {
	to, err := syscall.BytePtrFromString(target)
	if err != nil {
		return err
	}
	path, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	_, _, errno := syscall.Syscall(syscall.SYS_SYMLINKAT, uintptr(unsafe.Pointer(to)), uintptr(dir), uintptr(unsafe.Pointer(path)))
	if errno != 0 {
		return errno
	}
	return nil
}

// openAt opens without following a link, without waiting for a FIFO's other end, and
// without becoming a terminal's owner.
func openAt(dir int, name string, flags int, mode uint32) (*os.File, error) {
	const safely = syscall.O_NOFOLLOW | syscall.O_NONBLOCK | syscall.O_NOCTTY | syscall.O_CLOEXEC
	for {
		fd, err := syscall.Openat(dir, name, flags|safely, mode)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		return os.NewFile(uintptr(fd), name), nil
	}
}

// forbidden are file systems whose files are doors to something else. They are not
// reached by a walk; a single file of one could be mounted over a name.
var forbidden = map[int64]bool{
	0x9fa0:     true, // proc
	0x62656572: true, // sysfs
	0x1cd1:     true, // devpts
	0x64626720: true, // debugfs
	0x74726163: true, // tracefs
	0x27e0eb:   true, // cgroup
	0x63677270: true, // cgroup2
	0x73636673: true, // securityfs
	0xcafe4a11: true, // bpf
	0x19800202: true, // mqueue
	0x6e736673: true, // nsfs
	0x50495045: true, // pipes
	0x534f434b: true, // sockets
}

func systemOf(fd int) (int64, error) {
	var stat syscall.Statfs_t
	err := syscall.Fstatfs(fd, &stat)
	return int64(stat.Type), err
}

// text of a C string.
func text(p []byte) string {
	if end := bytes.IndexByte(p, 0); end >= 0 {
		p = p[:end]
	}
	return string(p)
}
