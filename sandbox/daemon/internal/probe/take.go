package probe

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const chunk = 4 << 20

// takeMemory takes memory until the pod is killed for it. The report is written before
// each step, so that a kill shows how far it came; that it ends by itself means that
// nothing stopped it.
func takeMemory(o Options) error {
	r := &Taken{Asked: o.TakeBytes}
	report := Report{Check: o.Check, Memory: r}
	for r.Taken < r.Asked {
		if err := write(o.Report, report); err != nil {
			return err
		}
		piece, err := syscall.Mmap(-1, 0, chunk, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			r.Refused = clip(err.Error(), 200)
			break
		}
		for at := 0; at < len(piece); at += 4096 {
			piece[at] = 1
		}
		r.Taken += chunk
	}
	time.Sleep(o.Hold)
	r.Done = true
	return write(o.Report, report)
}

// takeDisk writes more files than fit and keeps them for as long as it is told to: a
// kubelet counts now and then, and evicts the pod when it sees too much.
func takeDisk(o Options) error {
	r := &Taken{Asked: o.TakeBytes}
	report := Report{Check: o.Check, Disk: r}
	piece := make([]byte, chunk)
	rand.Read(piece)
	for i := 0; r.Taken < r.Asked; i++ {
		if err := writeFile(filepath.Join(o.Home, "canary-"+strconv.Itoa(i)), piece); err != nil {
			if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
				return err
			}
			r.Refused = clip(err.Error(), 200)
			r.Done = true
			return write(o.Report, report)
		}
		r.Taken += chunk
	}
	if err := write(o.Report, report); err != nil {
		return err
	}
	time.Sleep(o.Hold)
	r.Done = true
	return write(o.Report, report)
}

func writeFile(path string, content []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Sync()
}
