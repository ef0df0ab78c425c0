package code

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/plane"
)

// Of a sandbox's own client nothing is cut but what could fill the daemon's memory.
var clientLimits = Limits{
	Limits:    box.Limits{Stdout: math.MaxInt, Stderr: math.MaxInt},
	Result:    4 << 20,
	Traceback: 64 << 10,
}

// answerWithin is what a reader has beyond the time of a tool call.
const answerWithin = 10 * time.Second

// executeRequest is the body of POST /execute, as E2B's code interpreter has it.
type executeRequest struct {
	Code      string            `json:"code"`
	Language  string            `json:"language"`
	ContextID string            `json:"context_id"`
	EnvVars   map[string]string `json:"env_vars"`
}

// execute runs code and answers with a line of JSON for each thing that happens.
func (s *Service) execute(w http.ResponseWriter, r *http.Request) {
	request := &executeRequest{}
	if err := connect.ReadJSON(w, r, request, maxBody); err != nil {
		status := 0
		if connect.Status(err) == http.StatusTooManyRequests {
			status = http.StatusRequestEntityTooLarge
		}
		connect.WriteError(w, status, err)
		return
	}
	run, err := s.prepare(r, request)
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	timeout, err := s.timeout(r)
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	release, err := s.Slots.Acquire()
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	defer release()
	ctx := r.Context()
	until := time.Time{}
	if timeout > 0 {
		late := errors.New("ran longer than " + timeout.String())
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, late)
		defer cancel()
		until = time.Now().Add(timeout + answerWithin)
	}
	lines := newLines(w, until, plane.Data(r))
	defer lines.keepAlive()()
	run(ctx, lines)
}

// prepare says who runs the code: for a client a live context, of his choice; for a
// tool call the warm one, or a shell of its own.
func (s *Service) prepare(r *http.Request, request *executeRequest) (func(context.Context, *lines), error) {
	if err := environ.Check(request.EnvVars); err != nil {
		return nil, err
	}
	request.EnvVars = environ.Traced(r, request.EnvVars)
	if !plane.Data(r) {
		return s.prepareTool(request)
	}
	if request.ContextID != "" && request.Language != "" {
		return nil, connect.Errorf("invalid_argument", "of context_id and language only one can be given")
	}
	n, err := s.contextOf(request)
	if err != nil {
		return nil, err
	}
	call := Call{Code: request.Code, Env: request.EnvVars, Limits: clientLimits, Rich: true}
	return func(ctx context.Context, lines *lines) { runIn(ctx, n.Context, call, lines) }, nil
}

func (s *Service) contextOf(request *executeRequest) (*named, error) {
	if request.ContextID != "" {
		return s.Contexts.find(request.ContextID)
	}
	return s.Contexts.ofLanguage(request.Language)
}

func (s *Service) prepareTool(request *executeRequest) (func(context.Context, *lines), error) {
	switch {
	case request.Language != "" && request.Language != "python" && request.Language != "bash":
		return nil, connect.Errorf("unimplemented", "language %q is not offered; python and bash are", request.Language)
	case request.ContextID != "" && request.ContextID != defaultID:
		return nil, connect.Errorf("not_found", "no context %q", request.ContextID)
	case request.Code == "":
		return nil, connect.Errorf("invalid_argument", "code is missing")
	case request.Language == "bash":
		return func(ctx context.Context, lines *lines) { s.runShell(ctx, request, lines) }, nil
	}
	limits := Limits{Limits: s.Limits, Result: s.Limits.Stdout, Traceback: s.Limits.Stderr}
	call := Call{Code: request.Code, Env: request.EnvVars, Limits: limits}
	return func(ctx context.Context, lines *lines) { runIn(ctx, s.Contexts.warm, call, lines) }, nil
}

// timeout is what the caller asks for, and of a tool call never more than the
// policy's. Without either it is 0: none.
func (s *Service) timeout(r *http.Request) (time.Duration, error) {
	most := s.Timeout
	if plane.Data(r) {
		most = 0
	}
	asked := r.Header.Get("X-Hermes-Timeout-Ms")
	if asked == "" && plane.Data(r) {
		return plane.Timeout(r)
	}
	if asked == "" {
		return most, nil
	}
	ms, err := strconv.ParseUint(asked, 10, 32)
	if err != nil || ms == 0 {
		return 0, connect.Errorf("invalid_argument", "X-Hermes-Timeout-Ms is not a number of milliseconds")
	}
	timeout := time.Duration(ms) * time.Millisecond
	if most > 0 {
		timeout = min(timeout, most)
	}
	return timeout, nil
}

func runIn(ctx context.Context, c *Context, call Call, lines *lines) {
	answer, err := c.Execute(ctx, call, lines)
	if errors.Is(err, ErrBusy) {
		answer = Answer{ExitCode: -1, Failure: &Failure{Name: "TimeoutError", Value: err.Error()}}
	} else if err != nil {
		answer = Answer{ExitCode: -1, Failure: &Failure{Name: "ContextUnavailable", Value: err.Error()}}
	}
	if answer.ExitCode != 0 && answer.Failure == nil && call.Rich {
		// clients of E2B see no exit code, so it is told as an error
		answer.Failure = &Failure{Name: "ExitStatus", Value: fmt.Sprintf("exit status %d", answer.ExitCode)}
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

func (s *Service) runShell(ctx context.Context, request *executeRequest, lines *lines) {
	spec := box.Spec{
		Cmd:  "/bin/bash",
		Args: []string{"-c", request.Code},
		Env:  s.Environ.With(request.EnvVars),
		Dir:  s.Home,
	}
	exit, err := s.Runner.Run(ctx, spec, s.Limits, lines)
	lines.rest()
	if err != nil {
		_, text := box.Explain(spec.Cmd, err)
		lines.end(&Failure{Name: "StartError", Value: text}, -1)
		return
	}
	lines.end(failureOf(ctx, exit), exit.Code)
}

func failureOf(ctx context.Context, exit box.Exit) *Failure {
	switch {
	case box.LimitName(exit.Err) != "":
		return &Failure{Name: box.LimitName(exit.Err), Value: exit.Err.Error()}
	case exit.Err != nil && ctx.Err() != nil:
		return &Failure{Name: "TimeoutError", Value: exit.Err.Error() + ": the command and all it started were killed"}
	case exit.Err != nil:
		return &Failure{Name: "Killed", Value: exit.Err.Error()}
	case exit.Signal != 0:
		return &Failure{Name: "Killed", Value: "signal: " + exit.Signal.String()}
	default:
		return nil
	}
}
