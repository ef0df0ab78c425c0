package code

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
	"hermes.dev/sandbox/daemon/internal/output"
)

const (
	flushAfter = 10 * time.Millisecond
	flushAt    = 64 << 10
	// For a client without a time limit: how long he may take to read a piece, and how
	// often he hears of a call that says nothing.
	stalled   = 5 * time.Minute
	beatEvery = 5 * time.Second
)

// The kinds of line.
type (
	outputLine struct {
		Type      string `json:"type"`
		Text      string `json:"text"`
		Truncated bool   `json:"truncated,omitempty"`
		Timestamp int64  `json:"timestamp,omitempty"` // nanoseconds since 1970
	}
	countLine struct {
		Type  string `json:"type"`
		Count int    `json:"execution_count"`
	}
	resultLine struct {
		Type string `json:"type"`
		Text string `json:"text"`
		Main bool   `json:"is_main_result"`
	}
	errorLine struct {
		Type string `json:"type"`
		Failure
	}
	endLine struct {
		Type       string `json:"type"`
		ExitCode   int    `json:"exit_code"`
		DurationMs int64  `json:"duration_ms"`
		Truncated  bool   `json:"truncated"`
	}
)

// lines is the answer of /execute: JSON, one object a line. What comes in a short
// while is sent together.
type lines struct {
	started time.Time
	w       http.ResponseWriter
	control *http.ResponseController
	client  bool // not a tool call
	bounded bool

	mu        sync.Mutex
	pending   bytes.Buffer
	timer     *time.Timer
	closed    bool
	texts     [2]output.Text
	truncated bool
}

var streamNames = [2]string{box.Stdout: "stdout", box.Stderr: "stderr"}

// newLines begins an answer. It must be taken until a time, if that is not zero.
func newLines(w http.ResponseWriter, until time.Time, client bool) *lines {
	w.Header().Set("Content-Type", "application/x-ndjson")
	l := &lines{started: time.Now(), w: w, control: http.NewResponseController(w), client: client, bounded: !until.IsZero()}
	l.control.SetReadDeadline(time.Time{})
	l.control.SetWriteDeadline(until)
	return l
}

// keepAlive lets a client and the proxies before him know that a silent call runs.
func (l *lines) keepAlive() (stop func()) {
	if !l.client {
		return func() {}
	}
	return connect.Every(beatEvery, func() { l.add(map[string]string{"type": "keepalive"}) })
}

// Started makes a box.Sink of it; nothing is told of the start.
func (l *lines) Started(int) {}

// Output adds text to the answer. Bytes that are not UTF-8 become U+FFFD.
func (l *lines) Output(stream box.Stream, p []byte, cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.texts[stream].Add(p)
	if cut {
		l.truncated = true
		text += l.texts[stream].End()
	}
	l.output(stream, text, cut)
}

func (l *lines) output(stream box.Stream, text string, cut bool) {
	if text == "" && !cut {
		return
	}
	line := outputLine{Type: streamNames[stream], Text: text, Truncated: cut}
	if l.client {
		line.Timestamp = time.Now().UnixNano()
	}
	l.append(line)
}

// rest sends what was held back as half a character.
func (l *lines) rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for stream := range l.texts {
		l.output(box.Stream(stream), l.texts[stream].End(), false)
	}
}

func (l *lines) add(line any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.append(line)
}

// Result sends a result in all its forms.
func (l *lines) Result(forms map[string]json.RawMessage, main bool) { l.add(richLine(forms, main)) }

// append waits for a slow reader, who so slows what runs.
func (l *lines) append(line any) {
	if l.closed {
		return
	}
	json.NewEncoder(&l.pending).Encode(line)
	if l.pending.Len() >= flushAt {
		l.write()
	} else if l.timer == nil {
		l.timer = time.AfterFunc(flushAfter, l.flush)
	}
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	if !l.closed {
		l.write()
	}
}

func (l *lines) write() {
	if l.pending.Len() == 0 {
		return
	}
	if !l.bounded {
		l.control.SetWriteDeadline(time.Now().Add(stalled))
	}
	l.w.Write(l.pending.Bytes())
	l.pending.Reset()
	l.control.Flush()
}

// end writes the last lines.
func (l *lines) end(failure *Failure, exitCode int) {
	if failure != nil {
		l.add(errorLine{"error", *failure})
	}
	l.add(endLine{"end_of_execution", exitCode, time.Since(l.started).Milliseconds(), l.truncated})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.closed = true
	l.w.Write(l.pending.Bytes())
}
