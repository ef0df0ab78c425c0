package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const megabytes = 100

// sandbox is one that the bench holds.
type sandbox struct {
	ID    string `json:"id"`
	Token string `json:"access_token"`
}

// run is an answer of exec; the time is the daemon's, from the program's start to its end.
type run struct {
	Stdout   string `json:"stdout"`
	Duration int    `json:"duration_ms"`
}

// call sends JSON and reads JSON; any status but 2xx ends the bench.
func (c client) call(method, path string, body, answer any) {
	encoded, _ := json.Marshal(body)
	request, err := http.NewRequest(method, c.url+path, bytes.NewReader(encoded))
	fail(err)
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	fail(err)
	text, err := io.ReadAll(response.Body)
	response.Body.Close()
	fail(err)
	if response.StatusCode/100 != 2 {
		fail(fmt.Errorf("%s %s: status %d: %s", method, path, response.StatusCode, text))
	}
	if answer != nil {
		fail(json.Unmarshal(text, answer))
	}
}

func (c client) make() (made sandbox) {
	c.call("POST", "/v1/sandboxes", map[string]any{"timeout": 300}, &made)
	return made
}

func (c client) end(s sandbox) { c.call("DELETE", "/v1/sandboxes/"+s.ID, nil, nil) }

func (c client) exec(s sandbox, language, code string) (ran run) {
	c.call("POST", "/v1/sandboxes/"+s.ID+"/exec", map[string]string{"language": language, "code": code}, &ran)
	return ran
}

// claims takes a warm pod and ends it, count times, and tells how long each took up to the first output.
func (c client) claims(count int, pause time.Duration) (took []time.Duration) {
	for range count {
		time.Sleep(pause)
		start := time.Now()
		s := c.make()
		if ran := c.exec(s, "bash", "echo hi"); ran.Stdout != "hi\n" {
			fail(fmt.Errorf("no output: %v", ran))
		}
		took = append(took, time.Since(start))
		c.end(s)
	}
	return took
}

// warm measures claims of warm pods up to the first output, and calls in a sandbox that is there. Its policy keeps as
// many pods warm as a round in a row claims; the first claims are not counted, for the API has just begun.
func (c client) warm() {
	const refill = 20 * time.Second
	time.Sleep(refill)
	c.claims(10, 4*time.Second)
	alone := c.claims(20, 4*time.Second)
	var row6, bash, bashOver, python []time.Duration
	for range 4 {
		time.Sleep(refill)
		row6 = append(row6, c.claims(6, 0)...)
	}
	time.Sleep(refill)
	s := c.make()
	c.exec(s, "python", "1")
	for range 200 {
		start := time.Now()
		ran := c.exec(s, "bash", "true")
		took := time.Since(start)
		bash = append(bash, took)
		bashOver = append(bashOver, took-time.Duration(ran.Duration)*time.Millisecond)
	}
	for range 200 {
		start := time.Now()
		c.exec(s, "python", "1+1")
		python = append(python, time.Since(start))
	}
	c.end(s)
	row("warm claim → first byte of output, a full pool", alone)
	row("  six in a row, while the pool refills", row6)
	row("exec of bash `true` over the API", bash)
	row("  of it outside of the program's own time", bashOver)
	row("exec of `1+1` in a live Python context over the API", python)
}

// cold measures sandboxes of a policy without warm pods: one by one, and twenty at once.
func (c client) cold() {
	var one []time.Duration
	for range 8 {
		start := time.Now()
		s := c.make()
		one = append(one, time.Since(start))
		c.end(s)
		time.Sleep(2 * time.Second)
	}
	row("cold create", one)
	const burst = 20
	made := make([]sandbox, burst)
	var group sync.WaitGroup
	start := time.Now()
	for i := range made {
		group.Go(func() { made[i] = c.make() })
	}
	group.Wait()
	fmt.Printf("%-52s %10.1f s\n", fmt.Sprintf("burst of %d on an empty pool, all usable", burst), time.Since(start).Seconds())
	for _, s := range made {
		c.end(s)
	}
}

