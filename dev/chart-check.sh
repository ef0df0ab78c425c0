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
  local what=$1
  shift
  kubeconform -strict -summary -schema-location "$out/schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$@" "$what"
}

# The groups of the PrometheusRule of a rendering, as JSON.
rules_of() { sed -n '/^kind: PrometheusRule/,/^---/p' "$1" | sed '/^---/d' | yaml2json | jq -S .spec.groups; }
same_rules() { diff <(yaml2json <"$chart/files/alerts.yaml" | jq -S .groups) <(rules_of "$out/$1.yaml"); }
# Of the whole, only the one threshold and the addresses differ.
tuned_rules() {
  diff <(yaml2json <"$chart/files/alerts.yaml" | jq -S .groups | sed -e 's/> 30 # chatP95Seconds/> 12.5 # chatP95Seconds/' \
    -e 's#https://git.example.org/platform/hermes/docs/runbook.md#https://wiki.example.org/hermes#') <(rules_of "$out/tuned.yaml") &&
    grep -q "> 12.5 # chatP95Seconds" "$out/tuned.yaml"
}
whole_dashboards() {
  local file
  for file in "$chart"/files/dashboards/*.json; do
    awk -v RS='---\n' -v name="name: hermes-dashboard-$(basename "$file" .json)\n" 'index($0, name)' "$out/monitored.yaml" |
      yaml2json | jq -e --arg key "$(basename "$file")" --slurpfile file "$file" '.data[$key] | fromjson == $file[0]' || return 1
  done
}
thresholds_used() {
  diff <(yaml2json <"$chart/values.yaml" | jq -r '.metrics.prometheusRule.thresholds | to_entries[] | "\(.key) \(.value)"' | sort) \
    <(sed -nE 's/.*> ([0-9.]+) # (\w+)$/\2 \1/p' "$chart/files/alerts.yaml" | sort)
}

gitops_values() { yaml2json <"$HERMES_TREE/gitops/apps/hermes.yaml" | jq .spec.source.helm.valuesObject; }

production=(--set postgresql.enabled=false --set database.host=db.example.org --set database.existingSecret=hermes-db)
check "schemas" python3 "$HERMES_TREE/dev/schemas.py" "$HERMES_BUILD/share/swagger.json" "$HERMES_TREE/crds/generated" "$out/schemas"
check "helm lint" helm lint "$chart" --strict "${common[@]}"
check "renders: quickstart" render quickstart --values "$HERMES_TREE/dev/values.yaml"
check "renders: production" render production "${production[@]}" --set backup.enabled=true
check "renders: autoscaling, monitors" render monitored "${production[@]}" --set controlApi.autoscaling.enabled=true \
  --set metrics.serviceMonitor.enabled=true --set metrics.prometheusRule.enabled=true --set metrics.dashboards.enabled=true
check "kubeconform: autoscaling, monitors" valid "$out/monitored.yaml" -skip ServiceMonitor,PrometheusRule # whose schemas are somebody else's
check "the rules are those of the file" same_rules monitored
check "the dashboards are those of the files" whole_dashboards
tuned=(--set-json metrics.prometheusRule.thresholds.chatP95Seconds=12.5 --set metrics.prometheusRule.runbookUrl=https://wiki.example.org/hermes)
check "renders: other thresholds, another runbook" render tuned "${production[@]}" --set metrics.prometheusRule.enabled=true "${tuned[@]}"
check "the thresholds and the runbook are those of the values" tuned_rules
check "each threshold of the values is one of the rules" thresholds_used
check "by default no kind of somebody else's, and no dashboard" refuses grep -qE "monitoring.coreos.com|grafana_dashboard" "$out/production.yaml"
check "values schema refuses an unknown threshold" refuses render bad --set metrics.prometheusRule.thresholds.nonsense=1
mail=(--set operator.smtp.host=mail.example.org --set operator.smtp.existingSecret=hermes-smtp)
check "renders: with a mail server" render mail "${production[@]}" "${mail[@]}" --set operator.smtp.from=hermes@example.org
check "renders: a backup to a claim of one's own" render backup --set backup.enabled=true --set backup.existingClaim=mine
dedicated=(--set 'database.dedicated.secrets={acme-db,globex-db}')
check "renders: databases of tenants" render dedicated "${production[@]}" "${dedicated[@]}" --set 'images.pullSecrets[0].name=pull'
check "kubeconform: databases of tenants" valid "$out/dedicated.yaml"
check "without databases of tenants no right to Secrets or Jobs" refuses grep -q hermes-dedicated- "$out/production.yaml"
check "values schema refuses one of our own Secrets as a tenant's" refuses render bad --set 'database.dedicated.secrets={hermes-pepper}'
agent=(--set agentSandbox.enabled=true --set agentSandbox.controllerServiceAccount=agent-sandbox-system/agent-sandbox-controller)
check "renders: pods by agent-sandbox" render agent "${production[@]}" "${agent[@]}"
check "kubeconform: pods by agent-sandbox" valid "$out/agent.yaml"
check "by default no right to kinds of agent-sandbox" refuses grep -q extensions.agents.x-k8s.io "$out/production.yaml"
check "values schema refuses an account without a namespace" refuses render bad --set agentSandbox.controllerServiceAccount=controller
egress=(--set egress.privateDestinations[0].destination=index.example.org:443 --set egress.report.url=http://audit.example.org/egress)
check "renders: an egress proxy that reports" render egress "${production[@]}" "${egress[@]}" --set egress.privateDestinations[0].cidr=10.1.2.3/32 \
  --set egress.report.tokenSecret.name=report
check "kubeconform: an egress proxy that reports" valid "$out/egress.yaml"
check "renders: no egress proxy" render closed "${production[@]}" --set egress.enabled=false
check "without an egress proxy nothing of it" refuses grep -q "name: hermes-egress$" "$out/closed.yaml"
check "values schema refuses an address as a private destination" refuses render bad \
  --set egress.privateDestinations[0].destination=10.1.2.3:443 --set egress.privateDestinations[0].cidr=10.1.2.3/99999
check "the egress proxy reports to the API" grep -q "http://hermes-api-reports.hermes-system.svc:8083/internal/egress-reports" "$out/production.yaml"
check "the API takes reports where the proxy sends them" grep -q "name: hermes-api-reports$" "$out/production.yaml"
check "with a receiver of one's own the API takes none" refuses grep -q "name: hermes-api-reports$" "$out/egress.yaml"
check "renders: an egress proxy that does not report" render quiet "${production[@]}" --set egress.report.enabled=false
check "without reports no token is mounted" refuses grep -q "hermes/report" "$out/quiet.yaml"
check "values schema refuses a receiver of one's own without a token" refuses render bad --set egress.report.url=http://audit:8081
tracing=(--set tracing.endpoint=http://collector.observability:4318)
check "renders: traces to a collector" render traced "${production[@]}" "${tracing[@]}" --set-json tracing.ratio=0.25 --set logs.level=DEBUG
check "kubeconform: traces to a collector" valid "$out/traced.yaml"
traces_go_to() { grep -A1 "port: 4318" "$out/$2.yaml" | grep -q "to: \[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: $1}}}\]"; }
check "the API may go to the collector's namespace, on its port" traces_go_to observability traced
check "without a collector the API may not" refuses grep -q 4318 "$out/production.yaml"
check "without a collector no traces are made" refuses grep -q OTEL_ "$out/production.yaml"
check "values schema refuses a collector that is no address" refuses render bad --set tracing.endpoint=collector:4317
check "values schema refuses an unknown level" refuses render bad --set logs.level=TRACE
check "values schema refuses a summary without a sensible size" refuses render bad \
  --set-json 'models.aliases=[{"name":"a","model":"m","summary":{"maxTokens":1}}]'
kept=(--set controlApi.idempotency.leaseSeconds=90 --set controlApi.responses.keptDays=7)
check "renders: another lease of keys, a shorter keeping of responses" render kept "${production[@]}" "${kept[@]}"
api_has() { grep -q "{name: $1, value: \"$2\"}" "$out/$3.yaml"; }
check "the API's lease of keys is that of the values" api_has HERMES_IDEMPOTENCY_LEASE 90s kept
check "the API keeps responses as the values say" api_has HERMES_RESPONSES_KEPT 7d kept
check "by default a key's lease is 40 s" api_has HERMES_IDEMPOTENCY_LEASE 40s production
check "by default responses are kept for 30 days" api_has HERMES_RESPONSES_KEPT 30d production
# longer than a look at the database may take; shorter than a turn
for lease in 9 301 1.5; do
  check "values schema refuses a lease of $lease s" refuses render bad --set-json "controlApi.idempotency.leaseSeconds=$lease"
done
check "values schema refuses to keep no response" refuses render bad --set controlApi.responses.keptDays=0
check "renders the same twice (no random values)" same --values "$HERMES_TREE/dev/values.yaml"
check "kubeconform: quickstart" valid "$out/quickstart.yaml"
check "kubeconform: backup" valid "$out/backup.yaml"
check "kubeconform: production" valid "$out/production.yaml"
check "kubeconform: with a mail server" valid "$out/mail.yaml"
check "kubeconform: examples" valid "$HERMES_TREE/examples/quickstart.yaml"
check "renders: the values of the GitOps example" render gitops --values <(gitops_values)
check "kubeconform: the GitOps example" valid "$HERMES_TREE/gitops/tenants"
check "values schema refuses an unknown key" refuses render bad --set nonsense=1
check "values schema refuses to keep no backup" refuses render bad --set backup.keep=0
check "values schema refuses a wrong type" refuses render bad --set-string operator.replicas=many
check "values schema refuses a mail server without a sender" refuses render bad "${mail[@]}"
echo "chart: $count checks, $failed failed"
((failed == 0))
