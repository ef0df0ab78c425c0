#!/usr/bin/env bash
# The training run itself, inside the namespaces that train.sh makes. usage: world.sh MODULE FOLDER
set -euo pipefail
source "$(dirname "$0")/../../lib.sh"
here=$HERMES_TREE/dev/images/aot
module=$1 world=$2
source "$here/world-lib.sh"

# Runs the image's command with these JVM flags until the program is ready; for the API what apps ask of it; then SIGTERM.
train() { # FLAG...
  local pid status=0
  (in_root "$program" "${environment[@]}" -- "${command[0]}" "$@" "${command[@]:1}") &
  pid=$!
  wait_for "ready" "$pid" is_ready
  if [[ $module == control-api ]]; then
    provision sandboxes | python3 "$here/traffic.py" http://127.0.0.1:8080 training https://127.0.0.1:6443 \
      "$program/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" || die "the training run's traffic failed"
  fi
  kill -TERM "$pid"
  wait "$pid" || status=$?
  # 143: the JVM's own way to say that SIGTERM ended it
  ((status == 0 || status == 143)) || die "$module: the training run ended with $status"
}

accepts() { # FLAG...: starts a JVM with the program's flags and class path, which ends at once
  (in_root "$program" PATH=/opt/java/bin -- "${command[@]:0:${#command[@]}-1}" "$@" -version)
}

mapfile -d '' -t command <"$world/command"
# the JVM that writes the cache needs more room than the program
environment+=(JAVA_AOT_OPTIONS=-Xmx512m)
mount_world
make_files
start_database -c fsync=off
start_cluster
if [[ $module == control-api ]]; then
  python3 "$here/beyond.py" 9001 49983 &
  mkdir -p "$program/etc/hermes/provider-keys/training"
  printf 'training' >"$program/etc/hermes/provider-keys/training/key"
  cat >>"$program/etc/hermes/providers/providers.yaml" <<Y
providers:
  - name: training
    baseUrl: http://127.0.0.1:9001/v1
    apiKeyFile: /etc/hermes/provider-keys/training/key
    models: [training]
Y
  chmod -R a+rX "$program/etc/hermes"
fi
# as large a memory as the container's, so that what the JVM derives from it is the same on a machine of any size
train -XX:MaxRAM=320m -XX:AOTCacheOutput=/tmp/hermes.aot
[[ -s $program/tmp/hermes.aot ]] || die "$module: the training run left no cache"

# The cache is good when a JVM that may not do without it starts; that one without it does not is the control.
for memory in 200m 8g; do # whatever the container's limit
  accepts -XX:AOTMode=on -XX:AOTCache=/tmp/hermes.aot "-XX:MaxRAM=$memory" || die "$module: the JVM refuses the cache that it has made"
done
for flags in "-XX:AOTCache=/tmp/none.aot" "-XX:AOTCache=/tmp/hermes.aot -XX:-UseCompactObjectHeaders"; do
  # shellcheck disable=SC2086
  if accepts -XX:AOTMode=on $flags 2>/dev/null; then die "$module: a JVM that should refuse starts: $flags"; fi
done
