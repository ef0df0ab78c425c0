package files

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/plane"
)

// written is one file of the answer to an upload.
type written struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Path string `json:"path"`
}

func (s *Service) upload(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if err := plane.CheckUser(query.Get("username")); err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	body, err := uploadBody(w, r)
	if err != nil {
		connect.WriteError(w, 0, err)
		return
	}
	kind, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var files []written
	switch {
	case kind == "application/octet-stream" && !query.Has("path"):
		err = connect.Errorf("invalid_argument", "the query parameter path is missing; a body of application/octet-stream has no name of its own")
	case kind == "application/octet-stream":
		files, err = s.write(files, query.Get("path"), body)
	case strings.HasPrefix(kind, "multipart/") && parameters["boundary"] != "":
		files, err = s.writeParts(query.Get("path"), multipart.NewReader(body, parameters["boundary"]))
	default:
		err = connect.Errorf("invalid_argument", "content type %q: files come as multipart/form-data or application/octet-stream", r.Header.Get("Content-Type"))
	}
	if err != nil {
		fail(w, "", err)
		return
	}
	connect.WriteJSON(w, http.StatusOK, files)
}

func uploadBody(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	body := io.Reader(&patientReader{r.Body, http.NewResponseController(w)})
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return body, nil
	case "gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, connect.Errorf("invalid_argument", "the body is not gzip: %v", err)
		}
		return unpacked, nil
	default:
		return nil, connect.Errorf("invalid_argument", "content encoding %q is not taken; gzip is", encoding)
	}
}

// writeParts writes each part that is named "file"; path, when given, is the path of
// the only one.
func (s *Service) writeParts(path string, parts *multipart.Reader) ([]written, error) {
	files := []written{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) && len(files) == 0 {
			return nil, connect.Errorf("invalid_argument", "the form has no part named \"file\"")
		}
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, connect.Errorf("invalid_argument", "the form broke off or is not one: %v", err)
		}
		if part.FormName() != "file" {
			continue
		}
		name := path
		if name == "" {
			// FileName would drop the directories
			_, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
			if name = parameters["filename"]; err != nil || name == "" {
				return nil, connect.Errorf("invalid_argument", "a file has no name: give the query parameter path, or a filename to each part")
			}
		}
		if files, err = s.write(files, name, part); err != nil {
			return nil, err
		}
	}
}

func (s *Service) write(files []written, name string, from io.Reader) ([]written, error) {
	path, err := s.tree.absolute(name)
	if err != nil {
		return nil, err
	}
	for _, other := range files {
		if other.Path == path {
			return nil, connect.Errorf("invalid_argument", "path '%s' is there twice; the first file was written", path)
		}
	}
	file, err := s.tree.openFile(path, syscall.O_WRONLY|syscall.O_CREAT, true)
	if err != nil {
		return nil, failure(path, err)
	}
	err = s.fill(file, from)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, failure(path, err)
	}
	return append(files, written{filepath.Base(path), "file", path}), nil
}

// fill replaces what is in a file. It was not cut when it was opened, since then it
// was not yet known what it is.
func (s *Service) fill(file *os.File, from io.Reader) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	if s.maxSize > 0 {
		from = &bounded{from, s.maxSize}
	}
	// not by the file's own ReadFrom: errors of the two sides are told apart
	_, err := io.CopyBuffer(struct{ io.Writer }{file}, &source{from}, make([]byte, 64<<10))
	return err
}

// source marks what went wrong with the sender.
type source struct{ from io.Reader }

func (s *source) Read(text []byte) (int, error) {
	n, err := s.from.Read(text)
	if err != nil && err != io.EOF && !noSpace(err) {
		return n, connect.Errorf("invalid_argument", "the upload broke off: %v", err)
	}
	return n, err
}

type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(text []byte) (int, error) {
	n, err := b.from.Read(text)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("the file would be larger than the disk of the sandbox: %w", syscall.EFBIG)
	}
	return n, err
}
