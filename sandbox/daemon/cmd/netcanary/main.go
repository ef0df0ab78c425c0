// Command netcanary answers on the network so that others can prove they do not
// reach it, and reports which places that a sandbox must not reach do answer from
// a pod without an egress policy. A target that answers nobody proves nothing.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	dialTimeout = 500 * time.Millisecond
	cacheFor    = 5 * time.Second
	metadata    = "169.254.169.254:80"
)

type target struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Answers bool   `json:"answers"`
}

// prober dials the targets at most once in cacheFor.
type prober struct {
	targets []target

	mu     sync.Mutex
	probed time.Time
	last   []target
}

func (p *prober) probe() []target {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last != nil && time.Since(p.probed) < cacheFor {
		return p.last
	}
	result := make([]target, len(p.targets))
	var wg sync.WaitGroup
	for i, t := range p.targets {
		wg.Go(func() {
			t.Address = resolved(t.Address)
			t.Answers = answers(t.Address)
			result[i] = t
		})
	}
	wg.Wait()
	p.last, p.probed = result, time.Now()
	return result
}

// resolved gives the address of a name: who reads the report has no resolver.
func resolved(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || net.ParseIP(host) != nil {
		return address
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil || len(ips) == 0 {
		return address
	}
	return net.JoinHostPort(ips[0], port)
}

func answers(address string) bool {
	conn, err := net.DialTimeout("tcp", address, dialTimeout)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// targetsOf lists what is known from the environment; a host that is not named is
// left out, and whoever reads the report sees it missing.
func targetsOf(getenv func(string) string, canary string) []target {
	var targets []target
	add := func(name, host, port string) {
		if host != "" && port != "" {
			targets = append(targets, target{Name: name, Address: net.JoinHostPort(host, port)})
		}
	}
	add("apiserver", getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"))
	add("node", getenv("HOST_IP"), "10250")
	targets = append(targets, target{Name: "metadata", Address: metadata})
	if canary != "" {
		targets = append(targets, target{Name: "canary", Address: canary})
	}
	return targets
}

func handler(p *prober) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "canary")
	})
	mux.HandleFunc("GET /targets", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"targets": p.probe()})
	})
	return mux
}

func main() {
	listen := flag.String("listen", ":8080", "address to serve")
	canary := flag.String("canary", os.Getenv("CANARY_ADDRESS"), "host:port of the canary Service")
	flag.Parse()
	server := &http.Server{
		Addr:              *listen,
		Handler:           handler(&prober{targets: targetsOf(os.Getenv, *canary)}),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
	}
	log.Fatal(server.ListenAndServe())
}
