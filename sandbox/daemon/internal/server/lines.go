package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/output"
	"hermes.dev/sandbox/daemon/internal/python"
)

const flushAfter = 10 * time.Millisecond

// The kinds of line.
type (
	outputLine struct {
		Type      string `json:"type"`
		Text      string `json:"text"`
		Truncated bool   `json:"truncated,omitempty"`
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
		python.Failure
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

	mu        sync.Mutex
	pending   bytes.Buffer
	timer     *time.Timer
	closed    bool
	texts     [2]output.Text
	truncated bool
}

var streamNames = [2]string{box.Stdout: "stdout", box.Stderr: "stderr"}

func newLines(w http.ResponseWriter, writeUntil time.Time) *lines {
	w.Header().Set("Content-Type", "application/x-ndjson")
	l := &lines{started: time.Now(), w: w, control: http.NewResponseController(w)}
	l.control.SetReadDeadline(time.Time{})
	l.control.SetWriteDeadline(writeUntil)
	return l
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
	l.append(outputLine{streamNames[stream], text, cut})
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

func (l *lines) append(line any) {
	json.NewEncoder(&l.pending).Encode(line)
	if l.timer == nil {
		l.timer = time.AfterFunc(flushAfter, l.flush)
	}
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	if !l.closed && l.pending.Len() > 0 {
		l.w.Write(l.pending.Bytes())
		l.pending.Reset()
		l.control.Flush()
	}
}

// end writes the last lines.
func (l *lines) end(failure *python.Failure, exitCode int) {
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
