#!/usr/bin/env bash
# The cluster's name server; it becomes an image.
set -euo pipefail
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/coredns" .
