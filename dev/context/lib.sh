# shellcheck shell=bash disable=SC2034
# Sourced by the scripts of dev/context: the cluster that the user named by CONTEXT, and what this tree knows of it.
# The user's kubeconfig is read and never written; the local node is not looked at.

[[ -n ${CONTEXT:-} ]] || die "CONTEXT is empty: name one of these contexts of your kubeconfig: $(kubectl config get-contexts -o name 2>/dev/null | tr '\n' ' ')"

CONTEXT_STATE=$HERMES_BUILD/context/${CONTEXT//[^A-Za-z0-9._-]/_}
# what a release of `make up CONTEXT=` bears in the cluster, so that nothing else is ever changed or removed
CONTEXT_LABEL=installed-by=make-up

# From here on kubectl and helm mean this context alone.
use_context() {
  local config
  config=$(kubectl config view --raw --minify --flatten --context "$CONTEXT" 2>&1) ||
    die "no context $CONTEXT in your kubeconfig (${KUBECONFIG:-~/.kube/config}). It has: $(kubectl config get-contexts -o name 2>/dev/null | tr '\n' ' ')"
  mkdir -p "$CONTEXT_STATE"
  (
    umask 077
    printf '%s\n' "$config" >"$CONTEXT_STATE/kubeconfig.part"
    mv "$CONTEXT_STATE/kubeconfig.part" "$CONTEXT_STATE/kubeconfig"
  )
  export KUBECONFIG=$CONTEXT_STATE/kubeconfig
  kubectl get --raw /version --request-timeout=10s >/dev/null 2>"$CONTEXT_STATE/reach.log" ||
    die "the cluster of context $CONTEXT does not answer: $(head -n 3 "$CONTEXT_STATE/reach.log")"
}

# Programs of this tree that the scripts need; kubectl is the user's where there is one, for to build it takes minutes.
need_programs() {
  "$HERMES_TREE/dev/build.sh" tools
  command -v kubectl >/dev/null || "$HERMES_TREE/dev/build.sh" kubernetes
}

# shellcheck disable=SC2120
release() { # HELM_LIST_ARGUMENT...: the name of the installation, if there is one
  helm list --namespace hermes-system --filter '^hermes$' --short "$@"
}

# Ends the port forward of this tree to this cluster, if one runs.
stop_forward() {
  local pid
  if pid=$(NODE_PIDS=$CONTEXT_STATE pid_of forward); then
    kill -- "-$pid" 2>/dev/null || kill "$pid"
  fi
  rm -f "$CONTEXT_STATE/forward"
}

# Takes the three kinds away, each confirmed as the chart's admission policy asks for it (it may outlive the chart by moments).
delete_kinds() {
  local kind uid
  for kind in apikeys tenants sandboxpolicies; do
    uid=$(kubectl get crd "$kind.hermes.dev" --ignore-not-found -o 'jsonpath={.metadata.uid}')
    [[ -n $uid ]] || continue
    kubectl annotate --overwrite crd "$kind.hermes.dev" "hermes.dev/confirm-delete=$uid"
    kubectl delete crd "$kind.hermes.dev" --timeout=60s
  done
}
