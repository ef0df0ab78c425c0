#!/usr/bin/env bash
# `make up CONTEXT=name REGISTRY=host/path`: Hermes on a cluster that the user has. Looks first (check.sh) and does nothing
# while something is missing; then pushes the images, installs the chart, and runs the first chat.
# VALUES=file: more values for the chart; HERMES_PORT (8080): the local port; SKIP_CHAT=1; REGISTRY_INSECURE=1: a registry
# without TLS; CHECK_ONLY=1 ends after the table.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$HERMES_TREE/dev/node-lib.sh"
source "$HERMES_TREE/dev/phases.sh"
source "$HERMES_TREE/dev/install-lib.sh"
source "$HERMES_TREE/dev/context/lib.sh"
here=$HERMES_TREE/dev/context
port=${HERMES_PORT:-8080}
installing=

trap 'report $?' EXIT
report() {
  (($1 != 0)) || return 0
  say ""
  say "make up failed in: ${current_phase:-}"
  [[ -z $installing ]] || "$HERMES_TREE/dev/diagnose.sh" "$KUBECONFIG" || true
  exit "$1"
}

install_chart() {
  local values=(--values "$here/values.yaml")
  [[ -z ${VALUES:-} ]] || values+=(--values "$VALUES")
  installing=1
  # shellcheck disable=SC1091
  source "$CONTEXT_STATE/images.env"
  install_hermes "${values[@]}" --labels "$CONTEXT_LABEL"
}

push_images() { "$here/push.sh" operator control-api egress postgresql netcanary sandbox-python >"$CONTEXT_STATE/images.env"; }

# Asked first: whoever has the port would be taken for our API.
free_port() {
  local until=$((SECONDS + 3))
  stop_forward
  while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    ((SECONDS < until)) || die "port $port of 127.0.0.1 is taken (choose another: make up CONTEXT=$CONTEXT HERMES_PORT=8081)"
    sleep 0.2
  done
}

# Kept until `make down CONTEXT=`: a forward ends with the pod it leads to, and is then made anew.
reach_api() {
  setsid "$here/forward.sh" "$port" >"$HERMES_BUILD/log/context-forward.log" 2>&1 </dev/null &
  NODE_PIDS=$CONTEXT_STATE record forward $!
  write_env "$port"
  wait_for_api "$port"
}

[[ -z ${VALUES:-} || -r $VALUES ]] || die "VALUES names $VALUES, which cannot be read"
phase "checking requirements" "$HERMES_TREE/dev/require.sh"
phase "Debian packages" "$HERMES_TREE/dev/packages.sh"
phase "programs" need_programs
phase "cluster of $CONTEXT" use_context
phase "port $port of 127.0.0.1" free_port
phase "looking at the cluster" "$here/check.sh"
[[ ${CHECK_ONLY:-} != 1 ]] || exit 0
phase "images to $REGISTRY" push_images
phase "helm install" install_chart
phase "quickstart: policy, tenant, key" apply_quickstart "$(<"$CONTEXT_STATE/runtimeclass")"
phase "API on 127.0.0.1:$port" reach_api
[[ ${SKIP_CHAT:-} == 1 ]] || phase "chat with code in a sandbox" "$HERMES_TREE/dev/first-chat.sh"
phase_table
show_next kubectl
say "The port forward stays until: make down CONTEXT=$CONTEXT"
