#!/usr/bin/env bash
# Sandboxes of the running local cluster, compared with bare gVisor pods and with the daemon itself in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=dev/lib.sh
source dev/lib.sh
# shellcheck source=dev/node-lib.sh
source dev/node-lib.sh
# shellcheck disable=SC1091
set -a && . build/dev.env && set +a
PATH=$PWD/build/bin:$PATH
(cd bench && go build -o ../build/bench .)

finish() {
  for name in bench-warm bench-cold; do
    kubectl delete --ignore-not-found --wait=false "tenant/$name" "sandboxpolicy/$name" "namespace/$name" >/dev/null
  done
  kubectl delete --ignore-not-found --wait=false namespace/bench-bare >/dev/null
}
trap finish EXIT

apply() { # NAME WARM: a tenant with a policy and a key of that name
  local name=$1 warm=$2
  kubectl create namespace "$name" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  kubectl apply -f - >/dev/null <<Y
{"apiVersion":"v1","kind":"List","items":[
 {"apiVersion":"hermes.dev/v1alpha1","kind":"SandboxPolicy","metadata":{"name":"$name"},"spec":{"pool":{"warm":$warm,"max":30}}},
 {"apiVersion":"hermes.dev/v1alpha1","kind":"Tenant","metadata":{"name":"$name"},
  "spec":{"sandbox":{"policies":["$name"],"maxConcurrent":25},"deletion":{"protected":false},
   "apiKeys":{"namespaces":[{"name":"$name","roles":["user"],"scopes":["read","execute"]}]}}},
 {"apiVersion":"hermes.dev/v1alpha1","kind":"APIKey","metadata":{"name":"bench","namespace":"$name"},
  "spec":{"tenantRef":{"name":"$name"},"roles":["user"],"scopes":["read","execute"]}}]}
Y
  kubectl wait --for=condition=Ready "tenant/$name" --timeout=120s >/dev/null
  kubectl -n "$name" wait --for=condition=Ready apikey/bench --timeout=60s >/dev/null
}

key() { # NAME: the API key of that tenant
  kubectl -n "$1" get secret bench-hermes -o jsonpath='{.data.HERMES_API_KEY}' | base64 -d
}

bare() { # COUNT: pods of the same image that do nothing; seconds from apply to all Ready
  local image start
  image=$(kubectl get sandboxpolicy bench-cold -o jsonpath='{.status.image}')
  kubectl create namespace bench-bare --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  start=$(date +%s.%N)
  for ((i = 0; i < $1; i++)); do
    printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"bare-%d","namespace":"bench-bare"},"spec":{"runtimeClassName":"gvisor","terminationGracePeriodSeconds":0,"automountServiceAccountToken":false,"containers":[{"name":"c","image":"%s","imagePullPolicy":"IfNotPresent","command":["sleep","600"],"resources":{"requests":{"cpu":"25m","memory":"64Mi"},"limits":{"cpu":"1","memory":"512Mi"}}}]}}\n' "$i" "$image"
  done | kubectl apply -f - >/dev/null
  kubectl -n bench-bare wait --for=condition=Ready pods --all --timeout=300s >/dev/null
  awk -v n="$1" -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%-52s %10.1f s\n", n " bare gVisor pods, all Ready", b - a}'
  kubectl -n bench-bare delete pods --all --wait=true >/dev/null
}

apply bench-warm 6
HERMES_API_KEY=$(key bench-warm) build/bench warm
kubectl delete tenant bench-warm >/dev/null
apply bench-cold 0
bare 20
HERMES_API_KEY=$(key bench-cold) build/bench cold
bare 20

exec 3>&1
id=$(build/bench transfer 2>&1 1>&3)
read -r ip uid < <(kubectl get pods -A -l hermes.dev/sandbox-state=claimed -o json |
  jq -r --arg id "$id" '.items[] | select(.metadata.annotations["hermes.dev/sandbox-id"] == $id) | [.status.podIP, .metadata.uid] | @tsv')
BENCH_SIGNING_PEM=$(kubectl -n hermes-system get secret hermes-signing -o json | jq -r '.data | to_entries[0].value | @base64d') \
  ip netns exec "$NODE_NETNS" build/bench direct "$ip:49983" "$uid"
curl -fsS -X DELETE "$HERMES_URL/v1/sandboxes/$id" -H "Authorization: Bearer $HERMES_API_KEY"
