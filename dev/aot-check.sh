#!/usr/bin/env bash
# Looks at the JVMs of the running node: each program's has mapped its AOT cache. A JVM lets go of a cache that does not fit
# its flags, its class path or itself, so what is mapped is used. Prints one line a program.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$HERMES_TREE/dev/node-lib.sh"

# usage: count MAIN_CLASS [TEXT]: the node's processes of that class, and those of them that have mapped TEXT
count() {
  local pid total=0 with=0
  for pid in $(cgroup_pids); do
    # one that has ended meanwhile has no such file
    [[ $({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) == *"$1 " ]] || continue
    total=$((total + 1))
    ! grep -qF "$2" "/proc/$pid/maps" || with=$((with + 1))
  done
  echo "$total $with"
}

failed=0
for main in dev.hermes.operator.Main dev.hermes.api.Application; do
  read -r total with < <(count "$main" /app/hermes.aot)
  # the control: what is not mapped is not found
  read -r _ none < <(count "$main" /app/none.aot)
  if ((total > 0 && with == total && none == 0)); then
    echo "ok   $main: $with of $total processes use the cache"
  else
    echo "FAIL $main: $with of $total processes use the cache"
    failed=1
  fi
done
exit "$failed"
