package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// soaked is what a process that is ours holds at the end of a minute, its heap rid of what nobody needs.
type soaked struct {
	heap, resident   int64 // bytes
	threads, sockets int
	failed           int // requests of this minute
	p50, p99         time.Duration
}

// Soak is half of what a gateway can do, for some minutes: whole answers, and streams.
type Soak struct {
	found   *found
	full    float64 // requests a second in a closed loop
	rate    float64 // of the soak
	minutes []soaked
}

// soak measures the one target that is ours.
func (m *measurement) soak(ctx context.Context) (*Soak, error) {
	for _, f := range m.found {
		if f.target.Ours {
			s := &Soak{found: f}
			return s, s.run(ctx, m)
		}
	}
	return nil, errors.New("soak: no target of ours")
}

func (s *Soak) run(ctx context.Context, m *measurement) error {
	say("warm-up: %d s, and full load: %d s", m.plan.Warmup, m.plan.Seconds)
	// what it does while its code is still being compiled is less than what it can do
	for _, seconds := range []int{m.plan.Warmup, m.plan.Seconds} {
		if err := s.found.under(m, nil, func() *Load {
			load := Closed(ctx, m.plan.Connections, time.Duration(seconds)*time.Second, Whole(s.found.caller))
			s.full = float64(len(load.Took)) / load.Length.Seconds()
			return load
		}); err != nil {
			return err
		}
	}
	s.rate = s.full / 2
	say("%.0f requests a second at full load; soak of %d minutes at %.0f", s.full, m.plan.Soak, s.rate)
	for minute := range m.plan.Soak {
		seen, err := s.minute(ctx, m)
		if err != nil {
			return err
		}
		s.minutes = append(s.minutes, seen)
		say("minute %d of %d: heap %.1f MB, resident %.0f MB, %d threads, %d sockets, p50 %.1f ms, p99 %.1f ms, %d failed", minute+1,
			m.plan.Soak, mb(seen.heap), mb(seen.resident), seen.threads, seen.sockets, ms(seen.p50), ms(seen.p99), seen.failed)
	}
	var err error
	s.found.rows, err = s.found.target.settled(s.found.answered)
	return err
}

func (s *Soak) minute(ctx context.Context, m *measurement) (seen soaked, err error) {
	var load *Load
	if err = s.found.under(m, nil, func() *Load {
		load = Open(ctx, s.rate, time.Minute, Mixed(s.found.caller))
		return load
	}); err != nil {
		return seen, err
	}
	clean, err := s.found.clean(m)
	if err != nil {
		return seen, err
	}
	seen = soaked{heap: clean.heap, resident: clean.process.RSS, failed: load.Failed(),
		p50: load.Took.Quantile(.5), p99: load.Took.Quantile(.99)}
	if seen.threads, err = threads(s.found.target.Process); err != nil {
		return seen, err
	}
	seen.sockets, err = sockets(s.found.target.Process)
	return seen, err
}

// Mixed asks for whole answers and, one in four, for streams.
func Mixed(c *Caller) Call {
	whole, stream := Whole(c), FirstPiece(c)
	return func(ctx context.Context, there func()) error {
		if c.count.Load()%4 == 0 {
			return stream(ctx, there)
		}
		return whole(ctx, there)
	}
}

func threads(process int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if count, ok := strings.CutPrefix(line, "Threads:"); ok {
			return strconv.Atoi(strings.TrimSpace(count))
		}
	}
	return 0, fmt.Errorf("no threads in the status of process %d", process)
}

func sockets(process int) (count int, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", process))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("process %d is not there", process)
	}
	for _, file := range files {
		if leads, err := os.Readlink(file); err == nil && strings.HasPrefix(leads, "socket:") {
			count++
		}
	}
	return count, nil
}

func mb(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// growth compares the second quarter of the minutes with the last one: the first fills pools and caches that are bounded.
type growth struct {
	name         string
	before, last float64
	most         float64 // by so much the last may be above
	form         string
}

func (g growth) grew() bool { return g.last-g.before > g.most }

// quarters is how many minutes there must be for a growth to be told.
const quarters = 4

func (s *Soak) growths() []growth {
	quarter := len(s.minutes) / quarters
	if quarter == 0 {
		return nil
	}
	compare := func(name, form string, of func(soaked) float64, most func(before float64) float64) growth {
		middle := func(minutes []soaked) float64 {
			var values []float64
			for _, minute := range minutes {
				values = append(values, of(minute))
			}
			return median(values)
		}
		before, last := middle(s.minutes[quarter:2*quarter]), middle(s.minutes[len(s.minutes)-quarter:])
		return growth{name, before, last, most(before), form}
	}
	fixed := func(most float64) func(float64) float64 { return func(float64) float64 { return most } }
	return []growth{
		// what a leak of 16 bytes a request would come to in half of 20 minutes at half load
		compare("live heap MB", "%.1f", func(m soaked) float64 { return mb(m.heap) }, func(before float64) float64 { return max(2, before/20) }),
		compare("resident MB", "%.0f", func(m soaked) float64 { return mb(m.resident) }, func(before float64) float64 { return max(8, before/20) }),
		compare("threads", "%.0f", func(m soaked) float64 { return float64(m.threads) }, fixed(2)),
		compare("sockets", "%.0f", func(m soaked) float64 { return float64(m.sockets) }, fixed(4)),
	}
}

func (s *Soak) print(out io.Writer) {
	rows := [][]string{{"", "second quarter", "last quarter", "may grow by"}}
	for _, g := range s.growths() {
		rows = append(rows, []string{g.name, fmt.Sprintf(g.form, g.before), fmt.Sprintf(g.form, g.last), fmt.Sprintf(g.form, g.most)})
	}
	printTable(out, fmt.Sprintf("%s for %d minutes at half load, %.0f of %.0f requests a second; medians of minutes, after a full collection",
		s.found.target.Name, len(s.minutes), s.rate, s.full), rows)
	fmt.Fprintf(out, "  %d requests, %d failed, %s rows of usage lost\n", s.found.sent, s.found.wrong, s.found.lost())
	for _, text := range slices.Sorted(maps.Keys(s.found.errors)) {
		fmt.Fprintf(out, "  %d times %s\n", s.found.errors[text], text)
	}
}

// broken says what must not be.
func (s *Soak) broken() (faults []string) {
	if s.found.wrong > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d requests failed", s.found.wrong, s.found.sent))
	}
	if s.found.rows >= 0 && s.found.rows != s.found.answered {
		faults = append(faults, fmt.Sprintf("%d requests were served, %d rows of usage are there", s.found.answered, s.found.rows))
	}
	if len(s.minutes) < quarters {
		faults = append(faults, fmt.Sprintf("%d minutes tell no growth: take %d at least", len(s.minutes), quarters))
	}
	for _, g := range s.growths() {
		if g.grew() {
			faults = append(faults, fmt.Sprintf("%s grew from "+g.form+" to "+g.form, g.name, g.before, g.last))
		}
	}
	return faults
}
