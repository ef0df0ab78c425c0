// Package box runs programs, each in a process tree of its own that can be killed
// as one: user, PID and mount namespaces under a small init.
package box

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// reaper collects every child that ends. The daemon is process 1 of its pod, so
// orphans come to it too; waiting for single children beside it would race.
type reaper struct {
	mu       sync.Mutex
	children map[int]*child
	adopts   bool // also reaps what others left to us
}

// child is a process that was started here.
type child struct {
	reaper *reaper
	pid    int
	ended  chan struct{}
	status syscall.WaitStatus // valid once ended is closed
}

func newReaper() *reaper {
	r := &reaper{children: map[int]*child{}, adopts: os.Getpid() == 1}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGCHLD)
	go func() {
		for range signals {
			r.reap()
		}
	}()
	return r
}

// start holds the lock while it forks: the child cannot be reaped before it is
// known.
func (r *reaper) start(fork func() (pid int, err error)) (*child, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err != nil {
		return nil, err
	}
	c := &child{reaper: r, pid: pid, ended: make(chan struct{})}
	r.children[pid] = c
	return c, nil
}

func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.adopts {
		for pid := range r.children {
			r.collect(pid)
		}
		return
	}
	for r.collect(-1) {
	}
}

func (r *reaper) collect(which int) bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(which, &status, syscall.WNOHANG, nil)
	if err == syscall.EINTR {
		return true
	}
	if err != nil || pid <= 0 {
		return false
	}
	if c, ours := r.children[pid]; ours {
		delete(r.children, pid)
		c.status = status
		close(c.ended)
	}
	return true
}

// kill is exact: under the lock the process is not reaped, so its number is still
// its own.
func (c *child) kill() {
	c.reaper.mu.Lock()
	defer c.reaper.mu.Unlock()
	if _, alive := c.reaper.children[c.pid]; alive {
		syscall.Kill(c.pid, syscall.SIGKILL)
	}
}
