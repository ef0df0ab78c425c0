#!/usr/bin/env bash
# `make up`: from a fresh machine to a chat whose code ran in a gVisor sandbox. Each step does only what is missing.
# NODE_ONLY=1 stops when the cluster is up; SKIP_CHAT=1 leaves out the chat; HERMES_PORT (8080) is the local port.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"
source "$(dirname "$0")/phases.sh"
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
  helm upgrade --install hermes "$HERMES_TREE/charts/hermes" --namespace hermes-system --create-namespace \
    --values "$here/values.yaml" --wait --timeout 5m \
    --set-string "images.operator=$OPERATOR_IMAGE" --set-string "images.controlApi=$CONTROL_API_IMAGE" \
    --set-string "images.postgresql=$POSTGRESQL_IMAGE" --set-string "images.netcanary=$NETCANARY_IMAGE" \
    --set-string "sandbox.image=$SANDBOX_IMAGE" >"$HERMES_BUILD/log/helm.log"
}

apply_quickstart() {
  kubectl apply -f "$HERMES_TREE/examples/quickstart.yaml" >"$HERMES_BUILD/log/quickstart.log"
  kubectl wait --for=condition=Ready --timeout=120s \
    sandboxpolicies.hermes.dev/default tenants.hermes.dev/demo >>"$HERMES_BUILD/log/quickstart.log"
  kubectl wait --for=condition=Ready --timeout=60s --namespace default \
    apikeys.hermes.dev/quickstart >>"$HERMES_BUILD/log/quickstart.log"
}

# The port may have been chosen anew: the old forwarder goes, if it is ours.
forward_port() {
  local pid target=$NODE_IP:30080
  if pid=$(pid_of forward); then
    [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *"127.0.0.1:$port $target "* ]] && return 0
    kill "$pid"
  fi
  setsid "$HERMES_BIN/forward" "127.0.0.1:$port" "$target" >"$NODE_DIR/log/forward.log" 2>&1 </dev/null &
  record forward $!
  sleep 0.2
  pid_of forward >/dev/null || die "port $port of 127.0.0.1 is taken (choose another: make up HERMES_PORT=8081): $(cat "$NODE_DIR/log/forward.log")"
}

write_env() {
  local key
  key=$(kubectl get secret quickstart-hermes --namespace default -o 'jsonpath={.data.HERMES_API_KEY}' | base64 -d)
  (
    umask 077
    printf 'export HERMES_URL=http://127.0.0.1:%s\nexport HERMES_API_KEY=%s\nexport KUBECONFIG=%s\n' \
      "$port" "$key" "$KUBECONFIG" >"$HERMES_BUILD/dev.env.part"
    mv "$HERMES_BUILD/dev.env.part" "$HERMES_BUILD/dev.env"
  )
}

reach_api() {
  forward_port
  write_env
  local until=$((SECONDS + 60))
  until curl -sf --max-time 3 "http://127.0.0.1:$port/v1/health/ready" >/dev/null; do
    ((SECONDS < until)) || die "http://127.0.0.1:$port/v1/health/ready does not answer"
    sleep 0.2
  done
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
phase "quickstart: policy, tenant, key" apply_quickstart
phase "API on 127.0.0.1:$port" reach_api
[[ ${SKIP_CHAT:-} == 1 ]] || phase "chat with code in a sandbox" "$here/first-chat.sh"
phase_table

cat <<TEXT

What to try next (address and key are in build/dev.env):
  source build/dev.env && curl -s \$HERMES_URL/v1/models -H "Authorization: Bearer \$HERMES_API_KEY" | jq
  source build/dev.env && build/bin/kubectl get tenants,sandboxpolicies,apikeys -A
  source build/dev.env && build/bin/kubectl get pods -A -l hermes.dev/sandbox-state
TEXT
