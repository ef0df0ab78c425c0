# shellcheck shell=bash
# Sourced by what runs our images without a cluster: the training run of the AOT cache, and the bench of the gateway. Both
# are the first process of namespaces of their own, and have unpacked the images into $world/program and $world/postgresql.
# shellcheck disable=SC2034,SC2154  # set and used on both sides

program=$world/program
user=65532
aot=$(dirname "${BASH_SOURCE[0]}")
environment=(
  PATH=/opt/java/bin:/usr/bin:/bin JAVA_HOME=/opt/java MALLOC_ARENA_MAX=2
  HERMES_NAMESPACE=hermes-system POD_NAME=training HERMES_MANAGEMENT_PORT=8081
  "HERMES_DB_URL=jdbc:postgresql://127.0.0.1:5432/hermes?sslmode=disable" HERMES_DB_DIR=/etc/hermes/db
  HERMES_PEPPER_DIR=/etc/hermes/pepper HERMES_SIGNING_PUBLIC_FILE=/etc/hermes/signing/public.pem
  HERMES_SIGNING_PRIVATE_FILE=/etc/hermes/signing/private.pem HERMES_PROVIDERS_FILE=/etc/hermes/providers/providers.yaml
  HERMES_API_URL=http://hermes-api.hermes-system.svc:8080 "HERMES_SANDBOX_IMAGE=training@sha256:$(printf '0%.0s' {1..64})"
  KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443
)

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

start_database() { # OPTION...: of the server, whose process is $database then
  local job
  in_root "$world/postgresql" PATH=/usr/local/pgsql/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data/pgdata -- \
    /usr/local/bin/start "$@" &
  database=$!
  wait_for PostgreSQL "$database" bash -c '</dev/tcp/127.0.0.1/5432'
  for job in bootstrap migrate; do
    (in_root "$program" "${environment[@]}" HERMES_ROLES_DIR=/etc/hermes/db HERMES_SUPERUSER_PASSWORD_FILE=/etc/hermes/db/superuser -- \
      /opt/java/bin/java -XX:+UseSerialGC -cp @/app/jib-classpath-file dev.hermes.database.migrate.Main "$job")
  done
}

start_cluster() {
  python3 "$aot/cluster.py" 6443 "$program/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" "$world/cluster.key" &
  wait_for "stand-in for the API server" $! bash -c '</dev/tcp/127.0.0.1/6443'
}

# What the operator would do; see Provision.java.
provision() { # WHAT
  "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -cp "$program/app/libs/*" "$aot/Provision.java" "$1" "$program/etc/hermes"
}

is_ready() { curl -sf --max-time 2 http://127.0.0.1:8081/health/ready; }
