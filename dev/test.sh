#!/usr/bin/env bash
# `make test`: every suite, from shell lint to the end-to-end tests on a node that it boots (and stops) itself.
# FAST=1 leaves the cluster out. Full output is in build/log/test-*.log; here are the lines that matter, and a table.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
here=$HERMES_TREE/dev
cd "$HERMES_TREE"

node_then=$HERMES_BUILD/log/test-node.log
rm -f "$node_then"
names=() results=() passes=() fails=() times=() broken=()

# Runs one suite. A suite prints to its log; NAME_count reads the log and prints "passed failed".
suite() { # NAME TITLE COMMAND...
  local name=$1 title=$2 log=$HERMES_BUILD/log/test-$1.log start=$SECONDS result=ok passed failed
  shift 2
  say "== $title"
  quietly "$title" "$log" "$@" || result=FAILED
  read -r passed failed < <("count_$name" "$log")
  # something broke outside the tests, as a compiler does: that counts too
  if [[ $result == FAILED && $failed == 0 ]]; then failed=1; fi
  if [[ $failed != 0 ]]; then result=FAILED; fi
  names+=("$title") results+=("$result") passes+=("$passed") fails+=("$failed") times+=("$(human $((SECONDS - start)))")
  [[ $result == ok ]] || broken+=("$log")
  [[ $result == ok ]]
}

shell_suite() {
  local files
  mapfile -t files < <(find dev sandbox bench e2e/clients control-api/src -name '*.sh' -type f && printf '%s\n' .ci/run dev/images/postgresql/start)
  echo "files: ${#files[@]}"
  shellcheck --external-sources --source-path=SCRIPTDIR "${files[@]}"
}
count_shell() { echo "$(sed -n 's/^files: //p' "$1" | grep . || echo 0) 0"; }

go_formatted() { # FOLDER...
  local unformatted
  unformatted=$(gofmt -l "$@")
  [[ -z $unformatted ]] || die "not formatted (make fmt): $unformatted"
}

# The suites run where bash ignores set -e (left of ||), so each step says itself that it must succeed.
go_suite() {
  export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local
  go_formatted sandbox/daemon dev/node dev/collector bench
  (cd dev/node/small && go vet ./...) && (cd bench && go vet ./... && go test -v ./...) && cd sandbox/daemon && go vet ./... &&
    go test -v ./...
}
count_go() { echo "$(grep -cE '^ *--- (PASS|SKIP)' "$1" || true) $(grep -cE '^ *--- FAIL' "$1" || true)"; }

java_suite() { mvn -B -Dstyle.color=never --no-transfer-progress --fail-at-end install -pl '!e2e' -Dhermes.pgbouncer=required; }
count_java() {
  # the closing line of each module, not the lines of each class
  grep -E '^\[(INFO|WARNING|ERROR)\] Tests run: [0-9]+' "$1" | grep -v 'Time elapsed' |
    awk -F'[ ,]+' '{run += $4; bad += $6 + $8; skipped += $10} END {print run - bad - skipped, bad + 0}'
}

# The operator as a process against a real API server of its own (etcd, kube-apiserver, controller-manager).
operator_suite() {
  mvn -B --no-transfer-progress -pl operator surefire:test -Dhermes.cluster=true '-Dtest=*ClusterIT'
}
count_operator() { count_java "$1"; }

# Argo CD's own health engine and kstatus, over the states that the repository holds and, after the end-to-end tests, over
# those of the run.
gitops_suite() {
  export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local
  go_formatted gitops/check
  cd gitops/check && nice go vet ./... && HERMES_LIVE=$1 go test -count=1 -v ./...
}
count_gitops() { count_go "$1"; }

chart_suite() { dev/chart-check.sh; }
count_chart() { echo "$(grep -c '^ok ' "$1" || true) $(grep -c '^FAIL ' "$1" || true)"; }

# Rules at each of their thresholds, dashboards, and the runbook: each names only what there is.
alerts_suite() { dev/promtool.sh && dev/alerts/check.py; }
count_alerts() { count_chart "$1"; }

e2e_suite() {
  # shellcheck disable=SC1091
  source "$HERMES_BUILD/dev.env" &&
    mvn -B -Dstyle.color=never --no-transfer-progress -pl e2e verify -Dhermes.e2e=true
}
count_e2e() { count_java "$1"; }

