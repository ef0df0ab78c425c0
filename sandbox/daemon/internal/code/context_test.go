package code

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/boxtest"
	"hermes.dev/sandbox/daemon/internal/environ"
)

func TestMain(m *testing.M) { boxtest.Main(m) }

var runner = sync.OnceValues(func() (*box.Runner, error) {
	return box.NewRunner(box.Config{Self: "/proc/self/exe", Namespaces: true, Processes: 64})
})

var native = Limits{Limits: box.Limits{Stdout: 2000, Stderr: 1000}, Result: 2000, Traceback: 1000}

func start(t *testing.T, name string) *Context {
	t.Helper()
	r, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := newContext(r, languages[name], Config{Environ: environ.New("/tmp"), Dir: dir})
	t.Cleanup(c.Close)
	return c
}

type said struct {
	out [2]strings.Builder
	cut [2]bool
}

func (s *said) Started(int) {}

func (s *said) Result(map[string]json.RawMessage, bool) {}

func (s *said) Output(stream box.Stream, p []byte, cut bool) {
	s.out[stream].Write(p)
	s.cut[stream] = s.cut[stream] || cut
}

func call(t *testing.T, c *Context, code string, within time.Duration) (Answer, *said) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), within, errors.New("late"))
	defer cancel()
	s := &said{}
	answer, err := c.Execute(ctx, Call{Code: code, Env: map[string]string{"CALL": "x"}, Limits: native}, s)
	if err != nil {
		t.Fatal(err)
	}
	return answer, s
}

func TestCalls(t *testing.T) {
	c := start(t, "python")
	tests := []struct {
		name, code                            string
		result, stdout, stderr, failure, trac string
		exit                                  int
	}{
		{name: "expression", code: "1+1", result: "2"},
		{name: "no value", code: "None"},
		{name: "statement", code: "x = 41"},
		{name: "state", code: "x + 1", result: "42"},
		{name: "last of several", code: "y = 1\nprint('hi')\ny, x", result: "(1, 41)", stdout: "hi\n"},
		{name: "underscore", code: "_", result: "(1, 41)"},
		{name: "both streams", code: "import sys; print('a'); print('b', file=sys.stderr)", stdout: "a\n", stderr: "b\n"},
		{name: "without an end of line", code: "print('a', end='')", stdout: "a"},
		{name: "raw file and child", code: "import os, subprocess; os.write(1, b'raw '); _ = subprocess.run(['echo', 'child'])", stdout: "raw child\n"},
		{name: "exception", code: "def f():\n    return 1/0\nf()", failure: "ZeroDivisionError", trac: "return 1/0", exit: 1},
		{name: "state after an exception", code: "x", result: "41"},
		{name: "syntax error", code: "1 +", failure: "SyntaxError", trac: "1 +", exit: 1},
		{name: "repr that fails", code: "class R:\n    def __repr__(self): raise ValueError('no')\nR()", failure: "ValueError", exit: 1},
		{name: "exit", code: "exit = 1; raise SystemExit(3)", exit: 3},
		{name: "exit with a text", code: "raise SystemExit('bye')", stderr: "bye\n", exit: 1},
		{name: "exit of nothing", code: "raise SystemExit"},
		{name: "not ASCII", code: "'añ😀\\ud800'", result: `'añ😀\ud800'`},
		{name: "long result", code: "'x' * 10000", result: "'" + strings.Repeat("x", 1999) + "\n[cut at 2000 characters]"},
		{name: "environment of the call", code: "os.environ.pop('CALL')", result: "'x'"},
		{name: "environment is put back", code: "os.environ['KEPT'] = '1'; 'CALL' in os.environ", result: "True"},
		{name: "child that comes back", code: "os.fork() == 0 or os.wait()[1]", result: "0"},
		{name: "after it", code: "x", result: "41"},
		{name: "pickle", code: "import pickle\nclass P: pass\ntype(pickle.loads(pickle.dumps(P()))).__module__", result: "'__main__'"},
		{name: "processes", code: "import multiprocessing\ndef sq(n): return n*n\nwith multiprocessing.get_context('fork').Pool(2) as p: r = p.map(sq, [1, 2, 3])\nr", result: "[1, 4, 9]"},
		{name: "directory is importable", code: "open('mine.py', 'w').write('v = 5')\nimport mine\nmine.v", result: "5"},
		{name: "input", code: "input()", failure: "EOFError", exit: 1},
		{name: "deep recursion", code: "def f(): f()\nf()", failure: "RecursionError", exit: 1},
		{name: "closed output", code: "import sys; sys.stdout.close(); sys.stdout = sys.__stdout__; 1", result: "1"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer, s := call(t, c, test.code, 10*time.Second)
			if answer.Count != i+1 || answer.ExitCode != test.exit {
				t.Errorf("count %d, exit code %d", answer.Count, answer.ExitCode)
			}
			if got := deref(answer.Result); got != test.result {
				t.Errorf("result %q, want %q", got, test.result)
			}
			if answer.Failure == nil && test.failure != "" || answer.Failure != nil && answer.Failure.Name != test.failure {
				t.Errorf("failure %+v, want %q", answer.Failure, test.failure)
			} else if answer.Failure != nil {
				if !strings.Contains(answer.Failure.Traceback, test.trac) || strings.Contains(answer.Failure.Traceback, "<kernel>") {
					t.Errorf("traceback %q", answer.Failure.Traceback)
				}
			}
			if s.out[0].String() != test.stdout || s.out[1].String() != test.stderr {
				t.Errorf("said %q, %q", s.out[0].String(), s.out[1].String())
			}
		})
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestInterruptKeepsVariables(t *testing.T) {
	for name, code := range map[string]string{
		"loop":     "while True: pass",
		"sleep":    "import time; time.sleep(100)",
		"command":  "import os; os.system('sleep 100')",
		"children": "import subprocess; subprocess.run(['sh', '-c', 'sleep 100; true'])",
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, "python")
			call(t, c, "x = 7", 10*time.Second)
			start := time.Now()
			answer, _ := call(t, c, code, 200*time.Millisecond)
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v", took)
			}
			if answer.Failure == nil || answer.Failure.Name != "TimeoutError" || !strings.Contains(answer.Failure.Value, "late") || answer.ExitCode != -1 {
				t.Errorf("got %+v", answer.Failure)
			}
			if answer, _ := call(t, c, "x", 10*time.Second); deref(answer.Result) != "7" {
				t.Errorf("x is lost: %+v", answer.Failure)
			}
		})
	}
}

