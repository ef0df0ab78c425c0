// Package code keeps live interpreters: a call finds the variables that earlier
// calls left, and costs no start of an interpreter.
package code

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/environ"
)

const startWithin = 20 * time.Second

// Config of a Context.
type Config struct {
	Environ *environ.Environment
	Dir     string
	// Program takes the place of the language's own.
	Program string
}

// Context runs calls one after another.
type Context struct {
	runner   *box.Runner
	language language
	config   Config
	turn     chan struct{} // holds a token while nobody runs
	closed   chan struct{}

	live *interpreter // owned by who has the turn
	next int

	mu    sync.Mutex
	abort context.CancelCauseFunc // ends the call that runs
}

func newContext(runner *box.Runner, l language, config Config) *Context {
	c := &Context{runner: runner, language: l, config: config, turn: make(chan struct{}, 1), closed: make(chan struct{})}
	c.turn <- struct{}{}
	return c
}

// Warm starts the interpreter ahead of the first call.
func (c *Context) Warm() error {
	select {
	case <-c.turn:
	case <-c.closed:
		return errClosed
	}
	defer c.pass()
	return c.ensure()
}

func (c *Context) pass() { c.turn <- struct{}{} }

// Execute runs one call. Its error is for calls that were not run.
func (c *Context) Execute(ctx context.Context, call Call, sink Sink) (Answer, error) {
	select {
	case <-c.turn:
	case <-c.closed:
		return Answer{}, errClosed
	case <-ctx.Done():
		return Answer{}, ErrBusy
	}
	defer c.pass()
	if err := c.ensure(); err != nil {
		return Answer{}, err
	}
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	c.set(abort)
	defer c.set(nil)
	c.next++
	answer, err := c.live.execute(ctx, c.next, call, sink)
	if c.live.broken {
		c.end()
		go c.Warm()
	}
	return answer, err
}

func (c *Context) set(abort context.CancelCauseFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abort = abort
}

func (c *Context) stop(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.abort != nil {
		c.abort(reason)
	}
}

// end lets go of the interpreter.
func (c *Context) end() {
	if c.live != nil {
		c.live.process.Close()
		c.live = nil
	}
}

// Restart ends what runs and forgets all variables.
func (c *Context) Restart() error {
	c.stop(errRestarted)
	select {
	case <-c.turn:
	case <-c.closed:
		return errClosed
	}
	defer c.pass()
	c.end()
	return c.ensure()
}

// Close ends the interpreter and what runs in it. It is called once.
func (c *Context) Close() {
	close(c.closed)
	c.stop(errClosed)
	<-c.turn // for good
	c.end()
}

func (c *Context) ensure() error {
	if c.live != nil {
		select {
		case <-c.live.process.Ended():
			// a thread or an alarm of an earlier call ended it in between
			c.end()
		default:
			return nil
		}
	}
	program := c.language.program
	if c.config.Program != "" {
		program = c.config.Program
	}
	process, err := c.runner.Start(box.Spec{
		Cmd:  program,
		Args: c.language.args,
		Env:  c.config.Environ.Base(),
		Dir:  c.config.Dir,
		Aux:  true,
	})
	if err != nil {
		return &startError{c.language.name, program, err}
	}
	live := newInterpreter(c.language, c.config.Environ, process)
	if c.language.script != "" {
		process.Aux.SetWriteDeadline(time.Now().Add(startWithin))
		process.Aux.Write(frame([]byte(c.language.script))) // a failure shows as an end before "ready"
	}
	go live.receive()
	select {
	case m := <-live.messages:
		if m.Type == "ready" {
			process.Rest()
			c.live = live
			return nil
		}
	case <-time.After(startWithin):
	}
	process.Kill(errors.New("it did not start"))
	process.Close()
	return fmt.Errorf("the interpreter of %s (%s) did not start", c.language.name, program)
}

// startError is of an interpreter that could not be started.
type startError struct {
	language, program string
	cause             error
}

func (e *startError) Error() string {
	code, text := box.Explain(e.program, e.cause)
	if code == "not_found" {
		return fmt.Sprintf("%s needs the program %s, which the image of this sandbox does not have", e.language, e.program)
	}
	return fmt.Sprintf("the interpreter of %s does not start: %s", e.language, text)
}

func (e *startError) Unwrap() error { return e.cause }
