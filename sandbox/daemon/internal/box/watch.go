package box

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	memoryEvery = 10 * time.Millisecond
	countEvery  = 50 * time.Millisecond
	// slowest pace, of a sandbox in which much memory is free: a program that waits for
	// hours must not cost a part of a processor.
	slowest = 100 * time.Millisecond
	// fastest is more memory than programs can take in a second.
	fastest = 4 << 30
)

// watch counts the processes and threads of each box that runs and kills a box that
// has too many. The kernel's own limit counts a user's processes over the whole pod,
// so it can only be a wider one. It also kills a box that uses up the memory, before
// the kernel kills the pod for it.
type watch struct {
	max    int
	pod    bool // /proc holds this pod's processes and no others
	list   func() []int
	memory func() (spare uint64) // bytes until it is scarce

	mu      sync.Mutex
	boxes   map[int]*watched // by the init's number
	base    int              // processes before the first of the boxes worked
	running bool
}

type watched struct {
	kill    func(error)
	resting bool
}

func newWatch(max int) *watch {
	return &watch{max: max, pod: os.Getpid() == 1, list: pids, memory: memoryOfPod(), boxes: map[int]*watched{}}
}

func (w *watch) add(init int, kill func(error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.boxes[init] = &watched{kill: kill}
	if !w.running {
		w.running = true
		w.base = len(w.list())
		go w.run()
	}
}

// rest tells that the box waits for work: it is left alone once a single thread is
// left of it, which can start no other while it waits.
func (w *watch) rest(init int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b, ok := w.boxes[init]; ok {
		b.resting = true
	}
}

func (w *watch) remove(init int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.boxes, init)
}

func (w *watch) run() {
	for counted := (time.Time{}); ; {
		spare := w.memory()
		if now := time.Now(); spare == 0 || now.Sub(counted) >= countEvery {
			counted = now
			if !w.look(spare == 0) {
				return
			}
		}
		time.Sleep(pace(spare))
	}
}

// pace looks again before the spare memory can be used up.
func pace(spare uint64) time.Duration {
	within := time.Duration(float64(spare) / fastest * float64(time.Second))
	return min(max(within, memoryEvery), slowest)
}

// look reports whether there is anything left to watch.
func (w *watch) look(scarce bool) bool {
	w.judge(scarce)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = len(w.boxes) > 0
	return w.running
}

// judge kills what is over its limit now.
func (w *watch) judge(scarce bool) {
	numbers := w.list()
	if w.obvious(len(numbers), scarce) {
		return
	}
	processes := readProcesses(numbers)
	w.mu.Lock()
	defer w.mu.Unlock()
	found := count(processes, w.boxes)
	if scarce {
		w.endLargest(found)
	}
	for init, uses := range found {
		switch b := w.boxes[init]; {
		case b == nil:
		case uses.threads > w.max:
			w.end(init, w.tooMany(uses.threads))
		case uses.threads <= 1 && b.resting:
			delete(w.boxes, init)
		}
	}
}

// obvious kills without a look at each process. A fork bomb makes every system call
// wait for its processes: reading hundreds of files would take seconds.
func (w *watch) obvious(total int, scarce bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	many := w.pod && total-w.base > w.max
	if !many && !scarce {
		return false
	}
	suspect := 0
	for init, b := range w.boxes {
		if b.resting {
			continue
		}
		if suspect != 0 {
			return false // which of the two it is takes a closer look
		}
		suspect = init
	}
	switch {
	case suspect == 0:
	case many:
		w.end(suspect, w.tooMany(total-w.base))
	default:
		w.end(suspect, ErrNoMemory)
	}
	return suspect != 0
}

func (w *watch) endLargest(found map[int]usage) {
	largest := 0
	for init, uses := range found {
		if largest == 0 || uses.pages > found[largest].pages {
			largest = init
		}
	}
	if largest != 0 {
		w.end(largest, ErrNoMemory)
	}
}

func (w *watch) tooMany(found int) error {
	return fmt.Errorf("%w: %d, at most %d are allowed", ErrTooManyProcesses, found, w.max)
}

func (w *watch) end(init int, reason error) {
	w.boxes[init].kill(reason)
	delete(w.boxes, init)
}

type usage struct{ threads, pages int }

type process struct {
	pid, parent int
	usage
}

// count gives each process to the box among its ancestors; the init itself is ours.
func count(processes []process, boxes map[int]*watched) map[int]usage {
	parents := make(map[int]int, len(processes))
	for _, p := range processes {
		parents[p.pid] = p.parent
	}
	owners := make(map[int]int, len(processes)) // what was found before, 0 for none
	var owner func(pid, steps int) int
	owner = func(pid, steps int) int {
		if _, ok := boxes[pid]; ok {
			return pid
		}
		if known, ok := owners[pid]; ok || pid <= 0 || steps > len(processes) {
			return known
		}
		owners[pid] = owner(parents[pid], steps+1)
		return owners[pid]
	}
	found := map[int]usage{}
	for _, p := range processes {
		if init := owner(p.parent, 0); init != 0 {
			sum := found[init]
			found[init] = usage{sum.threads + p.threads, sum.pages + p.pages}
		}
	}
	return found
}

func pids() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	numbers := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			numbers = append(numbers, pid)
		}
	}
	return numbers
}

// readProcesses makes as few system calls as it can.
func readProcesses(numbers []int) []process {
	processes := make([]process, 0, len(numbers))
	var stat [512]byte
	for _, pid := range numbers {
		if p, ok := parseStat(pid, readFile("/proc/"+strconv.Itoa(pid)+"/stat", stat[:])); ok {
			processes = append(processes, p)
		}
	}
	return processes
}

func readFile(path string, into []byte) []byte {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	n, _ := syscall.Read(fd, into)
	return into[:max(n, 0)]
}

// parseStat reads the fourth, the twentieth and the twenty-fourth field of
// proc_pid_stat(5); the second is a name in brackets that may hold anything.
func parseStat(pid int, stat []byte) (process, bool) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return process{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 22 {
		return process{}, false
	}
	parent, err1 := strconv.Atoi(string(fields[1]))
	threads, err2 := strconv.Atoi(string(fields[17]))
	pages, err3 := strconv.Atoi(string(fields[21]))
	p := process{pid: pid, parent: parent, usage: usage{threads: threads, pages: pages}}
	return p, err1 == nil && err2 == nil && err3 == nil
}

// memoryOfPod tells how much there is until memory is scarce. Only gVisor's own kernel
// counts the pod's memory as its total; on another one the limit of the pod stands
// alone.
func memoryOfPod() func() uint64 {
	if _, err := os.Stat("/proc/sentry-meminfo"); err != nil {
		return func() uint64 { return math.MaxUint64 }
	}
	var before uint64
	var at time.Time
	return func() uint64 {
		var info syscall.Sysinfo_t
		if syscall.Sysinfo(&info) != nil {
			return math.MaxUint64
		}
		now := time.Now()
		defer func() { before, at = info.Freeram, now }()
		return spareMemory(info.Totalram, before, info.Freeram, now.Sub(at))
	}
}

// spareMemory leaves a fifth for what gVisor itself needs, which grows with the number
// of processes, and for what is used up until a kill takes effect.
func spareMemory(total, before, free uint64, passed time.Duration) uint64 {
	const ahead = 50 * time.Millisecond
	falling := float64(max(before, free)-free) * float64(ahead) / float64(max(passed, memoryEvery))
	needed := total/5 + uint64(min(falling, float64(total/5)))
	return max(free, needed) - needed
}
