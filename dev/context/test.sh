#!/usr/bin/env bash
# Proves `make up CONTEXT=` and `make down CONTEXT=` on the local node, taken as a cluster that the user has, with a registry
# on the machine. What is installed on that node is removed, so only `make test` runs it, on a node of its own.
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
source "$HERMES_TREE/dev/node-lib.sh"
here=$HERMES_TREE/dev/context
out=$HERMES_BUILD/context-test
export CONTEXT=hermes-dev KUBECONFIG=$HERMES_BUILD/kubeconfig REGISTRY_INSECURE=1
export HERMES_PORT=${CONTEXT_TEST_PORT:-18091}
registry=198.18.0.1:5000/team # as dev/node/conf/certs.d has it
user_config=$KUBECONFIG
source "$here/lib.sh"
rm -rf "$out" "$HERMES_BUILD/context"
mkdir -p "$out"

failed=0
check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >"$out/check.log" 2>&1; then
    echo "ok   $name"
  else
    failed=$((failed + 1))
    echo "FAIL $name"
    tail -n 15 "$out/check.log" "$out/output" | sed 's/^/     /'
  fi
}
# Runs a command, keeps what it says, and gives back how it ended.
run() { "$@" >"$out/output" 2>&1 </dev/null; }
refuses() { ! run "$@"; }
says() { grep -qF -- "$1" "$out/output"; }
no_such() { [[ -z $(kubectl get "$@" --ignore-not-found -o name 2>/dev/null) ]]; }

crane registry serve --address 198.18.0.1:5000 --disk "$out/registry" >"$out/registry.log" 2>&1 &
registry_pid=$!
mkdir -p "$out/registry"
end() {
  kill "$registry_pid" 2>/dev/null || true
  if [[ -n ${stopped:-} ]]; then kill -CONT "$stopped"; fi
  run "$here/down.sh" || true
  rm -rf "$out/registry"
}
trap end EXIT

up=(env "REGISTRY=$registry" "VALUES=$here/test-values.yaml" "$here/up.sh")
node_before=$(cat "$NODE_PIDS"/*)

# what stands on the node was not installed by make up CONTEXT=
check "an unknown context is named" refuses env CONTEXT=nowhere CHECK_ONLY=1 "$here/up.sh"
check "... with those that there are" says "It has: hermes-dev"
taken=$(sed -n 's/.*HERMES_URL=.*://p' "$HERMES_BUILD/dev.env") # the local node's own
check "a taken port is named" refuses env CHECK_ONLY=1 HERMES_PORT="$taken" "${up[@]}"
check "... with how to choose another" says "port $taken of 127.0.0.1 is taken"
check "refuses where somebody else installed Hermes" refuses env CHECK_ONLY=1 "${up[@]}"
check "... and says so" says "installed in hermes-system, not by make up"
check "down refuses to remove it" refuses "$here/down.sh"
check "... and says so" says "it is left alone"

# from here on it is taken for one that was
kubectl label secret --namespace hermes-system --selector owner=helm,name=hermes "$CONTEXT_LABEL" >"$out/clear.log"
tenant() { kubectl get tenants.hermes.dev demo -o 'jsonpath={.metadata.uid}'; }
key() { kubectl get secret quickstart-hermes -o 'jsonpath={.data.HERMES_API_KEY}'; }
tenant_before=$(tenant) key_before=$(key)
# shellcheck disable=SC2119
not_installed() { [[ -z $(release) ]]; }
same_tenant() { [[ $(tenant) == "$tenant_before" && $(key) == "$key_before" ]]; }
check "down uninstalls" run "$here/down.sh"
check "... and the release is gone" not_installed
check "... and the tenant and its key stay" same_tenant
check "... and the database" kubectl get persistentvolumeclaim data-hermes-postgresql-0 --namespace hermes-system

check "refuses without REGISTRY and without a default StorageClass" refuses env CHECK_ONLY=1 "$here/up.sh"
check "... and says: registry" says "REGISTRY is not given"
check "... and says: storage" says "no default StorageClass"

kubectl get runtimeclass gvisor -o json | jq 'del(.metadata.uid, .metadata.resourceVersion)' >"$out/runtimeclass.json"
kubectl delete runtimeclass gvisor >>"$out/clear.log"
check "refuses without a RuntimeClass for gVisor" refuses "${up[@]}"
check "... and says so" says "none with handler runsc or gvisor"
check "... and has installed nothing" not_installed
kubectl apply -f "$out/runtimeclass.json" >>"$out/clear.log"

# the program that enforces policies is held: what the canary is for
stopped=$(pid_of netpol)
kill -STOP "$stopped"
check "refuses where no NetworkPolicy is enforced" refuses env CANARY_SECONDS=8 "${up[@]}"
check "... and says so" says "it is not enforced"
kill -CONT "$stopped"
stopped=

check "the whole way to a chat" run "${up[@]}"
check "... with all checks passed" says "closed with one"
check "... with an answer out of a sandbox" says "5050"
operator_image() { [[ $(kubectl get deployment hermes-operator --namespace hermes-system -o 'jsonpath={.spec.template.spec.containers[0].image}') == "$registry/operator@sha256:"* ]]; }
check "... with images of the registry, by digest" operator_image
# shellcheck disable=SC1091
answers() { (source "$HERMES_BUILD/dev.env" && curl -sf "$HERMES_URL/v1/models" -H "Authorization: Bearer $HERMES_API_KEY"); }
check "... with an address and a key in build/dev.env" answers
check_namespaces_gone() { ! kubectl get namespaces -o name | grep -v Terminating | grep -q hermes-check; }
for _ in {1..20}; do
  if check_namespaces_gone; then break; fi
  sleep 1
done
check "... with no namespace of the checks left" check_namespaces_gone
check "... and the tenant and its key are those from before" same_tenant

kubectl apply -f - >>"$out/clear.log" <<<'{"apiVersion": "hermes.dev/v1alpha1", "kind": "Tenant", "metadata": {"name": "of-somebody"}, "spec": {"displayName": "Protected"}}'
check "down PURGE=1 refuses while a tenant is protected" refuses env PURGE=1 "$here/down.sh"
check "... and names it" says of-somebody
check "... and has deleted nothing" same_tenant
for name in $(kubectl get tenants.hermes.dev -o name); do
  kubectl patch "$name" --type merge --patch '{"spec": {"deletion": {"protected": false}}}' >>"$out/clear.log"
done
check "down PURGE=1" run env PURGE=1 "$here/down.sh"
check "... leaves no tenant's namespace" test -z "$(kubectl get namespaces -l hermes.dev/tenant-id -o name)"
check "... no kind" no_such crd tenants.hermes.dev
check "... no namespace of the system" no_such namespace hermes-system
check "... no port forward" refuses curl -s --max-time 2 "http://127.0.0.1:$HERMES_PORT/"
check "the local node is as it was" test "$(cat "$NODE_PIDS"/*)" = "$node_before"
check "the user's kubeconfig is as it was" test "$(kubectl --kubeconfig "$user_config" config current-context)" = hermes-dev
echo "context: $failed failed"
((failed == 0))
