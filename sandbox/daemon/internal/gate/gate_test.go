package gate

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// listener answers until it is told to refuse; a port that refuses is one that was
// just closed.
func listener(t *testing.T) (address string, accepted *atomic.Int64, refuse func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	accepted = &atomic.Int64{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			conn.Close()
		}
	}()
	return l.Addr().String(), accepted, func() { l.Close() }
}

func refusing(t *testing.T) string {
	address, _, refuse := listener(t)
	refuse()
	return address
}

func watch(t *testing.T, targets ...string) *Gate {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	g := New(targets)
	done := make(chan struct{})
	go func() {
		g.Watch(ctx)
		close(done)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return g
}

func opens(g *Gate, within time.Duration) bool {
	select {
	case <-g.Opened():
		return true
	case <-time.After(within):
		return false
	}
}

func TestOpensWhenAllRefuse(t *testing.T) {
	g := watch(t, refusing(t), refusing(t))
	if !opens(g, 5*time.Second) || g.Err() != nil {
		t.Errorf("shut: %v", g.Err())
	}
}

// The control of the one above: a target that answers keeps the gate shut, and the
// moment it refuses the gate opens.
func TestStaysShutWhileOneAnswers(t *testing.T) {
	address, accepted, refuse := listener(t)
	g := watch(t, refusing(t), address)
	if opens(g, time.Second) {
		t.Fatal("opened though a target answers")
	}
	if accepted.Load() < 5 {
		t.Errorf("asked only %d times in a second", accepted.Load())
	}
	if err := g.Err(); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("reason %v does not name %s", err, address)
	}
	refuse()
	if !opens(g, 5*time.Second) {
		t.Error("shut though all refuse now")
	}
}

// A target that does not answer at all counts as a refusal, in bounded time.
func TestSilenceIsRefusal(t *testing.T) {
	// 192.0.2.0/24 is for documentation (RFC 5737): nothing answers there
	start := time.Now()
	g := watch(t, "192.0.2.1:9")
	if !opens(g, 10*time.Second) {
		t.Fatalf("shut: %v", g.Err())
	}
	t.Logf("opened after %v", time.Since(start))
}

// Dials that wait do so beside each other, and still begin one after the other.
func TestSilenceOverlaps(t *testing.T) {
	var begun []time.Duration
	start := time.Now()
	began := make(chan time.Duration, refusalsNeeded)
	silent := func(context.Context) bool {
		began <- time.Since(start)
		time.Sleep(dialTimeout)
		return true
	}
	if !refusesInARow(context.Background(), silent) {
		t.Fatal("silence is no refusal")
	}
	took := time.Since(start)
	for range refusalsNeeded {
		begun = append(begun, <-began)
	}
	if begun[1]-begun[0] < patience/2 || begun[2]-begun[1] < patience/2 {
		t.Errorf("not one after the other: %v", begun)
	}
	if least := dialTimeout + 2*patience; took < least-patience || took > 2*dialTimeout+patience {
		t.Errorf("took %v and not about %v", took, least)
	}
}

// Whichever dial gets through: refusals before and behind it count for nothing.
func TestOneAnswerIsEnough(t *testing.T) {
	for answered := range refusalsNeeded {
		var dials atomic.Int64
		if refusesInARow(context.Background(), func(context.Context) bool { return dials.Add(1) != int64(answered+1) }) {
			t.Errorf("refused, though dial %d got through", answered+1)
		}
	}
}

func TestNeverOpens(t *testing.T) {
	for _, test := range []struct {
		name    string
		targets []string
		reason  string
	}{
		{"without targets", nil, "no deny targets"},
		{"with a name", []string{"127.0.0.1:1", "kubernetes.default.svc:443"}, "is not an IP address"},
		{"without a port", []string{"127.0.0.1"}, "is not an IP address"},
		{"with an empty target", []string{""}, "is not an IP address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := New(test.targets)
			g.Watch(context.Background()) // returns at once
			if err := g.Err(); err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %v, want %q", err, test.reason)
			}
			if opens(g, 0) {
				t.Error("opened")
			}
		})
	}
}

func TestFailShutsForGood(t *testing.T) {
	g := watch(t, refusing(t))
	g.Fail("no namespaces")
	g.Fail("later")
	opens(g, time.Second)
	if err := g.Err(); err == nil || err.Error() != "no namespaces" {
		t.Errorf("got %v", err)
	}
}
