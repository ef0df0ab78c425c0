package box

import (
	"syscall"
)

// wait reaps until the program itself has ended.
func (in *initProcess) wait(pid int) *exitReport {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR || ended != pid && err == nil {
			continue
		}
		if err != nil {
			return &exitReport{Code: -1}
		}
		if status.Signaled() {
			return &exitReport{Code: -1, Signal: status.Signal()}
		}
		return &exitReport{Code: status.ExitStatus()}
	}
}

// hasChildren reaps those that have ended.
func (in *initProcess) hasChildren() bool {
	for {
		ended, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err != nil && err != syscall.EINTR {
			return false
		}
		if err == nil && ended == 0 {
			return true
		}
	}
}

// waitForAll reaps until no child is left; orphans of the box are children too.
func (in *initProcess) waitForAll() {
	for {
		if _, err := syscall.Wait4(-1, nil, 0, nil); err != nil && err != syscall.EINTR {
			return
		}
	}
}
