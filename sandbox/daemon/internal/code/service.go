package code

import (
	"net/http"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/process"
	"hermes.dev/sandbox/daemon/internal/slots"
)

const maxBody = 1 << 20

// ServiceConfig of a Service.
type ServiceConfig struct {
	Runner   *box.Runner
	Contexts *Contexts
	Slots    *slots.Slots
	Environ  *environ.Environment
	Home     string
	// The policy's, for tool calls.
	Limits  box.Limits
	Timeout time.Duration
}

// Service answers the routes of E2B's code interpreter.
type Service struct{ ServiceConfig }

// NewService makes a service.
func NewService(config ServiceConfig) *Service { return &Service{config} }

// Routes of the service.
func (s *Service) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /execute":               s.execute,
		"GET /contexts":               s.listContexts,
		"POST /contexts":              s.createContext,
		"DELETE /contexts/{id}":       s.removeContext,
		"POST /contexts/{id}/restart": s.restartContext,
	}
}

type contextAnswer struct {
	ID       string `json:"id"`
	Language string `json:"language"`
	Cwd      string `json:"cwd"`
}

func (s *Service) listContexts(w http.ResponseWriter, _ *http.Request) {
	answer := []contextAnswer{}
	for _, n := range s.Contexts.list() {
		answer = append(answer, contextAnswer{n.id, n.language.name, n.cwd})
	}
	connect.WriteJSON(w, http.StatusOK, answer)
}

func (s *Service) createContext(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Language string `json:"language"`
		Cwd      string `json:"cwd"`
	}
	err := connect.ReadJSON(w, r, &request, maxBody)
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	l, err := languageOf(request.Language)
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	n, err := s.Contexts.create(l, process.Directory(s.Home, request.Cwd))
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	connect.WriteJSON(w, http.StatusOK, contextAnswer{n.id, n.language.name, n.cwd})
}

func (s *Service) removeContext(w http.ResponseWriter, r *http.Request) {
	if err := s.Contexts.remove(r.PathValue("id")); err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	connect.WriteJSON(w, http.StatusOK, nil)
}

func (s *Service) restartContext(w http.ResponseWriter, r *http.Request) {
	if err := s.Contexts.restart(r.PathValue("id")); err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	connect.WriteJSON(w, http.StatusOK, nil)
}
