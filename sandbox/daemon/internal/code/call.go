package code

import (
	"encoding/json"
	"errors"

	"hermes.dev/sandbox/daemon/internal/box"
)

// Call is one piece of code.
type Call struct {
	Code   string
	Env    map[string]string
	Limits Limits
	// Rich asks for results in all their forms, told as they come.
	Rich bool
}

// Limits of what a call may say; Result is of one result in bytes.
type Limits struct {
	box.Limits
	Result, Traceback int
}

// Failure is an exception, or why the interpreter had to be stopped.
type Failure struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Traceback string `json:"traceback"`
}

// Answer is the outcome of a call.
type Answer struct {
	Count    int
	Result   *string // unless the call is rich
	Failure  *Failure
	ExitCode int
}

// Sink takes what a call says and shows, each from one goroutine at a time.
type Sink interface {
	box.Sink
	// Result has one form by MIME type. Main is that of the code's last expression.
	Result(forms map[string]json.RawMessage, main bool)
}

// Errors of calls that were not run.
var (
	ErrBusy   = errors.New("earlier calls of the context took all the time")
	errClosed = errors.New("the context was removed")
)

var errRestarted = errors.New("the context was restarted")
