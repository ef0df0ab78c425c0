// Command sandboxd is the first process of a sandbox pod. It runs code for the
// control API, and for nobody else, in process trees that it can end as one.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"hermes.dev/sandbox/daemon/internal/box"
	"hermes.dev/sandbox/daemon/internal/code"
	"hermes.dev/sandbox/daemon/internal/environ"
	"hermes.dev/sandbox/daemon/internal/files"
	"hermes.dev/sandbox/daemon/internal/gate"
	"hermes.dev/sandbox/daemon/internal/metrics"
	"hermes.dev/sandbox/daemon/internal/probe"
	"hermes.dev/sandbox/daemon/internal/process"
	"hermes.dev/sandbox/daemon/internal/server"
	"hermes.dev/sandbox/daemon/internal/slots"
	"hermes.dev/sandbox/daemon/internal/token"
)

type options struct {
	listen, uidFile, home, python, publicKeys, deny string
	noNamespaces                                    bool
	pids, concurrent, outputBytes, stderrBytes      int
	execTimeout, warmAfter                          time.Duration
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
	flags.DurationVar(&o.warmAfter, "warm-after", 0, "when the Python context is started if nobody has asked for it")
	flags.Int64Var(&o.fileSize, "file-size", 0, "most bytes of one file; 0 is no bound")
	flags.BoolVar(&o.noNamespaces, "no-namespaces", false, "for tests only: no isolation between executions")
	flags.Parse(args)
	return o
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == box.InitCommand {
		box.Init()
	}
	if len(os.Args) > 1 && os.Args[1] == probe.Command {
		os.Exit(probe.Main(os.Args[2:]))
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
	config := server.Config{Gate: gate.New(split(o.deny)), Environ: environ.New(o.home)}
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

// prepare fills in what serves executions and files. What fails shuts the gate for
// good: a sandbox that is not as it should be runs nothing and says why.
func prepare(config *server.Config, o options) {
	if err := equip(config, o); err != nil {
		config.Gate.Fail(err.Error())
	}
}

func equip(config *server.Config, o options) error {
	uid, err := os.ReadFile(o.uidFile)
	if err != nil {
		return fmt.Errorf("the UID of the pod cannot be read: %w", err)
	}
	config.PodUID = strings.TrimSpace(string(uid))
	if config.Verifier, err = token.NewVerifier(config.PodUID, o.publicKeys); err != nil {
		return err
	}
	runner, err := box.NewRunner(box.Config{
		Self:       "/proc/self/exe",
		Namespaces: !o.noNamespaces,
		Processes:  o.pids,
		FileSize:   o.fileSize,
	})
	if err != nil {
		return err
	}
	tree, err := files.NewTree(o.home, o.home, "/tmp")
	if err != nil {
		return fmt.Errorf("the files of the sandbox: %w", err)
	}
	config.Services = services(config.Environ, runner, tree, o)
	return nil
}

func services(environment *environ.Environment, runner *box.Runner, tree *files.Tree, o options) []server.Routes {
	taken := slots.New(o.concurrent)
	limits := box.Limits{Stdout: o.outputBytes, Stderr: o.stderrBytes}
	processes := process.New(process.Config{
		Runner:  runner,
		Slots:   taken,
		Environ: environment,
		Home:    o.home,
		Limits:  limits,
		Timeout: o.execTimeout,
	})
	contexts := code.NewContexts(runner, environment, o.home, o.python)
	// at once it starts while the gate is still shut: it runs nobody's code yet
	go func() {
		time.Sleep(o.warmAfter)
		if err := contexts.Warm(); err != nil {
			log.Print(err)
		}
	}()
	interpreter := code.NewService(code.ServiceConfig{
		Runner:   runner,
		Contexts: contexts,
		Slots:    taken,
		Environ:  environment,
		Home:     o.home,
		Limits:   limits,
		Timeout:  o.execTimeout,
	})
	return []server.Routes{
		processes.Routes(),
		interpreter.Routes(),
		files.New(tree, o.fileSize).Routes(),
		metrics.New(o.home).Routes(),
	}
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
