#!/usr/bin/env bash
# `make down CONTEXT=name`: ends the port forward and uninstalls what `make up CONTEXT=name` installed, and nothing that it
# did not. Kinds, tenants, keys, passwords and the database's volume stay, so that a later `make up` goes on with them.
# PURGE=1: every Tenant, SandboxPolicy and APIKey of that cluster, the kinds, and namespace hermes-system go too.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$HERMES_TREE/dev/node-lib.sh"
source "$HERMES_TREE/dev/context/lib.sh"

need_programs
stop_forward
use_context
installed=$(release)
ours=$(release --selector "$CONTEXT_LABEL")
if [[ -n $installed && -z $ours ]]; then
  die "Hermes in this cluster was not installed by make up CONTEXT=: it is left alone (helm uninstall hermes --namespace hermes-system)"
fi

# The operator ends what its objects stand for, so it goes after them. The quickstart's tenant is ours to give up.
purge_objects() {
  local kind protected
  protected=$(kubectl get tenants.hermes.dev -o json | jq -r '
    .items[] | select(.metadata.name != "demo" and (.spec.deletion.protected != false or .spec.deletion.legalHold)) | .metadata.name')
  [[ -z $protected ]] || die "these tenants are protected (spec.deletion.protected, legalHold), so nothing was purged: ${protected//$'\n'/ }"
  if [[ -n $(kubectl get tenants.hermes.dev demo --ignore-not-found -o name) ]]; then
    kubectl patch tenants.hermes.dev demo --type merge --patch '{"spec": {"deletion": {"protected": false}}}'
  fi
  for kind in apikeys tenants sandboxpolicies; do
    kubectl delete "$kind.hermes.dev" --all --all-namespaces --timeout=120s ||
      die "not all $kind could be deleted; see $log, then run this again"
  done >>"$log" 2>&1
}

log=$HERMES_BUILD/log/context-down.log
: >"$log"
if [[ -n $installed ]]; then
  [[ ${PURGE:-} != 1 ]] || purge_objects
  helm uninstall hermes --namespace hermes-system --wait --timeout 3m >>"$log"
  say "  Hermes is uninstalled from $CONTEXT"
else
  say "  Hermes is not installed in $CONTEXT"
fi
if [[ ${PURGE:-} == 1 && -n $installed ]]; then
  delete_kinds >>"$log"
  kubectl delete namespace hermes-system --ignore-not-found --timeout=120s >>"$log"
  say "  its objects, kinds, passwords and database are gone"
elif [[ ${PURGE:-} == 1 ]]; then
  say "  what an earlier make down has kept is purged by an operator: make up CONTEXT=$CONTEXT, then make down CONTEXT=$CONTEXT PURGE=1"
else
  say "  kept: kinds, tenants and keys, and in namespace hermes-system the Secrets and the database's volume (PURGE=1 removes them)"
fi
if grep -qsF "KUBECONFIG=$KUBECONFIG" "$HERMES_BUILD/dev.env"; then rm -f "$HERMES_BUILD/dev.env"; fi
rm -rf "$CONTEXT_STATE"
