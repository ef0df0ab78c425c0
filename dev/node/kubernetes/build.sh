#!/usr/bin/env bash
# etcd, API server, controllers, scheduler, kubelet, kube-proxy, kubectl: one binary under seven names.
set -euo pipefail
version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${version#v1.}
# without these the server calls itself v0.0.0 and clients refuse to believe it
v=k8s.io/component-base/version
go build -trimpath -v -tags providerless,dockerless -o "$OUT/bin/node" -ldflags \
  "-s -w -X $v.gitVersion=$version -X $v.gitMajor=1 -X $v.gitMinor=${minor%%.*}" .
for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
  ln -s node "$OUT/bin/$program"
done
# the published API schemas, for checking rendered manifests
mkdir -p "$OUT/share"
install -m 644 "$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)/api/openapi-spec/swagger.json" "$OUT/share/"
