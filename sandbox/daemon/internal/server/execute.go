package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/python"
)

// executeRequest is the body of POST /execute, as E2B's code interpreter has it.
type executeRequest struct {
	Code      string            `json:"code"`
	Language  string            `json:"language"`
	ContextID string            `json:"context_id"`
	EnvVars   map[string]string `json:"env_vars"`
}

// execute runs code and answers with a line of JSON for each thing that happens.
func (s *Server) execute(w http.ResponseWriter, r *http.Request) {
	request, err := readExecute(w, r)
	if err == nil {
		err = request.check()
	}
	if err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	timeout, err := s.timeout(r)
	if err != nil {
		writeError(w, http.StatusBadRequest, err)
		return
	}
	release, err := s.acquire()
	if err != nil {
		writeError(w, http.StatusTooManyRequests, err)
		return
	}
	defer release()
	late := errors.New("ran longer than " + timeout.String())
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, late)
	defer cancel()
	lines := newLines(w, time.Now().Add(timeout+bodyWithin))
	if request.Language == "bash" {
		s.executeBash(ctx, request, lines)
	} else {
		s.executePython(ctx, request, lines)
	}
}

func readExecute(w http.ResponseWriter, r *http.Request) (*executeRequest, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, connect.Errorf("resource_exhausted", "the body has more than %d bytes", maxMessage)
	}
	if err != nil {
		return nil, connect.Errorf("invalid_argument", "the body broke off")
	}
	request := &executeRequest{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(request); err != nil {
		return nil, connect.Errorf("invalid_argument", "body: %v", err)
	}
	return request, nil
}

func (e *executeRequest) check() error {
	switch {
	case e.Language != "" && e.Language != "python" && e.Language != "bash":
		return connect.Errorf("unimplemented", "language %q is not offered; python and bash are", e.Language)
	case e.ContextID != "" && e.ContextID != "default":
		return connect.Errorf("not_found", "no context %q", e.ContextID)
	case e.Code == "":
		return connect.Errorf("invalid_argument", "code is missing")
	}
	return checkEnv(e.EnvVars)
}

func statusOf(err error) int {
	var failure *connect.Error
	errors.As(err, &failure)
	switch {
	case failure == nil:
		return http.StatusInternalServerError
	case failure.Code == "resource_exhausted":
		return http.StatusRequestEntityTooLarge
	case failure.Code == "not_found":
		return http.StatusNotFound
	case failure.Code == "unimplemented":
		return http.StatusNotImplemented
	default:
		return http.StatusBadRequest
	}
}

// timeout is what the caller asks for, and never more than the policy's.
func (s *Server) timeout(r *http.Request) (time.Duration, error) {
	asked := r.Header.Get("X-Hermes-Timeout-Ms")
	if asked == "" {
		return s.ExecTimeout, nil
	}
	ms, err := strconv.ParseUint(asked, 10, 32)
	if err != nil || ms == 0 {
		return 0, connect.Errorf("invalid_argument", "X-Hermes-Timeout-Ms is not a number of milliseconds")
	}
	return min(time.Duration(ms)*time.Millisecond, s.ExecTimeout), nil
}

func (s *Server) executePython(ctx context.Context, request *executeRequest, lines *lines) {
	call := python.Call{Code: request.Code, Env: request.EnvVars}
	answer, err := s.Python.Execute(ctx, call, lines)
	if errors.Is(err, python.ErrBusy) {
		answer = python.Answer{ExitCode: -1, Failure: &python.Failure{Name: "TimeoutError", Value: err.Error()}}
	} else if err != nil {
		answer = python.Answer{ExitCode: -1, Failure: &python.Failure{Name: "ContextUnavailable", Value: err.Error()}}
	}
	lines.rest()
	if answer.Count > 0 {
		lines.add(countLine{"number_of_executions", answer.Count})
	}
	if answer.Result != nil {
		lines.add(resultLine{"result", *answer.Result, true})
	}
	lines.end(answer.Failure, answer.ExitCode)
}

func (s *Server) executeBash(ctx context.Context, request *executeRequest, lines *lines) {
	spec := box.Spec{
		Cmd:  "/bin/bash",
		Args: []string{"-c", request.Code},
		Env:  s.env(request.EnvVars),
		Dir:  s.Home,
	}
	exit, err := s.Runner.Run(ctx, spec, s.Limits, lines)
	lines.rest()
	if err != nil {
		failure := startFailure(spec.Cmd, err)
		lines.end(&python.Failure{Name: "StartError", Value: failure.Message}, -1)
		return
	}
	lines.end(failureOf(ctx, exit), exit.Code)
}

func failureOf(ctx context.Context, exit box.Exit) *python.Failure {
	switch {
	case box.LimitName(exit.Err) != "":
		return &python.Failure{Name: box.LimitName(exit.Err), Value: exit.Err.Error()}
	case exit.Err != nil && ctx.Err() != nil:
		return &python.Failure{Name: "TimeoutError", Value: exit.Err.Error() + ": the command and all it started were killed"}
	case exit.Err != nil:
		return &python.Failure{Name: "Killed", Value: exit.Err.Error()}
	case exit.Signal != 0:
		return &python.Failure{Name: "Killed", Value: "signal: " + exit.Signal.String()}
	default:
		return nil
	}
}
