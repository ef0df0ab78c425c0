// Package process serves process.Process of E2B's envd. A tool call's program dies
// with its request, and so does one that a turn speaks with; the programs of a sandbox's
// client live on until they end, are killed, or run out of their time.
package process

import (
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/plane"
	"hermes.dev/sandbox/daemon/internal/slots"
)

// Config of a Service.
type Config struct {
	Runner  *box.Runner
	Slots   *slots.Slots
	Environ *environ.Environment
	Home    string
	// The policy's, for tool calls.
	Limits  box.Limits
	Timeout time.Duration
}

// Service runs programs.
type Service struct {
	Config
	table *table
}

// New makes a service without processes.
func New(config Config) *Service { return &Service{config, newTable()} }

// Routes of the service.
func (s *Service) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /process.Process/Start":       connect.Streaming(s.start),
		"POST /process.Process/Connect":     connect.Streaming(s.connect),
		"POST /process.Process/List":        connect.Unary(s.list),
		"POST /process.Process/Update":      connect.Unary(s.update),
		"POST /process.Process/SendInput":   connect.Unary(s.sendInput),
		"POST /process.Process/StreamInput": connect.ClientStreaming(s.streamInput),
		"POST /process.Process/CloseStdin":  connect.Unary(s.closeStdin),
		"POST /process.Process/SendSignal":  connect.Unary(s.sendSignal),
	}
}

func (s *Service) start(r *http.Request, request *startRequest, stream *connect.Stream) error {
	if request.Process.Cmd == "" {
		return connect.Errorf("invalid_argument", "process.cmd is missing")
	}
	if err := environ.Check(request.Process.Envs); err != nil {
		return err
	}
	request.env = environ.Traced(r, request.Process.Envs)
	timeout, err := plane.Timeout(r)
	if err != nil {
		return err
	}
	request.bound = plane.Turn(r)
	if request.bound || plane.Data(r) {
		return s.startLasting(r, request, timeout, stream)
	}
	return s.runAttached(r, request, timeout, stream)
}

func (s *Service) spec(request *startRequest) box.Spec {
	spec := box.Spec{
		Cmd:  request.Process.Cmd,
		Args: request.Process.Args,
		Env:  s.Environ.With(request.env),
		Dir:  s.Home,
	}
	if cwd := request.Process.Cwd; cwd != nil && *cwd != "" {
		spec.Dir = Directory(s.Home, *cwd)
	}
	return spec
}

// Directory resolves a working directory as a shell in the home would.
func Directory(home, cwd string) string {
	if cwd == "~" || strings.HasPrefix(cwd, "~/") {
		return filepath.Join(home, cwd[1:])
	}
	if !filepath.IsAbs(cwd) {
		return filepath.Join(home, cwd)
	}
	return cwd
}

func startFailure(cmd string, err error) error {
	code, text := box.Explain(cmd, err)
	return connect.Errorf(code, "%s", text)
}
