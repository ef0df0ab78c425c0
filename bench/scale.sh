#!/usr/bin/env bash
# The operator with 100, 1,000 and 10,000 Tenants, on an API server and a PostgreSQL of its own, beside the same writes
# sent by a client without logic; then the time to Ready beside a Tenant that fails for ever. Takes about 20 minutes,
# needs no cluster, asserts no time. SCALE=100,1000 measures these sizes only.
set -euo pipefail
source "$(dirname "$0")/../dev/lib.sh"
cd "$HERMES_TREE"
JAVA_HOME=$(find_jdk)
export JAVA_HOME
dev/build.sh tools kubernetes
sizes=${SCALE:-1}
[[ $sizes == 1 ]] && sizes=100,1000,10000
say "operator at scale: $sizes Tenants"
mvn -q -B --no-transfer-progress -pl operator -am test '-Dtest=ScaleBench,PoisonBench' -Dsurefire.failIfNoSpecifiedTests=false \
  -Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener -Dhermes.bench.tenants="$sizes" "$@" |
  tee "$HERMES_BUILD/log/bench-scale.log"
