package files

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/plane"
)

// idle is how long a transfer may stand still. As a whole it may take any time.
const idle = time.Minute

func (s *Service) download(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if err := plane.CheckUser(query.Get("username")); err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	path, err := s.tree.absolute(query.Get("path"))
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	file, err := s.tree.openFile(path, syscall.O_RDONLY, false)
	if err != nil {
		fail(w, path, err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fail(w, path, err)
		return
	}
	kind := mime.TypeByExtension(filepath.Ext(path))
	if kind == "" {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": filepath.Base(path)}))
	http.ServeContent(&patientWriter{w, http.NewResponseController(w)}, r, "", info.ModTime(), file)
}

// patientWriter waits for slow readers, but not for those that have gone.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p *patientWriter) Write(text []byte) (int, error) {
	p.control.SetWriteDeadline(time.Now().Add(idle))
	return p.ResponseWriter.Write(text)
}

// patientReader waits for slow senders.
type patientReader struct {
	body    io.Reader
	control *http.ResponseController
}

func (p *patientReader) Read(text []byte) (int, error) {
	p.control.SetReadDeadline(time.Now().Add(idle))
	return p.body.Read(text)
}

// fail answers with an error of a transfer; no space has a status of its own.
func fail(w http.ResponseWriter, path string, err error) {
	err = failure(path, err)
	status := connect.Status(err)
	if full := (*fullError)(nil); errors.As(err, &full) {
		status = http.StatusInsufficientStorage
	}
	connect.WriteError(w, status, err)
}
