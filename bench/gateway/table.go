package gateway

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median[T int | int64 | float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// each is a figure of every round.
func each(runs []run, figure func(run) float64) (values []float64) {
	for _, r := range runs {
		values = append(values, figure(r))
	}
	return values
}

func quantile(q float64) func(run) float64 {
	return func(r run) float64 {
		if len(r.load.Took) == 0 {
			return math.NaN() // nothing went well
		}
		return ms(r.load.Took.Quantile(q))
	}
}

// added is the difference to the first target in the same round.
func (m *measurement) added(of func(*found) []run, f *found, q float64) (differences []float64) {
	base := each(of(m.found[0]), quantile(q))
	for i, value := range each(of(f), quantile(q)) {
		differences = append(differences, value-base[i])
	}
	return differences
}

// perRequest is CPU time for each request of all the rounds together: ticks of 10 ms are too coarse for one round.
func perRequest(runs []run, of func(run) time.Duration) float64 {
	var used time.Duration
	requests := 0
	for _, r := range runs {
		used += of(r)
		requests += r.load.Sent()
	}
	if requests == 0 {
		return 0
	}
	return ms(used) / float64(requests)
}

func own(r run) time.Duration  { return r.cpu }
func data(r run) time.Duration { return r.database }

// rows are cells of a table; the first column is on the left, the others on the right.
func printTable(out io.Writer, title string, rows [][]string) {
	fmt.Fprintf(out, "\n%s\n", title)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(w, "  %-*s\t%s\t\n", width, row[0], strings.Join(row[1:], "\t"))
	}
	w.Flush()
}

func number(places int, value float64) string { return format("%.*f", places, value) }

func signed(value float64) string { return format("%+.*f", 2, value) }

func format(form string, places int, value float64) string {
	if math.IsNaN(value) {
		return "failed"
	}
	return fmt.Sprintf(form, places, value)
}

func (m *measurement) print(out io.Writer) {
	m.printOpen(out)
	m.printClosed(out)
	m.printHeld(out)
	m.printStarts(out)
	m.printRest(out)
}

func (m *measurement) printOpen(out io.Writer) {
	rows := [][]string{
		{"", "added", "rounds from", "added", "first text", "CPU ms", "PostgreSQL ms", "", "", "usage rows"},
		{"", "p50 ms", "to", "p99 ms", "p50 ms", "a request", "a request", "requests", "errors", "lost"},
	}
	open := func(f *found) []run { return f.open }
	stream := func(f *found) []run { return f.stream }
	direct := m.found[0]
	rows = append(rows, []string{direct.target.Name + " (its own times)",
		number(2, median(each(direct.open, quantile(.5)))), "",
		number(2, median(each(direct.open, quantile(.99)))), number(2, median(each(direct.stream, quantile(.5)))),
		"", "", fmt.Sprint(direct.sent), fmt.Sprint(direct.wrong), ""})
	for _, f := range m.found[1:] {
		p50 := m.added(open, f, .5)
		rows = append(rows, []string{f.target.Name, signed(median(p50)),
			fmt.Sprintf("%s…%s", signed(slices.Min(p50)), signed(slices.Max(p50))),
			signed(median(m.added(open, f, .99))), signed(median(m.added(stream, f, .5))),
			number(2, perRequest(f.open, own)), f.database(f.open), fmt.Sprint(f.sent), fmt.Sprint(f.wrong), f.lost()})
	}
	for _, target := range m.all {
		if target.Missing != "" {
			rows = append(rows, []string{target.Name + " (not installed)", "", "", "", "", "", "", "", "", ""})
		}
	}
	rows = append(rows, []string{"bar of Hermes", "≤0.50", "", "≤2.00", "≤0.70", "≤0.66", "", "", "0", "0"})
	printTable(out, fmt.Sprintf("%.0f requests a second for %d s, then as many streams for %d s: difference to direct in the same round, median of %d rounds",
		m.plan.Rate, m.plan.Seconds, m.plan.Seconds/2, m.plan.Rounds), rows)
	for _, f := range m.found[1:] {
		if perRequest(f.open, own)*m.plan.Rate > 900 {
			fmt.Fprintf(out, "  %s needs its whole core for this rate: what it adds is its queue\n", f.target.Name)
		}
	}
	fmt.Fprintf(out, "  requests, errors and rows: of the whole bench; this program itself sent its requests up to %.2f ms late (p99, direct)\n",
		median(each(direct.open, func(r run) float64 { return ms(r.load.Late.Quantile(.99)) })))
}

func (f *found) database(runs []run) string {
	if f.target.Database == 0 {
		return "-"
	}
	return number(2, perRequest(runs, data))
}

