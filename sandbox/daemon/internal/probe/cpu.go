package probe

import (
	"runtime"
	"sync"
	"time"
)

const (
	burnThreads = 2
	burnTime    = 2 * time.Second
	// a thread that ran on sees the clock again within far less than this
	awake = 500 * time.Microsecond
)

// CPU is how much processor this pod got when it wanted all.
type CPU struct {
	Millicores int64 `json:"millicores"`
	Threads    int   `json:"threads"`
}

// burn keeps threads busy and adds up for how long they ran. They count it by the clock:
// a thread that is held back sees a gap. What the kernel tells of CPU time is no measure,
// since gVisor counts a thread that the host holds back as one that runs.
func burn(threads int, during time.Duration) *CPU {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	ran := make([]time.Duration, threads)
	var all sync.WaitGroup
	start := time.Now()
	for i := range ran {
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ran[i] = busy(start.Add(during), time.Now)
		})
	}
	all.Wait()
	total := time.Duration(0)
	for _, one := range ran {
		total += one
	}
	return &CPU{Millicores: int64(total) * 1000 / int64(time.Since(start)), Threads: threads}
}

func busy(end time.Time, clock func() time.Time) (ran time.Duration) {
	for last := clock(); last.Before(end); {
		now := clock()
		if step := now.Sub(last); step < awake {
			ran += step
		}
		last = now
	}
	return ran
}