# That the programs of the running system have mapped their AOT caches. That a JVM refuses a wrong one is proved when the
# image is made (dev/images/aot/world.sh).
start_suite() { dev/aot-check.sh; }
count_start() { count_chart "$1"; }

context_suite() { dev/context/test.sh; }
count_context() { count_chart "$1"; }

show_maven() {
  grep -E '^\[(INFO|WARNING|ERROR)\] Tests run: |^\[ERROR\]   |BUILD (SUCCESS|FAILURE)|: (SUCCESS|FAILURE) \[' "$1" | grep -v 'Time elapsed.*-- in' || true
}

# Which tests failed and what they said; of a suite that broke outside its tests, the end of its log.
show_failures() { # LOG
  local found
  found=$(grep -E '^\[ERROR\]   [^ ]|^ *--- FAIL|^FAIL ' "$1" | cut -c1-400 | sort -u | head -n 8) ||
    found=$(grep -v '^ *$' "$1" | tail -n 6 | cut -c1-400)
  printf '\nfailed, see %s:\n%s\n' "${1#"$HERMES_TREE"/}" "$found"
}

booted=
stop_node() {
  local status=$?
  [[ -z $booted ]] || PURGE=1 "$here/node-down.sh" || status=1
  exit "$status"
}
trap stop_node EXIT

# Tests run on a node of their own, unless this tree's is up already.
boot() {
  if ! (source "$here/node-lib.sh" && pid_of kubelet >/dev/null); then
    booted=1
    export HERMES_NODE_DIR=$HERMES_BUILD/node-test HERMES_PORT=${HERMES_PORT:-18080}
  fi
  SKIP_CHAT=1 "$here/up.sh" >"$HERMES_BUILD/log/test-up.log"
}

summary() {
  local i passed=0 failed=0
  printf '\n%-44s %-8s %8s %8s %9s\n' suite result passed failed time
  for i in "${!names[@]}"; do
    printf '%-44s %-8s %8s %8s %9s\n' "${names[i]}" "${results[i]}" "${passes[i]}" "${fails[i]}" "${times[i]}"
    passed=$((passed + passes[i])) failed=$((failed + fails[i]))
  done
  # last but the totals, so that the end of a long output says what to look at
  for i in "${!broken[@]}"; do show_failures "${broken[i]}"; done
  if [[ -f $node_then ]]; then printf '\nthe node when its tests failed:\n%s\n' "$(cat "$node_then")"; fi
  printf 'total time %s\n%d passed, %d failed\n' "$(human "$SECONDS")" "$passed" "$failed"
  ((failed == 0))
}

skip() { names+=("$1") results+=("$2") passes+=(0) fails+=(1) times+=(-); }

"$here/require.sh"
"$here/packages.sh"
"$here/pgbouncer.sh"
JAVA_HOME=$(find_jdk)
export JAVA_HOME

java_ok=1
suite shell "shell scripts: shellcheck" shell_suite || true
suite go "sandbox daemon: gofmt, vet, tests" go_suite || true
suite java "Java modules: format, lint, tests" java_suite || java_ok=0
show_maven "$HERMES_BUILD/log/test-java.log"
say "== tools for the chart"
"$here/build.sh" tools kubernetes
suite chart "chart: lint, render, schemas" chart_suite || true
suite alerts "alerts, dashboards, runbook" alerts_suite || true
live=
if [[ ${FAST:-} != 1 && -f e2e/pom.xml ]]; then
  if ((java_ok)); then
    suite operator "operator on a real API server" operator_suite || true
    show_maven "$HERMES_BUILD/log/test-operator.log"
    say "== boot of the node and installation"
    if boot; then
      rm -rf "$HERMES_BUILD/gitops"
      suite e2e "end to end on the node" e2e_suite || {
        "$here/node-look.sh" >"$node_then" 2>&1 || true
        "$here/diagnose.sh"
      }
      live=$HERMES_BUILD/gitops
      show_maven "$HERMES_BUILD/log/test-e2e.log"
      suite start "AOT caches of the running programs" start_suite || true
      # last, and only on a node that goes away: it takes off what is installed there
      [[ -z $booted ]] || suite context "make up CONTEXT=: a cluster of the user" context_suite || true
    else
      skip "end to end on the node" "NO NODE"
    fi
  else
    skip "end to end on the node" "SKIPPED"
  fi
fi
suite gitops "GitOps: Argo CD's health, kstatus" gitops_suite "$live" || true
summary
