package environ

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

func TestTraced(t *testing.T) {
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	r := &http.Request{Header: http.Header{}}
	if got := Traced(r, nil); got != nil {
		t.Errorf("without a header: %v", got)
	}
	r.Header.Set("traceparent", parent)
	given := map[string]string{"A": "1"}
	if got := Traced(r, given); !maps.Equal(got, map[string]string{"A": "1", "TRACEPARENT": parent}) {
		t.Error(got)
	}
	if len(given) != 1 {
		t.Errorf("the caller's map was changed: %v", given)
	}
	if got := Traced(r, nil); got["TRACEPARENT"] != parent {
		t.Error(got)
	}
	if got := Traced(r, map[string]string{"TRACEPARENT": "mine"}); got["TRACEPARENT"] != "mine" {
		t.Error(got)
	}
	for _, bad := range []string{
		"", parent + "0", parent[:54], strings.ToUpper(parent), "ff" + parent[2:], strings.Replace(parent, "4bf", "4bg", 1),
		"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-" + strings.Repeat("0", 16) + "-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\n01", "00-4bf92f3577b34da6a3ce929d0e0e47364-00f067aa0ba902b-01",
	} {
		r.Header.Set("traceparent", bad)
		if got := Traced(r, given); !maps.Equal(got, given) {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
