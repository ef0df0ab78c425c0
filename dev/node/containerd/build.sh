#!/usr/bin/env bash
# containerd, its runc shim, its client, and the four CNI plugins in use.
set -euo pipefail
c=github.com/containerd/containerd/v2
p=github.com/containernetworking/plugins/plugins
version=$(go list -m -f '{{.Version}}' $c)
go build -trimpath -v -tags "no_btrfs no_devmapper no_zfs no_aufs" -ldflags "-s -w -X $c/version.Version=$version" \
  -o "$OUT/bin/" $c/cmd/containerd $c/cmd/containerd-shim-runc-v2 $c/cmd/ctr
mkdir -p "$OUT/cni"
go build -trimpath -v -ldflags "-s -w" -o "$OUT/cni/" $p/main/ptp $p/main/loopback $p/ipam/host-local $p/meta/portmap
