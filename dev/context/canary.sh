#!/usr/bin/env bash
# Proves on the cluster that KUBECONFIG names that nodes pull from REGISTRY, that gVisor starts a pod, and that
# NetworkPolicy is enforced: a pod reaches another one, and does not any more once a policy says so. Prints one line.
# usage: canary.sh RUNTIMECLASS
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$HERMES_TREE/dev/context/lib.sh"
here=$HERMES_TREE/dev/context
runtime=$1
namespace=hermes-check-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')

image=$("$here/push.sh" netcanary)
image=${image#*=}
trap 'kubectl delete namespace "$namespace" --wait=false >/dev/null 2>&1' EXIT
kubectl create namespace "$namespace" >/dev/null

fails() {
  printf '%s\n' "$1"
  exit 1
}

start() { # NAME RUNTIME_LINE ADDRESS
  sed -e "s|@name@|$1|g" -e "s|@runtime@|$2|" -e "s|@address@|$3|" -e "s|@image@|$image|" "$here/canary.yaml" |
    kubectl apply --namespace "$namespace" -f - >/dev/null
  kubectl wait --namespace "$namespace" --for=condition=Ready --timeout=90s "pod/$1" >/dev/null 2>&1 && return 0
  kubectl get events --namespace "$namespace" --field-selector "involvedObject.name=$1,type=Warning" --no-headers \
    -o custom-columns=:.message 2>/dev/null | sort -u | tail -n 3 | cut -c1-300 >&2
  fails "the pod $1 does not start (${2:-no runtimeClassName}); its events stand above"
}

reaches() {
  [[ $(kubectl get --raw "/api/v1/namespaces/$namespace/pods/probe:8080/proxy/targets" |
    jq -r '.targets[] | select(.name == "canary") | .answers') == "$1" ]]
}

becomes() { # true|false: within 40 s, for the report is 5 s old at most, and a policy takes its time to come
  local until=$((SECONDS + ${CANARY_SECONDS:-40}))
  until reaches "$1"; do
    ((SECONDS < until)) || return 1
    sleep 1
  done
}

start target "" ""
address=$(kubectl get pod target --namespace "$namespace" -o 'jsonpath={.status.podIP}')
[[ $address != *:* ]] || address="[$address]"
start probe "runtimeClassName: $runtime" "$address:8080"
becomes true || fails "one pod does not reach another even without a policy"
kubectl apply --namespace "$namespace" -f - >/dev/null <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: no-way-out}
spec: {podSelector: {matchLabels: {canary: probe}}, policyTypes: [Egress]}
YAML
becomes false || fails "a policy without egress changes nothing: it is not enforced"
echo "enforced, seen from a gVisor pod: open without a policy, closed with one"
