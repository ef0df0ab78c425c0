package gateway

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Held is what became of streams that were all open at once.
type Held struct {
	Asked  int
	First  int // had their first piece
	Stayed int // were still there when the mock let go of them
	Well   int // ended as they should
	Errors map[string]int
}

// Hold opens streams whose upstream falls silent behind the first piece, keeps them, and has them end. When all are there
// it calls quiet, which may look at the gateway while nothing happens but heartbeats.
func Hold(ctx context.Context, c *Caller, count int, pause, length time.Duration, quiet, release func() error) (Held, error) {
	var (
		load        Load
		group       sync.WaitGroup
		first, over atomic.Int64
	)
	for range count {
		time.Sleep(pause)
		group.Go(func() {
			err := c.Stream(ctx, HoldModel, func() { first.Add(1) })
			over.Add(1)
			load.add(0, err)
		})
	}
	for end := time.Now().Add(time.Minute); first.Load() < int64(count) && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	had := int(first.Load())
	time.Sleep(length)
	looked := quiet()
	stayed := count - int(over.Load())
	released := release()
	group.Wait()
	return Held{count, had, stayed, len(load.Took), load.Errors}, errors.Join(looked, released)
}
