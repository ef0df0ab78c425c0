package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func (s *sandbox) watch(t *testing.T, request map[string]any) (events func(want ...string) []change, stop func()) {
	t.Helper()
	var id watcherID
	if got := s.call(t, "CreateWatcher", request, &id); got.status != 200 || id.ID == "" {
		t.Fatalf("got %+v", got)
	}
	var seen []change
	return func(want ...string) []change {
			t.Helper()
			for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
				var answer watcherEventsAnswer
				if got := s.call(t, "GetWatcherEvents", map[string]any{"watcherId": id.ID}, &answer); got.status != 200 {
					t.Fatalf("got %+v", got)
				}
				seen = append(seen, answer.Events...)
				missing := slices.ContainsFunc(want, func(w string) bool {
					return !slices.ContainsFunc(seen, func(c change) bool { return c.Name+" "+strings.TrimPrefix(c.Type, "EVENT_TYPE_") == w })
				})
				if !missing {
					return seen
				}
			}
			t.Fatalf("want %v, got %v", want, seen)
			return nil
		}, func() {
			t.Helper()
			if got := s.call(t, "RemoveWatcher", map[string]any{"watcherId": id.ID}, nil); got.status != 200 {
				t.Errorf("got %+v", got)
			}
			if got := s.call(t, "GetWatcherEvents", map[string]any{"watcherId": id.ID}, nil); !got.is(404, "not_found") {
				t.Errorf("got %+v", got)
			}
		}
}

func TestWatchers(t *testing.T) {
	s := serve(t, 0)
	os.MkdirAll(s.home+"/w/old", 0o755)
	events, stop := s.watch(t, map[string]any{"path": "w"})
	s.put(t, "w/f", "text")
	os.Chmod(s.home+"/w/f", 0o600)
	os.Rename(s.home+"/w/f", s.home+"/w/g")
	os.Remove(s.home + "/w/g")
	os.WriteFile(s.home+"/w/old/inner", nil, 0o644)
	for _, c := range events("f CREATE", "f WRITE", "f CHMOD", "f RENAME", "g CREATE", "g REMOVE") {
		if c.Entry != nil || strings.HasPrefix(c.Name, "old/") {
			t.Errorf("told of %+v", c)
		}
	}
	stop()

	events, stop = s.watch(t, map[string]any{"path": "w", "recursive": true, "includeEntry": true})
	os.WriteFile(s.home+"/w/old/inner", []byte("x"), 0o644)
	os.MkdirAll(s.home+"/w/new/deep", 0o755)
	events("old/inner WRITE", "new CREATE", "new/deep CREATE")
	s.put(t, "w/new/deep/f", "12345")
	for _, c := range events("new/deep/f WRITE") {
		if c.Name == "new/deep/f" && c.Type == "EVENT_TYPE_WRITE" && (c.Entry == nil || c.Entry.Path != s.home+"/w/new/deep/f") {
			t.Errorf("no entry: %+v", c)
		}
	}
	stop()

	for _, test := range []struct{ path, code string }{{"none", "404 not_found"}, {"w/old/inner", "400 invalid_argument"}} {
		got := s.call(t, "CreateWatcher", map[string]any{"path": test.path}, nil)
		if !strings.HasPrefix(fmt.Sprint(got.status, " ", got.body), strings.Replace(test.code, " ", ` {"code":"`, 1)) {
			t.Errorf("%s: %+v", test.path, got)
		}
	}
	if got := s.call(t, "RemoveWatcher", map[string]any{"watcher_id": "w1"}, nil); !got.is(404, "not_found") {
		t.Errorf("got %+v", got)
	}
}

func TestWatchersAreBounded(t *testing.T) {
	s := serve(t, 0)
	var ids []string
	for {
		var id watcherID
		got := s.call(t, "CreateWatcher", map[string]any{"path": ""}, &id)
		if got.status != 200 {
			if !got.is(429, "resource_exhausted") || len(ids) != maxWatching {
				t.Errorf("after %d: %+v", len(ids), got)
			}
			break
		}
		ids = append(ids, id.ID)
	}
	for _, id := range ids {
		s.call(t, "RemoveWatcher", map[string]any{"watcherId": id}, nil)
	}
	for i := range maxWatched + 1 {
		os.MkdirAll(fmt.Sprint(s.home, "/many/", i), 0o755)
	}
	if got := s.call(t, "CreateWatcher", map[string]any{"path": "", "recursive": true}, nil); !got.is(429, "resource_exhausted") {
		t.Errorf("got %+v", got)
	}
}

func TestWatcherLosesNothingSilently(t *testing.T) {
	s := serve(t, 0)
	var id watcherID
	s.call(t, "CreateWatcher", map[string]any{"path": ""}, &id)
	for i := range maxKept {
		os.WriteFile(fmt.Sprint(s.home, "/", i%10), nil, 0o644)
		os.Remove(fmt.Sprint(s.home, "/", i%10))
	}
	time.Sleep(200 * time.Millisecond) // twice as many changes as are kept
	if got := s.call(t, "GetWatcherEvents", map[string]any{"watcherId": id.ID}, nil); !strings.Contains(got.body, `"code":"data_loss"`) {
		t.Errorf("got %d %.100s", got.status, got.body)
	}
}

func TestWatchDir(t *testing.T) {
	s := serve(t, 0)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, "POST", s.URL+"/filesystem.Filesystem/WatchDir", bytes.NewReader(envelope(`{"path":"~","recursive":false}`)))
	request.Header.Set("Content-Type", "application/connect+json")
	request.Header.Set("Keepalive-Ping-Interval", "1")
	response, err := s.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := bufio.NewReader(response.Body)
	next := func() (answer watchAnswer) {
		t.Helper()
		var prefix [5]byte
		if _, err := io.ReadFull(body, prefix[:]); err != nil || prefix[0] != 0 {
			t.Fatalf("%v, %v", prefix, err)
		}
		message := make([]byte, binary.BigEndian.Uint32(prefix[1:]))
		io.ReadFull(body, message)
		if err := json.Unmarshal(message, &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if next().Start == nil {
		t.Error("no start")
	}
	os.Mkdir(s.home+"/d", 0o755)
	if c := next().Filesystem; c == nil || *c != (change{Name: "d", Type: "EVENT_TYPE_CREATE"}) {
		t.Errorf("got %+v", c)
	}
	if next().Keepalive == nil {
		t.Error("no keepalive")
	}
}
