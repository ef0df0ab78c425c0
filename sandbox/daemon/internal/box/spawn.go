package box

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// spawn starts the init of a box in its namespaces. The standard library can clone
// into namespaces, but does nothing between clone and exec, and that is where /proc
// must be mounted: only there is the child root of a namespace. It then goes one user
// namespace down, under its own user and without any right, and becomes the init.
//
// Doing this in the child makes an execution cost a plain fork and exec. The calls
// are those of runc and unshare(1); see user_namespaces(7).
type spawn struct {
	files    [6]int // become 0 to 5
	path     *byte
	argv     []*byte
	env      []*byte
	setgroup *byte
	uidMap   *byte
	gidMap   *byte
	procName *byte
	procPath *byte
	rootPath *byte
	deny     []byte
	outerUID []byte // from our user to root of the first namespace
	outerGID []byte
	innerUID []byte // from that to our user in the second
	innerGID []byte
}

func newSpawn(path string, argv, env []string, uid, gid int) (*spawn, error) {
	s := &spawn{
		deny:     []byte("deny"),
		outerUID: fmt.Appendf(nil, "0 %d 1", uid),
		outerGID: fmt.Appendf(nil, "0 %d 1", gid),
		innerUID: fmt.Appendf(nil, "%d 0 1", uid),
		innerGID: fmt.Appendf(nil, "%d 0 1", gid),
	}
	for into, text := range map[**byte]string{
		&s.path:     path,
		&s.setgroup: "/proc/self/setgroups",
		&s.uidMap:   "/proc/self/uid_map",
		&s.gidMap:   "/proc/self/gid_map",
		&s.procName: "proc",
		&s.procPath: "/proc",
		&s.rootPath: "/",
	} {
		p, err := syscall.BytePtrFromString(text)
		if err != nil {
			return nil, err
		}
		*into = p
	}
	var err error
	if s.argv, err = syscall.SlicePtrFromStrings(argv); err != nil {
		return nil, err
	}
	s.env, err = syscall.SlicePtrFromStrings(env)
	return s, err
}

const allSignals = ^uint64(0)

// start forks. The child cannot run Go code as usual: other threads are not there,
// so no allocation, no growth of the stack, no scheduler, no signal handler.
func (s *spawn) start() (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	blocked, saved := allSignals, uint64(0)
	sigmask(&blocked, &saved)
	pid, errno := s.fork(&saved)
	sigmask(&saved, nil)
	if errno != 0 {
		return 0, errno
	}
	return pid, nil
}

const namespaces = syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID | syscall.CLONE_NEWNS

//go:noinline
//go:norace
//go:nosplit
func (s *spawn) fork(mask *uint64) (int, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, namespaces|uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return int(pid), errno
	}
	// the child
	if !s.mapTo(s.outerUID, s.outerGID) {
		exitChild(101)
	}
	mount(nil, s.rootPath, nil, syscall.MS_REC|syscall.MS_PRIVATE)
	// where a mount of /proc is not permitted the pod's stays: the numbers in it are
	// then not those that kill takes, but all else works
	mount(s.procName, s.procPath, s.procName, syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_UNSHARE, syscall.CLONE_NEWUSER, 0, 0); errno != 0 {
		exitChild(102)
	}
	if !s.mapTo(s.innerUID, s.innerGID) {
		exitChild(103)
	}
	if !s.arrangeFiles() {
		exitChild(104)
	}
	sigmask(mask, nil)
	syscall.RawSyscall(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(s.path)),
		uintptr(unsafe.Pointer(&s.argv[0])), uintptr(unsafe.Pointer(&s.env[0])))
	exitChild(105)
	return 0, 0
}

//go:norace
//go:nosplit
func (s *spawn) mapTo(uid, gid []byte) bool {
	writeTo(s.setgroup, s.deny) // Linux wants it before a group is mapped, gVisor has no such file
	return writeTo(s.uidMap, uid) && writeTo(s.gidMap, gid)
}

// arrangeFiles moves the files out of the way first, since their numbers may be
// among those they are to get.
//
//go:norace
//go:nosplit
func (s *spawn) arrangeFiles() bool {
	const away = 64
	for i := range s.files {
		fd, _, errno := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(s.files[i]), syscall.F_DUPFD_CLOEXEC, away)
		if errno != 0 {
			return false
		}
		s.files[i] = int(fd)
	}
	for i := range s.files {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_DUP3, uintptr(s.files[i]), uintptr(i), 0); errno != 0 {
			return false
		}
	}
	return true
}

//go:norace
//go:nosplit
func writeTo(path *byte, text []byte) bool {
	const atFdcwd = -0x64
	dir := atFdcwd
	fd, _, errno := syscall.RawSyscall6(syscall.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(path)),
		syscall.O_WRONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return false
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&text[0])), uintptr(len(text)))
	syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
	return errno == 0 && int(n) == len(text)
}

//go:norace
//go:nosplit
func mount(source, target, kind *byte, flags uintptr) {
	syscall.RawSyscall6(syscall.SYS_MOUNT, uintptr(unsafe.Pointer(source)), uintptr(unsafe.Pointer(target)),
		uintptr(unsafe.Pointer(kind)), flags, 0, 0)
}

//go:norace
//go:nosplit
func sigmask(set, old *uint64) {
	const setMask = 2
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, setMask, uintptr(unsafe.Pointer(set)),
		uintptr(unsafe.Pointer(old)), unsafe.Sizeof(*set), 0, 0)
}

//go:norace
//go:nosplit
func exitChild(code uintptr) {
	for {
		syscall.RawSyscall(syscall.SYS_EXIT, code, 0, 0)
	}
}
