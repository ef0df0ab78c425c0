// Package probe looks, from inside a pod of a sandbox's shape, whether the pod's walls
// hold, and reports what it saw as the pod's termination message. It judges nothing:
// the operator, which started the pod, knows what should have been seen.
package probe

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// Command is the first argument that makes the daemon a probe.
const Command = "probe"

// most of a termination message that the kubelet keeps.
const reportBytes = 4096

// Options of a probe; the operator gives them in the pod's arguments.
type Options struct {
	Check     string        // walls, memory or disk
	Deny      []string      // address:port pairs that must refuse
	Proxy     string        // address:port of the egress proxy; empty: no way out
	Pids      int           // most processes and threads of one execution
	TakeBytes int64         // how much memory or disk to take, more than the pod may have
	Hold      time.Duration // how long to keep what was taken, at most
	Home      string        // where disk is taken
	Report    string        // file of the report
	Grace     time.Duration // how long a target may still answer
}

// Main runs the probe that args ask for and returns the exit code: 0 when there is a
// report, whatever it says.
func Main(args []string) int {
	var o Options
	var deny string
	flags := flag.NewFlagSet("sandboxd probe", flag.ExitOnError)
	flags.StringVar(&o.Check, "check", "walls", "walls, memory or disk")
	flags.StringVar(&deny, "deny", "", "address:port pairs that must refuse this pod, comma separated")
	flags.StringVar(&o.Proxy, "proxy", "", "address:port of the egress proxy")
	flags.IntVar(&o.Pids, "pids", 32, "most processes and threads of one execution")
	flags.Int64Var(&o.TakeBytes, "take-bytes", 0, "how much memory or disk to take")
	flags.DurationVar(&o.Hold, "hold", 0, "how long to keep it")
	flags.StringVar(&o.Home, "home", "/home/user", "folder for files")
	flags.StringVar(&o.Report, "report", "/dev/termination-log", "file of the report")
	flags.DurationVar(&o.Grace, "grace", 15*time.Second, "how long a target may still answer")
	flags.Parse(args)
	if deny != "" {
		o.Deny = strings.Split(deny, ",")
	}
	if err := Run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Report is what was seen; what was not looked at is absent.
type Report struct {
	Check   string   `json:"check"`
	Kernel  *Kernel  `json:"kernel,omitempty"`
	CPU     *CPU     `json:"cpu,omitempty"`
	Pids    *Pids    `json:"pids,omitempty"`
	Network *Network `json:"network,omitempty"`
	Egress  *Egress  `json:"egress,omitempty"`
	Memory  *Taken   `json:"memory,omitempty"`
	Disk    *Taken   `json:"disk,omitempty"`
}

// Taken is how far a probe came that takes more than it may.
type Taken struct {
	Asked   int64  `json:"asked"`
	Taken   int64  `json:"taken"`
	Refused string `json:"refused,omitempty"` // what the kernel said to more
	Done    bool   `json:"done"`              // whether it ended by itself
}

// Run makes the report. An error says why there is none.
func Run(o Options) error {
	switch o.Check {
	case "walls":
		return write(o.Report, walls(o))
	case "memory":
		return takeMemory(o)
	case "disk":
		return takeDisk(o)
	default:
		return fmt.Errorf("no such check: %q; there are walls, memory and disk", o.Check)
	}
}

func walls(o Options) Report {
	r := Report{Check: o.Check}
	r.Kernel = kernel()
	r.CPU = burn(burnThreads, burnTime)
	r.Pids = flood(o)
	r.Network = network(o)
	if o.Proxy != "" {
		r.Egress = egress(o.Proxy)
	}
	return r
}

// write replaces the report. It goes to the disk at once, for the pod may be killed in
// the next moment, and that must not take the report with it.
func write(path string, r Report) error {
	encoded, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(encoded) > reportBytes {
		return fmt.Errorf("the report has %d bytes, at most %d are kept", len(encoded), reportBytes)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	defer file.Close()
	if _, err := file.Write(encoded); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	return file.Sync()
}

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}
