package files

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

type sandbox struct {
	*httptest.Server
	home, other string
}

func serve(t *testing.T, maxSize int64) *sandbox {
	t.Helper()
	home, other := t.TempDir(), t.TempDir()
	tree, err := NewTree(home, home, other)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, handler := range New(tree, maxSize).Routes() {
		mux.HandleFunc(pattern, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &sandbox{server, home, other}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (s *sandbox) send(t *testing.T, method, path, kind string, body io.Reader) reply {
	t.Helper()
	request, err := http.NewRequest(method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := s.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

func (s *sandbox) call(t *testing.T, method string, request map[string]any, into any) reply {
	t.Helper()
	body, _ := json.Marshal(request)
	got := s.send(t, "POST", "/filesystem.Filesystem/"+method, "application/json", bytes.NewReader(body))
	if got.status == 200 && into != nil {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			t.Fatalf("%q: %v", got.body, err)
		}
	}
	return got
}

func (s *sandbox) get(t *testing.T, path string) reply {
	t.Helper()
	return s.send(t, "GET", "/files?path="+url.QueryEscape(path), "", nil)
}

func (s *sandbox) put(t *testing.T, path, text string) reply {
	t.Helper()
	return s.send(t, "POST", "/files?path="+url.QueryEscape(path), "application/octet-stream", strings.NewReader(text))
}

func (r reply) is(status int, code string) bool {
	return r.status == status && strings.HasPrefix(r.body, `{"code":"`+code+`","message":"`)
}

func TestTransfers(t *testing.T) {
	s := serve(t, 0)
	for _, path := range []string{"a.txt", "~/b", "in/new/dirs/c", "./x/../d", "ü ö?&.html"} {
		full, _ := filepath.Rel("/", filepath.Join(s.home, strings.TrimPrefix(path, "~/")))
		got := s.put(t, path, "text of "+path)
		if want := fmt.Sprintf(`[{"name":%q,"type":"file","path":%q}]`, filepath.Base(path), "/"+full); got.status != 200 || !sameJSON(got.body, want) {
			t.Errorf("%s: %+v, want %s", path, got, want)
		}
		if got := s.get(t, path); got.status != 200 || got.body != "text of "+path {
			t.Errorf("%s: %+v", path, got)
		}
		if on, _ := os.ReadFile("/" + full); string(on) != "text of "+path {
			t.Errorf("%s: on disk %q", path, on)
		}
	}
	if got := s.get(t, "a.txt"); got.header.Get("Content-Type") != "text/plain; charset=utf-8" || got.header.Get("Content-Disposition") != "inline; filename=a.txt" {
		t.Errorf("headers %v", got.header)
	}
	s.put(t, "a.txt", "short")
	if got := s.get(t, s.home+"/a.txt"); got.body != "short" {
		t.Errorf("written over: %q", got.body)
	}
	if got := s.send(t, "HEAD", "/files?path=a.txt", "", nil); got.status != 200 || got.body != "" || got.header.Get("Content-Length") != "5" {
		t.Errorf("head: %+v", got)
	}
	s.put(t, "empty", "")
	if got := s.get(t, "empty"); got.status != 200 || got.body != "" {
		t.Errorf("empty: %+v", got)
	}
	if err := os.Symlink("a.txt", s.home+"/link"); err != nil {
		t.Fatal(err)
	}
	s.put(t, "link", "through")
	if got := s.get(t, "a.txt"); got.body != "through" {
		t.Errorf("through a link: %q", got.body)
	}
	if got := s.put(t, s.other+"/x", "y"); got.status != 200 {
		t.Errorf("the other volume: %+v", got)
	}
	if got := s.get(t, "/etc/passwd"); got.status != 200 || !strings.HasPrefix(got.body, "root:") {
		t.Errorf("the root can be read: %+v", got)
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

func form(t *testing.T, files ...string) (kind string, body io.Reader) {
	t.Helper()
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	form.WriteField("note", "not a file")
	for _, name := range files {
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, "text of "+name)
	}
	form.Close()
	return form.FormDataContentType(), &text
}

func TestForms(t *testing.T) {
	s := serve(t, 0)
	kind, body := form(t, "one", "deep/er/two", s.other+"/three")
	var files []written
	got := s.send(t, "POST", "/files", kind, body)
	json.Unmarshal([]byte(got.body), &files)
	if got.status != 200 || len(files) != 3 || files[1] != (written{"two", "file", s.home + "/deep/er/two"}) {
		t.Fatalf("got %+v", got)
	}
	for _, f := range files {
		if got := s.get(t, f.Path); !strings.HasPrefix(got.body, "text of ") {
			t.Errorf("%s: %+v", f.Path, got)
		}
	}
	kind, body = form(t, "name of the form")
	if got := s.send(t, "POST", "/files?path=other&username=user", kind, body); got.status != 200 || s.get(t, "other").body != "text of name of the form" {
		t.Errorf("got %+v", got)
	}
	kind, body = form(t, "same", "same")
	if got := s.send(t, "POST", "/files", kind, body); !got.is(400, "invalid_argument") {
		t.Errorf("twice: %+v", got)
	}
}

func TestBadTransfers(t *testing.T) {
	s := serve(t, 1000)
	os.Mkdir(s.home+"/dir", 0o755)
	os.WriteFile(s.home+"/file", nil, 0o644)
	os.Symlink("loop", s.home+"/loop")
	kind, body := form(t)
	for _, test := range []struct {
		name string
		got  reply
		code string
	}{
		{"not there", s.get(t, "none"), "404 not_found"},
		{"directory", s.get(t, "dir"), "400 invalid_argument"},
		{"home", s.get(t, ""), "400 invalid_argument"},
		{"root", s.get(t, "/"), "400 invalid_argument"},
		{"file as directory", s.get(t, "file/x"), "400 invalid_argument"},
		{"other's home", s.get(t, "~root/x"), "400 invalid_argument"},
		{"zero", s.get(t, "a\x00b"), "400 invalid_argument"},
		{"long", s.get(t, strings.Repeat("x", 300)), "400 invalid_argument"},
		{"loop", s.get(t, "loop"), "400 failed_precondition"},
		{"root user", s.send(t, "GET", "/files?path=file&username=root", "", nil), "401 unauthenticated"},
		{"write as root", s.send(t, "POST", "/files?path=file&username=root", "application/octet-stream", nil), "401 unauthenticated"},
		{"write a directory", s.put(t, "dir", "x"), "400 invalid_argument"},
		{"write home", s.put(t, "", "x"), "403 permission_denied"},
		{"write below a file", s.put(t, "file/x", "x"), "400 invalid_argument"},
		{"write the root", s.put(t, "/new", "x"), "403 permission_denied"},
		{"write etc", s.put(t, "/etc/passwd", "x"), "403 permission_denied"},
		{"directories outside", s.put(t, "/opt/new/x", "x"), "403 permission_denied"},
		{"too large", s.put(t, "big", strings.Repeat("x", 1001)), "507 resource_exhausted"},
		{"no path", s.send(t, "POST", "/files", "application/octet-stream", strings.NewReader("x")), "400 invalid_argument"},
		{"no form", s.send(t, "POST", "/files", "multipart/form-data; boundary=x", strings.NewReader("y")), "400 invalid_argument"},
		{"other type", s.send(t, "POST", "/files?path=x", "text/plain", strings.NewReader("y")), "400 invalid_argument"},
		{"compose", s.send(t, "POST", "/files/compose", "application/json", strings.NewReader("{}")), "501 unimplemented"},
	} {
		status, code, _ := strings.Cut(test.code, " ")
		if fmt.Sprint(test.got.status) != status || !strings.HasPrefix(test.got.body, `{"code":"`+code+`","message":"`) {
			t.Errorf("%s: %+v", test.name, test.got)
		}
	}
	if got := s.send(t, "POST", "/files", kind, body); !got.is(400, "invalid_argument") {
		t.Errorf("an empty form: %+v", got)
	}
	if on, _ := os.ReadFile("/etc/passwd"); !bytes.HasPrefix(on, []byte("root:")) {
		t.Fatal("it was written")
	}
}

func TestStat(t *testing.T) {
	s := serve(t, 0)
	os.WriteFile(s.home+"/file", []byte("12345"), 0o640)
	os.Chmod(s.home+"/file", 0o640)
	os.Mkdir(s.home+"/dir", 0o750)
	os.Symlink("../"+filepath.Base(s.home)+"/file", s.home+"/link")
	os.Symlink("nowhere", s.home+"/dangling")
	os.Symlink("/proc/self/environ", s.home+"/walled")
	stat := func(path string) map[string]any {
		var answer struct{ Entry map[string]any }
		if got := s.call(t, "Stat", map[string]any{"path": path, "unknown": 1}, &answer); got.status != 200 {
			t.Fatalf("%s: %+v", path, got)
		}
		return answer.Entry
	}
	e := stat("file")
	if e["name"] != "file" || e["type"] != "FILE_TYPE_FILE" || e["path"] != s.home+"/file" || e["size"] != "5" ||
		e["mode"] != 0o640*1.0 || e["permissions"] != "-rw-r-----" || e["owner"] == "" || e["group"] == "" || e["symlinkTarget"] != nil {
		t.Errorf("file %v", e)
	}
	if when := fmt.Sprint(e["modifiedTime"]); !strings.HasSuffix(when, "Z") || len(when) < 20 {
		t.Errorf("time %s", when)
	}
	if e := stat("dir"); e["type"] != "FILE_TYPE_DIRECTORY" || e["permissions"] != "drwxr-x---" {
		t.Errorf("dir %v", e)
	}
	if e := stat("link"); e["type"] != "FILE_TYPE_FILE" || e["mode"] != 0o640*1.0 || e["symlinkTarget"] != s.home+"/file" || e["permissions"] != "Lrwxrwxrwx" {
		t.Errorf("link %v", e)
	}
	for _, name := range []string{"dangling", "walled"} {
		if e := stat(name); e["type"] != "FILE_TYPE_UNSPECIFIED" || e["symlinkTarget"] == nil {
			t.Errorf("%s %v", name, e)
		}
	}
	if e := stat("/"); e["type"] != "FILE_TYPE_DIRECTORY" || e["path"] != "/" {
		t.Errorf("root %v", e)
	}
	if got := s.call(t, "Stat", map[string]any{"path": "none"}, nil); !got.is(404, "not_found") {
		t.Errorf("got %+v", got)
	}
}

func TestListDir(t *testing.T) {
	s := serve(t, 0)
	for _, dir := range []string{"a/b/c", "d"} {
		os.MkdirAll(filepath.Join(s.home, dir), 0o755)
	}
	os.WriteFile(s.home+"/a/f", nil, 0o644)
	os.Symlink("a", s.home+"/to-a")
	list := func(path string, depth any) string {
		var answer struct{ Entries []entry }
		if got := s.call(t, "ListDir", map[string]any{"path": path, "depth": depth}, &answer); got.status != 200 {
			t.Fatalf("%s: %+v", path, got)
		}
		var paths []string
		for _, e := range answer.Entries {
			paths = append(paths, strings.TrimPrefix(e.Path, s.home+"/"))
		}
		return strings.Join(paths, " ")
	}
	for _, test := range []struct {
		path  string
		depth any
		want  string
	}{
		{".", nil, "a d to-a"},
		{"", 1, "a d to-a"},
		{s.home, 2, "a a/b a/f d to-a"},
		{"~", "9", "a a/b a/b/c a/f d to-a"},
		{"to-a", 1, "to-a/b to-a/f"},
		{"d", 1, ""},
	} {
		if got := list(test.path, test.depth); got != test.want {
			t.Errorf("%s at %v: %s", test.path, test.depth, got)
		}
	}
	if got := s.call(t, "ListDir", map[string]any{"path": "a/f"}, nil); !got.is(400, "invalid_argument") {
		t.Errorf("a file: %+v", got)
	}
	if got := s.call(t, "ListDir", map[string]any{"path": "none"}, nil); !got.is(404, "not_found") {
		t.Errorf("nothing: %+v", got)
	}
	for i := range maxEntries + 1 {
		os.WriteFile(fmt.Sprintf("%s/d/%d", s.home, i), nil, 0o644)
	}
	if got := s.call(t, "ListDir", map[string]any{"path": "d"}, nil); !got.is(429, "resource_exhausted") {
		t.Errorf("too many: %d %.200s", got.status, got.body)
	}
}

func TestChanges(t *testing.T) {
	s := serve(t, 0)
	var made struct{ Entry entry }
	if got := s.call(t, "MakeDir", map[string]any{"path": "x/y"}, &made); got.status != 200 || made.Entry.Path != s.home+"/x/y" {
		t.Errorf("got %+v", got)
	}
	if got := s.call(t, "MakeDir", map[string]any{"path": "x"}, nil); !got.is(409, "already_exists") {
		t.Errorf("again: %+v", got)
	}
	s.put(t, "x/f", "text")
	if got := s.call(t, "MakeDir", map[string]any{"path": "x/f"}, nil); !got.is(400, "invalid_argument") {
		t.Errorf("a file: %+v", got)
	}
	if got := s.call(t, "Move", map[string]any{"source": "x/f", "destination": "new/dir/g"}, &made); got.status != 200 || made.Entry.Path != s.home+"/new/dir/g" || made.Entry.Size != 4 {
		t.Errorf("move: %+v", got)
	}
	if got := s.call(t, "Move", map[string]any{"source": "x/f", "destination": "z"}, nil); !got.is(404, "not_found") {
		t.Errorf("move nothing: %+v", got)
	}
	if got := s.call(t, "Move", map[string]any{"source": "x", "destination": "/opt/x"}, nil); !got.is(403, "permission_denied") {
		t.Errorf("move away: %+v", got)
	}
	os.Symlink("/", s.home+"/new/root")
	if got := s.call(t, "Remove", map[string]any{"path": "new"}, nil); got.status != 200 || got.body != "{}\n" {
		t.Errorf("remove: %+v", got)
	}
	if _, err := os.Stat("/etc/passwd"); err != nil {
		t.Fatal("a link was followed")
	}
	if got := s.call(t, "Remove", map[string]any{"path": "new/not/there"}, nil); got.status != 200 {
		t.Errorf("remove nothing: %+v", got)
	}
	for _, path := range []string{"/etc/hostname", s.home, s.other, "."} {
		if got := s.call(t, "Remove", map[string]any{"path": path}, nil); !got.is(403, "permission_denied") {
			t.Errorf("remove %s: %+v", path, got)
		}
	}
	for i := range 600 {
		os.WriteFile(fmt.Sprintf("%s/x/y/%d", s.home, i), nil, 0o644)
	}
	s.call(t, "Remove", map[string]any{"path": "x"}, nil)
	if entries, _ := os.ReadDir(s.home); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
	for _, body := range []string{"", "[]", `{"path":1}`} {
		if got := s.send(t, "POST", "/filesystem.Filesystem/Stat", "application/json", strings.NewReader(body)); !got.is(400, "invalid_argument") {
			t.Errorf("%q: %+v", body, got)
		}
	}
}

func envelope(message string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

func TestFullDisk(t *testing.T) {
	for _, number := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		w := httptest.NewRecorder()
		fail(w, "/f", &os.PathError{Op: "write", Path: "f", Err: number})
		if w.Code != 507 || !strings.Contains(w.Body.String(), "the disk of the sandbox is full") {
			t.Errorf("%v: %d %s", number, w.Code, w.Body)
		}
	}
}

func TestBrokenUpload(t *testing.T) {
	s := serve(t, 0)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST /files?path=half HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nabc")
	conn.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(conn)
	if !strings.Contains(string(answer), "400 Bad Request") || !strings.Contains(string(answer), "broke off") {
		t.Errorf("got %s", answer)
	}
}

func TestGzip(t *testing.T) {
	s := serve(t, 100_000)
	pack := func(text string) io.Reader {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		io.WriteString(w, text)
		w.Close()
		return &packed
	}
	post := func(encoding string, body io.Reader) reply {
		r, _ := http.NewRequest("POST", s.URL+"/files?path=z", body)
		r.Header.Set("Content-Type", "application/octet-stream")
		r.Header.Set("Content-Encoding", encoding)
		response, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return reply{response.StatusCode, response.Header, string(text)}
	}
	if got := post("gzip", pack("unpacked")); got.status != 200 || s.get(t, "z").body != "unpacked" {
		t.Errorf("got %+v", got)
	}
	if got := post("gzip", strings.NewReader("not gzip")); !got.is(400, "invalid_argument") {
		t.Errorf("got %+v", got)
	}
	if got := post("br", strings.NewReader("x")); !got.is(400, "invalid_argument") {
		t.Errorf("got %+v", got)
	}
	if got := post("gzip", pack(strings.Repeat("\x00", 10_000_000))); got.status != 507 {
		t.Errorf("a bomb: %+v", got)
	}
}

func TestNothingIsLeft(t *testing.T) {
	s := serve(t, 0)
	cycle := func() {
		var id watcherID
		s.call(t, "CreateWatcher", map[string]any{"path": "", "recursive": true}, &id)
		s.put(t, "a/b", "x")
		s.get(t, "a/b")
		s.call(t, "ListDir", map[string]any{"path": "", "depth": 3}, nil)
		s.call(t, "Remove", map[string]any{"path": "a"}, nil)
		s.call(t, "RemoveWatcher", map[string]any{"watcherId": id.ID}, nil)
	}
	count := func() (goroutines, files int) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return runtime.NumGoroutine(), len(entries)
	}
	cycle()
	goroutines, files := count()
	for range 100 {
		cycle()
	}
	if g, f := count(); g > goroutines+3 || f > files+3 {
		t.Errorf("%d goroutines and %d files became %d and %d", goroutines, files, g, f)
	}
}
