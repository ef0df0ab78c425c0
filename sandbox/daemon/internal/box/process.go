package box

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

const signalWithin = time.Second

// ErrBoxEnded means that the init died without a word.
var ErrBoxEnded = errors.New("the process tree was ended from inside")

// Process is a program that runs in a box.
type Process struct {
	// Pid is the number inside its namespace.
	Pid int
	// Stdin is open if the program asked for it.
	Stdin *os.File
	// Stdout and Stderr end when the whole tree has.
	Stdout, Stderr *os.File
	// Aux is the other end of the program's file 3, if it asked for one.
	Aux *os.File

	box      *box
	runner   *Runner
	signaled chan struct{}
	ended    chan struct{}
	gone     chan struct{}
	lingers  bool
	exit     Exit
	reason   atomic.Pointer[error]
}

// Exit is how a program ended.
type Exit struct {
	Code   int // -1 when a signal ended it
	Signal syscall.Signal
	Err    error // why the daemon killed it, or ErrBoxEnded
}

// Kill ends the whole tree; the first reason is kept.
func (p *Process) Kill(reason error) {
	p.reason.CompareAndSwap(nil, &reason)
	p.box.child.kill()
	if !p.runner.config.Namespaces {
		syscall.Kill(-p.Pid, syscall.SIGKILL)
	}
}

// Signal reaches the program and its group. It returns once that is done.
func (p *Process) Signal(sig syscall.Signal) error { return p.deliver(order{Signal: sig}) }

// SignalAll reaches every process of the tree.
func (p *Process) SignalAll(sig syscall.Signal) error {
	return p.deliver(order{Signal: sig, All: true})
}

func (p *Process) deliver(o order) error {
	if err := p.box.send(o); err != nil {
		return err
	}
	select {
	case <-p.signaled:
		return nil
	case <-p.gone:
		return nil
	case <-time.After(signalWithin):
		return errors.New("the signal was not delivered")
	}
}

// Rest tells that a program which serves many calls waits for the next.
func (p *Process) Rest() { p.runner.watch.rest(p.box.child.pid) }

// Work ends a rest.
func (p *Process) Work() { p.runner.watch.add(p.box.child.pid, p.Kill) }

// OverLimit has the limits looked at now, not at the watch's next look, and reports
// whether the program was killed, for that or before.
func (p *Process) OverLimit() bool {
	p.runner.watch.judge(false)
	return p.reason.Load() != nil
}

// Ended is closed when the program has ended and, unless it lingers, its tree is
// being killed.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Lingers tells, once Ended is closed, whether the tree goes on without the program.
func (p *Process) Lingers() bool { return p.lingers }

// Gone is closed when a tree that lingers has ended too.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Exit is valid once Ended is closed.
func (p *Process) Exit() Exit { return p.exit }

// Close kills what is left and lets go of the files.
func (p *Process) Close() {
	p.runner.watch.remove(p.box.child.pid)
	p.box.close()
}

// follow reads the init's reports until its last.
func (p *Process) follow() {
	defer close(p.gone)
	defer p.runner.watch.remove(p.box.child.pid)
	for exited := false; ; {
		r, err := p.box.report()
		if !exited && (err != nil || r.Exit != nil) {
			exited = true
			p.exit = p.ending(r.Exit)
			p.lingers = err == nil && r.Exit.Rest
			if !p.lingers {
				p.runner.watch.remove(p.box.child.pid)
			}
			close(p.ended)
		}
		if err != nil || exited && !p.lingers {
			return
		}
		if r.Signaled {
			select {
			case p.signaled <- struct{}{}:
			default:
			}
		}
	}
}

func (p *Process) ending(reported *exitReport) Exit {
	if reported != nil {
		return Exit{Code: reported.Code, Signal: reported.Signal}
	}
	err := ErrBoxEnded
	if reason := p.reason.Load(); reason != nil {
		err = *reason
	}
	return Exit{Code: -1, Signal: syscall.SIGKILL, Err: err}
}
