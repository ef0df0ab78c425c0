package gateway

import (
	"bytes"
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

func soakOf(minutes int, of func(minute int) soaked) *Soak {
	s := &Soak{found: &found{target: Target{Name: "Hermes"}, rows: -1}}
	for minute := range minutes {
		s.minutes = append(s.minutes, of(minute))
	}
	return s
}

func TestSoakNoticesWhatGrows(t *testing.T) {
	still := soaked{heap: 40 << 20, resident: 200 << 20, threads: 30, sockets: 20}
	for name, grow := range map[string]func(s *soaked, minute int64){
		"live heap": func(s *soaked, minute int64) { s.heap += minute << 19 },
		"resident":  func(s *soaked, minute int64) { s.resident += minute << 21 },
		"threads":   func(s *soaked, minute int64) { s.threads += int(minute) },
		"sockets":   func(s *soaked, minute int64) { s.sockets += int(minute) },
	} {
		faults := soakOf(20, func(minute int) soaked {
			seen := still
			grow(&seen, int64(minute))
			return seen
		}).broken()
		if len(faults) != 1 || !strings.HasPrefix(faults[0], name) {
			t.Errorf("%s grew: %v", name, faults)
		}
	}
}

func TestSoakAllowsWhatFillsAtFirstAndWhatGoesUpAndDown(t *testing.T) {
	faults := soakOf(20, func(minute int) soaked {
		return soaked{heap: int64(30+min(minute, 4)*5+minute%2) << 20, resident: int64(200+minute%3) << 20, threads: 30 + minute%2, sockets: 20}
	}).broken()
	if len(faults) > 0 {
		t.Error(faults)
	}
}

func TestSoakTooShortToTellIsNoSuccess(t *testing.T) {
	if len(soakOf(3, func(int) soaked { return soaked{} }).broken()) == 0 {
		t.Error("three minutes passed")
	}
}

func TestSoakNoticesFailuresAndLostRows(t *testing.T) {
	s := soakOf(4, func(int) soaked { return soaked{} })
	s.found.sent, s.found.wrong, s.found.rows, s.found.answered = 10, 1, 8, 9
	if faults := s.broken(); len(faults) != 2 {
		t.Error(faults)
	}
}

func TestMixedAsksForBoth(t *testing.T) {
	var whole, streams atomic.Int64
	mock := NewMock("k", time.Second)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"stream":true`) {
			streams.Add(1)
		} else {
			whole.Add(1)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		mock.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	mixed := Mixed(caller(t, server.URL, "k"))
	for range 40 {
		if err := mixed(context.Background(), func() {}); err != nil {
			t.Fatal(err)
		}
	}
	if whole.Load() != 30 || streams.Load() != 10 {
		t.Errorf("%d whole answers, %d streams", whole.Load(), streams.Load())
	}
}

func TestThreadsAndSocketsOfThisProcess(t *testing.T) {
	before, err := sockets(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	_, server := upstream(t)
	if after, _ := sockets(os.Getpid()); after <= before {
		t.Errorf("%d sockets with %s, %d without", after, server.URL, before)
	}
	if count, err := threads(os.Getpid()); err != nil || count < 2 {
		t.Errorf("%d threads: %v", count, err)
	}
	if _, err := sockets(1 << 30); err == nil {
		t.Error("sockets of nobody")
	}
}
