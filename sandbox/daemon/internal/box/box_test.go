package box

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var shared = sync.OnceValues(func() (*Runner, error) {
	return NewRunner(Config{Self: "/proc/self/exe", Namespaces: true, Processes: 64, FileSize: 1 << 20})
})

func runner(t *testing.T) *Runner {
	t.Helper()
	r, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type said struct {
	out [2]strings.Builder
	cut [2]bool
	pid int
}

func (s *said) Started(pid int) { s.pid = pid }

func (s *said) Output(stream Stream, p []byte, cut bool) {
	s.out[stream].Write(p)
	s.cut[stream] = s.cut[stream] || cut
}

var plenty = Limits{Stdout: 1 << 20, Stderr: 1 << 20}

func bash(script string) Spec {
	return Spec{Cmd: "bash", Args: []string{"-c", script}, Env: []string{"PATH=/usr/bin:/bin", "A=b"}, Dir: "/tmp"}
}

func run(t *testing.T, spec Spec, limits Limits, within time.Duration) (Exit, *said) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s := &said{}
	exit, err := runner(t).Run(ctx, spec, limits, s)
	if err != nil {
		t.Fatal(err)
	}
	return exit, s
}

func TestRun(t *testing.T) {
	tests := []struct {
		name, script, stdout, stderr string
		code                         int
		signal                       syscall.Signal
	}{
		{"streams apart", "echo out; echo err >&2", "out\n", "err\n", 0, 0},
		{"exit status", "exit 7", "", "", 7, 0},
		{"signal", "kill -SEGV $$", "", "", -1, syscall.SIGSEGV},
		{"stdin is empty", "cat; echo done", "done\n", "", 0, 0},
		{"directory and environment", "pwd; echo $A; env | grep -c GOMAXPROCS", "/tmp\nb\n0\n", "", 1, 0},
		{"files of the daemon are closed", "ls /proc/self/fd | tr '\\n' ' '", "0 1 2 3 ", "", 0, 0},
		{"own /proc and numbers", "tr '\\0' ' ' </proc/1/cmdline; echo; grep -q bash /proc/$$/cmdline && echo 1; set -- /proc/[0-9]*; echo $#", "sandboxd init \n1\n2\n", "", 0, 0},
		{"a leader of its session", "ps -o sid= -p $$ | tr -d ' '; echo $$", "", "", 0, 0},
		{"file limit", "ulimit -c; ulimit -f", "0\n1024\n", "", 0, 0},
		{"too large a file", "f=f$RANDOM$RANDOM; trap '' XFSZ; head -c 2000000 /dev/zero > $f; s=$?; stat -c %s $f; rm $f; exit $s", "1048576\n", "", 1, 0},
		{"what stays in the background ends", "sleep 1000 & echo $?", "0\n", "", 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			exit, s := run(t, bash(test.script), plenty, 10*time.Second)
			if exit.Code != test.code || exit.Signal != test.signal || exit.Err != nil {
				t.Errorf("exit %+v", exit)
			}
			if test.name == "a leader of its session" {
				if sid, pid, _ := strings.Cut(strings.TrimSpace(s.out[Stdout].String()), "\n"); sid != pid {
					t.Errorf("session %s of %s", sid, pid)
				}
				return
			}
			if got := s.out[Stdout].String(); got != test.stdout {
				t.Errorf("stdout %q, want %q", got, test.stdout)
			}
			if got := s.out[Stderr].String(); test.name != "too large a file" && got != test.stderr {
				t.Errorf("stderr %q, want %q", got, test.stderr)
			}
		})
	}
}

