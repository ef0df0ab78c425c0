// Package metrics tells what a sandbox uses, as E2B's envd does.
package metrics

import (
	"bytes"
	"math"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// ticks of the clock in proc_pid_stat(5), a second.
const ticks = 100

type answer struct {
	Timestamp      int64   `json:"ts"` // seconds since 1970
	CPUCount       int     `json:"cpu_count"`
	CPUUsedPercent float64 `json:"cpu_used_pct"` // of one processor, since the last question
	MemTotalMiB    uint64  `json:"mem_total_mib"`
	MemUsedMiB     uint64  `json:"mem_used_mib"`
	MemTotal       uint64  `json:"mem_total"` // bytes, as all below
	MemUsed        uint64  `json:"mem_used"`
	MemCache       uint64  `json:"mem_cache"`
	DiskUsed       uint64  `json:"disk_used"`
	DiskTotal      uint64  `json:"disk_total"`
}

// Meter measures; the load is that between two questions.
type Meter struct {
	home string

	mu   sync.Mutex
	at   time.Time
	used time.Duration
}

// New makes a meter of a sandbox with that home.
func New(home string) *Meter { return &Meter{home: home, at: time.Now(), used: processorTime()} }

// Routes of the meter.
func (m *Meter) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{"GET /metrics": func(w http.ResponseWriter, _ *http.Request) {
		connect.WriteJSON(w, http.StatusOK, m.measure())
	}}
}

func (m *Meter) measure() answer {
	a := answer{Timestamp: time.Now().Unix(), CPUCount: runtime.NumCPU(), CPUUsedPercent: m.load()}
	var memory syscall.Sysinfo_t
	if syscall.Sysinfo(&memory) == nil {
		unit := uint64(memory.Unit)
		a.MemTotal = memory.Totalram * unit
		a.MemCache = memory.Bufferram * unit
		a.MemUsed = (memory.Totalram - memory.Freeram - memory.Bufferram) * unit
		a.MemTotalMiB, a.MemUsedMiB = a.MemTotal>>20, a.MemUsed>>20
	}
	var disk syscall.Statfs_t
	if syscall.Statfs(m.home, &disk) == nil {
		a.DiskTotal = disk.Blocks * uint64(disk.Bsize)
		a.DiskUsed = (disk.Blocks - disk.Bfree) * uint64(disk.Bsize)
	}
	return a
}

func (m *Meter) load() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, used := time.Now(), processorTime()
	passed, worked := now.Sub(m.at), used-m.used
	m.at, m.used = now, used
	if passed <= 0 || worked <= 0 {
		return 0
	}
	return math.Round(10000*worked.Seconds()/passed.Seconds()) / 100
}

// processorTime is what all processes have used, and those that they have waited
// for: gVisor does not sum it up in /proc/stat.
func processorTime() time.Duration {
	dir, err := os.Open("/proc")
	if err != nil {
		return 0
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	total := 0
	for _, name := range names {
		if _, err := strconv.Atoi(name); err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		for _, field := range fields[min(11, len(fields)):min(15, len(fields))] {
			n, _ := strconv.Atoi(string(field)) // utime, stime, cutime, cstime
			total += n
		}
	}
	return time.Duration(total) * time.Second / ticks
}
