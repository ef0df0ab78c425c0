#!/usr/bin/env bash
# How the node itself is, also when its API server does not answer: which programs ended and with what last words, what
# the machine has left, and which pods use it up. Prints a dozen lines; the pods and events are diagnose.sh's.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"

for record in "$NODE_PIDS"/*; do
  program=$(basename "$record")
  if [[ -f $record ]] && ! pid_of "$program" >/dev/null; then
    echo "$program ended: $(tail -n 2 "$NODE_DIR/log/$program.log" | cut -c1-300)"
  fi
done
if curl -sf --max-time 5 --cacert "$NODE_DIR/data/pki/ca.crt" "https://$NODE_IP:6443/readyz" >/dev/null; then
  echo "API server: ready"
else
  echo "API server: does not answer within 5 s"
fi
read -r load1 load5 load15 tasks _ </proc/loadavg
echo "load: $load1 $load5 $load15; runnable/all threads: $tasks; processes of the node: $(cgroup_pids | wc -l)"
echo "memory: $(awk '/^MemAvailable/ {printf "%d MiB available", $2 / 1024}' /proc/meminfo); disk: $(df -h --output=avail "$NODE_DIR" | tail -n 1 | tr -d ' ') free"
# one second of everybody's time, from the start of the node's groups: pods by their UID
usage() {
  local folder
  for folder in /sys/fs/cgroup/cpu*/"$NODE_CGROUP"/{system,kubepods/*/pod*,kubepods/pod*}; do
    [[ ! -f $folder/cpuacct.usage ]] || printf '%s %s\n' "$(basename "$folder")" "$(cat "$folder/cpuacct.usage" 2>/dev/null || echo 0)"
  done | sort -u
}
before=$(usage)
sleep 1
echo "CPU, percent of a core: $(join <(echo "$before") <(usage) |
  awk '{printf "%s=%d\n", $1, ($3 - $2) / 1e7}' | sort -t= -k2 -rn | head -n 6 | paste -sd' ')"
