package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The models that the mock has: one answers at once, the other stops behind the first piece of a stream.
const (
	Model     = "bench-model"
	HoldModel = "bench-hold"
)

// What the mock says it used, whatever was asked: a gateway has to hand it on.
const (
	promptTokens     = 11
	completionTokens = 7
)

const mostBody = 1 << 20

// Mock is an upstream that speaks OpenAI's chat completions without any delay, and strictly: who has not the key, asks for
// a model that is not there or sends what is no request gets no answer.
type Mock struct {
	key     string
	longest time.Duration

	answered, refused atomic.Int64

	lock    sync.Mutex
	release chan struct{}
}

// NewMock takes the key that it asks for, and how long a held stream is silent at most.
func NewMock(key string, longest time.Duration) *Mock {
	return &Mock{key: key, longest: longest, release: make(chan struct{})}
}

// Count is what the mock has done so far. Requests that it answered are those that an upstream would bill.
type Count struct {
	Answered int64 `json:"answered"`
	Refused  int64 `json:"refused"`
}

// ServeHTTP has the route of OpenAI, /count, and /release, which lets go of the streams that are held.
func (m *Mock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "POST /v1/chat/completions":
		m.complete(w, r)
	case "GET /count":
		_ = json.NewEncoder(w).Encode(Count{m.answered.Load(), m.refused.Load()})
	case "POST /release":
		m.lock.Lock()
		close(m.release)
		m.release = make(chan struct{})
		m.lock.Unlock()
	default:
		m.refuse(w, http.StatusNotFound, "no such route")
	}
}

type asked struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	Stream  bool `json:"stream"`
	Options struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

func (m *Mock) complete(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+m.key {
		m.refuse(w, http.StatusUnauthorized, "not the upstream's key")
		return
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		m.refuse(w, http.StatusUnsupportedMediaType, "not JSON")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		m.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	var request asked
	if err := json.Unmarshal(body, &request); err != nil {
		m.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if request.Model != Model && request.Model != HoldModel {
		m.refuse(w, http.StatusNotFound, "no model "+request.Model)
		return
	}
	if len(request.Messages) != 1 || request.Messages[0].Role != "user" || request.Messages[0].Content == "" {
		m.refuse(w, http.StatusBadRequest, "not one message of a user")
		return
	}
	if request.Model == HoldModel && !request.Stream {
		m.refuse(w, http.StatusBadRequest, HoldModel+" is for streams")
		return
	}
	m.answered.Add(1)
	if request.Stream {
		m.stream(w, r, request)
	} else {
		m.whole(w, request)
	}
}

func (m *Mock) refuse(w http.ResponseWriter, status int, why string) {
	m.refused.Add(1)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": why, "type": "invalid_request_error"}})
}

// Reply is what the mock says to a text; it begins with a word of its own so that a stream has several pieces.
func Reply(text string) string { return opening + text }

const opening = "heard: "

type object map[string]any

func usage() object {
	return object{"prompt_tokens": promptTokens, "completion_tokens": completionTokens, "total_tokens": promptTokens + completionTokens}
}

func envelope(kind, model string, choices ...object) object {
	if choices == nil {
		choices = []object{}
	}
	return object{"id": "chatcmpl-bench", "object": kind, "created": time.Now().Unix(), "model": model, "choices": choices}
}

func (m *Mock) whole(w http.ResponseWriter, request asked) {
	answer := envelope("chat.completion", request.Model, object{
		"index": 0, "finish_reason": "stop",
		"message": object{"role": "assistant", "content": Reply(request.Messages[0].Content)},
	})
	answer["usage"] = usage()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (m *Mock) stream(w http.ResponseWriter, r *http.Request, request asked) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	send := func(event object) {
		encoded, _ := json.Marshal(event)
		_, _ = fmt.Fprintf(w, "data: %s\n\n", encoded)
		_ = control.Flush()
	}
	delta := func(delta object, end any) {
		send(envelope("chat.completion.chunk", request.Model, object{"index": 0, "delta": delta, "finish_reason": end}))
	}
	delta(object{"role": "assistant", "content": opening}, nil)
	if request.Model == HoldModel {
		m.hold(r)
	}
	delta(object{"content": request.Messages[0].Content}, nil)
	delta(object{}, "stop")
	if request.Options.IncludeUsage {
		last := envelope("chat.completion.chunk", request.Model)
		last["usage"] = usage()
		send(last)
	}
	_, _ = io.WriteString(w, "data: [DONE]\n\n")
}

func (m *Mock) hold(r *http.Request) {
	m.lock.Lock()
	release := m.release
	m.lock.Unlock()
	timer := time.NewTimer(m.longest)
	defer timer.Stop()
	select {
	case <-release:
	case <-timer.C:
	case <-r.Context().Done():
	}
}
