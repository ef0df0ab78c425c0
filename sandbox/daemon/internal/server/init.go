package server

import (
	"net/http"

	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/environ"
)

const maxInit = 1 << 20

// init replaces the environment that all programs get; our API calls it after a
// claim. The other fields that E2B's orchestrator sends are not for this daemon.
func (s *Server) init(w http.ResponseWriter, r *http.Request) {
	var request struct {
		EnvVars map[string]string `json:"envVars"`
	}
	err := connect.ReadJSON(w, r, &request, maxInit)
	if err == nil {
		err = environ.Check(request.EnvVars)
	}
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	s.Environ.SetDefaults(request.EnvVars)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) envs(w http.ResponseWriter, _ *http.Request) {
	connect.WriteJSON(w, http.StatusOK, s.Environ.Defaults())
}
