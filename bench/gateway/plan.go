package gateway

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Plan says what is measured; bench/gateway/world.sh writes it. Lengths are in seconds.
type Plan struct {
	Mock        string   `json:"mock"`
	Rounds      int      `json:"rounds"`
	Seconds     int      `json:"seconds"` // of a run in the open and the closed loop; streams get half of it
	Warmup      int      `json:"warmup"`
	Rate        float64  `json:"rate"`
	Connections int      `json:"connections"`
	Streams     int      `json:"streams"`
	Hold        int      `json:"hold"`
	Soak        int      `json:"soak"` // minutes
	Targets     []Target `json:"targets"`
}

// Target is a gateway, or the mock itself: the first one, which the others are compared with.
type Target struct {
	Name    string            `json:"name"`
	Missing string            `json:"missing"` // why it is not there
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Process int               `json:"process"` // the root of its tree
	// Database is the process of its PostgreSQL, Rows the command that prints how many rows of usage are in it.
	Database int      `json:"database"`
	Rows     []string `json:"rows"`
	// Ours has to lose nothing, and its idle streams are measured. Collect makes the heap clean, Metrics tells its size.
	Ours    bool     `json:"ours"`
	Collect []string `json:"collect"`
	Metrics string   `json:"metrics"`
	Starts  []int    `json:"starts"` // ms from its start until it was ready
	Does    string   `json:"does"`   // of what a gateway is for
}

func readPlan(path string) (Plan, error) {
	var plan Plan
	content, err := os.ReadFile(path)
	if err != nil {
		return plan, err
	}
	if err := json.Unmarshal(content, &plan); err != nil {
		return plan, err
	}
	if len(plan.Targets) < 2 || plan.Rounds < 1 || plan.Seconds < 1 || plan.Rate <= 0 || plan.Connections < 1 {
		return plan, fmt.Errorf("%s: no plan", path)
	}
	return plan, nil
}

// countRows asks the database of a target; -1 when it keeps no rows.
func (t Target) countRows() (int64, error) {
	if len(t.Rows) == 0 {
		return -1, nil
	}
	said, err := exec.Command(t.Rows[0], t.Rows[1:]...).Output()
	if err != nil {
		return 0, fmt.Errorf("rows of %s: %w", t.Name, err)
	}
	return strconv.ParseInt(strings.TrimSpace(string(said)), 10, 64)
}

// settled waits until there are as many rows as requests, or for half a minute.
func (t Target) settled(want int64) (rows int64, err error) {
	for range 15 {
		if rows, err = t.countRows(); err != nil || rows < 0 || rows == want {
			return rows, err
		}
		time.Sleep(2 * time.Second)
	}
	return rows, nil
}
