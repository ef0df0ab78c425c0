#!/usr/bin/env bash
# The training run itself, inside the namespaces that train.sh makes. usage: world.sh MODULE FOLDER
set -euo pipefail
source "$(dirname "$0")/../../lib.sh"
here=$HERMES_TREE/dev/images/aot
module=$1 world=$2
program=$world/program
user=65532

in_root() { # ROOT VARIABLE=VALUE... -- COMMAND...
  local root=$1 variables=()
  shift
  while [[ $1 != -- ]]; do
    variables+=("$1")
    shift
  done
  shift
  exec env -i LANG=C.UTF-8 "${variables[@]}" "$(command -v chroot)" --userspec="$user:$user" "$root" "$@"
}

wait_for() { # WHAT PID COMMAND...
  local what=$1 pid=$2 until=$((SECONDS + 120))
  shift 2
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || die "$module: $what: the process ended"
    ((SECONDS < until)) || die "$module: $what: not within two minutes"
    sleep 0.1
  done
}

mount_world() {
  local root device
  mount -t proc proc /proc # of this process namespace
  ip link set lo up
  for root in "$program" "$world/postgresql"; do
    mkdir -p "$root"/{proc,dev,tmp}
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir -m 1777 "$root/dev/shm"
    for device in null zero random urandom; do
      touch "$root/dev/$device"
      mount --bind "/dev/$device" "$root/dev/$device"
    done
    chmod 1777 "$root/tmp"
  done
}

# What the chart mounts into both programs.
make_files() {
  local role etc=$program/etc/hermes account=$program/var/run/secrets/kubernetes.io/serviceaccount
  mkdir -p "$etc"/{db,pepper,signing,providers,roles} "$world/postgresql/etc/hermes/postgresql" "$account"
  for role in migrator provisioner probe app authn platform jobs backup superuser; do
    printf 'training-%s' "$role" >"$etc/db/$role"
  done
  cp "$etc/db/superuser" "$world/postgresql/etc/hermes/postgresql/superuser"
  head -c 32 /dev/zero | base64 >"$etc/pepper/1"
  openssl genpkey -algorithm ed25519 -out "$etc/signing/private.pem"
  openssl pkey -in "$etc/signing/private.pem" -pubout -out "$etc/signing/public.pem"
  printf 'demo:\n  enabled: true\n' >"$etc/providers/providers.yaml"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=training \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$world/cluster.key" -out "$account/ca.crt" 2>/dev/null
  printf training >"$account/token"
  printf hermes-system >"$account/namespace"
  chmod -R a+rX "$program/etc/hermes" "$program/var" "$world/postgresql/etc"
}

start_database() {
  local job
  in_root "$world/postgresql" PATH=/usr/local/pgsql/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data/pgdata -- \
    /usr/local/bin/start -c fsync=off &
  wait_for PostgreSQL $! bash -c '</dev/tcp/127.0.0.1/5432'
  for job in bootstrap migrate; do
    (in_root "$program" "${environment[@]}" HERMES_ROLES_DIR=/etc/hermes/db HERMES_SUPERUSER_PASSWORD_FILE=/etc/hermes/db/superuser -- \
      /opt/java/bin/java -XX:+UseSerialGC -cp @/app/jib-classpath-file dev.hermes.database.migrate.Main "$job")
  done
}

start_cluster() {
  python3 "$here/cluster.py" 6443 "$program/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" "$world/cluster.key" &
  wait_for "stand-in for the API server" $! bash -c '</dev/tcp/127.0.0.1/6443'
}

is_ready() { curl -sf --max-time 2 http://127.0.0.1:8081/health/ready; }

# Runs the image's command with these JVM flags until the program is ready; some requests for the API; then SIGTERM.
run_until_ready() { # FLAG...
  local pid status=0
  (in_root "$program" "${environment[@]}" -- "${command[0]}" "$@" "${command[@]:1}") &
  pid=$!
  wait_for "ready" "$pid" is_ready
  if [[ $module == control-api ]]; then
    curl -s http://127.0.0.1:8080/v1/models -H 'Authorization: Bearer hk_nobody' >/dev/null
    curl -s http://127.0.0.1:8080/v1/chat/completions -H 'Content-Type: application/json' -d '{"messages":[]}' >/dev/null
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
environment=(
  PATH=/opt/java/bin:/usr/bin:/bin JAVA_HOME=/opt/java MALLOC_ARENA_MAX=2
  # the JVM that writes the cache needs more room than the program
  JAVA_AOT_OPTIONS=-Xmx512m
  HERMES_NAMESPACE=hermes-system POD_NAME=training HERMES_MANAGEMENT_PORT=8081
  "HERMES_DB_URL=jdbc:postgresql://127.0.0.1:5432/hermes?sslmode=disable" HERMES_DB_DIR=/etc/hermes/db
  HERMES_PEPPER_DIR=/etc/hermes/pepper HERMES_SIGNING_PUBLIC_FILE=/etc/hermes/signing/public.pem
  HERMES_SIGNING_PRIVATE_FILE=/etc/hermes/signing/private.pem HERMES_PROVIDERS_FILE=/etc/hermes/providers/providers.yaml
  HERMES_API_URL=http://hermes-api.hermes-system.svc:8080 "HERMES_SANDBOX_IMAGE=training@sha256:$(printf '0%.0s' {1..64})"
  KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443
)
mount_world
make_files
start_database
start_cluster
# as large a memory as the container's, so that what the JVM derives from it is the same on a machine of any size
run_until_ready -XX:MaxRAM=320m -XX:AOTCacheOutput=/tmp/hermes.aot
[[ -s $program/tmp/hermes.aot ]] || die "$module: the training run left no cache"

# The cache is good when a JVM that may not do without it starts; that one without it does not is the control.
for memory in 200m 8g; do # whatever the container's limit
  accepts -XX:AOTMode=on -XX:AOTCache=/tmp/hermes.aot "-XX:MaxRAM=$memory" || die "$module: the JVM refuses the cache that it has made"
done
for flags in "-XX:AOTCache=/tmp/none.aot" "-XX:AOTCache=/tmp/hermes.aot -XX:-UseCompactObjectHeaders"; do
  # shellcheck disable=SC2086
  if accepts -XX:AOTMode=on $flags 2>/dev/null; then die "$module: a JVM that should refuse starts: $flags"; fi
done
