package process

import (
	"encoding/json"
	"fmt"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/connect"
)

// The messages of the service process.Process of E2B's envd.

type config struct {
	Cmd  string            `json:"cmd"`
	Args []string          `json:"args,omitempty"`
	Envs map[string]string `json:"envs,omitempty"`
	Cwd  *string           `json:"cwd,omitempty"`
}

type terminal struct {
	Size struct {
		Cols connect.Uint32 `json:"cols"`
		Rows connect.Uint32 `json:"rows"`
	} `json:"size"`
}

type startRequest struct {
	Process config    `json:"process"`
	Pty     *terminal `json:"pty"`
	Tag     *string   `json:"tag"`
	Stdin   *bool     `json:"stdin"`

	env   map[string]string // the process's own, as it is started
	bound bool              // it and its tree end with the request
}

// selector names a process by its number or its tag.
type selector struct {
	Pid *connect.Uint32 `json:"pid"`
	Tag *string         `json:"tag"`
}

type selectRequest struct {
	Process selector `json:"process"`
}

type updateRequest struct {
	selectRequest
	Pty *terminal `json:"pty"`
}

type signalRequest struct {
	selectRequest
	Signal signalNumber `json:"signal"`
}

type input struct {
	Stdin *connect.Bytes `json:"stdin"`
	Pty   *connect.Bytes `json:"pty"`
}

type inputRequest struct {
	selectRequest
	Input input `json:"input"`
}

type streamInputRequest struct {
	Start     *selectRequest `json:"start"`
	Data      *inputRequest  `json:"data"`
	Keepalive *struct{}      `json:"keepalive"`
}

type listAnswer struct {
	Processes []listed `json:"processes"`
}

type listed struct {
	Config config  `json:"config"`
	Pid    uint32  `json:"pid"`
	Tag    *string `json:"tag,omitempty"`
}

type eventAnswer struct {
	Event event `json:"event"`
}

type event struct {
	Start     *startEvent `json:"start,omitempty"`
	Data      *dataEvent  `json:"data,omitempty"`
	End       *endEvent   `json:"end,omitempty"`
	Keepalive *struct{}   `json:"keepalive,omitempty"`
}

type startEvent struct {
	Pid uint32 `json:"pid"`
}

type dataEvent struct {
	Stdout    []byte `json:"stdout,omitempty"`
	Stderr    []byte `json:"stderr,omitempty"`
	Pty       []byte `json:"pty,omitempty"`
	Truncated bool   `json:"truncated,omitempty"` // tool calls only
}

type endEvent struct {
	ExitCode int    `json:"exitCode"`
	Exited   bool   `json:"exited"`
	Status   string `json:"status"`
	Error    string `json:"error,omitempty"`
}

var keepalive = eventAnswer{event{Keepalive: &struct{}{}}}

func ending(exit box.Exit) *endEvent {
	end := &endEvent{ExitCode: exit.Code, Exited: exit.Signal == 0, Status: fmt.Sprintf("exit status %d", exit.Code)}
	if exit.Signal != 0 {
		end.Status = "signal: " + exit.Signal.String()
		end.Error = end.Status
	}
	if exit.Err != nil {
		end.Error = exit.Err.Error()
	}
	return end
}

// signalNumber is an enum: its name, or its number.
type signalNumber int

func (s *signalNumber) UnmarshalJSON(text []byte) error {
	var name string
	if json.Unmarshal(text, &name) != nil {
		return json.Unmarshal(text, (*int)(s))
	}
	switch name {
	case "SIGNAL_SIGTERM":
		*s = 15
	case "SIGNAL_SIGKILL":
		*s = 9
	}
	return nil
}
