#!/usr/bin/env bash
# What row-level security costs, on a PostgreSQL of its own: the API's hot statements with the policies, against the same
# ones with the same predicate and no policy. Takes about two minutes, needs no cluster, asserts no time.
set -euo pipefail
source "$(dirname "$0")/../dev/lib.sh"
cd "$HERMES_TREE"
JAVA_HOME=$(find_jdk)
export JAVA_HOME
log=$HERMES_BUILD/log/bench-rls.log
quietly "bench of row-level security" "$log" \
  mvn -B --no-transfer-progress -pl database -am test -Dtest=RlsBench -Dsurefire.failIfNoSpecifiedTests=false "$@"
sed -n '/messages of .* tenants/,/append a message, server/p' "$log"