// lost is how many requests that the mock served have no row; below zero there are too many.
func (f *found) lost() string {
	if f.rows < 0 {
		return "keeps none"
	}
	return fmt.Sprint(f.answered - f.rows)
}

func (m *measurement) printClosed(out io.Writer) {
	rows := [][]string{
		{"", "requests", "requests a", "CPU ms", "PostgreSQL ms", "its core", "p50", "p99"},
		{"", "a second", "CPU second", "a request", "a request", "busy %", "ms", "ms"},
	}
	rate := func(r run) float64 { return float64(len(r.load.Took)) / r.load.Length.Seconds() }
	for _, f := range m.found {
		row := []string{f.target.Name, number(0, median(each(f.closed, rate)))}
		if f.target.Process == 0 {
			row = append(row, "", "", "", "")
		} else {
			cost := perRequest(f.closed, own)
			busy := func(r run) float64 { return 100 * float64(r.cpu) / float64(r.load.Length) }
			row = append(row, number(0, 1000/max(cost, .001)), number(3, cost), f.database(f.closed), number(0, median(each(f.closed, busy))))
		}
		rows = append(rows, append(row, number(1, median(each(f.closed, quantile(.5)))), number(1, median(each(f.closed, quantile(.99))))))
	}
	rows = append(rows, []string{"bar of Hermes", "", "≥1500", "≤0.660", "", "", "", ""})
	printTable(out, fmt.Sprintf("%d connections, each with a request at a time, %d s: median of %d rounds, CPU over all of them",
		m.plan.Connections, m.plan.Seconds, m.plan.Rounds), rows)
	fmt.Fprintln(out, "  where the core is not busy, the load, the mock and PostgreSQL on the other one were the limit")
}

func (m *measurement) printHeld(out io.Writer) {
	for _, f := range m.found {
		if f.held == nil {
			continue
		}
		kb := func(bytes int64) string { return number(1, float64(bytes)/1024/float64(f.held.Asked)) }
		printTable(out, fmt.Sprintf("%d idle streams at once, silent for %d s behind their first text", f.held.Asked, m.plan.Hold), [][]string{
			{"", "had it", "stayed", "ended well", "live heap KB each", "resident KB each"},
			{f.target.Name, fmt.Sprint(f.held.First), fmt.Sprint(f.held.Stayed), fmt.Sprint(f.held.Well), kb(f.heap), kb(f.grown)},
			{"bar of Hermes", fmt.Sprint(f.held.Asked), fmt.Sprint(f.held.Asked), fmt.Sprint(f.held.Asked), "≤60.0", "≤60.0"},
		})
		fmt.Fprintln(out, "  growth of the process after a full collection; what is resident also holds buffers off the heap, and heap that is free")
	}
}

func (m *measurement) printStarts(out io.Writer) {
	rows := [][]string{{"", "start to ready ms", "resident when ready MB", "at most MB", "CPU ms a second when nobody asks"}}
	for _, f := range m.found[1:] {
		rows = append(rows, []string{f.target.Name, fmt.Sprint(median(f.target.Starts)),
			number(0, float64(f.idle)/(1<<20)), number(0, float64(f.rss)/(1<<20)),
			number(0, ms(f.idling)/idleLength.Seconds())})
	}
	printTable(out, "start and memory (all processes of a gateway)", rows)
}

func (m *measurement) printRest(out io.Writer) {
	fmt.Fprintln(out, "\nwhat each does with a request")
	for _, target := range m.all {
		if target.Missing != "" {
			fmt.Fprintf(out, "  %-10s not installed: %s\n", target.Name, target.Missing)
		} else if target.Does != "" {
			fmt.Fprintf(out, "  %-10s %s\n", target.Name, target.Does)
		}
	}
	for _, f := range m.found {
		for text, count := range f.errors {
			fmt.Fprintf(out, "errors of %s: %d times %s\n", f.target.Name, count, text)
		}
	}
}

// broken says what must not be, of the gateway that is ours.
func (m *measurement) broken() (faults []string) {
	for _, f := range m.found {
		if !f.target.Ours {
			continue
		}
		if f.wrong > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d of %d requests failed", f.target.Name, f.wrong, f.sent))
		}
		if f.rows >= 0 && f.rows != f.answered {
			faults = append(faults, fmt.Sprintf("%s: %d requests were served, %d rows of usage are there", f.target.Name, f.answered, f.rows))
		}
		if f.held != nil && (f.held.Stayed != f.held.Asked || f.held.Well != f.held.Asked) {
			faults = append(faults, fmt.Sprintf("%s: of %d idle streams %d stayed and %d ended well", f.target.Name, f.held.Asked, f.held.Stayed, f.held.Well))
		}
	}
	return faults
}
