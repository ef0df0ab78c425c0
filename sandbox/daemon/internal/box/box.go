package box

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

const (
	readyWithin = 10 * time.Second
)

// box is an init in its namespaces: idle until it is told what to run, once.
type box struct {
	child   *child
	control *os.File
	reports *bufio.Reader
	stdin   *os.File
	stdout  *os.File
	stderr  *os.File
	aux     *os.File
}

// newBox starts an init and waits until it is ready.
func (r *Runner) newBox() (*box, error) {
	ends, err := open()
	if err != nil {
		return nil, err
	}
	defer ends.closeInner()
	child, err := r.startInit(ends)
	if err != nil {
		ends.closeOuter()
		return nil, fmt.Errorf("namespaces for an execution: %w", err)
	}
	b := &box{
		child:   child,
		control: ends.control,
		reports: bufio.NewReader(ends.control),
		stdin:   ends.stdin,
		stdout:  ends.stdout,
		stderr:  ends.stderr,
		aux:     ends.aux,
	}
	b.control.SetReadDeadline(time.Now().Add(readyWithin))
	ready, err := b.report()
	if err != nil || !ready.Ready {
		b.close()
		return nil, b.whyNot(err)
	}
	b.control.SetReadDeadline(time.Time{})
	return b, nil
}

func (r *Runner) startInit(ends *ends) (*child, error) {
	argv, env := []string{"sandboxd", InitCommand}, []string{"GOMAXPROCS=1"}
	if !r.config.Namespaces {
		return r.reaper.start(func() (int, error) {
			attr := &syscall.ProcAttr{Dir: "/", Env: env, Files: ends.inner()}
			return syscall.ForkExec(r.config.Self, argv, attr)
		})
	}
	s, err := newSpawn(r.config.Self, argv, env, os.Getuid(), os.Getgid())
	if err != nil {
		return nil, err
	}
	for i, fd := range ends.inner() {
		s.files[i] = int(fd)
	}
	return r.reaper.start(s.start)
}

// whyNot words how far an init came that did not start.
func (b *box) whyNot(err error) error {
	<-b.child.ended
	steps := map[int]string{
		101: "map the user into a user namespace",
		102: "make a second user namespace",
		103: "map the user into a second user namespace",
		104: "arrange its files",
		105: "execute itself",
	}
	if step, ok := steps[b.child.status.ExitStatus()]; ok {
		return fmt.Errorf("an execution needs user, PID and mount namespaces: its init could not %s", step)
	}
	return fmt.Errorf("the init of an execution did not start: %w", err)
}

func (b *box) send(o order) error {
	_, err := b.control.Write(line(o))
	return err
}

// report reads one line of the init. A program in the box could forge one; it would
// only lie about itself, so a line need not be trusted, only bounded.
func (b *box) report() (report, error) {
	var r report
	text, err := b.reports.ReadSlice('\n')
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// close kills the whole tree and lets go of its files.
func (b *box) close() {
	b.child.kill()
	for _, file := range []*os.File{b.control, b.stdin, b.stdout, b.stderr, b.aux} {
		file.Close()
	}
}
