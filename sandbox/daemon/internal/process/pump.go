package process

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"time"
)

const (
	piece = 32 << 10
	// When the program and its tree have ended, what is still in a pipe is read. Somebody
	// else may hold the other end, so neither for long nor without end.
	drainWithin = 500 * time.Millisecond
	drainMost   = 1 << 20
)

// pump gives on what comes from the program until all of it is told, and waits for
// that. What a tree that lingers says later is read and thrown away; pumps is done
// when that has ended too.
func (p *live) pump(pumps *sync.WaitGroup) {
	var told sync.WaitGroup
	start := func(from *os.File, data func([]byte) *dataEvent) {
		told.Add(1)
		pumps.Go(func() {
			all := sync.OnceFunc(told.Done)
			defer all()
			p.copy(from, data, all)
		})
	}
	if p.terminal != nil {
		start(p.terminal.File, func(text []byte) *dataEvent { return &dataEvent{Pty: text} })
	} else {
		start(p.process.Stdout, func(text []byte) *dataEvent { return &dataEvent{Stdout: text} })
		start(p.process.Stderr, func(text []byte) *dataEvent { return &dataEvent{Stderr: text} })
	}
	told.Wait()
}

func (p *live) copy(from *os.File, data func([]byte) *dataEvent, told func()) {
	wake := make(chan struct{})
	defer close(wake)
	go func() {
		select {
		case <-p.process.Ended():
			from.SetReadDeadline(time.Now().Add(drainWithin))
		case <-wake:
		}
	}()
	buffer := make([]byte, piece)
	for drained, late, over := 0, false, false; ; {
		n, err := from.Read(buffer)
		if n > 0 && !over {
			p.publish(func() event { return event{Data: data(bytes.Clone(buffer[:n]))} })
			late = false
		}
		if p.boxEnded() {
			drained += n
		}
		isLate := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case err != nil && !isLate: // of a terminal EIO, when nobody has it open any more
			return
		case over:
		case isLate && !late:
			// a listener may have taken all the time: what is there now is still read
			late = true
			from.SetReadDeadline(time.Now().Add(drainWithin))
		case isLate || drained > drainMost:
			over = true
			from.SetReadDeadline(time.Time{})
			told()
		}
	}
}

func (p *live) boxEnded() bool {
	select {
	case <-p.process.Ended():
		return true
	default:
		return false
	}
}
