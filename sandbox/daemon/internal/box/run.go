package box

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"hermes.dev/sandbox/daemon/internal/output"
)

const drainWithin = 500 * time.Millisecond

// Stream is one of a program's two outputs.
type Stream int

const (
	Stdout Stream = iota
	Stderr
)

// Sink takes what a program says, from one goroutine at a time. cut tells that
// these are the last bytes that are kept.
type Sink interface {
	Started(pid int)
	Output(stream Stream, p []byte, cut bool)
}

// Limits of what is kept of each stream.
type Limits struct{ Stdout, Stderr int }

// Run runs a program to its end, or kills its tree when ctx ends; Exit.Err is then
// the context's cause. The error is for programs that could not be started.
func (r *Runner) Run(ctx context.Context, spec Spec, limits Limits, sink Sink) (Exit, error) {
	p, err := r.Start(spec)
	if err != nil {
		return Exit{}, err
	}
	defer p.Close()
	sink.Started(p.Pid)
	stop := context.AfterFunc(ctx, func() { p.Kill(context.Cause(ctx)) })
	defer stop()

	var lock sync.Mutex
	var pumps sync.WaitGroup
	pump := func(stream Stream, file *os.File, max int) {
		pumps.Go(func() {
			limit := output.NewLimit(max)
			Pump(file, limit, func(kept []byte, cut bool) {
				lock.Lock()
				defer lock.Unlock()
				sink.Output(stream, kept, cut)
			})
		})
	}
	pump(Stdout, p.Stdout, limits.Stdout)
	pump(Stderr, p.Stderr, limits.Stderr)

	<-p.Ended()
	// the tree dies with its init, which closes the pipes; what is in them is read
	deadline := time.Now().Add(drainWithin)
	p.Stdout.SetReadDeadline(deadline)
	p.Stderr.SetReadDeadline(deadline)
	pumps.Wait()
	return p.Exit(), nil
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// Pump reads file to its end or deadline and gives on what the limit keeps. The rest
// is read too, so that the program is not stopped by a full pipe.
func Pump(file *os.File, limit *output.Limit, give func(kept []byte, cut bool)) error {
	buffer := buffers.Get().(*[64 << 10]byte)[:]
	defer func() { buffers.Put((*[64 << 10]byte)(buffer)) }()
	for {
		n, err := file.Read(buffer)
		if n > 0 {
			if kept, cut := limit.Take(buffer[:n]); len(kept) > 0 || cut {
				give(kept, cut)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
