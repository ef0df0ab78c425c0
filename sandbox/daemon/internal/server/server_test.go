package server

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/boxtest"
	"hermes.dev/sandbox/daemon/internal/code"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/files"
	"hermes.dev/sandbox/daemon/internal/gate"
	"hermes.dev/sandbox/daemon/internal/metrics"
	"hermes.dev/sandbox/daemon/internal/process"
	"hermes.dev/sandbox/daemon/internal/slots"
	"hermes.dev/sandbox/daemon/internal/token"
)

const uid = "0b7e1f5e-0000-4000-8000-000000000001"

func TestMain(m *testing.M) { boxtest.Main(m) }

var signer = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func accessToken() string {
	b, now := base64.RawURLEncoding, time.Now().Unix()
	signed := b.EncodeToString([]byte(`{"alg":"EdDSA"}`)) + "." +
		b.EncodeToString(fmt.Appendf(nil, `{"aud":%q,"iat":%d,"exp":%d}`, uid, now, now+30))
	return signed + "." + b.EncodeToString(ed25519.Sign(signer, []byte(signed)))
}

var runner = sync.OnceValues(func() (*box.Runner, error) {
	return box.NewRunner(box.Config{Self: "/proc/self/exe", Namespaces: true, Processes: 64})
})

// settings of a daemon under test.
type settings struct {
	gate       *gate.Gate
	concurrent int
	timeout    time.Duration
	bare       bool // without services
}

const maxMessage = 4 << 20

