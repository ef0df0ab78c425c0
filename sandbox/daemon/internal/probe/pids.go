package probe

import (
	"bufio"
	"errors"
	"fmt"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
)

const floodTime = 30 * time.Second

// Pids is how an execution ended that started too many processes.
type Pids struct {
	Limit   int    `json:"limit"`
	Asked   int    `json:"asked"`
	Started int    `json:"started"`
	Limited bool   `json:"limited"`         // ended for its number of processes
	Ended   string `json:"ended,omitempty"` // why it ended, or was not started
}

// flood runs what a tool may run, in the same box: processes that stop at once, so that
// they cost nothing but their number.
func flood(o Options) *Pids {
	p := &Pids{Limit: o.Pids, Asked: 2*o.Pids + 128}
	runner, err := box.NewRunner(box.Config{Self: "/proc/self/exe", Namespaces: true, Processes: o.Pids})
	if err != nil {
		p.Ended = clip(err.Error(), 200)
		return p
	}
	p.run(runner, o.Home)
	return p
}

func (p *Pids) run(runner *box.Runner, home string) {
	script := fmt.Sprintf(
		"i=0; while [ $i -lt %d ]; do (kill -STOP $BASHPID) & i=$((i+1)); echo $i; done; sleep 2", p.Asked)
	process, err := runner.Start(box.Spec{
		Cmd:  "/bin/bash",
		Args: []string{"-c", script},
		Env:  []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		Dir:  home,
	})
	if err != nil {
		_, text := box.Explain("/bin/bash", err)
		p.Ended = clip(text, 200)
		return
	}
	defer process.Close()
	timer := time.AfterFunc(floodTime, func() { process.Kill(errors.New("took too long")) })
	defer timer.Stop()
	for lines := bufio.NewScanner(process.Stdout); lines.Scan(); {
		fmt.Sscan(lines.Text(), &p.Started)
	}
	<-process.Ended()
	exit := process.Exit()
	p.Limited = errors.Is(exit.Err, box.ErrTooManyProcesses) || exit.Err == nil && p.Started < p.Asked
	if exit.Err != nil {
		p.Ended = clip(exit.Err.Error(), 200)
	} else {
		p.Ended = fmt.Sprintf("exit code %d", exit.Code)
	}
}
