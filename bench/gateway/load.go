package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// Samples are durations, all of them: a bench of some minutes has few enough to keep each.
type Samples []time.Duration

// Quantile is the smallest sample that is not below q of them (nearest rank); 0 of none.
func (s Samples) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Clone(s)
	slices.Sort(sorted)
	rank := int(q*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// Load is what came of one run.
type Load struct {
	// Took is, of each request that went well, the time since it was due; Late, of every request, that until it was sent.
	Took, Late Samples
	Length     time.Duration
	Errors     map[string]int

	lock sync.Mutex
}

// Sent is how many requests there were.
func (l *Load) Sent() int { return len(l.Took) + l.Failed() }

// Failed is how many of them had no good answer.
func (l *Load) Failed() (failed int) {
	for _, count := range l.Errors {
		failed += count
	}
	return failed
}

func (l *Load) add(took time.Duration, err error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if err == nil {
		l.Took = append(l.Took, took)
		return
	}
	if l.Errors == nil {
		l.Errors = map[string]int{}
	}
	l.Errors[cause(err)]++
}

// cause is the text of an error without addresses, so that the same ones are counted together.
func cause(err error) string {
	var broken *net.OpError
	if errors.As(err, &broken) {
		return broken.Op + ": " + broken.Err.Error()
	}
	return err.Error()
}

// Call is one request. It tells when what is measured was there.
type Call func(ctx context.Context, there func()) error

// Whole measures up to the end of an answer in one piece.
func Whole(c *Caller) Call {
	return func(ctx context.Context, there func()) error {
		err := c.Whole(ctx)
		there()
		return err
	}
}

// FirstPiece measures up to the first text of a stream, and goes on to its end.
func FirstPiece(c *Caller) Call {
	return func(ctx context.Context, there func()) error { return c.Stream(ctx, Model, there) }
}

// mostOut bounds how many requests are under way in an open loop: a gateway that stands still for long shows as errors.
const mostOut = 4096

// Open sends at a fixed rate whatever becomes of the requests before. Each is measured from when it was due, so that one
// that had to wait because the gateway (or this program) stood still is as slow as it would have been to a client.
func Open(ctx context.Context, rate float64, length time.Duration, call Call) *Load {
	var (
		load    Load
		group   sync.WaitGroup
		places  = make(chan struct{}, mostOut)
		every   = time.Duration(float64(time.Second) / rate)
		begin   = time.Now().Add(every)
		request = int(length / every)
	)
	for i := range request {
		due := begin.Add(time.Duration(i) * every)
		time.Sleep(time.Until(due))
		select {
		case places <- struct{}{}:
		default:
			load.add(0, fmt.Errorf("not sent: %d are under way", mostOut))
			continue
		}
		load.lock.Lock()
		load.Late = append(load.Late, time.Since(due))
		load.lock.Unlock()
		group.Go(func() {
			var took time.Duration
			err := call(ctx, func() { took = time.Since(due) })
			load.add(took, err)
			<-places
		})
	}
	group.Wait()
	load.Length = time.Since(begin)
	return &load
}

// Closed keeps a number of connections busy, each with one request at a time.
func Closed(ctx context.Context, connections int, length time.Duration, call Call) *Load {
	var (
		load  Load
		group sync.WaitGroup
		begin = time.Now()
		end   = begin.Add(length)
	)
	for range connections {
		group.Go(func() {
			for due := time.Now(); due.Before(end); due = time.Now() {
				var took time.Duration
				err := call(ctx, func() { took = time.Since(due) })
				load.add(took, err)
				if err != nil {
					// who refuses at once would be asked without pause
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	load.Length = time.Since(begin)
	return &load
}
