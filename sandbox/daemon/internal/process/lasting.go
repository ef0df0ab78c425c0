package process

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/plane"
)

var errLeft = errors.New("nobody speaks with the program any more")

// startLasting starts a program that others may write to, and that outlives the request
// unless it is bound to it. The client's timeout is the program's.
func (s *Service) startLasting(r *http.Request, request *startRequest, timeout time.Duration, stream *connect.Stream) error {
	release, err := s.Slots.Acquire()
	if err != nil {
		return err
	}
	p, err := s.launch(request)
	if err != nil {
		release()
		return err
	}
	l := newListener() // before anything is read: it misses nothing
	p.listeners = []*listener{l}
	s.table.add(p)
	stopTimer := func() bool { return false }
	if timeout > 0 {
		late := connect.Errorf("deadline_exceeded", "the program ran longer than %v", timeout)
		stopTimer = time.AfterFunc(timeout, func() { p.process.Kill(late) }).Stop
	}
	go s.see(p, func() { stopTimer() }, release)
	err = s.listen(r.Context(), r, p, l, stream)
	if err != nil && request.bound && !p.hasEnded() {
		p.process.Kill(errLeft)
	}
	return err
}

func (s *Service) launch(request *startRequest) (*live, error) {
	spec := s.spec(request)
	spec.Linger = !request.bound
	p := &live{
		tag:    request.Tag,
		config: request.Process,
		typing: make(chan struct{}, 1),
		done:   make(chan struct{}),
	}
	if request.Pty != nil {
		columns, rows, err := request.Pty.size()
		if err != nil {
			return nil, err
		}
		if p.terminal, err = box.OpenTerminal(columns, rows); err != nil {
			return nil, err
		}
		spec.Terminal = p.terminal.Path
	} else {
		// E2B's first clients did not say it and expect it
		spec.Stdin = request.Stdin == nil || *request.Stdin
	}
	var err error
	if p.process, err = s.Runner.Start(spec); err != nil {
		if p.terminal != nil {
			p.terminal.Close()
		}
		return nil, startFailure(spec.Cmd, err)
	}
	return p, nil
}

// see follows a process to its end, tells that, and lets go of all that it held when
// the last of its tree has ended.
func (s *Service) see(p *live, stopTimer, release func()) {
	var pumps sync.WaitGroup
	p.pump(&pumps)
	<-p.process.Ended()
	stopTimer()
	exit := p.process.Exit()
	if late := (*connect.Error)(nil); errors.As(exit.Err, &late) {
		p.failure = late
	} else {
		p.end = ending(exit)
	}
	if p.process.Lingers() {
		close(p.done)
		<-p.process.Gone()
		s.letGo(p, &pumps, release)
		return
	}
	s.letGo(p, &pumps, release) // who hears of the end finds the slot free
	close(p.done)
}

func (s *Service) letGo(p *live, pumps *sync.WaitGroup, release func()) {
	p.process.Close()
	if p.terminal != nil {
		p.terminal.Close()
	}
	pumps.Wait()
	release()
	s.table.end(p)
}

// connect listens to a process that somebody started before.
func (s *Service) connect(r *http.Request, request *selectRequest, stream *connect.Stream) error {
	timeout, err := plane.Timeout(r)
	if err != nil {
		return err
	}
	p, err := s.table.find(request.Process)
	if err != nil {
		return err
	}
	l, err := p.attach()
	if err != nil {
		return err
	}
	ctx := r.Context()
	if timeout > 0 {
		// it is the listener's time: the process keeps its own
		late := connect.Errorf("deadline_exceeded", "listened for %v; the process runs on", timeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, late)
		defer cancel()
	}
	return s.listen(ctx, r, p, l, stream)
}

func (s *Service) listen(ctx context.Context, r *http.Request, p *live, l *listener, stream *connect.Stream) error {
	defer p.detach(l)
	if err := stream.Send(eventAnswer{event{Start: &startEvent{Pid: p.pid}}}); err != nil {
		return err
	}
	defer stream.KeepAlive(r, keepalive)()
	for {
		select {
		case e := <-l.events:
			if err := stream.Send(eventAnswer{e}); err != nil {
				return err
			}
		case <-p.done:
			if p.failure != nil {
				return p.failure
			}
			return stream.Send(eventAnswer{event{End: p.end}})
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
