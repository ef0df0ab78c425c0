package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pause lets what a gateway does after its answers fall into its own measurement and not into the next one's.
const pause = time.Second

// run is one load on one target, with what its processes used meanwhile.
type run struct {
	load          *Load
	cpu, database time.Duration
}

// found is all that is known of a target at the end.
type found struct {
	target                Target
	caller                *Caller
	open, stream, closed  []run
	idle, rss             int64         // resident bytes: at the start, at most
	idling                time.Duration // CPU in idleLength, warmed up, when nobody asks
	answered, sent, wrong int64
	rows                  int64
	errors                map[string]int
	held                  *Held
	heap, grown           int64 // bytes for all the idle streams
}

type measurement struct {
	plan  Plan
	found []*found
	all   []Target // with those that are not there
}

// say tells how far it is; tables are on standard output.
func say(form string, values ...any) { fmt.Fprintf(os.Stderr, form+"\n", values...) }

func newMeasurement(plan Plan) *measurement {
	m := &measurement{plan: plan, all: plan.Targets}
	for _, target := range plan.Targets {
		if target.Missing == "" {
			m.found = append(m.found, &found{
				target: target, caller: NewCaller(target.URL, target.Headers), rows: -1, errors: map[string]int{}})
		}
	}
	return m
}

func (m *measurement) measure(ctx context.Context) error {
	length := time.Duration(m.plan.Seconds) * time.Second
	if err := m.resident(); err != nil {
		return err
	}
	say("warm-up: %d s each", m.plan.Warmup)
	warm := time.Duration(m.plan.Warmup) * time.Second
	for _, f := range m.found {
		if err := f.under(m, nil, func() *Load { return Closed(ctx, m.plan.Connections, warm, Whole(f.caller)) }); err != nil {
			return err
		}
		if err := f.under(m, nil, func() *Load { return Closed(ctx, m.plan.Connections, warm/4, FirstPiece(f.caller)) }); err != nil {
			return err
		}
	}
	if err := m.idling(); err != nil {
		return err
	}
	for round := range m.plan.Rounds {
		say("open loop, round %d of %d", round+1, m.plan.Rounds)
		for _, f := range m.turned(round) {
			if err := f.under(m, &f.open, func() *Load { return Open(ctx, m.plan.Rate, length, Whole(f.caller)) }); err != nil {
				return err
			}
			if err := f.under(m, &f.stream, func() *Load { return Open(ctx, m.plan.Rate, length/2, FirstPiece(f.caller)) }); err != nil {
				return err
			}
		}
	}
	for round := range m.plan.Rounds {
		say("closed loop, round %d of %d", round+1, m.plan.Rounds)
		for _, f := range m.turned(round) {
			if err := f.under(m, &f.closed, func() *Load { return Closed(ctx, m.plan.Connections, length, Whole(f.caller)) }); err != nil {
				return err
			}
		}
	}
	for _, f := range m.found {
		if f.target.Ours && m.plan.Streams > 0 {
			say("%d idle streams", m.plan.Streams)
			if err := m.hold(ctx, f); err != nil {
				return err
			}
		}
	}
	say("rows of usage")
	for _, f := range m.found {
		var err error
		if f.rows, err = f.target.settled(f.answered); err != nil {
			return err
		}
	}
	return nil
}

const idleLength = 5 * time.Second

func (m *measurement) resident() error {
	for _, f := range m.found {
		seen, err := f.look(m)
		if err != nil {
			return err
		}
		f.idle = seen.process.RSS
	}
	return nil
}

// idling looks at what each needs when nobody asks: at a low rate that is a part of what a request costs.
func (m *measurement) idling() error {
	for _, end := range []bool{false, true} {
		for _, f := range m.found {
			seen, err := f.look(m)
			if err != nil {
				return err
			}
			f.idling = seen.process.CPU - f.idling
		}
		if !end {
			time.Sleep(idleLength)
		}
	}
	return nil
}

