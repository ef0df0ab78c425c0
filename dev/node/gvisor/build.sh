#!/usr/bin/env bash
# gVisor: runsc, and its containerd shim with our own main (see shim/main.go).
set -euo pipefail
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/runsc" gvisor.dev/gvisor/runsc
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/containerd-shim-runsc-v1" ./shim
