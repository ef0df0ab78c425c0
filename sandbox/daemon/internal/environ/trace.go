package environ

import (
	"encoding/hex"
	"maps"
	"net/http"
	"strings"
)

// Traced adds the TRACEPARENT of a request that carries one, so that a program can go on
// with its caller's trace. A variable that the caller gave itself counts.
func Traced(r *http.Request, extra map[string]string) map[string]string {
	parent := r.Header.Get("traceparent")
	if _, given := extra["TRACEPARENT"]; given || !isTraceparent(parent) {
		return extra
	}
	all := maps.Clone(extra)
	if all == nil {
		all = map[string]string{}
	}
	all["TRACEPARENT"] = parent
	return all
}

// isTraceparent knows version 00 of W3C Trace Context: trace, parent and flags in small hex.
func isTraceparent(text string) bool {
	parts := strings.Split(text, "-")
	if len(text) != 55 || len(parts) != 4 || parts[0] != "00" || len(parts[1]) != 32 || len(parts[2]) != 16 {
		return false
	}
	digits := strings.Join(parts, "")
	_, err := hex.DecodeString(digits)
	return err == nil && digits == strings.ToLower(digits) &&
		strings.Trim(parts[1], "0") != "" && strings.Trim(parts[2], "0") != ""
}
