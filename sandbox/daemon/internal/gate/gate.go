// Package gate keeps a sandbox shut until the network policy is seen to hold: the
// first packets of a fresh pod can leave before the policy is programmed.
package gate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	refusalsNeeded = 3
	dialTimeout    = 500 * time.Millisecond
	pause          = 50 * time.Millisecond
	// patience is how long a dial is waited for before the next one begins: where packets are
	// dropped a refusal is silence, and three of them one after the other were half of a cold start
	patience = 150 * time.Millisecond
)

// Gate opens once, after three refusals in a row from every target.
type Gate struct {
	opened chan struct{}

	mu      sync.Mutex
	waiting []string // targets that have not refused often enough
	fault   string   // why it can never open
}

// New makes a closed gate. Without targets, or with one that is not an address, it
// never opens: an unproven sandbox runs nothing.
func New(targets []string) *Gate {
	g := &Gate{opened: make(chan struct{}), waiting: slices.Clone(targets)}
	if len(targets) == 0 {
		g.Fail("no deny targets were given, so the network policy cannot be checked")
	}
	for _, target := range targets {
		// a name would need a look-up, and this pod has no resolver
		if _, err := netip.ParseAddrPort(target); err != nil {
			g.Fail(fmt.Sprintf("deny target %q is not an IP address and a port", target))
		}
	}
	return g
}

// Fail shuts the gate for good.
func (g *Gate) Fail(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fault == "" {
		g.fault = reason
	}
}

// Watch dials the targets until the gate opens or ctx ends.
func (g *Gate) Watch(ctx context.Context) {
	g.mu.Lock()
	targets := slices.Clone(g.waiting)
	g.mu.Unlock()
	if g.Failed() {
		return
	}
	var refused sync.WaitGroup
	for _, target := range targets {
		refused.Go(func() {
			if refusesLastingly(ctx, target) {
				g.done(target)
			}
		})
	}
	refused.Wait()
	if ctx.Err() == nil && !g.Failed() {
		close(g.opened)
	}
}

func refusesLastingly(ctx context.Context, target string) bool {
	for ctx.Err() == nil {
		if refusesInARow(ctx, func(ctx context.Context) bool { return refuses(ctx, target) }) {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return false
}

// refusesInARow dials refusalsNeeded times and reports whether none of them got through. Each
// begins after the one before: a pause after that was refused, or at the end of patience with it.
func refusesInARow(ctx context.Context, refuses func(context.Context) bool) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan bool, refusalsNeeded)
	next := time.NewTimer(0)
	defer next.Stop()
	for begun, refused := 0, 0; refused < refusalsNeeded; {
		select {
		case <-ctx.Done():
			return false
		case <-next.C:
			begun++
			go func() { answers <- refuses(ctx) }()
			if begun < refusalsNeeded {
				next.Reset(patience)
			}
		case wasRefused := <-answers:
			if !wasRefused {
				return false
			}
			refused++
			if refused == begun && begun < refusalsNeeded {
				next.Reset(pause)
			}
		}
	}
	return true
}

// refuses reports a connect error, or no connection in time.
func refuses(ctx context.Context, target string) bool {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", target)
	if err != nil {
		return ctx.Err() == nil
	}
	conn.Close()
	return false
}

func (g *Gate) done(target string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(t string) bool { return t == target })
}

// Failed reports whether it can never open.
func (g *Gate) Failed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fault != ""
}

// Waiting lists the targets that have not refused often enough so far.
func (g *Gate) Waiting() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.waiting)
}

// Opened is closed when the gate opens.
func (g *Gate) Opened() <-chan struct{} { return g.opened }

// Err says why the gate is shut; nil when it is open and nothing has failed since.
func (g *Gate) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fault != "" {
		return errors.New(g.fault)
	}
	select {
	case <-g.opened:
		return nil
	default:
		return errors.New("waiting for refusals from " + strings.Join(g.waiting, ", "))
	}
}
