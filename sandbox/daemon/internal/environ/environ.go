// Package environ holds the environment of programs: nothing of the daemon's own is
// in it.
package environ

import (
	"maps"
	"strings"
	"sync"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// What execve(2) and the memory of the daemon bear.
const (
	maxVariable = 128<<10 - 1
	maxTotal    = 512 << 10
)

// Environment is what every program gets, and what the client of the sandbox gives
// to all of them.
type Environment struct {
	home string

	mu       sync.Mutex
	defaults map[string]string
	version  int
}

// New makes an environment without defaults.
func New(home string) *Environment { return &Environment{home: home, defaults: map[string]string{}} }

// Base is the environment without anybody's variables.
func (e *Environment) Base() []string {
	return []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"HOME=" + e.home,
		"USER=user",
		"LOGNAME=user",
		"LANG=C.UTF-8",
		"TMPDIR=/tmp",
		"PYTHONUNBUFFERED=1",
	}
}

// With adds the defaults and then extra; the later of two of a name counts.
func (e *Environment) With(extra map[string]string) []string {
	all := maps.Clone(e.Defaults())
	maps.Copy(all, extra)
	env := e.Base()
	for i, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if value, ok := all[name]; ok {
			env[i] = name + "=" + value
			delete(all, name)
		}
	}
	for name, value := range all {
		env = append(env, name+"="+value)
	}
	return env
}

// SetDefaults replaces the defaults as a whole.
func (e *Environment) SetDefaults(defaults map[string]string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.defaults = maps.Clone(defaults)
	if e.defaults == nil {
		e.defaults = map[string]string{}
	}
	e.version++
}

// Defaults must not be changed.
func (e *Environment) Defaults() map[string]string {
	defaults, _ := e.Versioned()
	return defaults
}

// Versioned returns the defaults, and a number that changes with them.
func (e *Environment) Versioned() (map[string]string, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.defaults, e.version
}

// Check refuses what execve cannot take.
func Check(env map[string]string) error {
	total := 0
	for name, value := range env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return connect.Errorf("invalid_argument", "environment variable %q is not valid", name)
		}
		size := len(name) + 1 + len(value)
		if size > maxVariable {
			return connect.Errorf("invalid_argument", "environment variable %.40q has %d bytes, at most %d are taken", name, size, maxVariable)
		}
		total += size
	}
	if total > maxTotal {
		return connect.Errorf("invalid_argument", "the environment has %d bytes, at most %d are taken", total, maxTotal)
	}
	return nil
}
