package gateway

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func upstream(t *testing.T) (*Mock, *httptest.Server) {
	mock := NewMock("k", 10*time.Second)
	server := httptest.NewServer(mock)
	t.Cleanup(server.Close)
	return mock, server
}

func caller(t *testing.T, url, key string) *Caller {
	c := NewCaller(url+"/v1/chat/completions", map[string]string{"Authorization": "Bearer " + key})
	t.Cleanup(c.Close)
	return c
}

func TestMockAnswersWhatWasAsked(t *testing.T) {
	mock, server := upstream(t)
	c := caller(t, server.URL, "k")
	if err := c.Whole(context.Background()); err != nil {
		t.Error(err)
	}
	first := false
	if err := c.Stream(context.Background(), Model, func() { first = true }); err != nil || !first {
		t.Error(first, err)
	}
	if n := mock.answered.Load(); n != 2 {
		t.Error("counted", n)
	}
}

func TestMockRefuses(t *testing.T) {
	const good = `{"model":"bench-model","messages":[{"role":"user","content":"x"}]}`
	for name, c := range map[string]struct {
		key, kind, body string
		status          int
	}{
		"control":           {"k", "application/json", good, 200},
		"another key":       {"l", "application/json", good, 401},
		"no JSON":           {"k", "text/plain", good, 415},
		"half a body":       {"k", "application/json", good[:20], 400},
		"two bodies":        {"k", "application/json", good + good, 400},
		"another model":     {"k", "application/json", strings.Replace(good, "model\":\"bench", "model\":\"x", 1), 404},
		"no message":        {"k", "application/json", `{"model":"bench-model","messages":[]}`, 400},
		"nobody's message":  {"k", "application/json", strings.Replace(good, "user", "system", 1), 400},
		"an empty message":  {"k", "application/json", strings.Replace(good, `"x"`, `""`, 1), 400},
		"hold, no stream":   {"k", "application/json", strings.Replace(good, "bench-model", HoldModel, 1), 400},
		"content no string": {"k", "application/json", strings.Replace(good, `"x"`, `7`, 1), 400},
	} {
		t.Run(name, func(t *testing.T) {
			mock, server := upstream(t)
			request, _ := http.NewRequest("POST", server.URL+"/v1/chat/completions", strings.NewReader(c.body))
			request.Header.Set("Authorization", "Bearer "+c.key)
			request.Header.Set("Content-Type", c.kind)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != c.status {
				t.Error("status", response.StatusCode)
			}
			if answered := mock.answered.Load() == 1; answered != (c.status == 200) {
				t.Error("counted", mock.answered.Load())
			}
		})
	}
}

// A gateway that mixes up answers, cuts streams, or keeps the usage for itself is noticed.
func TestCallerBelievesNoWrongAnswer(t *testing.T) {
	_, server := upstream(t)
	for name, change := range map[string]func(string) string{
		"another's answer": func(s string) string { return strings.ReplaceAll(s, "question", "Question") },
		"usage changed":    func(s string) string { return strings.ReplaceAll(s, `"prompt_tokens":11`, `"prompt_tokens":12`) },
		"no usage":         func(s string) string { return strings.ReplaceAll(s, `"usage"`, `"usages"`) },
		"cut short":        func(s string) string { return s[:len(s)-20] },
		"another end":      func(s string) string { return strings.ReplaceAll(s, `"stop"`, `"length"`) },
	} {
		t.Run(name, func(t *testing.T) {
			between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				request, _ := http.NewRequest("POST", server.URL+r.URL.Path, r.Body)
				request.Header = r.Header
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				body, _ := io.ReadAll(response.Body)
				response.Body.Close()
				_, _ = io.WriteString(w, change(string(body)))
			}))
			defer between.Close()
			c := caller(t, between.URL, "k")
			if c.Whole(context.Background()) == nil {
				t.Error("believed in one piece")
			}
			if c.Stream(context.Background(), Model, func() {}) == nil {
				t.Error("believed as a stream")
			}
		})
	}
}

func TestOpenLoopMeasuresFromWhenARequestWasDue(t *testing.T) {
	// stands still for 300 ms once: what was due meanwhile waits as long as is left of it
	stall := time.Now().Add(200 * time.Millisecond)
	over := stall.Add(300 * time.Millisecond)
	load := Open(context.Background(), 100, time.Second, func(_ context.Context, there func()) error {
		if now := time.Now(); now.After(stall) && now.Before(over) {
			time.Sleep(over.Sub(now))
		}
		there()
		return nil
	})
	if load.Sent() != 100 || load.Failed() != 0 {
		t.Fatal("sent", load.Sent(), "failed", load.Failed())
	}
	slow := 0
	for _, took := range load.Took {
		if took > 100*time.Millisecond {
			slow++
		}
	}
	// 20 of the 30, more on a busy machine; a closed loop of one connection would have had one
	if slow < 15 {
		t.Error(slow, "are slow")
	}
}

