#!/usr/bin/env bash
# `make test`: every suite, from shell lint to the end-to-end tests on a node that it boots (and stops) itself.
# FAST=1 leaves the cluster out. Full output is in build/log/test-*.log; here are the lines that matter, and a table.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
here=$HERMES_TREE/dev
cd "$HERMES_TREE"

names=() results=() passes=() fails=() times=()

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
  [[ $result == ok ]]
}

shell_suite() {
  local files
  mapfile -t files < <(find dev sandbox bench -name '*.sh' -type f && printf '%s\n' .ci/run dev/images/postgresql/start)
  echo "files: ${#files[@]}"
  shellcheck --external-sources --source-path=SCRIPTDIR "${files[@]}"
}
count_shell() { echo "$(sed -n 's/^files: //p' "$1" | grep . || echo 0) 0"; }

# The suites run where bash ignores set -e (left of ||), so each step says itself that it must succeed.
go_suite() {
  local unformatted
  export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local
  unformatted=$(gofmt -l sandbox/daemon dev/node)
  [[ -z $unformatted ]] || die "not formatted (make fmt): $unformatted"
  (cd dev/node/small && go vet ./...) && cd sandbox/daemon && go vet ./... && go test -v ./...
}
count_go() { echo "$(grep -cE '^ *--- (PASS|SKIP)' "$1" || true) $(grep -cE '^ *--- FAIL' "$1" || true)"; }

java_suite() { mvn -B -Dstyle.color=never --no-transfer-progress --fail-at-end install -pl '!e2e'; }
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

chart_suite() { dev/chart-check.sh; }
count_chart() { echo "$(grep -c '^ok ' "$1" || true) $(grep -c '^FAIL ' "$1" || true)"; }

e2e_suite() {
  # shellcheck disable=SC1091
  source "$HERMES_BUILD/dev.env" &&
    mvn -B -Dstyle.color=never --no-transfer-progress -pl e2e verify -Dhermes.e2e=true
}
count_e2e() { count_java "$1"; }

show_maven() {
  grep -E '^\[(INFO|WARNING|ERROR)\] Tests run: |^\[ERROR\]   |BUILD (SUCCESS|FAILURE)|: (SUCCESS|FAILURE) \[' "$1" | grep -v 'Time elapsed.*-- in' || true
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
  printf 'total time %s\n%d passed, %d failed\n' "$(human "$SECONDS")" "$passed" "$failed"
  ((failed == 0))
}

skip() { names+=("$1") results+=("$2") passes+=(0) fails+=(1) times+=(-); }

"$here/require.sh"
"$here/packages.sh"
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
if [[ ${FAST:-} != 1 && -f e2e/pom.xml ]]; then
  if ((java_ok)); then
    suite operator "operator on a real API server" operator_suite || true
    show_maven "$HERMES_BUILD/log/test-operator.log"
    say "== boot of the node and installation"
    if boot; then
      suite e2e "end to end on the node" e2e_suite || "$here/diagnose.sh"
      show_maven "$HERMES_BUILD/log/test-e2e.log"
    else
      skip "end to end on the node" "NO NODE"
    fi
  else
    skip "end to end on the node" "SKIPPED"
  fi
fi
summary
