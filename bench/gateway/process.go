package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is what the kernel counts CPU time in, for programs: USER_HZ, which is 100 on every Linux (proc(5)).
const tick = 10 * time.Millisecond

type process struct {
	pid, parent int
	cpu         time.Duration // its own
	reaped      time.Duration // of children that have ended and were waited for
	pages       int           // resident
}

// Usage is what a process and all below it have used.
type Usage struct {
	CPU time.Duration
	RSS int64 // bytes; pages that processes share count for each
}

// Tree is the usage of a process with its descendants; CPU time of those that have ended stays in it.
func Tree(root int) (Usage, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return Usage{}, err
	}
	var all []process
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil { // has ended meanwhile
			continue
		}
		p, err := parseStat(string(content))
		if err != nil {
			return Usage{}, err
		}
		all = append(all, p)
	}
	return sum(root, all)
}

func sum(root int, all []process) (Usage, error) {
	var (
		total Usage
		below = map[int][]process{}
		next  []process
	)
	for _, p := range all {
		below[p.parent] = append(below[p.parent], p)
		if p.pid == root {
			next = append(next, p)
		}
	}
	if len(next) == 0 {
		return Usage{}, fmt.Errorf("process %d is not there", root)
	}
	for len(next) > 0 {
		p := next[0]
		total.CPU += p.cpu + p.reaped
		total.RSS += int64(p.pages) * int64(os.Getpagesize())
		next = append(next[1:], below[p.pid]...)
	}
	return total, nil
}

// parseStat reads /proc/PID/stat (proc(5)); the name in it may have spaces and brackets.
func parseStat(text string) (process, error) {
	head, rest, _ := strings.Cut(text, " (")
	end := strings.LastIndex(rest, ") ")
	if end < 0 {
		return process{}, fmt.Errorf("no line of /proc/PID/stat: %q", text)
	}
	fields := strings.Fields(rest[end+2:]) // the first is the state, field 3 of the line
	const least = 22
	if len(fields) < least {
		return process{}, fmt.Errorf("no line of /proc/PID/stat: %q", text)
	}
	var failed error
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			failed = err
		}
		return n
	}
	field := func(n int) int { return number(fields[n-3]) }
	p := process{
		pid:    number(head),
		parent: field(4),
		cpu:    time.Duration(field(14)+field(15)) * tick,
		reaped: time.Duration(field(16)+field(17)) * tick,
		pages:  field(24),
	}
	return p, failed
}
