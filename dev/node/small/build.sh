#!/usr/bin/env bash
# Three small programs of our own.
set -euo pipefail
go build -trimpath -v -ldflags "-s -w" -o "$OUT/bin/" ./pause ./forward ./metadata
