package probe

import (
	"os"
	"strings"
	"syscall"
)

// Kernel is what tells one kernel from another.
type Kernel struct {
	GVisor  bool   `json:"gvisor"`
	Version string `json:"version"`
	BootID  string `json:"bootId,omitempty"` // of this kernel's start; gVisor may have none
}

func kernel() *Kernel {
	version, _ := os.ReadFile("/proc/version")
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return &Kernel{
		GVisor:  isGVisor(kernelLog()),
		Version: clip(strings.TrimSpace(string(version)), 160),
		BootID:  clip(strings.TrimSpace(string(boot)), 64),
	}
}

// isGVisor knows the first line of gVisor's log; its version mimics that of Linux.
func isGVisor(log string) bool {
	first, _, _ := strings.Cut(log, "\n")
	return strings.HasSuffix(first, "Starting gVisor...")
}

// kernelLog is empty where it may not be read, as on most Linux.
func kernelLog() string {
	const readAll = 3 // SYSLOG_ACTION_READ_ALL, syslog(2)
	buffer := make([]byte, 64<<10)
	n, err := syscall.Klogctl(readAll, buffer)
	if err != nil || n <= 0 {
		return ""
	}
	return string(buffer[:n])
}
