// Package python keeps one live Python interpreter: a call finds the variables that
// earlier calls left, and costs no start of an interpreter.
package python

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
)

//go:embed kernel.py
var kernel []byte

// loader takes the kernel script from file 3, so that it does not fill the process
// list.
const loader = `import os
size, script = int.from_bytes(os.read(3, 4), "big"), b""
while len(script) < size:
    script += os.read(3, size - len(script))
exec(compile(script, "<kernel>", "exec"))
`

const (
	startWithin     = 20 * time.Second
	interruptWithin = time.Second
)

// Config of a Context.
type Config struct {
	Python string
	Env    []string
	Dir    string
	Limits box.Limits
}

// Call is one piece of code.
type Call struct {
	Code string
	Env  map[string]string
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
	Result   *string
	Failure  *Failure
	ExitCode int
}

// ErrBusy is the error of a call whose turn did not come before its context ended.
var ErrBusy = errors.New("earlier calls of the Python context took all the time")

// Context runs calls one after another.
type Context struct {
	runner *box.Runner
	config Config
	turn   chan struct{} // holds a token while nobody runs

	live *interpreter // owned by who has the turn
	next int
}

// New makes a context; Warm starts its interpreter.
func New(runner *box.Runner, config Config) *Context {
	c := &Context{runner: runner, config: config, turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c
}

// Warm starts the interpreter ahead of the first call.
func (c *Context) Warm() error {
	<-c.turn
	defer func() { c.turn <- struct{}{} }()
	return c.ensure()
}

// Execute runs one call. Its error is for calls that were not run.
func (c *Context) Execute(ctx context.Context, call Call, sink box.Sink) (Answer, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return Answer{}, ErrBusy
	}
	defer func() { c.turn <- struct{}{} }()
	if err := c.ensure(); err != nil {
		return Answer{}, err
	}
	c.next++
	answer := c.live.execute(ctx, c.next, call, c.config.Limits, sink)
	if c.live.broken {
		c.live.process.Close()
		c.live = nil
		go c.Warm()
	}
	return answer, nil
}

func (c *Context) ensure() error {
	if c.live != nil {
		select {
		case <-c.live.process.Ended():
			// a thread or an alarm of an earlier call ended it in between
			c.live.process.Close()
			c.live = nil
		default:
			return nil
		}
	}
	process, err := c.runner.Start(box.Spec{
		Cmd:  c.config.Python,
		Args: []string{"-c", loader},
		Env:  c.config.Env,
		Dir:  c.config.Dir,
		Aux:  true,
	})
	if err != nil {
		return fmt.Errorf("python does not start: %w", err)
	}
	live := &interpreter{process: process, messages: make(chan message)}
	writeFrame(process.Aux, kernel) // a failure shows as an end before "ready"
	go live.receive(answerLimit(c.config.Limits))
	select {
	case m := <-live.messages:
		if m.Type == "ready" {
			process.Rest()
			c.live = live
			return nil
		}
	case <-time.After(startWithin):
	}
	process.Kill(errors.New("python did not start"))
	process.Close()
	return errors.New("python did not start")
}

// interpreter is one process of the kernel script.
type interpreter struct {
	process  *box.Process
	messages chan message // closed when no more can come
	broken   bool
}

func (i *interpreter) execute(ctx context.Context, id int, call Call, limits box.Limits, sink box.Sink) Answer {
	sink.Started(i.process.Pid)
	i.process.Work()
	defer i.process.Rest()
	request := map[string]any{
		"id":              id,
		"code":            call.Code,
		"env":             call.Env,
		"result_limit":    limits.Stdout,
		"traceback_limit": limits.Stderr,
	}
	streams := newStreams(i.process, limits, sink)
	streams.start()
	defer streams.finish()
	if err := i.send(request); err != nil {
		return i.lost()
	}
	select {
	case m, ok := <-i.messages:
		return i.answer(m, ok, id)
	case <-ctx.Done():
	}
	return i.interrupt(ctx, id)
}

// interrupt stops a call that is out of time: as Ctrl-C does, and when that does not
// help, with all its variables.
func (i *interpreter) interrupt(ctx context.Context, id int) Answer {
	grace := time.After(interruptWithin)
	delivered := i.process.Signal(syscall.SIGINT)
	if delivered == nil {
		select {
		case m, ok := <-i.messages:
			answer := i.answer(m, ok, id)
			if i.broken {
				return answer
			}
			stopped := timeout(ctx, "the call was interrupted; variables are kept")
			if answer.Failure != nil {
				stopped.Traceback = answer.Failure.Traceback // shows where
			}
			answer.Failure, answer.ExitCode = stopped, -1
			return answer
		case <-grace:
		}
	}
	i.process.Kill(context.Cause(ctx))
	<-i.process.Ended()
	i.broken = true
	return Answer{
		ExitCode: -1,
		Failure:  timeout(ctx, "the call did not heed an interrupt; Python was restarted and its variables are lost"),
	}
}

func timeout(ctx context.Context, what string) *Failure {
	return &Failure{Name: "TimeoutError", Value: fmt.Sprintf("%v: %s", context.Cause(ctx), what)}
}

func (i *interpreter) answer(m message, ok bool, id int) Answer {
	if !ok || m.Type != "done" || m.ID != id {
		return i.lost()
	}
	// A fork bomb may end with the exception of a fork that the kernel refused: its
	// processes must not be what the next call dies of.
	if m.Error != nil && i.process.OverLimit() {
		return i.lost()
	}
	return Answer{Count: m.Count, Result: m.Result, Failure: m.Error, ExitCode: m.ExitCode}
}

// lost describes an interpreter that ended, or that code of a call made speak
// nonsense.
func (i *interpreter) lost() Answer {
	i.broken = true
	select {
	case <-i.process.Ended(): // how it ended is told right after its socket closes
	case <-time.After(interruptWithin):
		i.process.Kill(errors.New("the channel to Python broke"))
		<-i.process.Ended()
	}
	exit := i.process.Exit()
	failure := &Failure{Name: "ContextRestarted"}
	switch {
	case box.LimitName(exit.Err) != "":
		failure.Name = box.LimitName(exit.Err)
		failure.Value = exit.Err.Error()
	case exit.Err != nil:
		failure.Value = exit.Err.Error()
	case exit.Signal != 0:
		failure.Value = "Python was ended by signal: " + exit.Signal.String()
	default:
		failure.Value = fmt.Sprintf("Python ended with status %d", exit.Code)
	}
	failure.Value += "; it was restarted and its variables are lost"
	return Answer{ExitCode: -1, Failure: failure}
}

type message struct {
	Type     string   `json:"type"`
	ID       int      `json:"id"`
	Count    int      `json:"count"`
	Result   *string  `json:"result"`
	Error    *Failure `json:"error"`
	ExitCode int      `json:"exit_code"`
}

func (i *interpreter) send(request any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	return writeFrame(i.process.Aux, body)
}

func (i *interpreter) receive(max uint32) {
	defer close(i.messages)
	for {
		body, err := readFrame(i.process.Aux, max)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(body, &m) != nil {
			return
		}
		select {
		case i.messages <- m:
		case <-i.process.Ended():
			return
		}
	}
}

// answerLimit bounds a message: result and traceback as ASCII JSON take up to twelve
// bytes a character.
func answerLimit(limits box.Limits) uint32 {
	return uint32(12*(limits.Stdout+2*limits.Stderr) + 64<<10)
}
