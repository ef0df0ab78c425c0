#!/usr/bin/env bash
# `make up`: from a fresh machine to a chat whose code ran in a gVisor sandbox. Each step does only what is missing.
# NODE_ONLY=1 stops when the cluster is up; SKIP_CHAT=1 leaves out the chat; HERMES_PORT (8080) is the local port
# of the API; two above it is that of its data plane.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"
source "$(dirname "$0")/phases.sh"
source "$(dirname "$0")/install-lib.sh"
here=$HERMES_TREE/dev
export KUBECONFIG=$HERMES_BUILD/kubeconfig
port=${HERMES_PORT:-8080}

trap 'report $?' EXIT
report() {
  (($1 != 0)) || return 0
  say ""
  say "make up failed in: ${current_phase:-}"
  "$here/diagnose.sh" || true
  exit "$1"
}

install_chart() {
  # shellcheck disable=SC1091
  source "$HERMES_BUILD/images.env"
  "$here/node-volume.sh"
  install_hermes --values "$here/values.yaml"
}

# The port may have been chosen anew: the old forwarder goes, if it is ours.
forward_port() {
  local pid pairs=("127.0.0.1:$port" "$NODE_IP:30080" "127.0.0.1:$((port + 2))" "$NODE_IP:30082")
  if pid=$(pid_of forward); then
    [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *" ${pairs[*]} "* ]] && return 0
    kill "$pid"
  fi
  setsid "$HERMES_BIN/forward" "${pairs[@]}" >"$NODE_DIR/log/forward.log" 2>&1 </dev/null &
  record forward $!
  sleep 0.2
  pid_of forward >/dev/null || die "port $port or $((port + 2)) of 127.0.0.1 is taken (choose another: make up HERMES_PORT=8081): $(cat "$NODE_DIR/log/forward.log")"
}

reach_api() {
  forward_port
  write_env "$port"
  wait_for_api "$port"
}

phase "checking requirements" "$here/require.sh"
phase "Debian packages" "$here/packages.sh"
phase "node programs" "$here/build.sh"
[[ ${NODE_ONLY:-} == 1 ]] || phase "images" "$here/images/import.sh" --build-only
phase "boot" "$here/node-up.sh"
if [[ ${NODE_ONLY:-} == 1 ]]; then
  phase_table
  exit 0
fi
phase "import of images" "$here/images/import.sh"
phase "helm install" install_chart
phase "quickstart: policy, tenant, key" apply_quickstart gvisor
phase "API on 127.0.0.1:$port" reach_api
[[ ${SKIP_CHAT:-} == 1 ]] || phase "chat with code in a sandbox" "$here/first-chat.sh"
phase_table
show_next build/bin/kubectl
