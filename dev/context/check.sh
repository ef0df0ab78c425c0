#!/usr/bin/env bash
# Looks at the cluster of CONTEXT and says in a table what Hermes needs and what is there; for each thing that is missing,
# what to do. Changes nothing but a namespace of its own, in which two pods prove that NetworkPolicy is enforced and that
# gVisor runs; it is removed at the end. Their image is pushed to REGISTRY for that. Fails when something is missing.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$HERMES_TREE/dev/context/lib.sh"
here=$HERMES_TREE/dev/context
use_context

rows=() advice=() missing=0
row() { # WHAT STATE FOUND [ADVICE]
  rows+=("$(printf '%-22s %-8s %s' "$1" "$2" "$3")")
  if [[ $2 == MISSING ]]; then
    missing=$((missing + 1))
    advice+=("$1: $4")
  fi
}

check_version() {
  local version major minor
  version=$(kubectl version -o json | jq -r .serverVersion.gitVersion)
  IFS=. read -r major minor _ <<<"${version#v}"
  if ((major == 1 && minor >= 30)); then
    row "Kubernetes" ok "$version"
  else
    row "Kubernetes" MISSING "$version" "1.30 or newer is needed: ValidatingAdmissionPolicy is v1 from there on, and guards tenant namespaces"
  fi
}

check_nodes() {
  local count
  count=$(kubectl get nodes -l kubernetes.io/os=linux,kubernetes.io/arch=amd64 -o name | wc -l)
  if ((count > 0)); then
    row "nodes" ok "$count of linux/amd64"
  else
    row "nodes" MISSING "none of linux/amd64" "our images are for linux on amd64: add such a node"
  fi
}

# One question a right, for a role that may do all of these need not be cluster-admin.
check_rights() {
  local right verb resource lacks=()
  for right in create:customresourcedefinitions create:validatingadmissionpolicies create:validatingadmissionpolicybindings \
    create:clusterroles create:clusterrolebindings escalate:clusterroles bind:clusterroles create:namespaces \
    create:secrets create:deployments.apps create:statefulsets.apps create:jobs.batch create:networkpolicies.networking.k8s.io \
    get:pods/proxy create:pods/portforward; do
    verb=${right%%:*} resource=${right#*:}
    kubectl auth can-i "$verb" "$resource" --all-namespaces --quiet 2>/dev/null || lacks+=("$verb $resource")
  done
  if ((${#lacks[@]} == 0)); then
    row "your rights" ok "enough to install"
  else
    row "your rights" MISSING "you may not ${lacks[0]}$( ((${#lacks[@]} == 1)) || echo " and $((${#lacks[@]} - 1)) more")" \
      "ask for a ClusterRoleBinding to cluster-admin, or for these: $(printf '%s, ' "${lacks[@]}" | sed 's/, $//')"
  fi
}

# Somebody else's installation is never changed.
check_release() {
  local found ours
  if ! found=$(release 2>&1) || ! ours=$(release --selector "$CONTEXT_LABEL" 2>&1); then
    row "earlier Hermes" MISSING "cannot be asked for" "$(tail -n 1 <<<"$found")"
  elif [[ -z $found ]]; then
    row "earlier Hermes" ok "none"
  elif [[ -n $ours ]]; then
    row "earlier Hermes" ok "of make up; it is upgraded"
  else
    row "earlier Hermes" MISSING "installed in hermes-system, not by make up" \
      "it is left alone: upgrade it with helm, or first: helm uninstall hermes --namespace hermes-system"
  fi
}

check_runtime_class() {
  local found
  found=$(kubectl get runtimeclasses -o json | jq -r '
    [.items[] | select(.handler == "runsc" or .handler == "gvisor") | .metadata.name] | sort_by(. != "gvisor") | first // empty')
  printf '%s\n' "$found" >"$CONTEXT_STATE/runtimeclass"
  if [[ -n $found ]]; then
    row "gVisor RuntimeClass" ok "$found"
  else
    row "gVisor RuntimeClass" MISSING "none with handler runsc or gvisor" \
      "install gVisor on the nodes (https://gvisor.dev/docs/user_guide/containerd/quick_start), then: kubectl apply -f - <<<'{\"apiVersion\": \"node.k8s.io/v1\", \"kind\": \"RuntimeClass\", \"metadata\": {\"name\": \"gvisor\"}, \"handler\": \"runsc\"}'"
  fi
}

# Asks the chart itself, so that the user's values count.
check_storage() {
  local class rendered arguments=(--values "$here/values.yaml")
  [[ -z ${VALUES:-} ]] || arguments+=(--values "$VALUES")
  if ! rendered=$(helm template hermes "$HERMES_TREE/charts/hermes" --namespace hermes-system "${arguments[@]}" \
    --set-string "sandbox.image=check@sha256:$(printf '0%.0s' {1..64})" 2>&1); then
    row "values" MISSING "the chart refuses them" "$(tail -n 3 <<<"$rendered")"
    return
  fi
  # the chart's only StatefulSet is its PostgreSQL
  class=$(awk 'BEGIN {RS = "---\n"} /kind: StatefulSet/' <<<"$rendered" | yaml2json |
    jq -r 'if . == null then "-" else (.spec.volumeClaimTemplates[0].spec.storageClassName // "") end')
  if [[ $class == - ]]; then
    row "storage" ok "not needed: postgresql.enabled is false"
  elif [[ -n $class ]]; then
    if kubectl get storageclass "$class" >/dev/null 2>&1; then
      row "storage" ok "StorageClass $class, of your values"
    else
      row "storage" MISSING "no StorageClass $class, which your values name" "name one of: $(kubectl get storageclass -o name | tr '\n' ' ')"
    fi
  else
    class=$(kubectl get storageclass -o json | jq -r '
      [.items[] | select(.metadata.annotations["storageclass.kubernetes.io/is-default-class"] == "true") | .metadata.name] | first // empty')
    if [[ -n $class ]]; then
      row "storage" ok "default StorageClass $class"
    else
      row "storage" MISSING "no default StorageClass" \
        "make up ... VALUES=file, with postgresql: {persistence: {storageClass: NAME}} or, for a server of yours, postgresql: {enabled: false} and database"
    fi
  fi
}

check_registry() {
  if [[ -n ${REGISTRY:-} ]]; then
    row "registry" ok "$REGISTRY"
  else
    row "registry" MISSING "REGISTRY is not given" \
      "name one that you may push to and the nodes pull from: make up CONTEXT=$CONTEXT REGISTRY=registry.example/team/hermes"
  fi
}

# Two pods: one listens, one tries to reach it and tells. First it must succeed, or its failing later would prove nothing.
check_network_policy() {
  local result
  if result=$("$here/canary.sh" "$(<"$CONTEXT_STATE/runtimeclass")"); then
    row "NetworkPolicy" ok "$result"
  else
    row "NetworkPolicy" MISSING "${result:-see the lines above}" \
      "tenants are kept apart by it: use a CNI that enforces it (Calico, Cilium, kube-router, or your cloud's option)"
  fi
}

check_version
check_nodes
check_rights
check_release
check_runtime_class
check_storage
check_registry
if ((missing == 0)); then
  check_network_policy
else
  row "NetworkPolicy" "not seen" "looked at when nothing else is missing"
fi

printf '\n  %-22s %-8s %s\n' "$CONTEXT needs" "" found
printf '  %s\n' "${rows[@]}"
if ((missing > 0)); then
  printf '\n'
  printf '  %s\n' "${advice[@]}"
  die "$missing of what Hermes needs is missing in $CONTEXT; nothing was installed"
fi