// turned is the order of a round: each begins with another target.
func (m *measurement) turned(round int) []*found {
	at := round % len(m.found)
	return append(slices.Clone(m.found[at:]), m.found[:at]...)
}

// under runs a load and keeps what it took, in runs unless that is nil.
func (f *found) under(m *measurement, runs *[]run, load func() *Load) error {
	before, err := f.look(m)
	if err != nil {
		return err
	}
	result := load()
	time.Sleep(pause)
	after, err := f.look(m)
	if err != nil {
		return err
	}
	f.answered += after.answered - before.answered
	f.sent += int64(result.Sent())
	f.wrong += int64(result.Failed())
	for text, count := range result.Errors {
		f.errors[text] += count
	}
	f.rss = max(f.rss, after.process.RSS)
	if runs != nil {
		*runs = append(*runs, run{result, after.process.CPU - before.process.CPU, after.database.CPU - before.database.CPU})
	}
	return nil
}

type look struct {
	process, database Usage
	answered          int64
}

func (f *found) look(m *measurement) (seen look, err error) {
	if f.target.Process != 0 {
		if seen.process, err = Tree(f.target.Process); err != nil {
			return seen, fmt.Errorf("%s: %w", f.target.Name, err)
		}
	}
	if f.target.Database != 0 {
		if seen.database, err = Tree(f.target.Database); err != nil {
			return seen, fmt.Errorf("database of %s: %w", f.target.Name, err)
		}
	}
	response, err := http.Get(m.plan.Mock + "/count")
	if err != nil {
		return seen, err
	}
	defer response.Body.Close()
	var count Count
	err = json.NewDecoder(response.Body).Decode(&count)
	seen.answered = count.Answered
	return seen, err
}

func (m *measurement) hold(ctx context.Context, f *found) error {
	before, err := f.clean(m)
	if err != nil {
		return err
	}
	quiet := func() error {
		during, err := f.clean(m)
		f.heap, f.grown = during.heap-before.heap, during.process.RSS-before.process.RSS
		return err
	}
	release := func() error {
		response, err := http.Post(m.plan.Mock+"/release", "", nil)
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	held, err := Hold(ctx, f.caller, m.plan.Streams, 5*time.Millisecond, time.Duration(m.plan.Hold)*time.Second, quiet, release)
	if err != nil {
		return err
	}
	time.Sleep(pause)
	after, err := f.look(m)
	if err != nil {
		return err
	}
	f.answered += after.answered - before.answered
	f.sent += int64(held.Asked)
	f.wrong += int64(held.Asked - held.Well)
	for text, count := range held.Errors {
		f.errors[text] += count
	}
	f.held = &held
	return nil
}

type clean struct {
	look
	heap int64
}

// clean looks at a process whose heap has been rid of what nobody needs.
func (f *found) clean(m *measurement) (seen clean, err error) {
	if said, err := exec.Command(f.target.Collect[0], f.target.Collect[1:]...).CombinedOutput(); err != nil {
		return seen, fmt.Errorf("collecting garbage of %s: %w: %s", f.target.Name, err, said)
	}
	response, err := http.Get(f.target.Metrics)
	if err != nil {
		return seen, err
	}
	defer response.Body.Close()
	if seen.heap, err = heapUsed(response.Body); err != nil {
		return seen, err
	}
	seen.look, err = f.look(m)
	return seen, err
}

// heapUsed adds up the spaces of the heap in metrics of Prometheus' text format.
func heapUsed(metrics io.Reader) (int64, error) {
	var total float64
	lines := bufio.NewScanner(metrics)
	for lines.Scan() {
		if line := lines.Text(); strings.HasPrefix(line, `jvm_memory_used_bytes{area="heap"`) {
			value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			if err != nil {
				return 0, err
			}
			total += value
		}
	}
	if total == 0 {
		return 0, fmt.Errorf("no heap in the metrics")
	}
	return int64(total), lines.Err()
}
