package process

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/plane"
)

// typedWithin is how long a program may leave its input unread, if the client does
// not say.
const typedWithin = time.Minute

func (s *Service) sendInput(r *http.Request, request *inputRequest) (connect.Empty, error) {
	p, err := s.table.findRunning(request.Process)
	if err != nil {
		return connect.Empty{}, err
	}
	timeout, err := plane.Timeout(r)
	if err != nil {
		return connect.Empty{}, err
	}
	return connect.Empty{}, p.write(r.Context(), request.Input, timeout)
}

// streamInput passes on messages in their order; the first names the process.
func (s *Service) streamInput(r *http.Request, messages *connect.Messages[streamInputRequest]) (connect.Empty, error) {
	var p *live
	for {
		message, err := messages.Next()
		switch {
		case err == io.EOF && p != nil:
			return connect.Empty{}, nil
		case err == io.EOF:
			return connect.Empty{}, connect.Errorf("invalid_argument", "the stream ends before it names a process")
		case err != nil && p != nil && p.hasEnded():
			return connect.Empty{}, connect.Errorf("not_found", "process %d has ended", p.pid)
		case err != nil:
			return connect.Empty{}, err
		case message.Start != nil && p != nil:
			return connect.Empty{}, connect.Errorf("invalid_argument", "the process is named twice")
		case message.Start != nil:
			if p, err = s.table.findRunning(message.Start.Process); err != nil {
				return connect.Empty{}, err
			}
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			go func() { // nobody waits for input of a process that is gone
				select {
				case <-p.done:
					messages.Stop()
				case <-ctx.Done():
				}
			}()
		case message.Data != nil && p == nil:
			return connect.Empty{}, connect.Errorf("invalid_argument", "input comes before the process is named")
		case message.Data != nil:
			if err := p.write(r.Context(), message.Data.Input, 0); err != nil {
				return connect.Empty{}, err
			}
		}
	}
}

func (s *Service) closeStdin(_ *http.Request, request *selectRequest) (connect.Empty, error) {
	p, err := s.table.findRunning(request.Process)
	if err != nil {
		return connect.Empty{}, err
	}
	if p.terminal != nil {
		return connect.Empty{}, connect.Errorf("failed_precondition", "the input of a terminal has no end: send Ctrl-D, byte 4")
	}
	if err := p.process.Stdin.Close(); err != nil {
		return connect.Empty{}, connect.Errorf("failed_precondition", "standard input of process %d is closed already", p.pid)
	}
	return connect.Empty{}, nil
}

// write waits until the program has read enough of what it was given before.
func (p *live) write(ctx context.Context, in input, timeout time.Duration) error {
	file, text, err := p.inputFile(in)
	if err != nil {
		return err
	}
	if timeout == 0 {
		timeout = typedWithin
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case p.typing <- struct{}{}:
		defer func() { <-p.typing }()
	case <-ctx.Done():
		return connect.Errorf("deadline_exceeded", "process %d does not read its input", p.pid)
	case <-p.done:
		return connect.Errorf("not_found", "process %d has ended", p.pid)
	}
	file.SetWriteDeadline(time.Time{})
	stop := context.AfterFunc(ctx, func() { file.SetWriteDeadline(time.Unix(1, 0)) })
	n, err := file.Write(text)
	stop()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return connect.Errorf("deadline_exceeded", "process %d does not read its input: %d of %d bytes were taken", p.pid, n, len(text))
	default:
		return connect.Errorf("failed_precondition", "process %d takes no input any more: %d of %d bytes were taken", p.pid, n, len(text))
	}
}

func (p *live) inputFile(in input) (*os.File, []byte, error) {
	switch {
	case in.Pty != nil && p.terminal != nil:
		return p.terminal.File, *in.Pty, nil
	case in.Pty != nil:
		return nil, nil, connect.Errorf("failed_precondition", "process %d has no terminal; send stdin", p.pid)
	case in.Stdin != nil && p.terminal != nil:
		return nil, nil, connect.Errorf("failed_precondition", "process %d has a terminal; send pty", p.pid)
	case in.Stdin != nil:
		return p.process.Stdin, *in.Stdin, nil
	default:
		return nil, nil, connect.Errorf("invalid_argument", "input: neither stdin nor pty is given")
	}
}
