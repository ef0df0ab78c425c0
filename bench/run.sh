#!/usr/bin/env bash
# make bench: figures of the running local cluster. Prints tables, asserts no time.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -e build/dev.env ] || { echo "bench: no cluster; run make up first" >&2; exit 2; }
# shellcheck disable=SC1091
set -a && . build/dev.env && set +a
PATH=$PWD/build/bin:$PATH
(cd bench && go build -o ../build/bench .)

cpu_ns() { # CPU time of all API pods so far, from their own metrics
  local total=0 pod value
  for pod in $(kubectl -n hermes-system get pods -l app.kubernetes.io/component=control-api -o name); do
    value=$(kubectl get --raw "/api/v1/namespaces/hermes-system/pods/${pod#pod/}:8081/proxy/metrics" |
      awk '/^process_cpu_time_ns_total/ {printf "%.0f", $2}')
    total=$((total + ${value:-0}))
  done
  echo "$total"
}

pod_memory() { # resident memory of a pod's cgroup in MB, by the pod's UID
  local uid=$1 dir
  for dir in /sys/fs/cgroup/memory/hermes /sys/fs/cgroup/hermes; do
    dir=$(find "$dir" -maxdepth 4 -type d -name "*pod$uid" 2>/dev/null | head -n 1) || true
    [ -n "$dir" ] || continue
    if [ -e "$dir/memory.usage_in_bytes" ]; then
      awk '/^total_rss / {r=$2} /^total_mapped_file / {m=$2} /^total_shmem / {s=$2} END {printf "%.0f", (r+m) / 1048576}' "$dir/memory.stat"
    else
      awk '/^anon / {a=$2} /^file_mapped / {m=$2} END {printf "%.0f", (a+m) / 1048576}' "$dir/memory.stat"
    fi
    return
  done
  echo "?"
}

bench/rls.sh
echo

echo "memory of each pod's cgroup (rss and mapped files), MB"
kubectl get pods -A -l 'app.kubernetes.io/component in (operator,control-api)' -o json |
  jq -r '.items[] | [.metadata.name, .metadata.uid] | @tsv' |
  while IFS=$'\t' read -r name uid; do printf '  %-48s %s\n' "$name" "$(pod_memory "$uid")"; done
kubectl get pods -A -l hermes.dev/sandbox-state=warm -o json |
  jq -r '.items[] | [.metadata.name, .metadata.uid] | @tsv' |
  while IFS=$'\t' read -r name uid; do printf '  %-48s %s\n' "$name (warm sandbox)" "$(pod_memory "$uid")"; done

echo
build/bench tool
before=$(cpu_ns)
exec 3>&1
requests=$(build/bench plain 2>&1 1>&3)
after=$(cpu_ns)
awk -v ns=$((after - before)) -v n="$requests" 'BEGIN {printf "%-52s %10.2f ms API CPU a request\n", "", ns / (n + 200) / 1e6}'

echo
bench/sandbox.sh

echo
echo "Tenant applied to Ready (namespace, policies, self-test, one warm gVisor pod), s"
times=()
for i in 1 2 3 4 5; do
  name=bench-$i
  start=$(date +%s.%N)
  kubectl apply -f - >/dev/null <<Y
{"apiVersion":"hermes.dev/v1alpha1","kind":"Tenant","metadata":{"name":"$name"},
 "spec":{"sandbox":{"policies":["default"]},"deletion":{"protected":false}}}
Y
  kubectl wait --for=condition=Ready "tenant/$name" --timeout=120s >/dev/null
  times+=("$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN {printf "%.2f", b - a}')")
  kubectl delete tenant "$name" >/dev/null
done
printf '  %s' "${times[@]}"
printf '   median %s\n' "$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)"
