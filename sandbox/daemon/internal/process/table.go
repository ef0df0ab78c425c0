package process

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// What is kept of processes that have ended: a client that comes late still learns
// how.
const (
	keptFor  = 30 * time.Second
	keptMost = 64
)

// table knows the processes by numbers of its own: those inside the boxes are not
// unique.
type table struct {
	mu    sync.Mutex
	next  uint32
	byPid map[uint32]*live
	ended []*live // oldest first
}

func newTable() *table { return &table{byPid: map[uint32]*live{}} }

func (t *table) add(p *live) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next++
	p.pid = t.next
	t.byPid[p.pid] = p
}

func (t *table) end(p *live) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.endedAt = time.Now()
	t.ended = append(t.ended, p)
	t.forget()
}

func (t *table) forget() {
	for len(t.ended) > 0 && (len(t.ended) > keptMost || time.Since(t.ended[0].endedAt) > keptFor) {
		delete(t.byPid, t.ended[0].pid)
		t.ended[0] = nil
		t.ended = t.ended[1:]
	}
}

// running are the processes of whose tree something lives.
func (t *table) running() []*live {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	found := []*live{}
	for _, p := range t.byPid {
		if p.endedAt.IsZero() {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *live) int { return cmp.Compare(a.pid, b.pid) })
	return found
}

// find returns a process that runs or has just ended; of those with one tag the
// newest.
func (t *table) find(s selector) (*live, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	switch {
	case s.Pid != nil:
		if p, ok := t.byPid[uint32(*s.Pid)]; ok {
			return p, nil
		}
		return nil, connect.Errorf("not_found", "no process with pid %d: it has ended, or never was", *s.Pid)
	case s.Tag != nil:
		var found *live
		for _, p := range t.byPid {
			if p.tag != nil && *p.tag == *s.Tag && (found == nil || p.newerThan(found)) {
				found = p
			}
		}
		if found == nil {
			return nil, connect.Errorf("not_found", "no process with tag %.100q: it has ended, or never was", *s.Tag)
		}
		return found, nil
	default:
		return nil, connect.Errorf("invalid_argument", "process: neither pid nor tag is given")
	}
}

// findAlive returns a process of whose tree something lives.
func (t *table) findAlive(s selector) (*live, error) {
	p, err := t.find(s)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !p.endedAt.IsZero() {
		return nil, connect.Errorf("not_found", "process %d has ended", p.pid)
	}
	return p, nil
}

// findRunning is for what only a process that runs can do.
func (t *table) findRunning(s selector) (*live, error) {
	p, err := t.find(s)
	if err != nil {
		return nil, err
	}
	if p.hasEnded() {
		return nil, connect.Errorf("not_found", "process %d has ended", p.pid)
	}
	return p, nil
}
