package box

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

const refillAfter = 20 * time.Millisecond

// Config of a Runner.
type Config struct {
	Self       string // binary that serves as init: this program
	Namespaces bool
	Processes  int   // most processes and threads of a box
	FileSize   int64 // most bytes of a file; 0 = no bound
}

// Runner makes boxes. It keeps one ready, so that an execution costs no more than
// the fork and exec of its own program.
type Runner struct {
	config  Config
	reaper  *reaper
	watch   *watch
	spare   chan made
	waiting atomic.Int32
}

// made is a box, or why there is none.
type made struct {
	box *box
	err error
}

// NewRunner makes the first box, which proves that the kernel gives us namespaces.
func NewRunner(config Config) (*Runner, error) {
	keepFiles()
	r := &Runner{
		config: config,
		reaper: newReaper(),
		watch:  newWatch(config.Processes),
		spare:  make(chan made),
	}
	first, err := r.newBox()
	if err != nil {
		return nil, err
	}
	go r.keepSpare(first)
	return r, nil
}

// keepFiles lets no program inherit what whoever started us left open.
func keepFiles() {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

// keepSpare makes boxes one after another. When nobody waits it leaves the
// processor to the program that was just started.
func (r *Runner) keepSpare(first *box) {
	for next := (made{box: first}); ; {
		r.spare <- next
		if r.waiting.Load() == 0 {
			time.Sleep(refillAfter)
		}
		next.box, next.err = r.newBox()
	}
}

func (r *Runner) take() (*box, error) {
	r.waiting.Add(1)
	defer r.waiting.Add(-1)
	next := <-r.spare
	return next.box, next.err
}

// Start runs a program. What it needs to be told is a *StartError.
func (r *Runner) Start(spec Spec) (*Process, error) {
	spec.Rlimits = r.rlimits()
	b, err := r.take()
	if err != nil {
		return nil, err
	}
	if err := b.send(order{Run: &spec}); err != nil {
		// the spare was killed while it waited: it has run nothing
		b.close()
		if b, err = r.newBox(); err != nil {
			return nil, err
		}
		if err := b.send(order{Run: &spec}); err != nil {
			b.close()
			return nil, fmt.Errorf("init of an execution: %w", err)
		}
	}
	// a program may end its init before that has said that it runs
	first, err := b.report()
	if err != nil && !errors.Is(err, io.EOF) {
		b.close()
		return nil, fmt.Errorf("init of an execution: %w", err)
	}
	if first.Error != nil {
		b.close()
		return nil, &StartError{Op: first.Error.Op, Errno: first.Error.Errno}
	}
	p := &Process{
		Pid:      first.Pid,
		Stdin:    b.stdin,
		Stdout:   b.stdout,
		Stderr:   b.stderr,
		Aux:      b.aux,
		box:      b,
		runner:   r,
		signaled: make(chan struct{}, 1),
		ended:    make(chan struct{}),
		gone:     make(chan struct{}),
	}
	if !spec.Stdin {
		b.stdin.Close()
	}
	r.watch.add(b.child.pid, p.Kill)
	go p.follow()
	return p, nil
}

// rlimits bound the growth between two looks of the watch. The kernel compares with
// all that the user runs, so what runs already is added, and room for others.
func (r *Runner) rlimits() rlimits {
	const room = 64
	var info syscall.Sysinfo_t
	syscall.Sysinfo(&info)
	return rlimits{
		Processes: uint64(int(info.Procs) + r.config.Processes + room),
		FileSize:  uint64(r.config.FileSize),
	}
}

// StartError says why a program could not be started: Op is "cwd", "exec",
// "terminal" or "limit".
type StartError struct {
	Op    string
	Errno syscall.Errno
}

func (e *StartError) Error() string { return e.Op + ": " + e.Errno.Error() }

func (e *StartError) Unwrap() error { return e.Errno }

// Reasons of a kill by the watch.
var (
	ErrTooManyProcesses = errors.New("too many processes")
	ErrNoMemory         = errors.New("the memory of the sandbox is used up")
)

// LimitName names the limit that err tells of; empty when it is another error.
func LimitName(err error) string {
	switch {
	case errors.Is(err, ErrTooManyProcesses):
		return "ProcessLimitError"
	case errors.Is(err, ErrNoMemory):
		return "MemoryLimitError"
	default:
		return ""
	}
}
