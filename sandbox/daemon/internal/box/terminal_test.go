package box

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestStdin(t *testing.T) {
	spec := bash("read line; echo got $line; cat; readlink /proc/self/fd/0 | cut -c1-4")
	spec.Stdin = true
	p, err := runner(t).Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	io.WriteString(p.Stdin, "one\ntwo\n")
	p.Stdin.Close()
	out, _ := io.ReadAll(p.Stdout)
	if string(out) != "got one\ntwo\npipe\n" {
		t.Errorf("got %q", out)
	}
	<-p.Ended()
}

func TestTerminal(t *testing.T) {
	terminal, err := OpenTerminal(93, 31)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	spec := bash("tty; stty size; trap 'stty size; exit 7' WINCH; echo ready; while :; do read -t 0.1 l && echo got $l; done")
	spec.Terminal = terminal.Path
	p, err := runner(t).Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	waitFor := func(want string) {
		t.Helper()
		var seen strings.Builder
		terminal.SetReadDeadline(time.Now().Add(5 * time.Second))
		buffer := make([]byte, 1024)
		for !strings.Contains(seen.String(), want) {
			n, err := terminal.Read(buffer)
			seen.Write(buffer[:n])
			if err != nil {
				t.Fatalf("no %q in %q: %v", want, seen.String(), err)
			}
		}
	}
	waitFor(terminal.Path + "\r\n31 93\r\nready")
	io.WriteString(terminal, "hello\n")
	waitFor("got hello")
	if err := terminal.Resize(120, 40); err != nil {
		t.Fatal(err)
	}
	waitFor("40 120")
	<-p.Ended()
	if p.Exit().Code != 7 {
		t.Errorf("exit %+v", p.Exit())
	}
	spec.Terminal = "/dev/pts/no-such"
	if _, err := runner(t).Start(spec); err == nil || err.Error() != "terminal: no such file or directory" {
		t.Errorf("got %v", err)
	}
}

// The init of a box keeps none of the files of the program, so their ends are seen.
func TestFilesAreLetGo(t *testing.T) {
	before := openFiles(t)
	for range 20 {
		spec := bash("true")
		spec.Stdin = true
		p, err := runner(t).Start(spec)
		if err != nil {
			t.Fatal(err)
		}
		<-p.Ended()
		p.Close()
	}
	// the spare box may be half made, with at most so many files
	for end := time.Now().Add(5 * time.Second); openFiles(t) > before+11; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d files before, %d after", before, openFiles(t))
		}
	}
}

func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