// transfer moves a file each way through the data plane, and says on standard error which sandbox has it.
func (c client) transfer(plane string) {
	s := c.make()
	through(c.http, plane+"/files?path=big", "through the data plane", func(h http.Header) {
		h.Set("X-Access-Token", s.Token)
		h.Set("E2b-Sandbox-Id", s.ID)
		h.Set("E2b-Sandbox-Port", "49983")
	})
	fmt.Fprintln(os.Stderr, s.ID)
}

// direct asks the daemon itself, with tokens such as the API makes; it runs in the node's network.
func direct(address, uid string) {
	block, _ := pem.Decode([]byte(os.Getenv("BENCH_SIGNING_PEM")))
	if block == nil {
		fail(fmt.Errorf("BENCH_SIGNING_PEM holds no key"))
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	fail(err)
	encode := base64.RawURLEncoding.EncodeToString
	authorize := func(h http.Header) {
		now := time.Now().Unix()
		signed := encode([]byte(`{"alg":"EdDSA"}`)) + "." + encode(fmt.Appendf(nil, `{"aud":"%s","iat":%d,"exp":%d}`, uid, now, now+60))
		h.Set("X-Access-Token", signed+"."+encode(ed25519.Sign(key.(ed25519.PrivateKey), []byte(signed))))
	}
	through(http.DefaultClient, "http://"+address+"/files?path=big", "straight to the daemon", authorize)
	var bash, python []time.Duration
	for range 200 {
		took, own := execute(address, "bash", "true", authorize)
		bash = append(bash, took-own)
		took, _ = execute(address, "python", "1+1", authorize)
		python = append(python, took)
	}
	row("daemon: exec of `true`, without fork, exec and wait", bash)
	row("daemon: exec of `1+1` in a live Python context", python)
}

// execute runs code in the daemon and returns how long that took, and how long of it the program ran.
func execute(address, language, code string, authorize func(http.Header)) (took, own time.Duration) {
	body, _ := json.Marshal(map[string]string{"language": language, "code": code})
	request, err := http.NewRequest("POST", "http://"+address+"/execute", bytes.NewReader(body))
	fail(err)
	request.Header.Set("Content-Type", "application/json")
	authorize(request.Header)
	start := time.Now()
	response, err := http.DefaultClient.Do(request)
	fail(err)
	lines, err := io.ReadAll(response.Body)
	took = time.Since(start)
	response.Body.Close()
	fail(err)
	var end struct {
		Type     string `json:"type"`
		Duration int    `json:"duration_ms"`
	}
	last := bytes.TrimSpace(lines)
	last = last[bytes.LastIndexByte(last, '\n')+1:]
	if err := json.Unmarshal(last, &end); err != nil || response.StatusCode != 200 || end.Type != "end_of_execution" {
		fail(fmt.Errorf("status %d: %s", response.StatusCode, lines))
	}
	return took, time.Duration(end.Duration) * time.Millisecond
}

// through writes and reads 100 MB five times each and prints the medians.
func through(h *http.Client, url, way string, authorize func(http.Header)) {
	content := bytes.Repeat([]byte("0123456789abcdef"), megabytes<<20/16)
	var in, out []time.Duration
	for range 5 {
		for _, method := range []string{"POST", "GET"} {
			var body io.Reader
			if method == "POST" {
				body = bytes.NewReader(content)
			}
			request, err := http.NewRequest(method, url, body)
			fail(err)
			request.Header.Set("Content-Type", "application/octet-stream")
			authorize(request.Header)
			start := time.Now()
			response, err := h.Do(request)
			fail(err)
			size, err := io.Copy(io.Discard, response.Body)
			response.Body.Close()
			fail(err)
			if response.StatusCode != 200 || method == "GET" && size != int64(len(content)) {
				fail(fmt.Errorf("%s: status %d, %d bytes", url, response.StatusCode, size))
			}
			if method == "POST" {
				in = append(in, time.Since(start))
			} else {
				out = append(out, time.Since(start))
			}
		}
	}
	row(fmt.Sprintf("%d MB in, %s", megabytes, way), in)
	row(fmt.Sprintf("%d MB out, %s", megabytes, way), out)
}
