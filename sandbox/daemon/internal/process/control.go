package process

import (
	"errors"
	"math"
	"net/http"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
)

func (s *Service) list(*http.Request, *connect.Empty) (listAnswer, error) {
	answer := listAnswer{Processes: []listed{}}
	for _, p := range s.table.running() {
		answer.Processes = append(answer.Processes, listed{Config: p.config, Pid: p.pid, Tag: p.tag})
	}
	return answer, nil
}

func (s *Service) update(_ *http.Request, request *updateRequest) (connect.Empty, error) {
	p, err := s.table.findRunning(request.Process)
	if err != nil || request.Pty == nil {
		return connect.Empty{}, err
	}
	if p.terminal == nil {
		return connect.Empty{}, connect.Errorf("failed_precondition", "process %d has no terminal to resize", p.pid)
	}
	columns, rows, err := request.Pty.size()
	if err != nil {
		return connect.Empty{}, err
	}
	if err := p.terminal.Resize(columns, rows); err != nil {
		return connect.Empty{}, err
	}
	// gVisor does not tell the programs. To those that do not ask for it, it is nothing.
	return connect.Empty{}, p.process.SignalAll(syscall.SIGWINCH)
}

func (t *terminal) size() (columns, rows uint16, err error) {
	if t.Size.Cols > math.MaxUint16 || t.Size.Rows > math.MaxUint16 {
		return 0, 0, connect.Errorf("invalid_argument", "a terminal has at most %d columns and rows", math.MaxUint16)
	}
	return uint16(t.Size.Cols), uint16(t.Size.Rows), nil
}

func (s *Service) sendSignal(_ *http.Request, request *signalRequest) (connect.Empty, error) {
	sig := syscall.Signal(request.Signal)
	if sig != syscall.SIGTERM && sig != syscall.SIGKILL {
		return connect.Empty{}, connect.Errorf("unimplemented", "signals are SIGNAL_SIGTERM and SIGNAL_SIGKILL")
	}
	p, err := s.table.findAlive(request.Process)
	if err != nil {
		return connect.Empty{}, err
	}
	if sig == syscall.SIGKILL && p.hasEnded() {
		p.process.Kill(errKilled) // the program is gone, what it left is meant
		return connect.Empty{}, nil
	}
	if err := p.process.Signal(sig); err != nil && sig == syscall.SIGKILL {
		p.process.Kill(errKilled) // an init that does not answer goes with its tree
		return connect.Empty{}, nil
	} else {
		return connect.Empty{}, err
	}
}

var errKilled = errors.New("killed")