func TestOpenLoopCountsWhatFails(t *testing.T) {
	_, server := upstream(t)
	load := Open(context.Background(), 50, 200*time.Millisecond, Whole(caller(t, server.URL, "wrong")))
	if load.Sent() != 10 || load.Failed() != 10 || len(load.Took) != 0 {
		t.Error(load.Sent(), load.Errors)
	}
}

func TestErrorsAreCountedTogetherWhateverTheirPorts(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	load := Open(context.Background(), 100, 50*time.Millisecond, Whole(caller(t, server.URL, "k")))
	if load.Failed() != 5 || len(load.Errors) != 1 || load.Errors["dial: connect: connection refused"] != 5 {
		t.Error(load.Errors)
	}
}

func TestClosedLoop(t *testing.T) {
	var under, most atomic.Int64
	load := Closed(context.Background(), 4, 100*time.Millisecond, func(_ context.Context, there func()) error {
		if n := under.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(time.Millisecond)
		under.Add(-1)
		there()
		return nil
	})
	if most.Load() > 4 || load.Failed() != 0 || len(load.Took) < 8 {
		t.Error(most.Load(), load.Errors, len(load.Took))
	}
}

func TestHold(t *testing.T) {
	mock, server := upstream(t)
	c := caller(t, server.URL, "k")
	release := func() error {
		response, err := http.Post(server.URL+"/release", "", nil)
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	open := int64(0)
	held, err := Hold(context.Background(), c, 20, 0, 50*time.Millisecond,
		func() error { open = mock.answered.Load(); return nil }, release)
	if err != nil || open != 20 || held.First != 20 || held.Stayed != 20 || held.Well != 20 {
		t.Error(held, open, err)
	}
}

func TestHoldNoticesStreamsThatEnd(t *testing.T) {
	server := httptest.NewServer(NewMock("k", 20*time.Millisecond))
	defer server.Close()
	held, err := Hold(context.Background(), caller(t, server.URL, "k"), 5, 0, 200*time.Millisecond,
		func() error { return nil }, func() error { return nil })
	if err != nil || held.First != 5 || held.Stayed != 0 {
		t.Error(held, err)
	}
}

func TestQuantile(t *testing.T) {
	var s Samples
	if s.Quantile(.5) != 0 {
		t.Error("of none")
	}
	for i := 100; i >= 1; i-- {
		s = append(s, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 1, .5: 50, .99: 99, 1: 100} {
		if got := s.Quantile(q); got != want {
			t.Error(q, got, want)
		}
	}
}

func TestParseStat(t *testing.T) {
	p, err := parseStat("42 (a) b (c) S 7 42 42 0 -1 4194560 9 9 0 0 100 20 3 4 20 0 1 0 55 1000 250 18446744073709551615 1 1\n")
	if err != nil || p != (process{42, 7, 120 * tick, 7 * tick, 250}) {
		t.Error(p, err)
	}
	for _, bad := range []string{"", "1 (x", "1 (x) S 1", "1 (x) S z " + strings.Repeat("1 ", 30)} {
		if _, err := parseStat(bad); err == nil {
			t.Error("read", bad)
		}
	}
}

func TestTreeHasDescendantsAndNobodyElse(t *testing.T) {
	all := []process{{1, 0, 5, 0, 1}, {2, 1, 10, 1, 2}, {3, 2, 20, 0, 3}, {4, 3, 40, 0, 4}, {5, 1, 80, 0, 5}}
	usage, err := sum(2, all)
	if err != nil || usage.CPU != 71 || usage.RSS != 9*int64(os.Getpagesize()) {
		t.Error(usage, err)
	}
	if _, err := sum(9, all); err == nil {
		t.Error("a process that is not there")
	}
	if own, err := Tree(os.Getpid()); err != nil || own.RSS == 0 {
		t.Error(own, err)
	}
}

func TestTableTellsWhatIsMissingAndWhatFailed(t *testing.T) {
	at := func(took ...time.Duration) []run { return []run{{load: &Load{Took: took, Length: time.Second}}} }
	m := newMeasurement(Plan{Rounds: 1, Targets: []Target{
		{Name: "direct"}, {Name: "Ours", Ours: true, Process: 1}, {Name: "absent", Missing: "no such package"}}})
	direct, ours := m.found[0], m.found[1]
	direct.open, direct.stream, direct.closed = at(time.Millisecond), at(time.Millisecond), at(time.Millisecond)
	ours.open, ours.stream, ours.closed = at(3*time.Millisecond), at(), at(time.Millisecond)
	ours.answered, ours.sent, ours.wrong, ours.rows = 10, 11, 1, 9
	var out strings.Builder
	m.print(&out)
	for _, want := range []string{"+2.00", "failed", "absent (not installed)", "not installed: no such package"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if faults := m.broken(); len(faults) != 2 {
		t.Error(faults)
	}
	ours.wrong, ours.rows = 0, 10
	if faults := m.broken(); len(faults) != 0 {
		t.Error("control:", faults)
	}
}