func TestNotStarted(t *testing.T) {
	tests := []struct {
		name string
		spec Spec
		op   string
		is   error
	}{
		{"unknown command", Spec{Cmd: "no-such-command", Dir: "/"}, "exec", os.ErrNotExist},
		{"unknown path", Spec{Cmd: "/no/such", Dir: "/"}, "exec", os.ErrNotExist},
		{"a directory", Spec{Cmd: "/tmp", Dir: "/"}, "exec", os.ErrPermission},
		{"no directory", Spec{Cmd: "true", Dir: "/no/such"}, "cwd", os.ErrNotExist},
		{"file as directory", Spec{Cmd: "true", Dir: "/etc/passwd"}, "cwd", syscall.ENOTDIR},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := runner(t).Run(context.Background(), test.spec, plenty, &said{})
			var failure *StartError
			if !errors.As(err, &failure) || failure.Op != test.op || !errors.Is(err, test.is) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// running counts the processes of this pod whose arguments hold the text.
func running(text string) int {
	n := 0
	for _, pid := range pids() {
		if cmd, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil &&
			strings.Contains(strings.ReplaceAll(string(cmd), "\x00", " "), text) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("not in time: %s", what)
}

func TestDeadlineKillsTheWholeTree(t *testing.T) {
	mark := fmt.Sprintf("%d1234", os.Getpid())
	script := fmt.Sprintf("sleep %s & setsid sleep %s & (setsid nohup setsid sleep %s &) ; trap '' TERM INT HUP; sleep %s", mark, mark, mark, mark)
	ctx, cancel := context.WithTimeoutCause(context.Background(), 500*time.Millisecond, errors.New("late"))
	defer cancel()
	go func() {
		eventually(t, "four sleeping", func() bool { return running("sleep "+mark) >= 4 || ctx.Err() != nil })
	}()
	start := time.Now()
	exit, err := runner(t).Run(ctx, bash(script), plenty, &said{})
	if err != nil || exit.Code != -1 || exit.Err == nil || exit.Err.Error() != "late" {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	eventually(t, "no survivor", func() bool { return running("sleep "+mark) == 0 })
}

// A tool that kills process 1 ends its own tree at the most, never the daemon.
func TestKillOne(t *testing.T) {
	for _, signal := range []string{"KILL", "TERM", "INT", "QUIT", "ABRT"} {
		exit, _ := run(t, bash("kill -"+signal+" 1; sleep 0.1; exit 3"), plenty, 5*time.Second)
		if exit.Code != 3 && !errors.Is(exit.Err, ErrBoxEnded) {
			t.Errorf("%s: exit %+v", signal, exit)
		}
	}
	if exit, s := run(t, bash("echo next"), plenty, 5*time.Second); exit.Code != 0 || s.out[Stdout].String() != "next\n" {
		t.Errorf("the next: %+v", exit)
	}
}

func TestForkBombIsEnded(t *testing.T) {
	for name, script := range map[string]string{
		"bomb":    `:(){ :|:& };:; sleep 1000`,
		"threads": `python3 -c 'import threading,time;[threading.Thread(target=time.sleep,args=(1000,)).start() for _ in range(100)]'`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			exit, _ := run(t, bash(script), plenty, 20*time.Second)
			if !errors.Is(exit.Err, ErrTooManyProcesses) || !strings.Contains(exit.Err.Error(), "at most 64 are allowed") {
				t.Errorf("exit %+v", exit)
			}
			t.Logf("ended after %v: %v", time.Since(start), exit.Err)
		})
	}
	if exit, _ := run(t, bash("true"), plenty, 5*time.Second); exit.Code != 0 {
		t.Errorf("the next: %+v", exit)
	}
}

// Its control: just as many processes as are allowed.
func TestManyProcessesAreAllowed(t *testing.T) {
	exit, s := run(t, bash("for i in $(seq 55); do sleep 0.3 & done; wait; echo ok"), plenty, 10*time.Second)
	if exit.Code != 0 || s.out[Stdout].String() != "ok\n" {
		t.Errorf("exit %+v, %q", exit, s.out[Stderr].String())
	}
}

func TestOutputOfOneGigabyte(t *testing.T) {
	start := time.Now()
	exit, s := run(t, bash("head -c 1000000000 /dev/zero; echo end >&2"), Limits{Stdout: 1000, Stderr: 100}, time.Minute)
	if exit.Code != 0 || s.out[Stdout].Len() != 1000 || !s.cut[Stdout] || s.cut[Stderr] || s.out[Stderr].String() != "end\n" {
		t.Errorf("exit %+v, %d bytes", exit, s.out[Stdout].Len())
	}
	t.Logf("took %v", time.Since(start))
}

func TestSpareThatWasKilled(t *testing.T) {
	r := runner(t)
	r.waiting.Add(1) // so that the next one is made at once
	b := <-r.spare
	r.waiting.Add(-1)
	b.box.child.kill()
	<-b.box.child.ended
	put := make(chan made, 1)
	put <- b
	lame := &Runner{config: r.config, reaper: r.reaper, watch: r.watch, spare: put}
	exit, err := lame.Run(context.Background(), bash("exit 5"), plenty, &said{})
	if err != nil || exit.Code != 5 {
		t.Errorf("got %+v, %v", exit, err)
	}
}

func TestWithoutNamespaces(t *testing.T) {
	r, err := NewRunner(Config{Self: "/proc/self/exe", Processes: 64})
	if err != nil {
		t.Fatal(err)
	}
	mark := fmt.Sprintf("%d5678", os.Getpid())
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	s := &said{}
	exit, err := r.Run(ctx, bash("echo a; sleep "+mark), plenty, s)
	if err != nil || !errors.Is(exit.Err, context.DeadlineExceeded) || s.out[Stdout].String() != "a\n" {
		t.Errorf("got %+v, %v", exit, err)
	}
	eventually(t, "no survivor", func() bool { return running("sleep "+mark) == 0 })
}

func TestConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			exit, s := run(t, bash(fmt.Sprintf("echo %d; exit %d", i, i)), plenty, 20*time.Second)
			if exit.Code != i || s.out[Stdout].String() != fmt.Sprintf("%d\n", i) {
				t.Errorf("%d: %+v %q", i, exit, s.out[Stdout].String())
			}
		})
	}
	wg.Wait()
}

