#!/usr/bin/env bash
# helm, kubeconform, crane (which takes images to a registry), and a YAML reader for scripts.
set -euo pipefail
h=helm.sh/helm/v4
version=$(go list -m -f '{{.Version}}' $h)
kubernetes=$(go list -m -f '{{.Version}}' k8s.io/client-go) # v0.X.Y: the Kubernetes release helm was made for
minor=$(cut -d. -f2 <<<"$kubernetes")
go build -trimpath -v -o "$OUT/bin/helm" -ldflags \
  "-s -w -X $h/internal/version.version=$version -X $h/pkg/chart/common.k8sVersionMajor=1 -X $h/pkg/chart/common.k8sVersionMinor=$minor" $h/cmd/helm
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/kubeconform" github.com/yannh/kubeconform/cmd/kubeconform
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/yaml2json" ./yaml2json
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/crane" github.com/google/go-containerregistry/cmd/crane
