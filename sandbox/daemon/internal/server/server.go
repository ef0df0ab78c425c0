// Package server is the daemon's face to the control API.
package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/gate"
	"hermes.dev/sandbox/daemon/internal/python"
	"hermes.dev/sandbox/daemon/internal/token"
)

const (
	bodyWithin = 10 * time.Second
	maxMessage = 1 << 20
	maxWait    = 5 * time.Second
)

// Config of a Server.
type Config struct {
	PodUID      string
	Verifier    *token.Verifier
	Gate        *gate.Gate
	Runner      *box.Runner
	Python      *python.Context
	Limits      box.Limits
	Concurrent  int
	ExecTimeout time.Duration
	Home        string
}

// Server answers the routes of the daemon.
type Server struct {
	Config
	slots chan struct{}
	mux   *http.ServeMux
}

// New makes a server. While the gate is shut, Runner and Python may be nil.
func New(config Config) *Server {
	s := &Server{Config: config, slots: make(chan struct{}, config.Concurrent), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /health", s.health)
	s.mux.HandleFunc("POST /execute", s.guarded(s.execute))
	s.mux.HandleFunc("POST /process.Process/Start", s.guarded(s.startProcess))
	s.mux.HandleFunc("/", s.guarded(s.unknown))
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Hermes-Pod-Uid", s.PodUID)
	s.mux.ServeHTTP(w, r)
}

// health answers 204 when the gate is open. With ?wait= it holds a shut answer back
// for so long, in case the gate opens: the pod is Ready the sooner.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil && s.Gate.Err() != nil {
		select {
		case <-s.Gate.Opened():
		case <-r.Context().Done():
		case <-time.After(min(wait, maxWait)):
		}
	}
	if err := s.Gate.Err(); err != nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"reason": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// guarded lets a request through when the gate is open and the token is right.
func (s *Server) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.Gate.Err(); err != nil {
			writeError(w, http.StatusServiceUnavailable, connect.Errorf("unavailable", "%v", err))
			return
		}
		if err := s.Verifier.Verify(r.Header.Get("X-Access-Token")); err != nil {
			writeError(w, http.StatusUnauthorized, connect.Errorf("unauthenticated", "%v", err))
			return
		}
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin))
		next(w, r)
	}
}

func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	if service, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); ok && strings.Contains(service, ".") {
		writeError(w, http.StatusNotImplemented, connect.Errorf("unimplemented", "%s/%s is not offered", service, method))
		return
	}
	writeError(w, http.StatusNotFound, connect.Errorf("not_found", "no route %s %s", r.Method, r.URL.Path))
}

// acquire takes one of the slots for executions, or none.
func (s *Server) acquire() (release func(), err error) {
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	default:
		return nil, connect.Errorf("resource_exhausted", "%d executions run already, no more at one time are allowed", cap(s.slots))
	}
}

// env is what programs get; nothing of the daemon's own environment is in it.
func (s *Server) env(extra map[string]string) []string {
	env := Env(s.Home)
	for name, value := range extra {
		env = append(env, name+"="+value)
	}
	return env
}

// Env is the environment of every program.
func Env(home string) []string {
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"HOME=" + home,
		"USER=user",
		"LANG=C.UTF-8",
		"TMPDIR=/tmp",
		"PYTHONUNBUFFERED=1",
	}
}

// checkEnv refuses what execve cannot take.
func checkEnv(env map[string]string) error {
	for name, value := range env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return connect.Errorf("invalid_argument", "environment variable %q is not valid", name)
		}
	}
	return nil
}

// startFailure words why a program was not started.
func startFailure(cmd string, err error) *connect.Error {
	var failure *box.StartError
	switch {
	case !errors.As(err, &failure):
		return connect.Errorf("internal", "%v", err)
	case failure.Op == "cwd":
		return connect.Errorf("invalid_argument", "cwd: %v", failure.Errno)
	case errors.Is(failure, os.ErrNotExist):
		return connect.Errorf("not_found", "command %q was not found", cmd)
	case errors.Is(failure, os.ErrPermission):
		return connect.Errorf("permission_denied", "command %q may not be executed", cmd)
	default:
		return connect.Errorf("invalid_argument", "command %q: %v", cmd, failure.Errno)
	}
}

func writeError(w http.ResponseWriter, status int, err error) {
	var failure *connect.Error
	if !errors.As(err, &failure) {
		failure = connect.Errorf("internal", "%v", err)
	}
	writeJSON(w, status, failure)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
