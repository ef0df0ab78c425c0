package probe

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/boxtest"
)

func TestMain(m *testing.M) { boxtest.Main(m) }

func read(t *testing.T, path string) (r Report) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return l
}

func TestKernelIsKnownByItsLog(t *testing.T) {
	for log, want := range map[string]bool{
		"[    0.000000] Starting gVisor...\n[    0.4] Daemonizing children": true,
		"[    0.000000] Linux version 6.12.0 Starting gVisor... not":        false,
		"[    1.0] x\n[    2.0] Starting gVisor...":                         false,
		"": false,
	} {
		if isGVisor(log) != want {
			t.Errorf("%q: %v", log, !want)
		}
	}
	if k := kernel(); k.GVisor || k.Version == "" || k.BootID == "" {
		t.Errorf("of this machine: %+v", k)
	}
}

// A quota of a quarter: 25 ms of work, then 75 ms of nothing.
func TestHeldBackThreadsCountAsSuch(t *testing.T) {
	start := time.Unix(0, 0)
	for name, test := range map[string]struct {
		gap  time.Duration
		want time.Duration
	}{
		"a quarter": {75 * time.Millisecond, 250 * time.Millisecond},
		"all":       {0, time.Second},
	} {
		now, worked := start, time.Duration(0)
		clock := func() time.Time {
			now = now.Add(100 * time.Microsecond)
			if worked += 100 * time.Microsecond; worked%(25*time.Millisecond) == 0 {
				now = now.Add(test.gap)
			}
			return now
		}
		ran := busy(start.Add(time.Second), clock)
		if d := ran - test.want; d < -10*time.Millisecond || d > 10*time.Millisecond {
			t.Errorf("%s: ran %v, want %v", name, ran, test.want)
		}
	}
}

func TestBurn(t *testing.T) {
	if c := burn(2, 200*time.Millisecond); c.Millicores <= 0 || c.Millicores > 2200 || c.Threads != 2 {
		t.Errorf("got %+v", c)
	}
}

func TestFlood(t *testing.T) {
	p := flood(Options{Pids: 32, Home: t.TempDir()})
	if !p.Limited || p.Ended == "" {
		t.Errorf("not limited: %+v", p)
	}
}

// The control of the one above: where the bound is far away, all start.
func TestFloodWithoutLimit(t *testing.T) {
	runner, err := box.NewRunner(box.Config{Self: "/proc/self/exe", Namespaces: true, Processes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	p := &Pids{Limit: 4096, Asked: 60}
	p.run(runner, t.TempDir())
	if p.Limited || p.Started != 60 || p.Ended != "exit code 0" {
		t.Errorf("got %+v", p)
	}
}

func TestNetwork(t *testing.T) {
	open, closed := listener(t), listener(t)
	closed.Close()
	targets := []string{closed.Addr().String(), open.Addr().String()}
	got := network(Options{Deny: targets, Grace: time.Second})
	if len(got.Answered) != 1 || got.Answered[0] != open.Addr().String() || got.Targets != 2 || got.Fault != "" {
		t.Errorf("got %+v", got)
	}
	open.Close()
	if got := network(Options{Deny: targets, Grace: 5 * time.Second}); len(got.Answered) != 0 || got.Fault != "" {
		t.Errorf("closed, but got %+v", got)
	}
	if got := network(Options{Grace: time.Second}); got.Fault == "" {
		t.Error("nothing was asked, and nothing says so")
	}
}

func TestEgress(t *testing.T) {
	for _, status := range []int{407, 200} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "hermes-canary.invalid" {
				t.Errorf("asks for %s", r.Host)
			}
			w.WriteHeader(status)
		}))
		if got := egress(server.Listener.Addr().String()); got.Status != status || got.Error != "" {
			t.Errorf("got %+v, want %d", got, status)
		}
		server.Close()
	}
}

func TestTake(t *testing.T) {
	for _, check := range []string{"memory", "disk"} {
		dir := t.TempDir()
		report := filepath.Join(dir, "report")
		args := []string{"--check=" + check, "--take-bytes=8388608", "--home=" + dir, "--report=" + report}
		if code := Main(args); code != 0 {
			t.Fatalf("exit %d", code)
		}
		r := read(t, report)
		taken := r.Memory
		if check == "disk" {
			taken = r.Disk
		}
		if taken == nil || !taken.Done || taken.Taken != 8<<20 || taken.Refused != "" || r.Check != check {
			t.Errorf("%s: %+v of %+v", check, taken, r)
		}
	}
}

func TestWalls(t *testing.T) {
	dir := t.TempDir()
	closed := listener(t)
	closed.Close()
	report := filepath.Join(dir, "report")
	if code := Main([]string{"--deny=" + closed.Addr().String(), "--home=" + dir, "--report=" + report}); code != 0 {
		t.Fatalf("exit %d", code)
	}
	r := read(t, report)
	if r.Kernel == nil || r.CPU == nil || r.Pids == nil || r.Network == nil || r.Egress != nil {
		t.Errorf("got %+v", r)
	}
}

func TestReportIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report")
	if err := write(path, Report{Check: strings.Repeat("x", 5000)}); err == nil || !strings.Contains(err.Error(), "4096") {
		t.Errorf("got %v", err)
	}
	if err := Run(Options{Check: "other", Report: path}); err == nil || !strings.Contains(err.Error(), "walls, memory and disk") {
		t.Errorf("got %v", err)
	}
}
