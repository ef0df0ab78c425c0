package connect

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// stalled is how long one message of an answer may take to be taken: a reader may be
// slow, but one that is gone must not be waited for.
const stalled = 5 * time.Minute

// Stream is the answer of a method with many of them. Each message is sent at once.
type Stream struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
	until   time.Time
	failed  error
}

// Streaming serves a method of one message in and many out.
func Streaming[Request any](call func(*http.Request, *Request, *Stream) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !accepts(w, r, "application/connect+json") {
			return
		}
		stream := newStream(w)
		request := new(Request)
		message, err := ReadRequest(r.Body, maxMessage)
		if err == nil {
			err = Decode(message, request)
		}
		stream.control.SetReadDeadline(time.Time{})
		if err == nil {
			err = call(r, request, stream)
		}
		stream.end(err)
	}
}

// ClientStreaming serves a method of many messages in and one out. They may come
// slowly.
func ClientStreaming[Request, Answer any](call func(*http.Request, *Messages[Request]) (Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !accepts(w, r, "application/connect+json") {
			return
		}
		stream := newStream(w)
		stream.control.SetReadDeadline(time.Time{})
		messages := &Messages[Request]{body: r.Body, control: stream.control}
		answer, err := call(r, messages)
		if err == nil {
			stream.Send(answer)
		}
		stream.end(err)
	}
}

// Messages come from a client.
type Messages[Request any] struct {
	body    io.Reader
	control *http.ResponseController
}

// Next waits for a message; its error is io.EOF after the last.
func (m *Messages[Request]) Next() (*Request, error) {
	message, err := readMessage(m.body, maxMessage)
	if err != nil {
		return nil, err
	}
	request := new(Request)
	return request, Decode(message, request)
}

// Stop makes a Next that waits fail.
func (m *Messages[Request]) Stop() { m.control.SetReadDeadline(time.Unix(1, 0)) }

func newStream(w http.ResponseWriter) *Stream {
	w.Header().Set("Content-Type", "application/connect+json")
	return &Stream{w: w, control: http.NewResponseController(w)}
}

// Until bounds the whole answer, also for readers that are slow.
func (s *Stream) Until(deadline time.Time) { s.until = deadline }

// Send waits until the message is taken. After an error nothing more is sent.
func (s *Stream) Send(message any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.arm()
		s.failed = WriteMessage(s.w, message)
	}
	if s.failed == nil {
		s.failed = s.control.Flush()
	}
	return s.failed
}

func (s *Stream) arm() {
	deadline := s.until
	if deadline.IsZero() {
		deadline = time.Now().Add(stalled)
	}
	s.control.SetWriteDeadline(deadline)
}

func (s *Stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arm()
	WriteEnd(s.w, err)
}

// KeepAlive sends a message every so many seconds when the client asks for it, so
// that proxies between do not give up a silent stream.
func (s *Stream) KeepAlive(r *http.Request, message any) (stop func()) {
	seconds, err := strconv.Atoi(r.Header.Get("Keepalive-Ping-Interval"))
	if err != nil || seconds <= 0 {
		return func() {}
	}
	return Every(time.Duration(min(seconds, 3600))*time.Second, func() { s.Send(message) })
}

// Every calls do again and again. After stop returns it is not called any more.
func Every(interval time.Duration, do func()) (stop func()) {
	ticker := time.NewTicker(interval)
	done := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() {
		for {
			select {
			case <-ticker.C:
				do()
			case <-done:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		beats.Wait()
	}
}
