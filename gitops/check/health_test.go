package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/argoproj/gitops-engine/pkg/health"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

const configMap = "../argocd/argocd-cm.yaml"

// Every state that the end-to-end tests record, and what a tool must make of it.
var expected = map[string]struct {
	health  health.HealthStatusCode
	kstatus status.Status
}{
	"tenant-new":                 {health.HealthStatusProgressing, status.InProgressStatus},
	"tenant-ready":               {health.HealthStatusHealthy, status.CurrentStatus},
	"tenant-changed":             {health.HealthStatusProgressing, status.InProgressStatus},
	"tenant-waiting":             {health.HealthStatusProgressing, status.InProgressStatus},
	"tenant-stalled":             {health.HealthStatusDegraded, status.FailedStatus},
	"tenant-suspended":           {health.HealthStatusSuspended, status.InProgressStatus},
	"tenant-deleting":            {health.HealthStatusProgressing, status.TerminatingStatus},
	"sandboxpolicy-new":          {health.HealthStatusProgressing, status.InProgressStatus},
	"sandboxpolicy-ready":        {health.HealthStatusHealthy, status.CurrentStatus},
	"sandboxpolicy-no-runtime":   {health.HealthStatusDegraded, status.FailedStatus},
	"sandboxpolicy-network-open": {health.HealthStatusDegraded, status.FailedStatus},
	"sandboxpolicy-no-digest":    {health.HealthStatusDegraded, status.FailedStatus},
	"apikey-new":                 {health.HealthStatusProgressing, status.InProgressStatus},
	"apikey-ready":               {health.HealthStatusHealthy, status.CurrentStatus},
	"apikey-no-tenant":           {health.HealthStatusProgressing, status.InProgressStatus},
	"apikey-role-refused":        {health.HealthStatusDegraded, status.FailedStatus},
	"apikey-secret-missing":      {health.HealthStatusDegraded, status.FailedStatus},
	"apikey-secret-taken":        {health.HealthStatusDegraded, status.FailedStatus},
	"apikey-tenant-suspended":    {health.HealthStatusSuspended, status.InProgressStatus},
	"apikey-expired":             {health.HealthStatusDegraded, status.FailedStatus},
}

// K8S-5, K8S-7: objects recorded from a running Hermes, and, with HERMES_LIVE, those of the run that has just ended.
func TestHealth(t *testing.T) {
	folders := []string{"testdata"}
	if live := os.Getenv("HERMES_LIVE"); live != "" {
		folders = append(folders, live)
	}
	overrides, err := Overrides(configMap)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		for name, want := range expected {
			t.Run(filepath.Base(folder)+"/"+name, func(t *testing.T) {
				object, err := read(filepath.Join(folder, name+".yaml"))
				if err != nil {
					t.Fatal(err)
				}
				got, err := Judge(object, overrides)
				if err != nil {
					t.Fatal(err)
				}
				if got.Health != want.health || got.KStatus != want.kstatus {
					t.Errorf("Argo CD %s (%s), kstatus %s; want %s and %s",
						got.Health, got.Message, got.KStatus, want.health, want.kstatus)
				}
				if got.Message == "" {
					t.Error("no message: a person would not know why")
				}
			})
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if _, ok := expected[strings.TrimSuffix(filepath.Base(file), ".yaml")]; !ok {
				t.Errorf("%s: nobody says what it should be judged as", file)
			}
		}
	}
}

// The control: without our overrides Argo CD says nothing about our kinds, and waves would run on.
func TestWithoutOverridesThereIsNoHealth(t *testing.T) {
	object, err := read("testdata/tenant-waiting.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Judge(object, nil); err == nil {
		t.Error("Argo CD judges a Tenant without our check: is it still needed?")
	}
}

// An Application in an app-of-apps holds up the next wave until its objects are healthy.
func TestApplication(t *testing.T) {
	overrides, err := Overrides(configMap)
	if err != nil {
		t.Fatal(err)
	}
	application := func(status map[string]any) *unstructured.Unstructured {
		object := map[string]any{
			"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": map[string]any{"name": "hermes"},
		}
		if status != nil {
			object["status"] = status
		}
		return &unstructured.Unstructured{Object: object}
	}
	for want, status := range map[health.HealthStatusCode]map[string]any{
		health.HealthStatusProgressing: nil,
		health.HealthStatusHealthy:     {"health": map[string]any{"status": "Healthy"}},
		health.HealthStatusDegraded:    {"health": map[string]any{"status": "Degraded", "message": "one is stalled"}},
	} {
		got, err := Judge(application(status), overrides)
		if err != nil {
			t.Fatal(err)
		}
		if got.Health != want {
			t.Errorf("%v: %s, want %s", status, got.Health, want)
		}
	}
}
