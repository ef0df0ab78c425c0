// Command sandboxd is the first process of a sandbox pod. It runs code for the
// control API, and for nobody else, in process trees that it can end as one.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/gate"
	"hermes.dev/sandbox/daemon/internal/python"
	"hermes.dev/sandbox/daemon/internal/server"
	"hermes.dev/sandbox/daemon/internal/token"
)

type options struct {
	listen, uidFile, home, python, publicKeys, deny string
	noNamespaces                                    bool
	pids, concurrent, outputBytes, stderrBytes      int
	execTimeout                                     time.Duration
	fileSize                                        int64
}

func parse(args []string) options {
	var o options
	flags := flag.NewFlagSet("sandboxd", flag.ExitOnError)
	flags.StringVar(&o.listen, "listen", ":49983", "address to serve")
	flags.StringVar(&o.uidFile, "uid-file", "/etc/hermes-pod/uid", "file that holds the UID of the pod")
	flags.StringVar(&o.home, "home", "/home/user", "home and working directory of programs")
	flags.StringVar(&o.python, "python", "python3", "interpreter of the Python context")
	flags.StringVar(&o.publicKeys, "public-keys", "", "keys of trusted signers: base64 of 32 bytes, comma separated")
	flags.StringVar(&o.deny, "deny", "", "address:port pairs that must refuse this pod, comma separated")
	flags.IntVar(&o.pids, "pids", 128, "most processes and threads of one execution")
	flags.IntVar(&o.concurrent, "concurrent-execs", 16, "most executions at one time")
	flags.IntVar(&o.outputBytes, "output-bytes", 51200, "bytes kept of standard output")
	flags.IntVar(&o.stderrBytes, "stderr-bytes", 10240, "bytes kept of standard error")
	flags.DurationVar(&o.execTimeout, "exec-timeout", 30*time.Second, "longest time of one execution")
	flags.Int64Var(&o.fileSize, "file-size", 0, "most bytes of one file; 0 is no bound")
	flags.BoolVar(&o.noNamespaces, "no-namespaces", false, "for tests only: no isolation between executions")
	flags.Parse(args)
	return o
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == box.InitCommand {
		box.Init()
	}
	// a warm pod waits for hours: small beats fast
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(32 << 20)
	log.SetFlags(0)
	if err := run(parse(os.Args[1:])); err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	started := time.Now()
	config := server.Config{
		Limits:      box.Limits{Stdout: o.outputBytes, Stderr: o.stderrBytes},
		Concurrent:  o.concurrent,
		ExecTimeout: o.execTimeout,
		Home:        o.home,
		Gate:        gate.New(split(o.deny)),
	}
	prepare(&config, o)
	go func() {
		config.Gate.Watch(context.Background())
		if err := config.Gate.Err(); err != nil {
			log.Printf("start gate stays shut: %v", err)
			return
		}
		log.Printf("start gate opened after %v", time.Since(started).Round(time.Millisecond))
		debug.FreeOSMemory()
	}()
	go stopOnSignal()
	httpServer := &http.Server{
		Addr:              o.listen,
		Handler:           server.New(config),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute, // longer than any client keeps a connection
		MaxHeaderBytes:    16 << 10,
	}
	return httpServer.ListenAndServe()
}

// prepare fills in what executions need. What fails shuts the gate for good: a
// sandbox that is not as it should be runs nothing and says why.
func prepare(config *server.Config, o options) {
	uid, err := os.ReadFile(o.uidFile)
	if err != nil {
		config.Gate.Fail("the UID of the pod cannot be read: " + err.Error())
		return
	}
	config.PodUID = strings.TrimSpace(string(uid))
	if config.Verifier, err = token.NewVerifier(config.PodUID, o.publicKeys); err != nil {
		config.Gate.Fail(err.Error())
		return
	}
	config.Runner, err = box.NewRunner(box.Config{
		Self:       "/proc/self/exe",
		Namespaces: !o.noNamespaces,
		Processes:  o.pids,
		FileSize:   o.fileSize,
	})
	if err != nil {
		config.Gate.Fail(err.Error())
		return
	}
	config.Python = python.New(config.Runner, python.Config{
		Python: o.python,
		Env:    server.Env(o.home),
		Dir:    o.home,
		Limits: config.Limits,
	})
	// the interpreter starts while the gate is still shut: it runs nobody's code yet
	go func() {
		if err := config.Python.Warm(); err != nil {
			log.Print(err)
		}
	}()
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// stopOnSignal is needed by process 1, for which the kernel has no default action.
func stopOnSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	os.Exit(0)
}
