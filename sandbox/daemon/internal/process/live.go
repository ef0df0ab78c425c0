package process

import (
	"slices"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
)

// maxListeners of one process: each holds a piece of output.
const maxListeners = 16

// live is a process of a sandbox's client, from its start until it is forgotten.
type live struct {
	pid      uint32
	tag      *string
	config   config
	process  *box.Process
	terminal *box.Terminal // nil for pipes
	typing   chan struct{} // held by who writes to the program
	endedAt  time.Time     // guarded by the table

	mu        sync.Mutex
	listeners []*listener

	done    chan struct{} // closed after the last output was given on
	end     *endEvent
	failure error // instead of end
}

// listener takes events until it leaves.
type listener struct {
	events chan event
	left   chan struct{}
}

// attach makes a listener of what comes from now on.
func (p *live) attach() (*listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.listeners) >= maxListeners {
		return nil, connect.Errorf("resource_exhausted", "%d clients listen to process %d already", len(p.listeners), p.pid)
	}
	l := newListener()
	p.listeners = append(p.listeners, l)
	return l, nil
}

func newListener() *listener {
	return &listener{events: make(chan event), left: make(chan struct{})}
}

func (p *live) detach(l *listener) {
	close(l.left)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners = slices.DeleteFunc(p.listeners, func(other *listener) bool { return other == l })
}

// publish waits for every listener: who reads slowly slows the program. Without a
// listener the output is thrown away, so the program is never held up by nobody.
func (p *live) publish(make func() event) {
	p.mu.Lock()
	listeners := slices.Clone(p.listeners)
	p.mu.Unlock()
	if len(listeners) == 0 {
		return
	}
	e := make()
	for _, l := range listeners {
		select {
		case l.events <- e:
		case <-l.left:
		}
	}
}

func (p *live) hasEnded() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *live) newerThan(other *live) bool {
	if p.endedAt.IsZero() != other.endedAt.IsZero() {
		return p.endedAt.IsZero()
	}
	return p.pid > other.pid
}
