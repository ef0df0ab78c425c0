// Package check asks the tools that read our objects what they make of them: Argo CD, through its own parser of settings
// and its own health engine with the overrides that we publish, and kstatus, which Flux and others wait with.
package check

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v2/util/lua"
	"github.com/argoproj/argo-cd/v2/util/settings"
	"github.com/argoproj/gitops-engine/pkg/health"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"
)

const namespace = "argocd"

// Verdict is what the two tools see in one object.
type Verdict struct {
	Health  health.HealthStatusCode
	KStatus status.Status
	Message string
}

// Judge fails for an object that Argo CD has no health check for: it would count as healthy whatever it says.
func Judge(object *unstructured.Unstructured, overrides map[string]v1alpha1.ResourceOverride) (Verdict, error) {
	argo, err := health.GetResourceHealth(object, lua.ResourceHealthOverrides(overrides))
	if err != nil {
		return Verdict{}, err
	}
	if argo == nil {
		return Verdict{}, errors.New("Argo CD has no health check for " + object.GroupVersionKind().String())
	}
	kstatus, err := status.Compute(object)
	if err != nil {
		return Verdict{}, err
	}
	return Verdict{argo.Status, kstatus.Status, argo.Message}, nil
}

// Overrides reads the ConfigMap as Argo CD does: its settings manager looks at a cluster that holds it.
func Overrides(path string) (map[string]v1alpha1.ResourceOverride, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var configMap corev1.ConfigMap
	if err := yaml.UnmarshalStrict(text, &configMap); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	secret := corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Name: "argocd-secret", Namespace: namespace, Labels: configMap.Labels,
	}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	manager := settings.NewSettingsManager(ctx, fake.NewSimpleClientset(&configMap, &secret), namespace)
	return manager.GetResourceOverrides()
}

func read(path string) (*unstructured.Unstructured, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	json, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return object, object.UnmarshalJSON(json) // integers stay integers, as an API server's answer gives them
}
