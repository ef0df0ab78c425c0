package code

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/environ"
)

const (
	interruptWithin = time.Second
	takenWithin     = 2 * time.Second
	// maxMessage bounds what an interpreter says at once; a result is kept below it.
	maxMessage = 8 << 20
)

// interpreter is one process of a kernel script.
type interpreter struct {
	language language
	environ  *environ.Environment
	process  *box.Process
	messages chan message // closed when no more can come
	count    int
	told     int // version of the defaults that it knows
	before   changed
	broken   bool
}

type message struct {
	Type     string                     `json:"type"`
	ID       int                        `json:"id"`
	Result   *string                    `json:"result"`
	Error    *Failure                   `json:"error"`
	ExitCode int                        `json:"exit_code"`
	Data     map[string]json.RawMessage `json:"data"`
	Main     bool                       `json:"main"`
}

func newInterpreter(l language, e *environ.Environment, process *box.Process) *interpreter {
	return &interpreter{language: l, environ: e, process: process, messages: make(chan message)}
}

func (i *interpreter) execute(ctx context.Context, id int, call Call, sink Sink) (Answer, error) {
	request := request{
		ID:             id,
		Code:           call.Code,
		Env:            call.Env,
		ResultLimit:    call.Limits.Result,
		TracebackLimit: call.Limits.Traceback,
		Rich:           call.Rich,
		before:         i.before,
	}
	defaults, version := i.environ.Versioned()
	if version != i.told {
		request.Defaults = defaults
	}
	body, err := i.language.encode(request)
	if err != nil {
		return Answer{}, err
	}
	i.told, i.before = version, changed{call.Env, defaults}
	i.count++
	sink.Started(i.process.Pid)
	i.process.Work()
	defer i.process.Rest()
	streams := newStreams(i.process, call.Limits.Limits, sink)
	streams.start()
	defer streams.finish()
	// an idle interpreter takes it at once; code of an earlier call may have feigned that
	i.process.Aux.SetWriteDeadline(time.Now().Add(takenWithin))
	if _, err := i.process.Aux.Write(body); err != nil {
		return i.lost(), nil
	}
	m, ok, err := i.await(ctx.Done(), id, sink)
	if err != nil {
		return i.interrupt(ctx, id, sink), nil
	}
	return i.answer(m, ok, id), nil
}

var errGivenUp = errors.New("given up")

// await returns the last message of a call; the results before it go to the sink.
func (i *interpreter) await(giveUp <-chan struct{}, id int, sink Sink) (message, bool, error) {
	for {
		select {
		case m, ok := <-i.messages:
			if !ok || m.Type != "result" || m.ID != id {
				return m, ok, nil
			}
			sink.Result(m.Data, m.Main)
		case <-giveUp:
			return message{}, false, errGivenUp
		}
	}
}

// interrupt stops a call that is out of time: as Ctrl-C does, and when that does not
// help, with all its variables.
func (i *interpreter) interrupt(ctx context.Context, id int, sink Sink) Answer {
	grace, cancel := context.WithTimeout(context.Background(), interruptWithin)
	defer cancel()
	if i.process.Signal(syscall.SIGINT) == nil {
		m, ok, err := i.await(grace.Done(), id, sink)
		if err == nil && ok {
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
		}
	}
	i.process.Kill(context.Cause(ctx))
	<-i.process.Ended()
	i.broken = true
	return Answer{
		ExitCode: -1,
		Failure:  timeout(ctx, "the call did not heed an interrupt; "+i.name()+" was restarted and its variables are lost"),
	}
}

func timeout(ctx context.Context, what string) *Failure {
	return &Failure{Name: "TimeoutError", Value: fmt.Sprintf("%v: %s", context.Cause(ctx), what)}
}

func (i *interpreter) name() string {
	return map[string]string{"python": "Python", "javascript": "JavaScript", "bash": "the shell"}[i.language.name]
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
	return Answer{Count: i.count, Result: m.Result, Failure: m.Error, ExitCode: m.ExitCode}
}

// lost describes an interpreter that ended, or that code of a call made speak
// nonsense.
func (i *interpreter) lost() Answer {
	i.broken = true
	select {
	case <-i.process.Ended(): // how it ended is told right after its socket closes
	case <-time.After(interruptWithin):
		i.process.Kill(errors.New("the channel to the interpreter broke"))
		<-i.process.Ended()
	}
	exit := i.process.Exit()
	if i.language.exit && exit.Err == nil && exit.Signal == 0 {
		return Answer{Count: i.count, ExitCode: exit.Code}
	}
	failure := &Failure{Name: "ContextRestarted"}
	switch {
	case box.LimitName(exit.Err) != "":
		failure.Name = box.LimitName(exit.Err)
		failure.Value = exit.Err.Error()
	case exit.Err != nil:
		failure.Value = exit.Err.Error()
	case exit.Signal != 0:
		failure.Value = i.name() + " was ended by signal: " + exit.Signal.String()
	default:
		failure.Value = fmt.Sprintf("%s ended with status %d", i.name(), exit.Code)
	}
	failure.Value += "; it was restarted and its variables are lost"
	return Answer{ExitCode: -1, Failure: failure}
}

func (i *interpreter) receive() {
	defer close(i.messages)
	for {
		body, err := readFrame(i.process.Aux, maxMessage)
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
