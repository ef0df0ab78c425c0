package files

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// What a program could make its files lead to. The control shows of each that the
// system itself opens it: without the wall it would have been served.
func TestNothingLeadsToProc(t *testing.T) {
	s := serve(t, 0)
	self := fmt.Sprint(os.Getpid())
	open, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	links := map[string]string{
		"environ":   "/proc/" + self + "/environ",
		"status":    "/proc/self/status",
		"maps":      "../../../../../../../proc/self/maps",
		"fd":        fmt.Sprintf("/proc/self/fd/%d", open.Fd()),
		"proc":      "/proc",
		"root":      "/proc/self/root",
		"cwd":       "/proc/self/cwd",
		"thread":    "/proc/thread-self/status",
		"sys":       "/sys",
		"dev":       "/dev",
		"null":      "/dev/null",
		"two-steps": "status",
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(s.home, name)); err != nil {
			t.Fatal(err)
		}
	}
	// what links cannot do, names cannot either: the kernel has none across file systems
	if err := os.Link("/proc/self/environ", s.home+"/hard"); err == nil {
		t.Error("a hard link leads out of the volume")
	}
	paths := []string{
		"/proc/self/environ", "/proc/self/mem", "//proc//self/./status", "../../../../../proc/self/status",
		"/proc/self/root/etc/passwd", "/sys/kernel/uevent_seqnum", "/dev/null", "/dev/zero", "/dev/../proc/self/status",
		"root/etc/passwd", "proc/self/status", "root/proc/self/status", "cwd/tree.go", "dev/zero", "dev/pts/ptmx",
	}
	for name := range links {
		paths = append(paths, name)
	}
	for _, path := range paths {
		naive := path
		if !filepath.IsAbs(naive) {
			naive = filepath.Join(s.home, path)
		}
		if _, err := os.Stat(naive); err != nil {
			t.Errorf("control: %s cannot be opened at all: %v", naive, err)
		}
		if got := s.get(t, path); got.status == 200 || strings.Contains(got.body, "PATH=") {
			t.Errorf("read %s: %+v", path, got)
		}
		if got := s.put(t, path, "x"); got.status == 200 {
			t.Errorf("wrote %s: %+v", path, got)
		}
		if path == "two-steps" || path == "status" {
			continue // the link itself may be looked at; TestStat has what is told of it
		}
		if got := s.call(t, "ListDir", map[string]any{"path": path}, nil); got.status == 200 {
			t.Errorf("listed %s: %.200s", path, got.body)
		}
		if got := s.call(t, "CreateWatcher", map[string]any{"path": path}, nil); got.status == 200 {
			t.Errorf("watched %s", path)
		}
		if got := s.call(t, "MakeDir", map[string]any{"path": path + "/x"}, nil); got.status == 200 {
			t.Errorf("made a directory in %s", path)
		}
	}
	for _, path := range []string{"/proc", "/sys", "/dev", "/proc/self", "proc/self/", "/dev/shm/x"} {
		if got := s.call(t, "Stat", map[string]any{"path": path}, nil); got.status == 200 {
			t.Errorf("looked at %s: %s", path, got.body)
		}
		if got := s.call(t, "Remove", map[string]any{"path": path}, nil); got.status == 200 {
			t.Errorf("removed %s: %s", path, got.body)
		}
		if got := s.call(t, "Move", map[string]any{"source": path, "destination": "x"}, nil); got.status == 200 {
			t.Errorf("moved %s: %s", path, got.body)
		}
	}
	for depth := range 3 {
		if got := s.call(t, "ListDir", map[string]any{"path": "/", "depth": depth}, nil); strings.Contains(got.body, `"path":"/proc`) || strings.Contains(got.body, `"path":"/dev`) {
			t.Errorf("listed behind the wall at depth %d", depth)
		}
	}
}

// Pipes, sockets and devices must neither be served nor hold the daemon up.
func TestOnlyRegularFiles(t *testing.T) {
	s := serve(t, 0)
	if err := syscall.Mkfifo(s.home+"/fifo", 0o666); err != nil {
		t.Fatal(err)
	}
	os.Symlink("fifo", s.home+"/to-fifo")
	socket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(socket)
	if err := syscall.Bind(socket, &syscall.SockaddrUnix{Name: s.home + "/socket"}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, path := range []string{"fifo", "to-fifo", "socket"} {
			if got := s.get(t, path); got.status == 200 {
				t.Errorf("read %s", path)
			}
			if got := s.put(t, path, "x"); got.status == 200 {
				t.Errorf("wrote %s", path)
			}
			if got := s.call(t, "Stat", map[string]any{"path": path}, nil); got.status != 200 || !strings.Contains(got.body, "FILE_TYPE_UNSPECIFIED") {
				t.Errorf("stat %s: %+v", path, got)
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("it waits for the other end")
	}
	// with a reader the pipe could be opened for writing
	reader, err := os.OpenFile(s.home+"/fifo", os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if got := s.put(t, "fifo", "x"); !got.is(400, "invalid_argument") {
		t.Errorf("wrote: %+v", got)
	}
	if got := s.call(t, "Move", map[string]any{"source": "fifo", "destination": "moved"}, nil); got.status != 200 {
		t.Errorf("it is the client's to move: %+v", got)
	}
}

// A program swaps what a name means while the daemon walks over it.
func TestSwaps(t *testing.T) {
	s := serve(t, 0)
	os.MkdirAll(s.home+"/good/self", 0o755)
	os.WriteFile(s.home+"/good/self/status", []byte("harmless"), 0o644)
	os.Symlink("/proc", s.home+"/bad")
	os.Symlink("good", s.home+"/name")
	os.Mkdir(s.home+"/dir", 0o755)
	os.WriteFile(s.home+"/dir/status", []byte("harmless"), 0o644)
	stop := make(chan struct{})
	var swaps sync.WaitGroup
	swaps.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// name: a link to good or to /proc; file: a file or a link into /proc
			target := []string{"good", "/proc"}[i%2]
			os.Symlink(target, s.home+"/next")
			os.Rename(s.home+"/next", s.home+"/name")
			if i%2 == 0 {
				os.Symlink("/proc/self/status", s.home+"/next-file")
			} else {
				os.WriteFile(s.home+"/next-file", []byte("harmless"), 0o644)
			}
			os.Rename(s.home+"/next-file", s.home+"/dir/status")
		}
	})
	var naive, served atomic.Int32
	for end := time.Now().Add(700 * time.Millisecond); time.Now().Before(end); {
		for _, path := range []string{"name/self/status", "dir/status"} {
			if text, err := os.ReadFile(filepath.Join(s.home, path)); err == nil && strings.Contains(string(text), "Pid:") {
				naive.Add(1)
			}
			got := s.get(t, path)
			if got.status == 200 {
				served.Add(1)
			}
			if got.status == 200 && got.body != "harmless" {
				t.Fatalf("%s: %q", path, got.body)
			}
			s.put(t, path, "harmless")
		}
	}
	close(stop)
	swaps.Wait()
	if naive.Load() == 0 || served.Load() == 0 {
		t.Errorf("control: a naive reader met it %d times, %d files were served", naive.Load(), served.Load())
	}
}
