// Package plane tells whose request it is: a tool call of our own API, whose limits
// are the policy's, a turn of it, which speaks with a program for as long as it lasts,
// or a client of a sandbox, who has it to himself.
package plane

import (
	"net/http"
	"strconv"
	"time"

	"hermes.dev/sandbox/daemon/internal/connect"
)

// Data reports whether the API passes on the request of a sandbox's own client.
func Data(r *http.Request) bool { return r.Header.Get("X-Hermes-Plane") == "data" }

// Turn reports whether the API starts a program that it speaks with and that ends with
// the request.
func Turn(r *http.Request) bool { return r.Header.Get("X-Hermes-Plane") == "turn" }

// Timeout reads Connect-Timeout-Ms; 0 is none.
func Timeout(r *http.Request) (time.Duration, error) {
	asked := r.Header.Get("Connect-Timeout-Ms")
	if asked == "" {
		return 0, nil
	}
	ms, err := strconv.ParseUint(asked, 10, 63)
	if err != nil || len(asked) > 10 {
		return 0, connect.Errorf("invalid_argument", "connect-timeout-ms is not a number of at most ten digits")
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// CheckUser refuses users that are not there: all of a sandbox runs as one.
func CheckUser(name string) error {
	if name == "" || name == "user" {
		return nil
	}
	return connect.Errorf("unauthenticated", "no user %q: everything in this sandbox runs as \"user\", which also owns its files; leave the user out", name)
}