const asProcessOne = "BOX_TEST_PROCESS_ONE"

// In a pod the daemon is process 1 and sees its pod only. All tests of this file run
// once more that way.
func TestAsProcessOne(t *testing.T) {
	if os.Getenv(asProcessOne) != "" {
		t.Log("this is the inner run")
		return
	}
	self, err := os.Open("/proc/self/exe") // its path may be root's alone
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	cmd := exec.Command("unshare", "--user", "--map-current-user", "--pid", "--fork", "--mount-proc",
		"/proc/self/fd/3", "-test.v", "-test.timeout=120s")
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), asProcessOne+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestOrphansAreReaped") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestOrphansAreReaped(t *testing.T) {
	if os.Getenv(asProcessOne) == "" {
		t.Log("only process 1 gets orphans; see TestAsProcessOne")
		return
	}
	runner(t)
	for range 5 {
		// as kubectl exec would: a process that is not of the Runner, and its orphan
		attr := &syscall.ProcAttr{Files: []uintptr{0, 1, 2}}
		if _, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "sleep 0.1 & exit 0"}, attr); err != nil {
			t.Fatal(err)
		}
	}
	exit, _ := run(t, bash("sleep 0.2; exit 9"), plenty, 5*time.Second)
	if exit.Code != 9 {
		t.Errorf("our own child was lost: %+v", exit)
	}
	eventually(t, "no zombies", func() bool {
		for _, pid := range pids() {
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if strings.Contains(string(stat), ") Z ") {
				return false
			}
		}
		return running("sleep 0.1") == 0
	})
}

func TestParseStat(t *testing.T) {
	tail := strings.Repeat(" 0", 30)
	tests := []struct {
		stat string
		want process
		ok   bool
	}{
		{"7 (bash) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 5 6000 900" + tail, process{7, 1, usage{3, 900}}, true},
		{"7 (a) b) S 4 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 5 6000 900" + tail, process{7, 1, usage{3, 900}}, true},
		{"7 (bash) S", process{}, false},
		{"", process{}, false},
	}
	for _, test := range tests {
		if got, ok := parseStat(7, []byte(test.stat)); ok != test.ok || got != test.want {
			t.Errorf("%q: got %v, %v", test.stat, got, ok)
		}
	}
}

// What uses up the memory is killed; of two, the larger.
func TestMemory(t *testing.T) {
	if os.Getenv(asProcessOne) != "" {
		return // the inner run has the same code
	}
	r := runner(t)
	scarce := make(chan struct{})
	lame := &Runner{config: r.config, reaper: r.reaper, spare: r.spare, watch: newWatch(64)}
	lame.watch.memory = func() uint64 {
		select {
		case <-scarce:
			return 0
		default:
			return math.MaxUint64
		}
	}
	var small, large Exit
	var wg sync.WaitGroup
	wg.Go(func() { small, _ = lame.Run(context.Background(), bash("sleep 1"), plenty, &said{}) })
	wg.Go(func() {
		script := "python3 -c 'import time; b = bytearray(100_000_000); print(flush=True); time.sleep(60)'"
		large, _ = lame.Run(context.Background(), bash(script), plenty, sayTo(func() { close(scarce) }))
	})
	wg.Wait()
	if !errors.Is(large.Err, ErrNoMemory) {
		t.Errorf("the large one: %+v", large)
	}
	if small.Err != nil && !errors.Is(small.Err, ErrNoMemory) {
		t.Errorf("the small one: %+v", small)
	}
}

func TestSpareMemory(t *testing.T) {
	tests := []struct {
		before, free uint64 // of 100
		passed       time.Duration
		want         uint64
	}{
		{90, 90, memoryEvery, 70},
		{21, 21, memoryEvery, 1},
		{19, 19, memoryEvery, 0},
		{0, 90, time.Hour, 70}, // the first look
		{30, 35, memoryEvery, 15},
		{41, 39, memoryEvery, 9},
		{40, 35, memoryEvery, 0},
		{100, 41, memoryEvery, 1},
		{100, 39, memoryEvery, 0},
		{60, 40, slowest, 10}, // as slow as 2 in 10 ms
	}
	for _, test := range tests {
		if got := spareMemory(100, test.before, test.free, test.passed); got != test.want {
			t.Errorf("%d, then %d after %v: got %v", test.before, test.free, test.passed, got)
		}
	}
}

// However much is free, it cannot be gone before the next look.
func TestPace(t *testing.T) {
	for spare, want := range map[uint64]time.Duration{
		0:              memoryEvery,
		1:              memoryEvery,
		200 << 20:      48828125 * time.Nanosecond,
		10 << 30:       slowest,
		math.MaxUint64: slowest,
	} {
		if got := pace(spare); got != want {
			t.Errorf("%d: %v, want %v", spare, got, want)
		}
	}
}

type sayTo func()

func (f sayTo) Started(int) {}

func (f sayTo) Output(Stream, []byte, bool) { f() }