func TestWhatDoesNotHeedAnInterruptIsKilled(t *testing.T) {
	c := start(t, "python")
	call(t, c, "x = 7", 10*time.Second)
	start := time.Now()
	answer, s := call(t, c, "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print('on')\nwhile True: pass", 300*time.Millisecond)
	if took := time.Since(start); took < 1300*time.Millisecond || took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if answer.Failure == nil || answer.Failure.Name != "TimeoutError" || !strings.Contains(answer.Failure.Value, "variables are lost") {
		t.Errorf("got %+v", answer.Failure)
	}
	if s.out[0].String() != "on\n" {
		t.Errorf("said %q", s.out[0].String())
	}
	if answer, _ := call(t, c, "x", 10*time.Second); answer.Failure == nil || answer.Failure.Name != "NameError" || answer.Count != 1 {
		t.Errorf("a fresh interpreter: got %+v", answer)
	}
}

func TestCrashRestarts(t *testing.T) {
	c := start(t, "python")
	for code, want := range map[string]string{
		"import os; os._exit(4)":                         "Python ended with status 4",
		"import os; os.kill(os.getpid(), 11)":            "segmentation fault",
		"import os; os.close(250)":                       "Python ended with status",
		"import os; os.write(250, b'\\xff'*8)":           "",
		"import os; os.write(250, b'\\0\\0\\0\\x02{}')":  "",
		"import os; os.write(250, b'\\0\\0\\0\\x02xxx')": "",
	} {
		call(t, c, "x = 1", 10*time.Second)
		answer, _ := call(t, c, code, 10*time.Second)
		if answer.Failure == nil || answer.Failure.Name != "ContextRestarted" || !strings.Contains(answer.Failure.Value, want) {
			t.Errorf("%s: got %+v", code, answer.Failure)
		}
		if answer, _ := call(t, c, "x", 10*time.Second); answer.Failure == nil || answer.Failure.Name != "NameError" {
			t.Errorf("%s: not a fresh interpreter: %+v", code, answer)
		}
	}
}

