package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
)

// startRequest is process.StartRequest of E2B's envd; fields it has beyond these are
// ignored, as its own JSON codec does.
type startRequest struct {
	Process struct {
		Cmd  string            `json:"cmd"`
		Args []string          `json:"args"`
		Envs map[string]string `json:"envs"`
		Cwd  string            `json:"cwd"`
	} `json:"process"`
	Pty   json.RawMessage `json:"pty"`
	Stdin bool            `json:"stdin"`
}

type event struct {
	Start     *startEvent `json:"start,omitempty"`
	Data      *dataEvent  `json:"data,omitempty"`
	End       *endEvent   `json:"end,omitempty"`
	Keepalive *struct{}   `json:"keepalive,omitempty"`
}

type startEvent struct {
	Pid int `json:"pid"`
}

type dataEvent struct {
	Stdout    []byte `json:"stdout,omitempty"`
	Stderr    []byte `json:"stderr,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
}

type endEvent struct {
	ExitCode int    `json:"exitCode"`
	Exited   bool   `json:"exited"`
	Status   string `json:"status"`
	Error    string `json:"error,omitempty"`
}

// startProcess serves process.Process/Start: one message in, events out.
func (s *Server) startProcess(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/connect+json" {
		w.Header().Set("Accept-Post", "application/connect+json")
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	stream := &eventStream{w: w, flusher: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "application/connect+json")
	stream.end(s.runProcess(r, stream))
}

func (s *Server) runProcess(r *http.Request, stream *eventStream) error {
	message, err := connect.ReadRequest(r.Body, maxMessage)
	if err != nil {
		return err
	}
	request, err := parseStart(message)
	if err != nil {
		return err
	}
	timeout, err := s.connectTimeout(r)
	if err != nil {
		return err
	}
	release, err := s.acquire()
	if err != nil {
		return err
	}
	defer release()
	spec := box.Spec{
		Cmd:  request.Process.Cmd,
		Args: request.Process.Args,
		Env:  s.env(request.Process.Envs),
		Dir:  s.Home,
	}
	if request.Process.Cwd != "" {
		spec.Dir = request.Process.Cwd
	}
	late := connect.Errorf("deadline_exceeded", "the program ran longer than %v", timeout)
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, late)
	defer cancel()
	stream.writeUntil(time.Now().Add(timeout + bodyWithin))
	defer stream.keepAlive(r)()
	exit, err := s.Runner.Run(ctx, spec, s.Limits, stream)
	if err != nil {
		return startFailure(spec.Cmd, err)
	}
	if box.LimitName(exit.Err) != "" {
		return connect.Errorf("resource_exhausted", "%v", exit.Err)
	}
	if exit.Err != nil && !errors.Is(exit.Err, box.ErrBoxEnded) {
		return exit.Err
	}
	stream.send(event{End: ending(exit)})
	return nil
}

func parseStart(message []byte) (*startRequest, error) {
	request := &startRequest{}
	if err := json.Unmarshal(message, request); err != nil {
		return nil, connect.Errorf("invalid_argument", "message: %v", err)
	}
	switch {
	case request.Process.Cmd == "":
		return nil, connect.Errorf("invalid_argument", "process.cmd is missing")
	case request.Stdin:
		return nil, connect.Errorf("unimplemented", "stdin is not offered")
	case len(request.Pty) > 0 && string(request.Pty) != "null":
		return nil, connect.Errorf("unimplemented", "pty is not offered")
	}
	return request, checkEnv(request.Process.Envs)
}

// connectTimeout is what the client asks for, and never more than the policy's.
func (s *Server) connectTimeout(r *http.Request) (time.Duration, error) {
	asked := r.Header.Get("Connect-Timeout-Ms")
	if asked == "" {
		return s.ExecTimeout, nil
	}
	ms, err := strconv.ParseUint(asked, 10, 63)
	if err != nil || len(asked) > 10 {
		return 0, connect.Errorf("invalid_argument", "connect-timeout-ms is not a number of at most ten digits")
	}
	if ms == 0 {
		return s.ExecTimeout, nil // E2B's clients mean no limit of their own
	}
	return min(time.Duration(ms)*time.Millisecond, s.ExecTimeout), nil
}

func ending(exit box.Exit) *endEvent {
	end := &endEvent{ExitCode: exit.Code, Exited: exit.Signal == 0, Status: fmt.Sprintf("exit status %d", exit.Code)}
	if exit.Signal != 0 {
		end.Status = "signal: " + exit.Signal.String()
		end.Error = end.Status
	}
	if exit.Err != nil {
		end.Error = exit.Err.Error()
	}
	return end
}

// eventStream is the answer; every event is sent at once.
type eventStream struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	flusher *http.ResponseController
}

func (s *eventStream) Started(pid int) { s.send(event{Start: &startEvent{Pid: pid}}) }

func (s *eventStream) Output(stream box.Stream, p []byte, cut bool) {
	data := &dataEvent{Truncated: cut}
	if stream == box.Stdout {
		data.Stdout = p
	} else {
		data.Stderr = p
	}
	s.send(event{Data: data})
}

func (s *eventStream) send(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	connect.WriteMessage(s.w, map[string]event{"event": e})
	s.flusher.Flush()
}

func (s *eventStream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	connect.WriteEnd(s.w, err)
}

func (s *eventStream) writeUntil(deadline time.Time) {
	s.flusher.SetReadDeadline(time.Time{})
	s.flusher.SetWriteDeadline(deadline)
}

// keepAlive sends an event every so many seconds when the client asks for it, so
// that proxies between do not give up a silent stream.
func (s *eventStream) keepAlive(r *http.Request) (stop func()) {
	seconds, err := strconv.Atoi(r.Header.Get("Keepalive-Ping-Interval"))
	if err != nil || seconds <= 0 {
		return func() {}
	}
	ticker := time.NewTicker(time.Duration(seconds) * time.Second)
	done := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() {
		for {
			select {
			case <-ticker.C:
				s.send(event{Keepalive: &struct{}{}})
			case <-done:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		beats.Wait()
	}
}