// daemon serves with an open gate, unless told otherwise.
func daemon(t *testing.T, change func(*settings)) *httptest.Server {
	t.Helper()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	set := settings{gate: gate.New([]string{closed.Addr().String()}), concurrent: 2, timeout: 20 * time.Second}
	if change != nil {
		change(&set)
	}
	verifier, err := token.NewVerifier(uid, base64.StdEncoding.EncodeToString(signer.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	config := Config{PodUID: uid, Verifier: verifier, Gate: set.gate, Environ: environ.New(home)}
	if !set.bare {
		config.Services = services(t, config.Environ, home, set)
	}
	set.gate.Watch(context.Background())
	server := httptest.NewServer(New(config))
	t.Cleanup(server.Close)
	return server
}

func services(t *testing.T, environment *environ.Environment, home string, set settings) []Routes {
	t.Helper()
	r, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := files.NewTree(home, home)
	if err != nil {
		t.Fatal(err)
	}
	taken, limits := slots.New(set.concurrent), box.Limits{Stdout: 5000, Stderr: 1000}
	contexts := code.NewContexts(r, environment, home, "")
	return []Routes{
		process.New(process.Config{Runner: r, Slots: taken, Environ: environment, Home: home, Limits: limits, Timeout: set.timeout}).Routes(),
		code.NewService(code.ServiceConfig{Runner: r, Contexts: contexts, Slots: taken, Environ: environment, Home: home, Limits: limits, Timeout: set.timeout}).Routes(),
		files.New(tree, 0).Routes(),
		metrics.New(home).Routes(),
	}
}

// event is what process.Process/Start tells.
type event struct {
	Start *struct{ Pid int }
	Data  *struct {
		Stdout, Stderr []byte
		Truncated      bool
	}
	End       *endEvent
	Keepalive *struct{}
}

type endEvent struct {
	ExitCode      int
	Exited        bool
	Status, Error string
}

type answer struct {
	status int
	header http.Header
	body   string
}

func send(t *testing.T, server *httptest.Server, method, path string, header map[string]string, body []byte) answer {
	t.Helper()
	request, err := http.NewRequest(method, server.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Access-Token", accessToken())
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.Header.Get("X-Hermes-Pod-Uid") != uid {
		t.Errorf("%s %s: the answer does not name the pod", method, path)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

func TestShutGate(t *testing.T) {
	server := daemon(t, func(c *settings) {
		c.gate = gate.New(nil)
		c.bare = true
	})
	if got := send(t, server, "GET", "/health", nil, nil); got.status != 503 || got.body != `{"reason":"no deny targets were given, so the network policy cannot be checked"}`+"\n" {
		t.Errorf("health: %+v", got)
	}
	for _, path := range []string{"/execute", "/process.Process/Start", "/process.Process/List", "/files"} {
		if got := send(t, server, "POST", path, nil, []byte("{}")); got.status != 503 || !strings.Contains(got.body, `"code":"unavailable"`) {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestHealthWaitsForTheGate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := gate.New([]string{l.Addr().String()})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	server := httptest.NewServer(New(Config{PodUID: uid, Gate: g}))
	defer server.Close()
	go g.Watch(ctx)
	if got := send(t, server, "GET", "/health?wait=100ms", nil, nil); got.status != 503 || !strings.Contains(got.body, "waiting for refusals from 127.0.0.1:") {
		t.Errorf("got %+v", got)
	}
	time.AfterFunc(200*time.Millisecond, func() { l.Close() })
	if got := send(t, server, "GET", "/health?wait=5s", nil, nil); got.status != 204 {
		t.Errorf("got %+v", got)
	}
}

func TestAuthentication(t *testing.T) {
	server := daemon(t, nil)
	for _, path := range []string{
		"/execute", "/contexts", "/process.Process/Start", "/process.Process/List", "/process.Process/SendSignal",
		"/filesystem.Filesystem/Stat", "/files?path=x", "/init", "/",
	} {
		for _, bad := range []string{"", "x", accessToken() + "x"} {
			got := send(t, server, "POST", path, map[string]string{"X-Access-Token": bad}, []byte(`{"code":"1"}`))
			if got.status != 401 || !strings.HasPrefix(got.body, `{"code":"unauthenticated","message":"`) {
				t.Errorf("%s with %q: %+v", path, bad, got)
			}
		}
	}
	if got := send(t, server, "GET", "/health", map[string]string{"X-Access-Token": ""}, nil); got.status != 204 {
		t.Errorf("health needs no token: %+v", got)
	}
}

func TestUnknown(t *testing.T) {
	server := daemon(t, nil)
	for _, test := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"POST", "/process.Process/Fork", 501, "unimplemented"},
		{"POST", "/filesystem.Filesystem/Copy", 501, "unimplemented"},
		{"GET", "/file", 404, "not_found"},
		{"GET", "/execute", 404, "not_found"},
		{"POST", "/freeze", 404, "not_found"},
	} {
		got := send(t, server, test.method, test.path, nil, nil)
		if got.status != test.status || !strings.Contains(got.body, `"code":"`+test.code+`"`) {
			t.Errorf("%s %s: %+v", test.method, test.path, got)
		}
	}
}

func execute(t *testing.T, server *httptest.Server, request map[string]any, timeout string) []map[string]any {
	t.Helper()
	body, _ := json.Marshal(request)
	header := map[string]string{}
	if timeout != "" {
		header["X-Hermes-Timeout-Ms"] = timeout
	}
	got := send(t, server, "POST", "/execute", header, body)
	if got.status != 200 || got.header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("got %+v", got)
	}
	var lines []map[string]any
	for text := range strings.Lines(got.body) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	if last := lines[len(lines)-1]; last["type"] != "end_of_execution" {
		t.Fatalf("the last line is %v", last)
	}
	return lines
}

func join(lines []map[string]any, kind, field string) string {
	var text strings.Builder
	for _, line := range lines {
		if line["type"] == kind {
			fmt.Fprint(&text, line[field])
		}
	}
	return text.String()
}

func TestExecutePython(t *testing.T) {
	server := daemon(t, nil)
	lines := execute(t, server, map[string]any{"code": "print('hi')\n1+1"}, "")
	var kinds []string
	for _, line := range lines {
		kinds = append(kinds, line["type"].(string))
	}
	if got := strings.Join(kinds, " "); got != "stdout number_of_executions result end_of_execution" {
		t.Errorf("got %s", got)
	}
	end := lines[3]
	if lines[0]["text"] != "hi\n" || lines[1]["execution_count"] != 1.0 || lines[2]["text"] != "2" ||
		lines[2]["is_main_result"] != true || end["exit_code"] != 0.0 || end["truncated"] != false {
		t.Errorf("got %v", lines)
	}
	lines = execute(t, server, map[string]any{"code": "1/0", "language": "python", "context_id": "default"}, "")
	if join(lines, "error", "name") != "ZeroDivisionError" || join(lines, "error", "value") != "division by zero" ||
		!strings.Contains(join(lines, "error", "traceback"), "1/0") || lines[len(lines)-1]["exit_code"] != 1.0 {
		t.Errorf("got %v", lines)
	}
}

func TestExecuteBash(t *testing.T) {
	server := daemon(t, nil)
	lines := execute(t, server, map[string]any{"language": "bash", "code": "echo a; echo b >&2; echo $V; pwd >f; exit 3", "env_vars": map[string]string{"V": "v"}}, "")
	if join(lines, "stdout", "text") != "a\nv\n" || join(lines, "stderr", "text") != "b\n" || lines[len(lines)-1]["exit_code"] != 3.0 {
		t.Errorf("got %v", lines)
	}
	if lines := execute(t, server, map[string]any{"code": "open('f').read().strip() == __import__('os').getcwd()"}, ""); join(lines, "result", "text") != "True" {
		t.Errorf("files are not shared: %v", lines)
	}
	lines = execute(t, server, map[string]any{"language": "bash", "code": "kill -SEGV $$"}, "")
	if join(lines, "error", "value") != "signal: segmentation fault" || lines[len(lines)-1]["exit_code"] != -1.0 {
		t.Errorf("got %v", lines)
	}
}

func TestExecuteLimits(t *testing.T) {
	server := daemon(t, func(c *settings) { c.timeout = 3 * time.Second })
	for _, language := range []string{"bash", "python"} {
		say := map[string]string{
			"bash":   "head -c 20000 /dev/zero | tr '\\0' x; yes >&2",
			"python": "import sys\nsys.stdout.write('x' * 20000)\nwhile True: print('y', file=sys.stderr)",
		}[language]
		start := time.Now()
		lines := execute(t, server, map[string]any{"language": language, "code": say}, "500")
		if took := time.Since(start); took < 500*time.Millisecond || took > 2500*time.Millisecond {
			t.Errorf("%s: took %v", language, took)
		}
		if got := join(lines, "stdout", "text"); got != strings.Repeat("x", 5000) {
			t.Errorf("%s: %d bytes of stdout", language, len(got))
		}
		if got := join(lines, "stderr", "text"); got != strings.Repeat("y\n", 500) {
			t.Errorf("%s: %d bytes of stderr", language, len(got))
		}
		marks := map[string]int{}
		for _, line := range lines {
			if line["truncated"] == true {
				marks[line["type"].(string)]++
			}
		}
		if fmt.Sprint(marks) != "map[end_of_execution:1 stderr:1 stdout:1]" {
			t.Errorf("%s: marks %v", language, marks)
		}
		if join(lines, "error", "name") != "TimeoutError" || !strings.HasPrefix(join(lines, "error", "value"), "ran longer than 500ms") {
			t.Errorf("%s: %v", language, join(lines, "error", "value"))
		}
	}
	// what is asked for beyond the policy is not given
	start := time.Now()
	lines := execute(t, server, map[string]any{"language": "bash", "code": "sleep 60"}, "60000")
	if took := time.Since(start); took > 4*time.Second || join(lines, "error", "name") != "TimeoutError" {
		t.Errorf("took %v: %v", took, lines)
	}
	lines = execute(t, server, map[string]any{"language": "bash", "code": ":(){ :|:& };:; sleep 60"}, "")
	if join(lines, "error", "name") != "ProcessLimitError" {
		t.Errorf("fork bomb: %v", lines)
	}
	if lines := execute(t, server, map[string]any{"code": "1"}, ""); join(lines, "result", "text") != "1" {
		t.Errorf("the next: %v", lines)
	}
}

func TestExecuteRefuses(t *testing.T) {
	server := daemon(t, nil)
	for _, test := range []struct {
		body, timeout string
		status        int
		code          string
	}{
		{"", "", 400, "invalid_argument"},
		{"{", "", 400, "invalid_argument"},
		{"[]", "", 400, "invalid_argument"},
		{`{"code":1}`, "", 400, "invalid_argument"},
		{`{"code":""}`, "", 400, "invalid_argument"},
		{`{"code":"1","language":"perl"}`, "", 501, "unimplemented"},
		{`{"code":"1","context_id":"other"}`, "", 404, "not_found"},
		{`{"code":"1","env_vars":{"A=B":"1"}}`, "", 400, "invalid_argument"},
		{`{"code":"1","env_vars":{"A":"\u0000"}}`, "", 400, "invalid_argument"},
		{`{"code":"1"}`, "-1", 400, "invalid_argument"},
		{`{"code":"1"}`, "0", 400, "invalid_argument"},
		{`{"code":"1"}`, "soon", 400, "invalid_argument"},
		{`{"code":"` + strings.Repeat("x", maxMessage) + `"}`, "", 413, "resource_exhausted"},
	} {
		header := map[string]string{}
		if test.timeout != "" {
			header["X-Hermes-Timeout-Ms"] = test.timeout
		}
		got := send(t, server, "POST", "/execute", header, []byte(test.body))
		if got.status != test.status || !strings.HasPrefix(got.body, `{"code":"`+test.code+`"`) {
			t.Errorf("%.40s: %+v", test.body, got)
		}
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	server := daemon(t, nil) // two at a time
	var wg sync.WaitGroup
	fifo := t.TempDir()
	for i := range 2 {
		wg.Go(func() {
			execute(t, server, map[string]any{"language": "bash", "code": fmt.Sprintf("touch %s/%d; until [ -e %s/go ]; do sleep 0.01; done", fifo, i, fifo)}, "")
		})
	}
	for n := 0; n < 2; {
		entries, _ := os.ReadDir(fifo)
		n = len(entries)
	}
	got := send(t, server, "POST", "/execute", nil, []byte(`{"code":"1"}`))
	if got.status != 429 || !strings.Contains(got.body, "resource_exhausted") {
		t.Errorf("got %+v", got)
	}
	if _, end := start(t, server, "true", nil, nil); end["code"] != "resource_exhausted" {
		t.Errorf("got %v", end)
	}
	os.WriteFile(fifo+"/go", nil, 0o600)
	wg.Wait()
	if lines := execute(t, server, map[string]any{"code": "1"}, ""); join(lines, "result", "text") != "1" {
		t.Errorf("the next: %v", lines)
	}
}

// A caller that goes away takes what it called with it.
func TestCallerLeaves(t *testing.T) {
	server := daemon(t, func(c *settings) { c.concurrent = 1 })
	ctx, cancel := context.WithCancel(context.Background())
	request, _ := http.NewRequestWithContext(ctx, "POST", server.URL+"/execute", strings.NewReader(`{"language":"bash","code":"echo on; sleep 1000"}`))
	request.Header.Set("X-Access-Token", accessToken())
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(response.Body, make([]byte, 10))
	cancel()
	for end := time.Now().Add(5 * time.Second); ; {
		if got := send(t, server, "POST", "/execute", nil, []byte(`{"code":"1"}`)); got.status == 200 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("still running")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func envelope(message string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// start runs a program by the Connect protocol and returns its events, and the error
// of the end of the stream.
func start(t *testing.T, server *httptest.Server, cmd string, args []string, header map[string]string) ([]event, map[string]any) {
	t.Helper()
	message, _ := json.Marshal(map[string]any{"process": map[string]any{"cmd": cmd, "args": args, "envs": map[string]string{"V": "v"}}, "stdin": false, "tag": nil})
	return startRaw(t, server, envelope(string(message)), header)
}

func startRaw(t *testing.T, server *httptest.Server, body []byte, header map[string]string) ([]event, map[string]any) {
	t.Helper()
	all := map[string]string{"Content-Type": "application/connect+json", "Connect-Protocol-Version": "1"}
	for name, value := range header {
		all[name] = value
	}
	got := send(t, server, "POST", "/process.Process/Start", all, body)
	if got.status != 200 || got.header.Get("Content-Type") != "application/connect+json" {
		t.Fatalf("got %+v", got)
	}
	var events []event
	for rest := []byte(got.body); len(rest) >= 5; {
		flags, length := rest[0], binary.BigEndian.Uint32(rest[1:])
		message := rest[5 : 5+length]
		rest = rest[5+length:]
		if flags == 2 {
			var end struct{ Error map[string]any }
			if err := json.Unmarshal(message, &end); err != nil || len(rest) != 0 {
				t.Fatalf("end %q, %v, then %q", message, err, rest)
			}
			return events, end.Error
		}
		var one struct{ Event event }
		if err := json.Unmarshal(message, &one); err != nil || flags != 0 {
			t.Fatalf("message %q: %v", message, err)
		}
		events = append(events, one.Event)
	}
	t.Fatalf("no end of stream in %q", got.body)
	return nil, nil
}

func TestStart(t *testing.T) {
	server := daemon(t, nil)
	events, failure := start(t, server, "/bin/bash", []string{"-l", "-c", "echo $V; echo err >&2; exit 3"}, nil)
	if failure != nil || len(events) != 4 || events[0].Start == nil || events[0].Start.Pid == 0 {
		t.Fatalf("got %+v, %v", events, failure)
	}
	var out, errs string
	for _, e := range events[1:3] {
		out, errs = out+string(e.Data.Stdout), errs+string(e.Data.Stderr)
	}
	if end := events[3].End; out != "v\n" || errs != "err\n" || *end != (endEvent{ExitCode: 3, Exited: true, Status: "exit status 3"}) {
		t.Errorf("got %q, %q, %+v", out, errs, end)
	}
	events, _ = start(t, server, "bash", []string{"-c", "kill -9 $$"}, nil)
	if end := events[len(events)-1].End; *end != (endEvent{ExitCode: -1, Status: "signal: killed", Error: "signal: killed"}) {
		t.Errorf("got %+v", end)
	}
	events, _ = start(t, server, "head", []string{"-c", "200000", "/dev/zero"}, nil)
	kept, marks := 0, 0
	for _, e := range events {
		if e.Data != nil {
			kept += len(e.Data.Stdout)
			if e.Data.Truncated {
				marks++
			}
		}
	}
	if kept != 5000 || marks != 1 {
		t.Errorf("kept %d bytes, %d marks", kept, marks)
	}
}

func TestStartFails(t *testing.T) {
	server := daemon(t, nil)
	message := func(text string) []byte { return envelope(text) }
	for _, test := range []struct {
		name   string
		body   []byte
		header map[string]string
		code   string
	}{
		{"no body", nil, nil, "invalid_argument"},
		{"not JSON", message("{"), nil, "invalid_argument"},
		{"wrong types", message(`{"process":"x"}`), nil, "invalid_argument"},
		{"no command", message(`{"process":{}}`), nil, "invalid_argument"},
		{"bad variable", message(`{"process":{"cmd":"true","envs":{"":"x"}}}`), nil, "invalid_argument"},
		{"stdin", message(`{"process":{"cmd":"cat"},"stdin":true}`), nil, "unimplemented"},
		{"pty", message(`{"process":{"cmd":"cat"},"pty":{"size":{"cols":80,"rows":24}}}`), nil, "unimplemented"},
		{"compressed", append([]byte{1}, message(`{}`)[1:]...), nil, "unimplemented"},
		{"broken off", message(`{"process":{"cmd":"true"}}`)[:12], nil, "invalid_argument"},
		{"too long", envelope(strings.Repeat(" ", maxMessage+1)), nil, "resource_exhausted"},
		{"unknown command", message(`{"process":{"cmd":"no-such"}}`), nil, "not_found"},
		{"unknown directory", message(`{"process":{"cmd":"true","cwd":"/no/such"}}`), nil, "invalid_argument"},
		{"bad timeout", message(`{"process":{"cmd":"true"}}`), map[string]string{"Connect-Timeout-Ms": "1s"}, "invalid_argument"},
		{"deadline", message(`{"process":{"cmd":"sleep","args":["100"]}}`), map[string]string{"Connect-Timeout-Ms": "200"}, "deadline_exceeded"},
		{"fork bomb", message(`{"process":{"cmd":"bash","args":["-c",":(){ :|:& };:; sleep 100"]}}`), nil, "resource_exhausted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, failure := startRaw(t, server, test.body, test.header)
			if failure["code"] != test.code || failure["message"] == "" {
				t.Errorf("got %v", failure)
			}
			for _, e := range events {
				if e.End != nil {
					t.Error("an end and an error")
				}
			}
		})
	}
	got := send(t, server, "POST", "/process.Process/Start", map[string]string{"Content-Type": "application/json"}, []byte("{}"))
	if got.status != 415 || got.header.Get("Accept-Post") != "application/connect+json" {
		t.Errorf("got %+v", got)
	}
	if events, failure := start(t, server, "true", nil, map[string]string{"Connect-Timeout-Ms": "0"}); failure != nil || events[1].End.ExitCode != 0 {
		t.Errorf("the next: %v", failure)
	}
}

func TestKeepalive(t *testing.T) {
	server := daemon(t, nil)
	events, failure := start(t, server, "sleep", []string{"1.5"}, map[string]string{"Keepalive-Ping-Interval": "1"})
	if failure != nil || len(events) != 3 || events[1].Keepalive == nil {
		t.Errorf("got %+v, %v", events, failure)
	}
}

func TestInit(t *testing.T) {
	server := daemon(t, nil)
	execute(t, server, map[string]any{"code": "import os; os.environ['MINE'] = '1'"}, "")
	get := func(name string) string {
		t.Helper()
		python := join(execute(t, server, map[string]any{"code": "os.environ.get('" + name + "', '')"}, ""), "result", "text")
		bash := join(execute(t, server, map[string]any{"language": "bash", "code": "printf %s \"$" + name + "\""}, ""), "stdout", "text")
		if python != "'"+bash+"'" {
			t.Errorf("%s: Python has %s, bash %s", name, python, bash)
		}
		return bash
	}
	init := func(body string) answer { return send(t, server, "POST", "/init", nil, []byte(body)) }
	if got := init(`{"envVars":{"A":"1","LANG":"C"},"timestamp":"x"}`); got.status != 204 {
		t.Fatalf("got %+v", got)
	}
	if get("A") != "1" || get("LANG") != "C" {
		t.Errorf("A=%s, LANG=%s", get("A"), get("LANG"))
	}
	if got := send(t, server, "GET", "/envs", nil, nil); got.body != `{"A":"1","LANG":"C"}`+"\n" {
		t.Errorf("got %+v", got)
	}
	init(`{"envVars":{"B":"2"}}`)
	if get("A") != "" || get("B") != "2" || get("LANG") != "C.UTF-8" {
		t.Errorf("replaced: A=%s, B=%s, LANG=%s", get("A"), get("B"), get("LANG"))
	}
	if mine := join(execute(t, server, map[string]any{"code": "os.environ['MINE']"}, ""), "result", "text"); mine != "'1'" {
		t.Errorf("what code set was lost: %s", mine)
	}
	for _, bad := range []string{"", "[]", `{"envVars":{"A=":"1"}}`, `{"envVars":{"A":1}}`} {
		if got := init(bad); got.status != 400 || !strings.Contains(got.body, "invalid_argument") {
			t.Errorf("%s: %+v", bad, got)
		}
	}
	if get("B") != "2" {
		t.Error("a bad request changed something")
	}
}
