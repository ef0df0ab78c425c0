package process

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/boxtest"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/slots"
)

func TestMain(m *testing.M) { boxtest.Main(m) }

var runner = sync.OnceValues(func() (*box.Runner, error) {
	return box.NewRunner(box.Config{Self: "/proc/self/exe", Namespaces: true, Processes: 64})
})

func serve(t *testing.T, most int) *httptest.Server {
	t.Helper()
	r, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	environment := environ.New(home)
	environment.SetDefaults(map[string]string{"DEFAULT": "default"})
	service := New(Config{
		Runner:  r,
		Slots:   slots.New(most),
		Environ: environment,
		Home:    home,
		Limits:  box.Limits{Stdout: 1000, Stderr: 1000},
		Timeout: 2 * time.Second,
	})
	mux := http.NewServeMux()
	for pattern, handler := range service.Routes() {
		mux.HandleFunc(pattern, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		for _, p := range service.table.running() {
			p.process.Kill(errKilled)
		}
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

type object = map[string]any

// stream is a client that reads events.
type stream struct {
	t    *testing.T
	body *bufio.Reader
	stop func()
	pid  float64
}

func open(t *testing.T, server *httptest.Server, method string, request object, header ...string) *stream {
	t.Helper()
	message, _ := json.Marshal(request)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, _ := http.NewRequestWithContext(ctx, "POST", server.URL+"/process.Process/"+method, bytes.NewReader(envelope(message)))
	r.Header.Set("Content-Type", "application/connect+json")
	r.Header.Set("X-Hermes-Plane", "data")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return &stream{t: t, body: bufio.NewReader(response.Body), stop: func() { cancel(); response.Body.Close() }}
}

func begin(t *testing.T, server *httptest.Server, script string, more object, header ...string) *stream {
	t.Helper()
	request := object{"process": object{"cmd": "/bin/bash", "args": []string{"-c", script}}, "stdin": false}
	for name, value := range more {
		request[name] = value
	}
	s := open(t, server, "Start", request, header...)
	s.begun()
	return s
}

func (s *stream) begun() {
	s.t.Helper()
	e, failure := s.next()
	start, ok := e["start"].(object)
	if !ok {
		s.t.Fatalf("no start: %v, %v", e, failure)
	}
	s.pid = start["pid"].(float64)
}

func envelope(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// next returns an event, or the error of the end of the stream, which may be nil.
func (s *stream) next() (event, failure object) {
	s.t.Helper()
	var prefix [5]byte
	if _, err := io.ReadFull(s.body, prefix[:]); err != nil {
		s.t.Fatal(err)
	}
	message := make([]byte, binary.BigEndian.Uint32(prefix[1:]))
	if _, err := io.ReadFull(s.body, message); err != nil {
		s.t.Fatal(err)
	}
	var answer struct{ Event, Error object }
	if err := json.Unmarshal(message, &answer); err != nil {
		s.t.Fatalf("%q: %v", message, err)
	}
	if prefix[0] == 2 {
		return nil, answer.Error
	}
	return answer.Event, nil
}

// said reads until the output holds want.
func (s *stream) said(want string) {
	s.t.Helper()
	text := map[string]string{}
	for {
		e, failure := s.next()
		for name, piece := range data(e) {
			text[name] += piece
			if strings.Contains(text[name], want) {
				return
			}
		}
		if e == nil || e["end"] != nil {
			s.t.Fatalf("no %q in %q; %v", want, text, failure)
		}
	}
}

func data(e object) map[string]string {
	found := map[string]string{}
	pieces, _ := e["data"].(object)
	for name, piece := range pieces {
		var text []byte
		json.Unmarshal(fmt.Appendf(nil, "%q", piece), &text)
		found[name] = string(text)
	}
	return found
}

// ended reads to the end.
func (s *stream) ended() (output map[string]string, end, failure object) {
	s.t.Helper()
	output = map[string]string{}
	for {
		e, f := s.next()
		if e == nil {
			return output, end, f
		}
		for name, piece := range data(e) {
			output[name] += piece
		}
		if last, ok := e["end"].(object); ok {
			end = last
		}
	}
}

// call of a unary method; code is empty when it succeeds.
func call(t *testing.T, server *httptest.Server, method string, request any) (answer object, code string) {
	t.Helper()
	body, ok := request.(string)
	if !ok {
		encoded, _ := json.Marshal(request)
		body = string(encoded)
	}
	response, err := server.Client().Post(server.URL+"/process.Process/"+method, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 200 {
		return answer, fmt.Sprint(answer["code"])
	}
	return answer, ""
}

func mustCall(t *testing.T, server *httptest.Server, method string, request object) object {
	t.Helper()
	answer, code := call(t, server, method, request)
	if code != "" {
		t.Fatalf("%s: %v", method, answer)
	}
	return answer
}

func pid(n float64) object { return object{"pid": n} }

func TestLife(t *testing.T) {
	server := serve(t, 4)
	s := begin(t, server, "echo out $V $DEFAULT; echo err >&2; pwd; exit 3", object{
		"process": object{
			"cmd": "bash", "args": []string{"-c", "echo out $V $DEFAULT; echo err >&2; pwd; exit 3"},
			"envs": object{"V": "v"}, "cwd": "/usr",
		},
		"unknown": 1,
	})
	output, end, failure := s.ended()
	if output["stdout"] != "out v default\n/usr\n" || output["stderr"] != "err\n" || failure != nil {
		t.Errorf("got %v, %v", output, failure)
	}
	if fmt.Sprint(end) != "map[exitCode:3 exited:true status:exit status 3]" {
		t.Errorf("end %v", end)
	}
	late := open(t, server, "Connect", object{"process": pid(s.pid)})
	late.begun()
	if _, end, _ := late.ended(); end["exitCode"] != 3.0 {
		t.Errorf("a late client learns %v", end)
	}
}

func TestTrace(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	server := serve(t, 4)
	for _, plane := range []string{"", "data"} {
		s := begin(t, server, "echo ${TRACEPARENT:-none}; read x", nil, "X-Hermes-Plane", plane, "traceparent", parent)
		if s.said(parent); strings.Contains(fmt.Sprint(mustCall(t, server, "List", object{})), parent) {
			t.Error("a client lists a variable that it did not give")
		}
		s.stop()
	}
	if output, _, _ := begin(t, server, "echo ${TRACEPARENT:-none}", nil).ended(); output["stdout"] != "none\n" {
		t.Errorf("without a header: %v", output)
	}
}

// The point of the data plane: a program goes on without its client.
func TestReconnect(t *testing.T) {
	server := serve(t, 4)
	s := begin(t, server, "echo one; read x; echo two $x; read x; echo three", object{"stdin": true, "tag": "mine"})
	s.said("one")
	s.stop()
	time.Sleep(50 * time.Millisecond)
	list := mustCall(t, server, "List", object{})["processes"].([]any)
	if len(list) != 1 || list[0].(object)["tag"] != "mine" || list[0].(object)["pid"] != s.pid ||
		list[0].(object)["config"].(object)["cmd"] != "/bin/bash" {
		t.Errorf("list %v", list)
	}
	first := open(t, server, "Connect", object{"process": pid(s.pid)})
	first.begun()
	second := open(t, server, "Connect", object{"process": object{"tag": "mine"}})
	second.begun()
	if first.pid != s.pid || second.pid != s.pid {
		t.Errorf("pids %v, %v, %v", s.pid, first.pid, second.pid)
	}
	mustCall(t, server, "SendInput", object{"process": pid(s.pid), "input": object{"stdin": []byte("go\n")}})
	first.said("two go")
	second.said("two go")
	second.stop()
	mustCall(t, server, "SendInput", object{"process": object{"tag": "mine"}, "input": object{"stdin": []byte("\n")}})
	first.said("three")
	if _, end, _ := first.ended(); end["exitCode"] != 0.0 {
		t.Errorf("end %v", end)
	}
	if list := mustCall(t, server, "List", object{})["processes"].([]any); len(list) != 0 {
		t.Errorf("list %v", list)
	}
}

// The control of TestReconnect: a tool call's program dies with it.
func TestToolCallsAreAttached(t *testing.T) {
	server := serve(t, 1)
	s := begin(t, server, "echo on; sleep 100", nil, "X-Hermes-Plane", "")
	if list := mustCall(t, server, "List", object{})["processes"].([]any); len(list) != 0 {
		t.Errorf("listed: %v", list)
	}
	s.said("on")
	s.stop()
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		again := open(t, server, "Start", object{"process": object{"cmd": "true"}}, "X-Hermes-Plane", "")
		if e, _ := again.next(); e["start"] != nil {
			again.ended()
			break
		}
		if time.Now().After(end) {
			t.Fatal("it still runs")
		}
	}
	if _, _, failure := begin(t, server, "sleep 100", nil, "X-Hermes-Plane", "", "Connect-Timeout-Ms", "60000").ended(); failure["code"] != "deadline_exceeded" {
		t.Errorf("the policy's time: %v", failure)
	}
	output, _, _ := begin(t, server, "head -c 5000 /dev/zero", nil, "X-Hermes-Plane", "").ended()
	if len(output["stdout"]) != 1000 {
		t.Errorf("the policy's output: %d", len(output["stdout"]))
	}
}

// A turn's program is spoken with, and nothing of it is left when its request ends: the
// control is TestReconnect.
func TestTurnsProgramIsBound(t *testing.T) {
	server := serve(t, 1)
	s := begin(t, server, "sleep 100 & while read x; do echo said $x; done", object{"stdin": true}, "X-Hermes-Plane", "turn")
	mustCall(t, server, "SendInput", object{"process": pid(s.pid), "input": object{"stdin": []byte("one\n")}})
	s.said("said one")
	s.stop()
	gone := func(what string) {
		t.Helper()
		for end := time.Now().Add(3 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if len(mustCall(t, server, "List", object{})["processes"].([]any)) == 0 {
				return
			}
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	gone("it goes on without its request")
	s = begin(t, server, "sleep 100 & read x; echo end", object{"stdin": true}, "X-Hermes-Plane", "turn")
	mustCall(t, server, "CloseStdin", object{"process": pid(s.pid)})
	if output, end, failure := s.ended(); output["stdout"] != "end\n" || end["exitCode"] != 0.0 || failure != nil {
		t.Errorf("got %v, %v, %v", output, end, failure)
	}
	gone("what it left in the background goes on")
}

func TestNoLimits(t *testing.T) {
	server := serve(t, 4)
	s := begin(t, server, "head -c 3000000 /dev/zero; sleep 2.2; echo; echo end", nil)
	output, end, failure := s.ended()
	if len(output["stdout"]) != 3000005 || end["exitCode"] != 0.0 || failure != nil {
		t.Errorf("%d bytes, %v, %v", len(output["stdout"]), end, failure)
	}
}

func TestTimeouts(t *testing.T) {
	server := serve(t, 4)
	start := time.Now()
	s := begin(t, server, "sleep 100", nil, "Connect-Timeout-Ms", "300")
	if _, _, failure := s.ended(); failure["code"] != "deadline_exceeded" || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %v", failure, time.Since(start))
	}
	gone := begin(t, server, "sleep 100", nil, "Connect-Timeout-Ms", "300")
	gone.stop()
	lasting := begin(t, server, "sleep 100", nil, "Connect-Timeout-Ms", "0")
	listener := open(t, server, "Connect", object{"process": pid(lasting.pid)}, "Connect-Timeout-Ms", "200")
	listener.begun()
	if _, _, failure := listener.ended(); failure["code"] != "deadline_exceeded" {
		t.Errorf("listener: %v", failure)
	}
	eventually(t, "only the one without a time runs", func() bool {
		list := mustCall(t, server, "List", object{})["processes"].([]any)
		return len(list) == 1 && list[0].(object)["pid"] == lasting.pid
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestSignals(t *testing.T) {
	server := serve(t, 4)
	for _, test := range []struct {
		signal any
		script string
		want   string
	}{
		{"SIGNAL_SIGTERM", "trap 'echo bye; exit 5' TERM; echo on; while :; do sleep 0.05; done", "map[exitCode:5 exited:true status:exit status 5]"},
		{"SIGNAL_SIGTERM", "echo on; exec sleep 100", "map[error:signal: terminated exitCode:-1 exited:false status:signal: terminated]"},
		{"SIGNAL_SIGKILL", "trap '' TERM; echo on; sleep 100", "map[error:signal: killed exitCode:-1 exited:false status:signal: killed]"},
		{9, "echo on; sleep 100", "map[error:signal: killed exitCode:-1 exited:false status:signal: killed]"},
	} {
		s := begin(t, server, test.script, nil)
		s.said("on")
		mustCall(t, server, "SendSignal", object{"process": pid(s.pid), "signal": test.signal})
		if _, end, _ := s.ended(); fmt.Sprint(end) != test.want {
			t.Errorf("%v: %v", test.signal, end)
		}
		if _, code := call(t, server, "SendSignal", object{"process": pid(s.pid), "signal": "SIGNAL_SIGKILL"}); code != "not_found" {
			t.Errorf("after its end: %s", code)
		}
	}
}

func TestInput(t *testing.T) {
	server := serve(t, 4)
	s := begin(t, server, "cat; echo end", object{"stdin": true})
	mustCall(t, server, "SendInput", object{"process": pid(s.pid), "input": object{"stdin": []byte("a\n")}})
	s.said("a\n")
	var messages bytes.Buffer
	for _, m := range []object{
		{"start": object{"process": pid(s.pid)}},
		{"data": object{"input": object{"stdin": []byte("b")}}},
		{"keepalive": object{}},
		{"data": object{"input": object{"stdin": []byte("c\n")}}},
	} {
		text, _ := json.Marshal(m)
		messages.Write(envelope(text))
	}
	response, err := server.Client().Post(server.URL+"/process.Process/StreamInput", "application/connect+json", &messages)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	if want := "\x00\x00\x00\x00\x02{}\x02\x00\x00\x00\x02{}"; string(answer) != want {
		t.Errorf("got %q", answer)
	}
	s.said("bc\n")
	mustCall(t, server, "CloseStdin", object{"process": pid(s.pid)})
	output, end, _ := s.ended()
	if output["stdout"] != "end\n" || end["exitCode"] != 0.0 {
		t.Errorf("got %v, %v", output, end)
	}

	closed := begin(t, server, "exec 0<&-; echo on; sleep 100", object{"stdin": true})
	closed.said("on")
	if _, code := call(t, server, "SendInput", object{"process": pid(closed.pid), "input": object{"stdin": []byte("a")}}); code != "failed_precondition" {
		t.Errorf("closed by the program: %s", code)
	}
	none := begin(t, server, "sleep 100", nil)
	for method, request := range map[string]object{
		"SendInput":  {"process": pid(none.pid), "input": object{"stdin": []byte("a")}},
		"CloseStdin": {"process": pid(none.pid)},
		"Update":     {"process": pid(none.pid), "pty": object{"size": object{"cols": 1, "rows": 1}}},
	} {
		if answer, code := call(t, server, method, request); code != "failed_precondition" {
			t.Errorf("%s: %v", method, answer)
		}
	}
	mustCall(t, server, "SendSignal", object{"process": pid(closed.pid), "signal": "SIGNAL_SIGKILL"})
	deaf := begin(t, server, "sleep 100", object{"stdin": true})
	big := object{"process": pid(deaf.pid), "input": object{"stdin": make([]byte, 200_000)}}
	text, _ := json.Marshal(big)
	request, _ := http.NewRequest("POST", server.URL+"/process.Process/SendInput", bytes.NewReader(text))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Connect-Timeout-Ms", "200")
	response, err = server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if answer, _ := io.ReadAll(response.Body); response.StatusCode != 504 || !strings.Contains(string(answer), "65536 of 200000") {
		t.Errorf("a program that does not read: %d %s", response.StatusCode, answer)
	}
}

func TestTerminal(t *testing.T) {
	server := serve(t, 4)
	s := open(t, server, "Start", object{
		"process": object{"cmd": "/bin/bash", "args": []string{"-i"}, "envs": object{"TERM": "xterm", "PS1": "$ "}},
		"pty":     object{"size": object{"cols": 90, "rows": "30"}},
	})
	s.begun()
	typed := func(text string) {
		t.Helper()
		mustCall(t, server, "SendInput", object{"process": pid(s.pid), "input": object{"pty": []byte(text)}})
	}
	typed("stty size\n")
	s.said("30 90")
	mustCall(t, server, "Update", object{"process": pid(s.pid), "pty": object{"size": object{"cols": 100, "rows": 40}}})
	typed("stty size\n")
	s.said("40 100")
	typed("sleep 100\n")
	time.Sleep(200 * time.Millisecond)
	typed("\x03")
	typed("echo after $?\n")
	s.said("after 130")
	for request, want := range map[string]string{
		`{"process":{"pid":%v},"input":{"stdin":"YQ=="}}`: "failed_precondition",
		`{"process":{"pid":%v},"input":{}}`:               "invalid_argument",
		`{"process":{"pid":%v},"input":{"pty":"!"}}`:      "invalid_argument",
	} {
		if _, code := call(t, server, "SendInput", fmt.Sprintf(request, s.pid)); code != want {
			t.Errorf("%s: %s", request, code)
		}
	}
	typed("exit 4\n")
	output, end, _ := s.ended()
	if end["exitCode"] != 4.0 || output["stdout"] != "" {
		t.Errorf("got %v, %v", output, end)
	}
}

func TestBadRequests(t *testing.T) {
	server := serve(t, 4)
	for _, test := range []struct{ method, body, code string }{
		{"List", "", "invalid_argument"},
		{"List", "[]", "invalid_argument"},
		{"SendInput", `{}`, "invalid_argument"},
		{"SendInput", `{"process":{}}`, "invalid_argument"},
		{"SendInput", `{"process":{"pid":-1}}`, "invalid_argument"},
		{"SendInput", `{"process":{"pid":"x"}}`, "invalid_argument"},
		{"SendInput", `{"process":{"pid":9999}}`, "not_found"},
		{"SendInput", `{"process":{"tag":"none"}}`, "not_found"},
		{"CloseStdin", `{"process":{"pid":9999}}`, "not_found"},
		{"Update", `{"process":{"pid":9999}}`, "not_found"},
		{"SendSignal", `{"process":{"pid":9999},"signal":"SIGNAL_SIGKILL"}`, "not_found"},
		{"SendSignal", `{"process":{"pid":1},"signal":"SIGNAL_SIGHUP"}`, "unimplemented"},
		{"SendSignal", `{"process":{"pid":1}}`, "unimplemented"},
	} {
		if answer, code := call(t, server, test.method, test.body); code != test.code || answer["message"] == "" {
			t.Errorf("%s %s: %v", test.method, test.body, answer)
		}
	}
	for name, test := range map[string]struct {
		request object
		code    string
	}{
		"no command":    {object{}, "invalid_argument"},
		"not found":     {object{"process": object{"cmd": "no-such"}}, "not_found"},
		"no directory":  {object{"process": object{"cmd": "true", "cwd": "/no/such"}}, "invalid_argument"},
		"bad variable":  {object{"process": object{"cmd": "true", "envs": object{"A=": "x"}}}, "invalid_argument"},
		"huge terminal": {object{"process": object{"cmd": "true"}, "pty": object{"size": object{"cols": 70000, "rows": 1}}}, "invalid_argument"},
	} {
		if _, failure := open(t, server, "Start", test.request).next(); failure["code"] != test.code {
			t.Errorf("%s: %v", name, failure)
		}
	}
	if _, failure := open(t, server, "Connect", object{"process": pid(9999)}).next(); failure["code"] != "not_found" {
		t.Errorf("connect: %v", failure)
	}
}

func TestSlotsAndListenersAreBounded(t *testing.T) {
	server := serve(t, 2)
	first := begin(t, server, "sleep 100", nil)
	second := begin(t, server, "sleep 100", nil)
	if first.pid == second.pid {
		t.Errorf("both have pid %v", first.pid)
	}
	if _, failure := open(t, server, "Start", object{"process": object{"cmd": "true"}}).next(); failure["code"] != "resource_exhausted" {
		t.Errorf("a third: %v", failure)
	}
	for range maxListeners - 1 {
		open(t, server, "Connect", object{"process": pid(first.pid)}).begun()
	}
	if _, failure := open(t, server, "Connect", object{"process": pid(first.pid)}).next(); failure["code"] != "resource_exhausted" {
		t.Errorf("one listener more: %v", failure)
	}
	mustCall(t, server, "SendSignal", object{"process": pid(first.pid), "signal": "SIGNAL_SIGKILL"})
	first.ended()
	begin(t, server, "true", nil).ended()
}

// A reader that does not read stops its program; one that leaves lets it run on.
func TestSlowReaders(t *testing.T) {
	server := serve(t, 4)
	s := begin(t, server, "yes | head -c 50000000; echo done > finished; sleep 100", nil)
	finished := func() bool {
		_, end, _ := begin(t, server, "test -e finished", nil).ended()
		return end["exitCode"] == 0.0
	}
	time.Sleep(700 * time.Millisecond)
	if finished() {
		t.Error("50 MB are somewhere")
	}
	s.stop()
	eventually(t, "nobody listens, and nothing holds it up", finished)
}

func TestNothingIsLeft(t *testing.T) {
	server := serve(t, 4)
	cycle := func() {
		s := begin(t, server, "cat", object{"stdin": true})
		l := open(t, server, "Connect", object{"process": pid(s.pid)}, "Keepalive-Ping-Interval", "1")
		l.begun()
		mustCall(t, server, "CloseStdin", object{"process": pid(s.pid)})
		s.ended()
		l.stop()
		s.stop()
	}
	for range 5 {
		cycle()
	}
	before := settled()
	for range 100 {
		cycle()
	}
	if after := settled(); after > before+5 {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

// settled is the number of goroutines once it falls no more.
func settled() int {
	least := runtime.NumGoroutine()
	for range 30 {
		time.Sleep(20 * time.Millisecond)
		least = min(least, runtime.NumGoroutine())
	}
	return least
}

func TestForkBomb(t *testing.T) {
	server := serve(t, 2)
	_, end, failure := begin(t, server, ":(){ :|:& };:; sleep 100", nil).ended()
	if text := fmt.Sprint(end["error"]); end["exitCode"] != -1.0 || !strings.HasPrefix(text, "too many processes") {
		t.Errorf("got %v, %v", end, failure)
	}
	if output, _, _ := begin(t, server, "echo on", nil).ended(); output["stdout"] != "on\n" {
		t.Errorf("the next: %v", output)
	}
}

// A program cannot reach the daemon or another program by number.
func TestKillAll(t *testing.T) {
	server := serve(t, 3)
	other := begin(t, server, "read x; echo $x", object{"stdin": true})
	begin(t, server, "kill -9 -1; kill -9 1; kill -9 $PPID; for n in $(seq 1 200); do kill -9 $n; done 2>/dev/null", nil).ended()
	mustCall(t, server, "SendInput", object{"process": pid(other.pid), "input": object{"stdin": []byte("alive\n")}})
	if output, _, _ := other.ended(); output["stdout"] != "alive\n" {
		t.Errorf("got %v", output)
	}
}

// What a program leaves in the background goes on, as with nohup, and can be killed.
func TestBackground(t *testing.T) {
	server := serve(t, 3) // the two that go on in the background, and one that looks
	s := begin(t, server, "(while :; do date +%N > beat; sleep 0.02; done) >/dev/null 2>&1 & echo started", nil, "Connect-Timeout-Ms", "500")
	start := time.Now()
	output, end, _ := s.ended()
	if output["stdout"] != "started\n" || end["exitCode"] != 0.0 || time.Since(start) > 2*time.Second {
		t.Errorf("%v, %v after %v", output, end, time.Since(start))
	}
	time.Sleep(600 * time.Millisecond) // the time was the program's
	beats := func() bool {
		output, _, _ := begin(t, server, "cat beat; sleep 0.2; cat beat", nil).ended()
		before, after, _ := strings.Cut(strings.TrimSpace(output["stdout"]), "\n")
		return before != after
	}
	if !beats() {
		t.Error("it has stopped")
	}
	list := mustCall(t, server, "List", object{})["processes"].([]any)
	if len(list) != 1 || list[0].(object)["pid"] != s.pid {
		t.Errorf("list %v", list)
	}
	mustCall(t, server, "SendSignal", object{"process": pid(s.pid), "signal": "SIGNAL_SIGKILL"})
	eventually(t, "it is killed", func() bool { return !beats() && !beats() })
	// one that keeps the output open holds up nobody, itself neither
	chatty := begin(t, server, "yes > /dev/stderr & echo $!; exit 3", nil)
	start = time.Now()
	if _, end, _ := chatty.ended(); end["exitCode"] != 3.0 || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", end, time.Since(start))
	}
	quiet := begin(t, server, "(sleep 3; echo late; echo late > late) & exit 4", nil)
	start = time.Now()
	if output, end, _ := quiet.ended(); end["exitCode"] != 4.0 || output["stdout"] != "" || time.Since(start) > 2500*time.Millisecond {
		t.Errorf("%v, %v after %v", output, end, time.Since(start))
	}
	mustCall(t, server, "SendSignal", object{"process": pid(chatty.pid), "signal": "SIGNAL_SIGKILL"})
	eventually(t, "it does not die of nobody listening", func() bool {
		output, _, _ := begin(t, server, "cat late 2>/dev/null", nil).ended()
		return output["stdout"] == "late\n"
	})
}
