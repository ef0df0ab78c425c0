package process

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
)

// answerWithin is what a reader has beyond the time of the program.
const answerWithin = 10 * time.Second

// runAttached runs the program of a tool call: within the policy's limits, and no
// longer than its request.
func (s *Service) runAttached(r *http.Request, request *startRequest, timeout time.Duration, stream *connect.Stream) error {
	switch {
	case request.Stdin != nil && *request.Stdin:
		return connect.Errorf("unimplemented", "stdin is not offered to tool calls")
	case request.Pty != nil:
		return connect.Errorf("unimplemented", "pty is not offered to tool calls")
	}
	if timeout == 0 || timeout > s.Timeout {
		timeout = s.Timeout
	}
	release, err := s.Slots.Acquire()
	if err != nil {
		return err
	}
	defer release()
	spec := s.spec(request)
	late := connect.Errorf("deadline_exceeded", "the program ran longer than %v", timeout)
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, late)
	defer cancel()
	stream.Until(time.Now().Add(timeout + answerWithin))
	defer stream.KeepAlive(r, keepalive)()
	exit, err := s.Runner.Run(ctx, spec, s.Limits, attached{stream})
	if err != nil {
		return startFailure(spec.Cmd, err)
	}
	if box.LimitName(exit.Err) != "" {
		return connect.Errorf("resource_exhausted", "%v", exit.Err)
	}
	if exit.Err != nil && !errors.Is(exit.Err, box.ErrBoxEnded) {
		return exit.Err
	}
	stream.Send(eventAnswer{event{End: ending(exit)}})
	return nil
}

// attached sends what a program says to its request.
type attached struct{ stream *connect.Stream }

func (a attached) Started(pid int) {
	a.stream.Send(eventAnswer{event{Start: &startEvent{Pid: uint32(pid)}}})
}

func (a attached) Output(from box.Stream, p []byte, cut bool) {
	data := &dataEvent{Truncated: cut}
	if from == box.Stdout {
		data.Stdout = p
	} else {
		data.Stderr = p
	}
	a.stream.Send(eventAnswer{event{Data: data}})
}
