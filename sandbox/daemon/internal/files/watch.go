package files

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/plane"
)

const (
	maxWatching = 32   // streams and watchers of a sandbox
	maxKept     = 4096 // changes that nobody has fetched, of one watcher
)

type watchRequest struct {
	Path          string `json:"path"`
	Recursive     bool   `json:"recursive"`
	IncludeEntry  bool   `json:"includeEntry"`
	IncludeEntry_ bool   `json:"include_entry"`
}

// notify starts to watch; release must be called when that ends.
func (s *Service) notify(request *watchRequest) (n *notifier, release func(), err error) {
	path, err := s.tree.absolute(request.Path)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	full := s.watching >= maxWatching
	if !full {
		s.watching++
	}
	s.mu.Unlock()
	if full {
		return nil, nil, connect.Errorf("resource_exhausted", "%d directories are watched already; stop watching one", maxWatching)
	}
	free := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watching--
	}
	if n, err = s.tree.newNotifier(path, request.Recursive, request.IncludeEntry || request.IncludeEntry_); err != nil {
		free()
		return nil, nil, failure(path, err)
	}
	return n, sync.OnceFunc(func() {
		n.file.Close()
		free()
	}), nil
}

type watchAnswer struct {
	Start      *struct{} `json:"start,omitempty"`
	Filesystem *change   `json:"filesystem,omitempty"`
	Keepalive  *struct{} `json:"keepalive,omitempty"`
}

func (s *Service) watchDir(r *http.Request, request *watchRequest, stream *connect.Stream) error {
	timeout, err := plane.Timeout(r)
	if err != nil {
		return err
	}
	n, release, err := s.notify(request)
	if err != nil {
		return err
	}
	defer release()
	ctx := r.Context()
	if timeout > 0 {
		late := connect.Errorf("deadline_exceeded", "watched for %v", timeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, late)
		defer cancel()
	}
	defer context.AfterFunc(ctx, release)()
	if err := stream.Send(watchAnswer{Start: &struct{}{}}); err != nil {
		return err
	}
	defer stream.KeepAlive(r, watchAnswer{Keepalive: &struct{}{}})()
	err = n.read(func(c change) error { return stream.Send(watchAnswer{Filesystem: &c}) })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// watcher keeps changes until they are fetched.
type watcher struct {
	release func()
	ended   chan struct{}

	mu      sync.Mutex
	changes []change
	failed  error
}

type watcherID struct {
	ID  string `json:"watcherId"`
	ID_ string `json:"watcher_id,omitempty"`
}

func (w watcherID) id() string {
	if w.ID == "" {
		return w.ID_
	}
	return w.ID
}

func (s *Service) createWatcher(_ *http.Request, request *watchRequest) (watcherID, error) {
	n, release, err := s.notify(request)
	if err != nil {
		return watcherID{}, err
	}
	w := &watcher{release: release, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		w.fail(n.read(w.keep))
		release()
	}()
	id := watcherID{ID: "w" + rand.Text()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[id.ID] = w
	return id, nil
}

func (w *watcher) keep(c change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.changes) >= maxKept {
		return connect.Errorf("data_loss", "more than %d changes came and were not fetched; list the directory and watch it anew", maxKept)
	}
	w.changes = append(w.changes, c)
	return nil
}

func (w *watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed, w.changes = err, nil
}

type watcherEventsAnswer struct {
	Events []change `json:"events"`
}

// settle lets a change that was made before it was asked for arrive.
const settle = 5 * time.Millisecond

func (s *Service) watcherEvents(_ *http.Request, request *watcherID) (watcherEventsAnswer, error) {
	w, err := s.watcher(request)
	if err != nil {
		return watcherEventsAnswer{}, err
	}
	time.Sleep(settle)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed != nil {
		return watcherEventsAnswer{}, w.failed
	}
	events := w.changes
	w.changes = nil
	if events == nil {
		events = []change{}
	}
	return watcherEventsAnswer{events}, nil
}

func (s *Service) removeWatcher(_ *http.Request, request *watcherID) (connect.Empty, error) {
	w, err := s.watcher(request)
	if err != nil {
		return connect.Empty{}, err
	}
	s.mu.Lock()
	delete(s.watchers, request.id())
	s.mu.Unlock()
	w.release()
	<-w.ended
	return connect.Empty{}, nil
}

func (s *Service) watcher(request *watcherID) (*watcher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.watchers[request.id()]
	if !ok {
		return nil, connect.Errorf("not_found", "no watcher %.100q", request.id())
	}
	return w, nil
}
