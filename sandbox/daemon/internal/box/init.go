package box

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
)

// InitCommand is the first argument that turns the daemon's binary into the init of
// a box.
const InitCommand = "init"

// Files of an init beside the standard three.
const (
	controlFile = 3
	auxFile     = 4
	stdinFile   = 5
)

const (
	prSetChildSubreaper = 36
	rlimitProcesses     = 6
)

// Init is process 1 of a box. It runs one program, reaps whatever that leaves
// behind, and ends with it, or if told so with the last of the tree; the kernel then
// kills the rest of the namespace.
func Init() {
	debug.SetGCPercent(-1) // too short a life to collect
	syscall.CloseOnExec(controlFile)
	syscall.CloseOnExec(auxFile)
	syscall.CloseOnExec(stdinFile)
	in := &initProcess{orders: bufio.NewReader(fdReader(controlFile))}
	in.catchSignals()
	if os.Getpid() != 1 { // without namespaces
		syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
	}
	in.report(report{Ready: true})
	first, err := in.next()
	if err != nil || first.Run == nil {
		os.Exit(1)
	}
	pid, failure := in.start(first.Run)
	if failure != nil {
		in.report(report{Error: failure})
		os.Exit(1)
	}
	in.report(report{Pid: pid})
	go in.obey(pid)
	exit := in.wait(pid)
	exit.Rest = first.Run.Linger && in.hasChildren()
	in.report(report{Exit: exit})
	if exit.Rest {
		in.waitForAll()
	}
	syscall.Kill(-pid, syscall.SIGKILL)
	os.Exit(0)
}

type initProcess struct {
	orders *bufio.Reader
	mu     sync.Mutex
}

// catchSignals makes signals from inside the box harmless to its init. They are
// caught, not ignored, since an ignored signal is inherited by what is run.
func (in *initProcess) catchSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT,
		syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGALRM)
}

func (in *initProcess) start(spec *Spec) (int, *startError) {
	path, failure := resolve(spec)
	if failure != nil {
		return 0, failure
	}
	if err := in.limit(spec.Rlimits); err != nil {
		return 0, failed("limit", err)
	}
	files := []uintptr{0, 1, 2}
	attr := &syscall.SysProcAttr{Setsid: true}
	switch {
	case spec.Terminal != "":
		terminal, err := syscall.Open(spec.Terminal, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
		if err != nil {
			return 0, failed("terminal", err)
		}
		defer syscall.Close(terminal)
		files = []uintptr{uintptr(terminal), uintptr(terminal), uintptr(terminal)}
		attr.Setctty = true
	case spec.Stdin:
		files[0] = stdinFile
	}
	if spec.Aux {
		files = append(files, auxFile)
	}
	pid, err := syscall.ForkExec(path, append([]string{spec.Cmd}, spec.Args...), &syscall.ProcAttr{
		Dir:   spec.Dir,
		Env:   spec.Env,
		Files: files,
		Sys:   attr,
	})
	if err != nil {
		return 0, failed("exec", err)
	}
	// only what was started may hold the pipes open
	for _, fd := range []int{0, 1, 2, auxFile, stdinFile} {
		syscall.Close(fd)
	}
	return pid, nil
}

func resolve(spec *Spec) (string, *startError) {
	if info, err := os.Stat(spec.Dir); err != nil {
		return "", failed("cwd", err)
	} else if !info.IsDir() {
		return "", failed("cwd", syscall.ENOTDIR)
	}
	if strings.Contains(spec.Cmd, "/") {
		return spec.Cmd, nil
	}
	for _, entry := range spec.Env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			os.Setenv("PATH", path)
		}
	}
	path, err := exec.LookPath(spec.Cmd)
	if err != nil {
		return "", failed("exec", syscall.ENOENT)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(spec.Dir, path)
	}
	return path, nil
}

func failed(op string, err error) *startError {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		errno = syscall.EINVAL
	}
	return &startError{Op: op, Errno: errno}
}

// limit bounds the init and all it starts. The count of processes is per user where
// the kernel knows it, so it is a backstop; the watch counts each box.
func (in *initProcess) limit(limits rlimits) error {
	set := func(resource int, value uint64) error {
		if value == 0 {
			return nil
		}
		return syscall.Setrlimit(resource, &syscall.Rlimit{Cur: value, Max: value})
	}
	return errors.Join(
		syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}),
		set(syscall.RLIMIT_FSIZE, limits.FileSize),
		set(rlimitProcesses, limits.Processes))
}

// obey passes signals to the program and what it started in its session's first
// group. It ends the box when the daemon is gone.
func (in *initProcess) obey(pid int) {
	for {
		order, err := in.next()
		if err != nil {
			os.Exit(1)
		}
		if order.Signal != 0 {
			target := -pid
			if order.All && os.Getpid() == 1 { // elsewhere all would be all of the user
				target = -1
			}
			syscall.Kill(target, order.Signal)
			in.report(report{Signaled: true})
		}
	}
}

func (in *initProcess) next() (order, error) {
	var o order
	text, err := in.orders.ReadBytes('\n')
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(text, &o)
}

func (in *initProcess) report(r report) {
	in.mu.Lock()
	defer in.mu.Unlock()
	syscall.Write(controlFile, line(r))
}

// fdReader reads without the runtime's poller, which an init does not need.
type fdReader int

func (fd fdReader) Read(p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err == syscall.EINTR {
			continue
		}
		if err == nil && n == 0 {
			return 0, errors.New("the daemon has gone")
		}
		return max(n, 0), err
	}
}
