#!/usr/bin/env bash
# containerd's client, for the node's containerd. usage: dev/ctr.sh images ls
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"
export CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1 # cgroup v1, said once in its log
in_node "$HERMES_BIN/ctr" --address /run/containerd/containerd.sock --namespace k8s.io "$@"
