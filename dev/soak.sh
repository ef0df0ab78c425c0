#!/usr/bin/env bash
# make soak: 1,000 sandboxes made, used and ended on the running cluster (CYCLES=n); nothing of them may be left.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=dev/lib.sh
source "$here/lib.sh"
[[ -e $HERMES_BUILD/dev.env ]] || { echo "soak: no cluster; run make up first" >&2; exit 2; }
JAVA_HOME=$(find_jdk)
export JAVA_HOME
# shellcheck disable=SC1091
source "$HERMES_BUILD/dev.env"
cd "$here/.."
mvn -B -q -Dstyle.color=never --no-transfer-progress -pl e2e -am verify -Dhermes.e2e=true -Dtest=CycleE2E \
  -Dsurefire.failIfNoSpecifiedTests=false -Dhermes.cycles="${CYCLES:-1000}"
