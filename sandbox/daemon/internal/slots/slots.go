// Package slots bounds how much runs at one time.
package slots

import (
	"sync"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// Slots are taken by executions of every kind.
type Slots struct{ free chan struct{} }

// New makes n slots.
func New(n int) *Slots { return &Slots{make(chan struct{}, n)} }

// Acquire takes one, or fails at once. Release may be called more than once.
func (s *Slots) Acquire() (release func(), err error) {
	select {
	case s.free <- struct{}{}:
		return sync.OnceFunc(func() { <-s.free }), nil
	default:
		return nil, connect.Errorf("resource_exhausted", "%d executions run already, no more at one time are allowed", cap(s.free))
	}
}
