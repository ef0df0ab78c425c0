package metrics

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"
)

func TestMetrics(t *testing.T) {
	m := New(t.TempDir())
	for end := time.Now().Add(300 * time.Millisecond); time.Now().Before(end); {
	}
	w := httptest.NewRecorder()
	m.Routes()["GET /metrics"](w, httptest.NewRequest("GET", "/metrics", nil))
	var got map[string]float64
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got) != 10 {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if got["cpu_used_pct"] < 10 || got["cpu_count"] < 1 || got["ts"] < 1.7e9 {
		t.Errorf("got %v", got)
	}
	for _, what := range []string{"mem", "disk"} {
		if used, total := got[what+"_used"], got[what+"_total"]; used <= 0 || used > total {
			t.Errorf("%s: %v of %v", what, used, total)
		}
	}
}
