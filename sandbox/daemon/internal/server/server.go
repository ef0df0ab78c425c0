// Package server is the daemon's face to the control API.
package server

import (
	"net/http"
	"strings"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/gate"
	"hermes.dev/sandbox/daemon/internal/token"
)

const (
	bodyWithin = 10 * time.Second
	maxWait    = 5 * time.Second
)

// Routes are handlers by pattern of net/http.
type Routes map[string]http.HandlerFunc

// Config of a Server.
type Config struct {
	PodUID   string
	Verifier *token.Verifier
	Gate     *gate.Gate
	Environ  *environ.Environment
	// Services lie behind the gate and the token. While the gate is shut for good there
	// need be none.
	Services []Routes
}

// Server answers the routes of the daemon.
type Server struct {
	Config
	mux *http.ServeMux
}

// New makes a server.
func New(config Config) *Server {
	s := &Server{Config: config, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /health", s.health)
	s.mux.HandleFunc("/", s.guarded(s.unknown))
	own := Routes{"POST /init": s.init, "GET /envs": s.envs}
	for _, routes := range append(config.Services, own) {
		for pattern, handler := range routes {
			s.mux.HandleFunc(pattern, s.guarded(handler))
		}
	}
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
		connect.WriteJSON(w, http.StatusServiceUnavailable, map[string]string{"reason": err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// guarded lets a request through when the gate is open and the token is right.
func (s *Server) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.Gate.Err(); err != nil {
			connect.WriteError(w, http.StatusServiceUnavailable, connect.Errorf("unavailable", "%v", err))
			return
		}
		if err := s.Verifier.Verify(r.Header.Get("X-Access-Token")); err != nil {
			connect.WriteError(w, http.StatusUnauthorized, connect.Errorf("unauthenticated", "%v", err))
			return
		}
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin))
		next(w, r)
	}
}

func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	if service, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); ok && strings.Contains(service, ".") {
		connect.WriteError(w, 0, connect.Errorf("unimplemented", "%s/%s is not offered", service, method))
		return
	}
	connect.WriteError(w, 0, connect.Errorf("not_found", "no route %s %s", r.Method, r.URL.Path))
}
