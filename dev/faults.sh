#!/usr/bin/env bash
# `make faults`: the operator, as a process on a real API server, is killed before and after every write it makes, lied to
# at every write, cut off from its servers and paused; what is left must be what an undisturbed run leaves.
# `make test` does a sample of it. HERMES_FAULTS_SEED=N repeats an order; the seed is printed.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
here=$HERMES_TREE/dev
cd "$HERMES_TREE"
log=$HERMES_BUILD/log/faults.log

"$here/require.sh"
"$here/packages.sh"
JAVA_HOME=$(find_jdk)
export JAVA_HOME
"$here/build.sh" tools kubernetes
say "== build"
quietly build "$HERMES_BUILD/log/faults-build.log" mvn -B --no-transfer-progress -pl operator -am install -DskipTests

say "== faults, the whole of it; all output is in $log"
seed=()
[[ -z ${HERMES_FAULTS_SEED:-} ]] || seed=("-Dhermes.faults.seed=$HERMES_FAULTS_SEED")
result=ok
mvn -B -Dstyle.color=never --no-transfer-progress -pl operator surefire:test -Dhermes.cluster=true \
  -Dhermes.faults.full=true "${seed[@]}" \
  '-Dtest=**/faults/*ClusterIT' 2>&1 |
  tee "$log" | grep --line-buffered -E '^(faults:|PROBLEM|write points:|leader )' || true
grep -q 'BUILD SUCCESS' "$log" || result=FAILED

printf '\n%-60s %8s\n' test time
sed -nE 's/^\[(INFO|ERROR)\] Tests run: .*Time elapsed: ([0-9.]+) s.*faults\.(\w+)$/\3 \2/p' "$log" |
  while read -r name time; do printf '%-60s %7ss\n' "$name" "$time"; done
grep -A 10 '^fault  *happened' "$log" | grep -E '^(fault|[A-Z_]+) +[a-z0-9]' || true
grep -E '^(write points|leader)' "$log" || true
printf 'faults: %s in %s\n' "$result" "$(human "$SECONDS")"
[[ $result == ok ]]
