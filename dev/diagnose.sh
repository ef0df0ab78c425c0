#!/usr/bin/env bash
# What a person would look at first when something does not come up: pods that are not ready, their last words, events.
# usage: diagnose.sh [KUBECONFIG]   (the local node's when none is named)
set -euo pipefail
source "$(dirname "$0")/lib.sh"
export KUBECONFIG=${1:-$HERMES_BUILD/kubeconfig}
[[ -f $KUBECONFIG ]] && kubectl get --raw /readyz --request-timeout=3s >/dev/null 2>&1 || exit 0

say ""
say "our resources:"
kubectl get tenants,sandboxpolicies,apikeys -A 2>/dev/null >&2 || true
say ""
say "pods:"
kubectl get pods -A -o wide >&2
kubectl get pods -A -o json |
  jq -r '.items[] | select(.status.phase != "Succeeded")
    | select([.status.containerStatuses[]? | .ready] | all and length > 0 | not)
    | "\(.metadata.namespace) \(.metadata.name)"' | head -n 5 |
  while read -r namespace pod; do
    say ""
    say "--- $namespace/$pod"
    kubectl -n "$namespace" get pod "$pod" -o json | jq -r '
      .status.containerStatuses[]? | "\(.name): \(.state | tostring) last: \(.lastState | tostring)"' >&2
    kubectl -n "$namespace" get events --field-selector "involvedObject.name=$pod" -o custom-columns=:.reason,:.message --no-headers 2>/dev/null | tail -n 5 >&2
    { kubectl -n "$namespace" logs "$pod" --all-containers --tail 15 2>&1 || true; } | cut -c1-400 >&2
    { kubectl -n "$namespace" logs "$pod" --all-containers --tail 15 --previous 2>/dev/null || true; } | cut -c1-400 >&2
  done
say ""
say "last warnings:"
kubectl get events -A --field-selector type=Warning --sort-by=.lastTimestamp --no-headers 2>/dev/null | tail -n 10 | cut -c1-300 >&2
