// Command bench measures a running Hermes through its public API, or gateways beside each other, and prints tables. It
// asserts no time: figures of one run are compared with each other, not with another machine's.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hermes.dev/bench/gateway"
)

type client struct {
	url, key string
	http     *http.Client
}

func main() {
	if known, err := gateway.Command(os.Args[1:]); known {
		fail(err)
		return
	}
	if len(os.Args) == 4 && os.Args[1] == "direct" {
		direct(os.Args[2], os.Args[3])
		return
	}
	url, key := os.Getenv("HERMES_URL"), os.Getenv("HERMES_API_KEY")
	if url == "" || key == "" {
		fmt.Fprintln(os.Stderr, "bench: HERMES_URL and HERMES_API_KEY are not set; run `make up`, then `source build/dev.env`")
		os.Exit(2)
	}
	c := client{url, key, &http.Client{
		Timeout:   2 * time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
	switch {
	case len(os.Args) > 1 && os.Args[1] == "tool":
		c.tool()
	case len(os.Args) > 1 && os.Args[1] == "plain":
		c.plain(16, 10*time.Second)
	case len(os.Args) > 1 && os.Args[1] == "warm":
		c.warm()
	case len(os.Args) > 1 && os.Args[1] == "cold":
		c.cold()
	case len(os.Args) > 1 && os.Args[1] == "transfer":
		c.transfer(os.Getenv("E2B_SANDBOX_URL"))
	default:
		fmt.Fprintln(os.Stderr, "usage: bench tool | plain | warm | cold | transfer | direct ADDRESS POD-UID\n       bench "+gateway.Commands)
		os.Exit(2)
	}
}

// chat is one turn; an empty session makes it stateless. It returns how long the whole answer took.
func (c client) chat(session, text, want string) time.Duration {
	body, _ := json.Marshal(map[string]any{"model": "demo", "messages": []map[string]string{{"role": "user", "content": text}}})
	request, err := http.NewRequest("POST", c.url+"/v1/chat/completions", bytes.NewReader(body))
	fail(err)
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	if session != "" {
		request.Header.Set("X-Hermes-Session-Id", session)
	}
	start := time.Now()
	response, err := c.http.Do(request)
	fail(err)
	answer, err := io.ReadAll(response.Body)
	took := time.Since(start)
	response.Body.Close()
	fail(err)
	if response.StatusCode != 200 || !strings.Contains(string(answer), want) {
		fail(fmt.Errorf("status %d: %s", response.StatusCode, answer))
	}
	return took
}

// tool measures a turn with one Python call: the later calls of a session, and the first call of new sessions, each
// after a pause in which the pool can refill, so that every first call claims a warm pod.
func (c client) tool() {
	const code = "```python\nprint(6 * 7)\n```"
	session := fmt.Sprintf("bench-%d", time.Now().UnixNano())
	c.chat(session, code, "42")
	var later, first []time.Duration
	for range 100 {
		later = append(later, c.chat(session, code, "42"))
	}
	for i := range 8 {
		time.Sleep(6 * time.Second)
		first = append(first, c.chat(fmt.Sprintf("%s-%d", session, i), code, "42"))
	}
	row("chat with one Python call, 2nd…Nth of a session", later)
	row("chat with one Python call, first of a new session", first)
}

// plain measures turns without a tool on a fixed number of connections.
func (c client) plain(connections int, length time.Duration) {
	for range 200 {
		c.chat("", "hello", "hello")
	}
	var (
		lock  sync.Mutex
		all   []time.Duration
		count atomic.Int64
		group sync.WaitGroup
	)
	end := time.Now().Add(length)
	for range connections {
		group.Go(func() {
			var mine []time.Duration
			for time.Now().Before(end) {
				mine = append(mine, c.chat("", "hello", "hello"))
				count.Add(1)
			}
			lock.Lock()
			all = append(all, mine...)
			lock.Unlock()
		})
	}
	group.Wait()
	row(fmt.Sprintf("chat without tool, %d connections", connections), all)
	fmt.Printf("%-52s %10.0f rps\n", "", float64(count.Load())/length.Seconds())
	fmt.Fprintf(os.Stderr, "%d\n", count.Load())
}

func row(name string, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) string {
		return fmt.Sprintf("%.1f", float64(took[int(q*float64(len(took)-1))].Microseconds())/1000)
	}
	fmt.Printf("%-52s p50 %6s ms  p95 %6s ms  p99 %6s ms  n=%d\n", name, at(.5), at(.95), at(.99), len(took))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
