package box

import (
	"encoding/json"
	"syscall"
)

// Spec is what the init of a box is to run.
type Spec struct {
	Cmd  string   `json:"cmd"`
	Args []string `json:"args"`
	Env  []string `json:"env"` // complete: nothing is inherited
	Dir  string   `json:"dir"`
	Aux  bool     `json:"aux"` // pass the auxiliary socket as file 3

	Stdin    bool   `json:"stdin"`    // a pipe; otherwise standard input is empty
	Terminal string `json:"terminal"` // path of a terminal that takes the place of all three
	Linger   bool   `json:"linger"`   // the tree outlives the program, until all of it has ended

	Rlimits rlimits `json:"rlimits"`
}

type rlimits struct {
	Processes uint64 `json:"processes"`
	FileSize  uint64 `json:"fileSize"`
}

// report is one line from the init to the daemon.
type report struct {
	Ready    bool           `json:"ready,omitempty"`
	Pid      int            `json:"pid,omitempty"`
	Signaled bool           `json:"signaled,omitempty"`
	Error    *startError    `json:"error,omitempty"`
	Exit     *exitReport    `json:"exit,omitempty"`
	Signal   syscall.Signal `json:"-"`
}

type exitReport struct {
	Code   int            `json:"code"`
	Signal syscall.Signal `json:"signal"`
	Rest   bool           `json:"rest"` // the tree lingers
}

type startError struct {
	Op    string        `json:"op"`
	Errno syscall.Errno `json:"errno"`
}

// order is one line from the daemon to the init.
type order struct {
	Run    *Spec          `json:"run,omitempty"`
	Signal syscall.Signal `json:"signal,omitempty"`
	All    bool           `json:"all,omitempty"` // to every process of the box
}

func line(v any) []byte {
	encoded, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types above all marshal
	}
	return append(encoded, '\n')
}
