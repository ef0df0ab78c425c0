package code

import (
	"os"
	"sync"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/output"
)

// streams copy the two outputs while a call runs.
type streams struct {
	process *box.Process
	limits  [2]*output.Limit
	sink    Sink
	lock    sync.Mutex
	pumps   sync.WaitGroup
}

func newStreams(process *box.Process, limits box.Limits, sink Sink) *streams {
	return &streams{
		process: process,
		limits:  [2]*output.Limit{output.NewLimit(limits.Stdout), output.NewLimit(limits.Stderr)},
		sink:    sink,
	}
}

func (s *streams) files() [2]*os.File { return [2]*os.File{s.process.Stdout, s.process.Stderr} }

func (s *streams) give(stream box.Stream) func([]byte, bool) {
	return func(kept []byte, cut bool) {
		s.lock.Lock()
		defer s.lock.Unlock()
		s.sink.Output(stream, kept, cut)
	}
}

func (s *streams) start() {
	for stream, file := range s.files() {
		file.SetReadDeadline(time.Time{})
		s.pumps.Go(func() { box.Pump(file, s.limits[stream], s.give(box.Stream(stream))) })
	}
}

// finish stops the pumps and takes what is left in the pipes: all that the call
// wrote was there before its answer.
func (s *streams) finish() {
	for _, file := range s.files() {
		file.SetReadDeadline(time.Unix(1, 0))
	}
	s.pumps.Wait()
	for stream, file := range s.files() {
		file.SetReadDeadline(time.Time{})
		drain(file, s.limits[stream], s.give(box.Stream(stream)))
	}
}

// drain reads what a pipe holds, and no more than a pipe can hold: a process in the
// background may write for ever.
func drain(file *os.File, limit *output.Limit, give func([]byte, bool)) {
	const most = 1 << 20
	conn, err := file.SyscallConn()
	if err != nil {
		return
	}
	buffer := make([]byte, 16<<10)
	conn.Read(func(fd uintptr) bool {
		for total := 0; total < most; {
			n, err := syscall.Read(int(fd), buffer)
			if err == syscall.EINTR {
				continue
			}
			if n <= 0 {
				break
			}
			total += n
			if kept, cut := limit.Take(buffer[:n]); len(kept) > 0 || cut {
				give(kept, cut)
			}
		}
		return true
	})
}
