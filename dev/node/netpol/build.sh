#!/usr/bin/env bash
# The NetworkPolicy controller.
set -euo pipefail
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/netpol" .