// An end between two calls is found by the second, which gets a fresh interpreter.
func TestEndBetweenCalls(t *testing.T) {
	c := start(t, "python")
	call(t, c, "import os, threading; threading.Timer(0.2, os._exit, [1]).start()", 10*time.Second)
	<-c.live.process.Ended()
	if answer, _ := call(t, c, "1", 10*time.Second); deref(answer.Result) != "1" {
		t.Errorf("got %+v", answer.Failure)
	}
}

func TestForkBomb(t *testing.T) {
	c := start(t, "python")
	answer, _ := call(t, c, "import os\nwhile True: os.fork()", 20*time.Second)
	if answer.Failure == nil || answer.Failure.Name != "ProcessLimitError" && answer.Failure.Name != "BlockingIOError" {
		t.Errorf("got %+v", answer.Failure)
	}
	if answer, _ := call(t, c, "1", 10*time.Second); deref(answer.Result) != "1" {
		t.Errorf("got %+v", answer.Failure)
	}
}

// Faster than the watch looks, and over with an exception: the call itself is told, the
// next one does not pay for it.
func TestTooManyProcessesInAFailedCall(t *testing.T) {
	c := start(t, "python")
	code := "import os, time\nfor _ in range(70):\n    if os.fork() == 0: time.sleep(60)\nraise BlockingIOError"
	for range 5 {
		answer, _ := call(t, c, code, 20*time.Second)
		if answer.Failure == nil || answer.Failure.Name != "ProcessLimitError" {
			t.Fatalf("got %+v", answer.Failure)
		}
		if answer, _ := call(t, c, "1", 10*time.Second); deref(answer.Result) != "1" {
			t.Fatalf("next: %+v", answer.Failure)
		}
	}
}

func TestOneGigabyte(t *testing.T) {
	c := start(t, "python")
	start := time.Now()
	answer, s := call(t, c, "for _ in range(1000): print('x' * 1_000_000)\n1", time.Minute)
	if deref(answer.Result) != "1" || s.out[0].Len() != 2000 || !s.cut[0] || s.cut[1] {
		t.Errorf("%+v, %d bytes", answer.Failure, s.out[0].Len())
	}
	t.Logf("took %v", time.Since(start))
	if answer, s := call(t, c, "print('next')", 10*time.Second); answer.Failure != nil || s.out[0].String() != "next\n" {
		t.Errorf("next: %+v, %q", answer.Failure, s.out[0].String())
	}
}

// A process in the background may write for ever: the call ends all the same.
func TestBackgroundNoise(t *testing.T) {
	c := start(t, "python")
	start := time.Now()
	call(t, c, "import subprocess; p = subprocess.Popen(['yes'])", 10*time.Second)
	answer, _ := call(t, c, "p.kill(); p.wait()", 10*time.Second)
	if deref(answer.Result) != "-9" || time.Since(start) > 5*time.Second {
		t.Errorf("got %+v after %v", answer.Failure, time.Since(start))
	}
}

func TestOneAfterAnother(t *testing.T) {
	c := start(t, "python")
	call(t, c, "n = 0", 10*time.Second)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { call(t, c, "m = n\nimport time; time.sleep(0.02)\nn = m + 1", 10*time.Second) })
	}
	wg.Wait()
	if answer, _ := call(t, c, "n", 10*time.Second); deref(answer.Result) != "8" {
		t.Errorf("n is %s", deref(answer.Result))
	}
}

func TestBusy(t *testing.T) {
	c := start(t, "python")
	<-c.turn
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Execute(ctx, Call{Code: "1"}, &said{}); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	c.turn <- struct{}{}
}

func TestNoPython(t *testing.T) {
	r, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	c := newContext(r, languages["python"], Config{Environ: environ.New("/"), Program: "no-python", Dir: "/"})
	if err := c.Warm(); err == nil || err.Error() != "python needs the program no-python, which the image of this sandbox does not have" {
		t.Errorf("got %v", err)
	}
}
