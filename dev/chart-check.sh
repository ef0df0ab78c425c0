#!/usr/bin/env bash
# Checks the chart without a cluster: lint, rendering of the usual installations, values schema (it must refuse nonsense),
# and each rendered object against the published schemas of Kubernetes and of our own kinds. Prints one line a check.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
chart=$HERMES_TREE/charts/hermes
out=$HERMES_BUILD/chart
rm -rf "$out"
mkdir -p "$out"
digest=sha256:$(printf '0%.0s' {1..64})
common=(--set-string "sandbox.image=hermes.local/sandbox-python@$digest")
failed=0 count=0

check() { # NAME COMMAND...
  local name=$1
  shift
  count=$((count + 1))
  if "$@" >"$out/log" 2>&1; then
    echo "ok   $name"
  else
    failed=$((failed + 1))
    echo "FAIL $name"
    tail -n 20 "$out/log" | cut -c1-500
  fi
}
refuses() { ! "$@"; }
render() { # NAME ARGUMENTS...
  local name=$1
  shift
  helm template hermes "$chart" --namespace hermes-system "${common[@]}" "$@" >"$out/$name.yaml"
}
same() {
  render again "$@" && cmp "$out/again.yaml" "$out/quickstart.yaml"
}
valid() {
  kubeconform -strict -summary -schema-location "$out/schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$1"
}

production=(--set postgresql.enabled=false --set database.host=db.example.org --set database.existingSecret=hermes-db)
check "schemas" python3 "$HERMES_TREE/dev/schemas.py" "$HERMES_BUILD/share/swagger.json" "$HERMES_TREE/crds/generated" "$out/schemas"
check "helm lint" helm lint "$chart" --strict "${common[@]}"
check "renders: quickstart" render quickstart --values "$HERMES_TREE/dev/values.yaml"
check "renders: production" render production "${production[@]}"
check "renders the same twice (no random values)" same --values "$HERMES_TREE/dev/values.yaml"
check "kubeconform: quickstart" valid "$out/quickstart.yaml"
check "kubeconform: production" valid "$out/production.yaml"
[[ ! -f $HERMES_TREE/examples/quickstart.yaml ]] || check "kubeconform: examples" valid "$HERMES_TREE/examples"
check "values schema refuses an unknown key" refuses render bad --set nonsense=1
check "values schema refuses a wrong type" refuses render bad --set-string operator.replicas=many
echo "chart: $count checks, $failed failed"
((failed == 0))
