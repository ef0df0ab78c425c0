package probe

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"hermes.dev/sandbox/daemon/internal/gate"
)

// Network is which forbidden places answered to the end.
type Network struct {
	Targets  int      `json:"targets"`
	Answered []string `json:"answered,omitempty"` // the first ten
	Fault    string   `json:"fault,omitempty"`    // why nothing could be asked
}

// network is the start gate of a sandbox, with an end: what a sandbox waits for without
// a bound is here a result.
func network(o Options) *Network {
	g := gate.New(o.Deny)
	if g.Failed() {
		return &Network{Targets: len(o.Deny), Fault: clip(g.Err().Error(), 300)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.Grace)
	defer cancel()
	g.Watch(ctx)
	answered := g.Waiting()
	return &Network{Targets: len(o.Deny), Answered: answered[:min(len(answered), 10)]}
}

// Egress is what the proxy said to one who brings no credential.
type Egress struct {
	Status int    `json:"status,omitempty"` // of HTTP
	Error  string `json:"error,omitempty"`
}

func egress(proxy string) *Egress {
	const patience = 5 * time.Second
	status, err := 0, error(nil)
	// new policies take a moment here, too
	for end := time.Now().Add(3 * patience); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if status, err = ask(proxy, patience); err == nil {
			return &Egress{Status: status}
		}
	}
	return &Egress{Error: clip(fmt.Sprint(err), 300)}
}

// ask wants a place that does not exist, so that nothing is reached whatever is answered.
func ask(proxy string, patience time.Duration) (status int, err error) {
	conn, err := net.DialTimeout("tcp", proxy, patience)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	const host = "hermes-canary.invalid"
	if _, err := fmt.Fprintf(conn, "GET http://%s/ HTTP/1.1\r\nHost: %s\r\n\r\n", host, host); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	return response.StatusCode, nil
}
