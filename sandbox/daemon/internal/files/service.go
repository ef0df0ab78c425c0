package files

import (
	"net/http"
	"sync"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// Service answers for a Tree.
type Service struct {
	tree    *Tree
	maxSize int64 // of a file; 0 is no bound

	mu       sync.Mutex
	watchers map[string]*watcher
	watching int // streams and watchers
}

// New makes a service; no file grows beyond maxSize bytes by it, 0 is no bound.
func New(tree *Tree, maxSize int64) *Service {
	return &Service{tree: tree, maxSize: maxSize, watchers: map[string]*watcher{}}
}

// Routes of the service.
func (s *Service) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /files":                                   s.download,
		"POST /files":                                  s.upload,
		"POST /files/compose":                          compose,
		"POST /filesystem.Filesystem/Stat":             connect.Unary(s.stat),
		"POST /filesystem.Filesystem/MakeDir":          connect.Unary(s.makeDir),
		"POST /filesystem.Filesystem/Move":             connect.Unary(s.move),
		"POST /filesystem.Filesystem/ListDir":          connect.Unary(s.listDir),
		"POST /filesystem.Filesystem/Remove":           connect.Unary(s.remove),
		"POST /filesystem.Filesystem/WatchDir":         connect.Streaming(s.watchDir),
		"POST /filesystem.Filesystem/CreateWatcher":    connect.Unary(s.createWatcher),
		"POST /filesystem.Filesystem/GetWatcherEvents": connect.Unary(s.watcherEvents),
		"POST /filesystem.Filesystem/RemoveWatcher":    connect.Unary(s.removeWatcher),
	}
}

func compose(w http.ResponseWriter, _ *http.Request) {
	connect.WriteError(w, 0, connect.Errorf("unimplemented", "files are not composed here; upload each, and join them with a command"))
}

type pathRequest struct {
	Path string `json:"path"`
}

type entryAnswer struct {
	Entry entry `json:"entry"`
}

func (s *Service) stat(_ *http.Request, request *pathRequest) (entryAnswer, error) {
	path, err := s.tree.absolute(request.Path)
	if err != nil {
		return entryAnswer{}, err
	}
	w, name, err := s.tree.locate(path, false)
	if err != nil {
		return entryAnswer{}, failure(path, err)
	}
	defer w.close()
	return w.answer(name, path)
}

func (w *walk) answer(name, path string) (entryAnswer, error) {
	if name != "." {
		// the place where something is mounted names another file system's root
		if err := w.notAcross(name); err != nil {
			return entryAnswer{}, failure(path, err)
		}
	}
	e, err := w.entry(name, path)
	return entryAnswer{e}, failure(path, err)
}
